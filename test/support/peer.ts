// Programs that a differential test asks for a second opinion.
import { spawnSync } from 'node:child_process'

/**
 * Whether the program is there: `test.runIf(needsPeer('tshark'))(…)`. Its absence is said aloud to a user, and fails
 * where CI=true.
 */
export function needsPeer(name: string): boolean {
  if (spawnSync(name, ['--version'], { stdio: 'ignore' }).error === undefined) return true
  if (process.env.CI === 'true') throw new Error(`${name} is not installed, and CI=true`)
  console.warn(`\n  NOT TESTED: ${name} is not installed, so nothing is compared with it\n`)
  return false
}
