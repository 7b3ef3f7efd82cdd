// The essential tests on every Node that is supported: `npm run test:nodes`; `npm run test:nodes -- 24` for one of
// them, `this` for the one that runs. Each Node comes from its npm package; what is installed here serves all of them.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const asked = process.argv.slice(2)
const versions = asked.length > 0 ? asked : ['20.19', '22', '24', '26']

for (const version of versions) {
  const isThis = version === 'this'
  const shell = process.platform === 'win32' && !isThis
  const node = isThis ? [process.execPath] : ['npx', '--yes', '--package', `node@${version}`, '--', 'node']
  const [program, ...words] = [...node, 'node_modules/vitest/vitest.mjs', 'run']
  const env = { ...process.env, TEST_SCOPE: 'essential' }
  const { status } = spawnSync(program, words, { cwd: root, env, stdio: 'inherit', shell })
  const name = isThis ? process.version : version
  console.error(`Node ${name}: the essential tests ${status === 0 ? 'pass' : 'fail, or it could not be had'}`)
  if (status !== 0) process.exit(status ?? 1)
}
