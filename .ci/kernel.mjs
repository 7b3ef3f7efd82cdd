// src/fast-path/kernel/ -> dist/fast-path/kernel.wasm. Its compiler takes seconds: it runs only when its sources, it
// itself, or its output have changed.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const kernel = join(root, 'src/fast-path/kernel')
const compiler = join(root, 'node_modules/assemblyscript')
const output = join(root, 'dist/fast-path/kernel.wasm')
const stamp = join(root, 'dist/.kernel')

/** One hash over everything that the output depends on, and over the output. */
function currentHash() {
  const hash = createHash('sha256')
  const sources = readdirSync(kernel).sort()
  const paths = [...sources.map((name) => join(kernel, name)), join(compiler, 'package.json'), output]
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

/** Resolves to the exit code of the compiler. */
export async function buildKernel() {
  if (isFresh()) return 0
  mkdirSync(dirname(output), { recursive: true })
  const words = [join(compiler, 'bin/asc.js'), '--config', join(kernel, 'asconfig.json'), '--outFile', output]
  const asc = spawn(process.execPath, words, { cwd: kernel, stdio: 'inherit' })
  const status = await new Promise((done) => asc.once('close', (code) => done(code ?? 1)))
  if (status === 0) writeFileSync(stamp, currentHash())
  return status
}
