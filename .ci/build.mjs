// src/ -> dist/: the library as the compiler writes it, and dist/run/, the program in a few files, so that it starts in
// half the time that its modules would take one by one.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { markBuilt, sourceHash } from './fresh.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const [src, dist] = [join(root, 'src'), join(root, 'dist')]
const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** The compiler leaves what it wrote for sources that are gone or have moved. */
function removeLeftovers() {
  const written = readdirSync(dist, { recursive: true }).filter((path) => !/^(?:\.|run(?:$|[\\/]))/.test(path))
  for (const path of written) {
    const source = join(src, path.replace(/(?:\.d)?\.ts$|\.js$/, '.ts'))
    if (!existsSync(source)) rmSync(join(dist, path), { recursive: true, force: true })
  }
}

// Taken first: what is edited during a build is not in it.
const hash = sourceHash()
const { status } = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc')], {
  cwd: root,
  stdio: 'inherit',
})
if (status !== 0) process.exit(status ?? 1)
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
