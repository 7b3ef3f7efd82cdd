// src/fast-path/kernel/ -> dist/fast-path/kernel.wasm, and the same for the page, with a memory that is not shared
// (`host/kernel-module.ts` says why). The compiler takes seconds: it runs only when its sources, it itself, or its output
// have changed.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const kernel = join(root, 'src/fast-path/kernel')
const compiler = join(root, 'node_modules/assemblyscript')
/** The files, and what the compiler is told for each. */
const outputs = [
  [join(root, 'dist/fast-path/kernel.wasm'), ['--enable', 'threads', '--sharedMemory']],
  [join(root, 'dist/.page/kernel.wasm'), []],
]
/** Says what is compiled into its callers. */
const inlining = join(root, '.ci/kernel-inlining.mjs')
const stamp = join(root, 'dist/.kernel')

/** One hash over everything that the output depends on, and over the output. */
function currentHash() {
  const hash = createHash('sha256')
  const sources = readdirSync(kernel).sort()
  const paths = [
    fileURLToPath(import.meta.url),
    inlining,
    ...sources.map((name) => join(kernel, name)),
    join(compiler, 'package.json'),
    ...outputs.map(([output]) => output),
  ]
  for (const path of paths) hash.update(`\0${path}\0`).update(readFileSync(path))
  return hash.digest('hex')
}

function isFresh() {
  try {
    return readFileSync(stamp, 'utf8') === currentHash()
  } catch {
    return false
  }
}

/** Runs a script of Node; resolves to its exit code. */
function node(...words) {
  const child = spawn(process.execPath, words, { cwd: kernel, stdio: 'inherit' })
  return new Promise((done) => child.once('close', (code) => done(code ?? 1)))
}

/** What the compiler makes use of. */
const FEATURES = [
  ...['--enable-simd', '--enable-bulk-memory', '--enable-sign-ext', '--enable-threads'],
  ...['--enable-mutable-globals', '--enable-nontrapping-float-to-int'],
]

/** Resolves to the exit code of the compiler. */
async function compile(output, options) {
  mkdirSync(dirname(output), { recursive: true })
  const asc = join(compiler, 'bin/asc.js')
  const words = ['--config', join(kernel, 'asconfig.json'), '--transform', inlining, ...options, '--outFile', output]
  // The optimizer takes the names of functions, which `--debug` keeps, and leaves them out.
  const compiled = await node(asc, ...words, '--debug')
  if (compiled !== 0) return compiled
  const optimizer = createRequire(asc).resolve('binaryen/bin/wasm-opt')
  const { OPTIONS } = await import('./kernel-inlining.mjs')
  return node(optimizer, output, '-o', output, ...FEATURES, ...OPTIONS, '-O3')
}

/** Resolves to the exit code of the compiler. */
export async function buildKernel() {
  if (isFresh()) return 0
  const statuses = await Promise.all(outputs.map(([output, options]) => compile(output, options)))
  const failed = statuses.find((status) => status !== 0)
  if (failed === undefined) writeFileSync(stamp, currentHash())
  return failed ?? 0
}
