// Makes a fresh or updated clone ready to run: installs when the lock file asks for other packages than
// those installed, then builds (incrementally). Uses nothing but Node and npm.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const wanted = `${root}package-lock.json`
const installed = `${root}node_modules/.pipelint-lock.json`

/** Runs npm with its output on standard error: standard output belongs to the command that follows. */
function npm(...words) {
  const { status } = spawnSync('npm', words, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  if (status !== 0) process.exit(status ?? 1)
}

if (!existsSync(installed) || readFileSync(installed, 'utf8') !== readFileSync(wanted, 'utf8')) {
  npm('ci', '--ignore-scripts', '--no-audit', '--no-fund')
  copyFileSync(wanted, installed)
}
npm('run', '--silent', 'build')
