// dist/ -> dist/run/: the program in a few files, so that it starts in half the time that its modules would take one by
// one. The library stays as the compiler wrote it.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const dist = fileURLToPath(new URL('../dist', import.meta.url))
const run = join(dist, 'run')
const { dependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

function newest(folder) {
  const files = readdirSync(folder, { recursive: true }).map((path) => join(folder, path))
  return Math.max(0, ...files.filter((path) => path.endsWith('.js')).map((path) => statSync(path).mtimeMs))
}

const written = statSync(join(run, 'cli.js'), { throwIfNoEntry: false })?.mtimeMs ?? 0
const compiled = readdirSync(dist).filter((name) => !name.startsWith('.') && name !== 'run')
const latest = Math.max(
  ...compiled.map((name) => {
    const entry = statSync(join(dist, name))
    return entry.isDirectory() ? newest(join(dist, name)) : entry.mtimeMs
  }),
)

if (latest > written) {
  const bundle = await rolldown({
    input: {
      cli: join(dist, 'cli.js'),
      worker: join(dist, 'parallel/worker.js'),
      'slice-job': join(dist, 'cluster/slice-job.js'),
    },
    platform: 'node',
    external: [/^node:/, ...Object.keys(dependencies)],
  })
  await bundle.write({ dir: run, format: 'esm', cleanDir: true, comments: false })
  await bundle.close()
}
