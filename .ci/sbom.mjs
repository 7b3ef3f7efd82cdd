// `npm run sbom`: what users install, and what is bundled into the page, as one CycloneDX document. A package that is only
// bundled has the scope "excluded": nothing installs it.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { bundledPackages } from './page.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const shell = process.platform === 'win32'

function sbom(...words) {
  const { status, stdout, stderr } = spawnSync('npm', ['sbom', '--sbom-format', 'cyclonedx', ...words], {
    ...{ cwd: root, encoding: 'utf8', maxBuffer: 1 << 28, shell },
  })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

const installed = sbom('--omit', 'dev', '--omit', 'peer')
const known = new Set(installed.components.map((component) => component['bom-ref']))
const names = new Set(await bundledPackages())
const bundled = sbom().components.filter(
  (component) =>
    !known.has(component['bom-ref']) && names.has([component.group, component.name].filter(Boolean).join('/')),
)
installed.components.push(...bundled.map((component) => ({ ...component, scope: 'excluded' })))
console.log(JSON.stringify(installed, null, 2))
