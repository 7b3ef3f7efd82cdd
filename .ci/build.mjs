// src/ -> dist/: the library as the compiler writes it, the kernel of the fast path, and dist/run/, the program in a few
// files, so that it starts in half the time that its modules would take one by one.
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { markBuilt, sourceHash } from './fresh.mjs'
import { buildKernel } from './kernel.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const [src, dist] = [join(root, 'src'), join(root, 'dist')]
const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** What another compiler or the bundler writes, or hides from a package. */
const NOT_OF_TSC = /^(?:\.|run(?:$|[\\/])|fast-path[\\/]kernel\.wasm$)/

/** The compiler leaves what it wrote for sources that are gone or have moved. */
function removeLeftovers() {
  const written = readdirSync(dist, { recursive: true }).filter((path) => !NOT_OF_TSC.test(path))
  for (const path of written) {
    const source = join(src, path.replace(/(?:\.d)?\.ts$|\.js$/, '.ts'))
    if (!existsSync(source)) rmSync(join(dist, path), { recursive: true, force: true })
  }
}

/** Resolves to the exit code of the compiler. */
function compile() {
  const words = [join(root, 'node_modules/typescript/bin/tsc')]
  const tsc = spawn(process.execPath, words, { cwd: root, stdio: 'inherit' })
  return new Promise((done) => tsc.once('close', (code) => done(code ?? 1)))
}

// Taken first: what is edited during a build is not in it.
const hash = sourceHash()
const failed = (await Promise.all([compile(), buildKernel()])).find((status) => status !== 0)
if (failed !== undefined) process.exit(failed)
removeLeftovers()
const bundle = await rolldown({
  input: {
    cli: join(dist, 'cli.js'),
    worker: join(dist, 'parallel/worker.js'),
    'slice-job': join(dist, 'cluster/slice-job.js'),
  },
  platform: 'node',
  external: [/^node:/, ...Object.keys({ ...dependencies, ...peerDependencies })],
})
await bundle.write({ dir: join(dist, 'run'), format: 'esm', cleanDir: true, comments: false })
await bundle.close()
markBuilt(hash)
