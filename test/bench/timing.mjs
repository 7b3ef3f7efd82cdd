// Whole processes, timed in turn: what drifts on the machine drifts for all of them alike.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** Seconds of wall clock. */
function time([command, ...words]) {
  const start = process.hrtime.bigint()
  const { status, error } = spawnSync(command, words, { stdio: 'ignore', cwd: root })
  if (error || status > 1) throw error ?? new Error(`${command} exited with ${status}`)
  return Number(process.hrtime.bigint() - start) / 1e9
}

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]

/**
 * All commands in turn, so often, after one round that is not counted. Medians of seconds, and of each one's ratio to
 * the first, round by round.
 */
export function inTurn(commands, runs) {
  const round = () => commands.map(time)
  round()
  const rounds = Array.from({ length: runs }, round)
  return commands.map((_, i) => ({
    seconds: median(rounds.map((times) => times[i])),
    ratio: median(rounds.map((times) => times[i] / times[0])),
  }))
}

export const check = (...words) => [process.execPath, 'dist/run/cli.js', 'check', ...words]
export const copy = (path) => ['tcpdump', '-r', path, '-w', '/dev/null', 'tcp port 25']

/** The largest resident set of `check`, in MB, as the process itself counts it. */
export function peakMegabytes(path) {
  const script = `import('${root}dist/analyze.js').then(async ({ analyze }) => {
    await analyze([process.argv[1]], { keepSessions: 'notable' })
    console.log(process.resourceUsage().maxRSS * 1024 / 1e6)
  })`
  return Number(spawnSync(process.execPath, ['-e', script, path], { encoding: 'utf8' }).stdout)
}

/** What another script of this folder prints. */
export function printedBy(script) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [`${root}test/bench/${script}`], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}
