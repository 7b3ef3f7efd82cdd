// Programs that a differential test asks for a second opinion.
import { spawnSync } from 'node:child_process'
import { leaveOutPeer } from './left-out.ts'

const found = new Map<string, boolean>()

/**
 * Whether the program is there: `test.runIf(needsPeer('tshark'))(…)`. Its absence is said aloud to a user, and fails
 * where CI=true.
 */
export function needsPeer(name: string): boolean {
  const isThere = found.get(name) ?? spawnSync(name, ['--version'], { stdio: 'ignore' }).error === undefined
  found.set(name, isThere)
  if (isThere) return true
  if (process.env.CI === 'true') throw new Error(`${name} is not installed, and CI=true`)
  leaveOutPeer(name)
  return false
}
