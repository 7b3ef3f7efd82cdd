// Measures whole processes: processor time, wall clock, memory. They run in turn, so that changes of the machine's speed
// affect all of them alike.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** Node reads further certificates at start-up where this is set, for longer than a small capture takes. */
const { NODE_EXTRA_CA_CERTS: _unused, ...environment } = process.env
const TIMED = 'TIMEFORMAT="%3R %3U %3S"; time "$@" >/dev/null 2>&1'

/** Seconds of the processor (user and system) and of the wall clock. */
function time(command) {
  const { stderr, status, error } = spawnSync('bash', ['-c', TIMED, 'bash', ...command], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    cwd: root,
    env: environment,
  })
  if (error || status > 1) throw error ?? new Error(`${command.join(' ')} exited with ${status}`)
  const [wall, user, system] = stderr.trim().split('\n').at(-1).split(' ').map(Number)
  return { cpu: user + system, wall }
}

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]

/**
 * All commands in turn, so often, after one round that is not counted. Medians of processor time and wall clock, and of
 * each one's ratio to the first command, round by round.
 */
export function inTurn(commands, runs) {
  const round = () => commands.map(time)
  round()
  const rounds = Array.from({ length: runs }, round)
  const medians = (i, what) => ({
    [what]: median(rounds.map((times) => times[i][what])),
    [`${what}Ratio`]: median(rounds.map((times) => times[i][what] / times[0][what])),
  })
  return commands.map((_, i) => ({ ...medians(i, 'cpu'), ...medians(i, 'wall') }))
}

const cli = (...words) => [process.execPath, 'dist/run/cli.js', ...words]
export const check = (...words) => cli('check', ...words)
export const triage = (...words) => cli('triage', ...words)
export const copy = (path) => ['tcpdump', '-r', path, '-w', '/dev/null', 'tcp port 25']
export const nothing = [process.execPath, '-e', '0']

/**
 * The largest resident set of one of our own commands, in MB.
 */
export function peakOf([node, ...words]) {
  const { output, status, error } = spawnSync(node, ['--import', `${root}test/bench/peak.mjs`, ...words], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    cwd: root,
    env: environment,
  })
  if (error || status > 1) throw error ?? new Error(output[2])
  return (Number(output[3]) * 1024) / 1e6
}

/** What another script of this folder prints. */
export function printedBy(script) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [`${root}test/bench/${script}`], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

export const isInstalled = (tool) => spawnSync('which', [tool], { stdio: 'ignore' }).status === 0
