// `npm run audit`: known defects of what users install, as the registry knows them. A registry that has no such list is
// no reason to fail; a defect of severity "high" or "critical" is.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const shell = process.platform === 'win32'
const { stdout } = spawnSync('npm', ['audit', '--omit', 'dev', '--json'], { cwd: root, encoding: 'utf8', shell })
const { metadata, vulnerabilities = {} } = JSON.parse(stdout || '{}')
if (metadata === undefined) {
  console.error('audit: the registry does not answer; nothing was checked')
  process.exit(0)
}
const grave = Object.values(vulnerabilities).filter(({ severity }) => /^(?:high|critical)$/.test(severity))
for (const { name, severity, range } of grave) console.error(`audit: ${name} ${range}: ${severity}`)
console.error(`audit: ${metadata.dependencies.prod} packages, ${grave.length} with a grave defect`)
process.exit(grave.length === 0 ? 0 : 1)
