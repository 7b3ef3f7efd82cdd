// Makes a fresh or updated clone ready to run: installs when the lock file asks for other packages than those
// installed, and builds when the sources are not those of the last build. Uses nothing but Node and npm.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, lstatSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isFresh } from './fresh.mjs'

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
  if (lstatSync(`${root}node_modules`, { throwIfNoEntry: false })?.isSymbolicLink()) {
    console.error(
      'node_modules is a symbolic link and lacks packages of package-lock.json; npm ci would empty the folder behind it. ' +
        'Install there, or remove the link.',
    )
    process.exit(1)
  }
  npm('ci', '--ignore-scripts', '--no-audit', '--no-fund')
  copyFileSync(wanted, installed)
}
if (!isFresh()) npm('run', '--silent', 'build')
