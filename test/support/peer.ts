// What tests need that this project does not bring along: programs that are asked for a second opinion, a registry.
import { spawnSync } from 'node:child_process'
import { leaveOutPeer } from './left-out.ts'

const found = new Map<string, boolean>()

/**
 * Whether the program is there: `test.runIf(needsPeer('tshark'))(…)`. Its absence is said aloud to a user, and fails
 * where CI=true.
 */
export function needsPeer(name: string): boolean {
  return needs(name, () => spawnSync(name, ['--version'], { stdio: 'ignore' }).error === undefined)
}

/** The same of the registry of packages that npm is set up for. */
export function needsRegistry(): boolean {
  const words = ['view', 'commander@14', 'version', '--fetch-retries', '0', '--fetch-timeout', '10000']
  return needs('a package registry', () => spawnSync('npm', words, { stdio: 'ignore', shell: isWindows }).status === 0)
}

export const isWindows = process.platform === 'win32'

function needs(name: string, probe: () => boolean): boolean {
  const isThere = found.get(name) ?? probe()
  found.set(name, isThere)
  if (isThere) return true
  if (process.env.CI === 'true') throw new Error(`${name} is not there, and CI=true`)
  leaveOutPeer(name)
  return false
}
