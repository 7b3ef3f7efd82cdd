// Whether dist/ holds what the sources say. Uses nothing but Node.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')
const stamp = join(dist, '.built')
/** What a build depends on beside src/; package-lock.json stands for the compiler and the bundler. */
const OTHERS = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  '.ci/build.mjs',
  '.ci/code.mjs',
  '.ci/kernel.mjs',
  '.ci/page.mjs',
  '.ci/fresh.mjs',
]

function filesIn(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

/** One hash over the names and the contents of everything that a build reads. */
export function sourceHash() {
  const hash = createHash('sha256').update(process.version)
  for (const path of [...filesIn('src'), ...OTHERS.map((name) => join(root, name))]) {
    hash.update(`\0${path}\0`).update(readFileSync(path))
  }
  return hash.digest('hex')
}

/** Everything that a build wrote, and when the last of it was written; dot files and folders are not part of it. */
function outputs() {
  const paths = filesIn('dist').filter((path) => !path.slice(dist.length + 1).startsWith('.'))
  return { count: paths.length, latest: Math.max(0, ...paths.map((path) => statSync(path).mtimeMs)) }
}

/** After a build from the sources with this hash. */
export function markBuilt(hash) {
  writeFileSync(stamp, JSON.stringify({ hash, ...outputs() }))
}

/** Whether the last build read the sources as they are now, and nobody has touched its output since. */
export function isFresh() {
  try {
    const built = JSON.parse(readFileSync(stamp, 'utf8'))
    const { count, latest } = outputs()
    return built.hash === sourceHash() && built.count === count && built.latest === latest
  } catch {
    return false
  }
}
