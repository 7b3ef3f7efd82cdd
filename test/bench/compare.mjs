// `node test/bench/compare.mjs [--sessions 1000000] [--differ 100000] [--runs 3]`: processor time and peak memory of
// `compare` beside two `check`s of the same captures, in turn; medians. It fails where a peak is above its ceiling.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { capture } from './captures.mjs'
import { check, median, root } from './timing.mjs'

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '1000000' },
    differ: { type: 'string', default: '100000' },
    runs: { type: 'string', default: '3' },
  },
})
/** Megabytes: of sessions that are the same on both sides, for a million of them; and where 100,000 pairs differ. */
const SAME_MAX = 650
const DIFFER_MAX = 1100

/** The same capture, as if a box had changed the last letter of every greeting. */
function greetedOtherwise(path) {
  const changed = path.replace(/\.pcap$/, '-greeted.pcap')
  if (existsSync(changed)) return changed
  const bytes = readFileSync(path)
  const word = 'Postfix\r\n'
  for (let at = bytes.indexOf(word); at !== -1; at = bytes.indexOf(word, at + word.length)) bytes.write('Postfi!', at)
  writeFileSync(changed, bytes)
  return changed
}

/** Seconds of the processor, and the largest resident set in MB. */
function run(command) {
  const { stderr, status, error } = spawnSync('/usr/bin/time', ['-f', '%U %S %M', ...command], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    cwd: root,
  })
  if (error || status > 1) throw error ?? new Error(stderr)
  const [user, system, peak] = stderr.trim().split('\n').at(-1).split(' ').map(Number)
  return { seconds: user + system, peak: (peak * 1024) / 1e6 }
}

function measure(path, commands) {
  const all = [check('--threads', '1', path), ...commands]
  const rounds = Array.from({ length: Number(values.runs) }, () => all.map(run))
  const of = (i, what) => median(rounds.map((round) => round[i][what]))
  const checks = 2 * of(0, 'seconds')
  return commands.map((_, i) => ({ checks, seconds: of(i + 1, 'seconds'), peak: of(i + 1, 'peak') }))
}

const compare = (format, before, behind) => [
  ...[process.execPath, 'dist/run/cli.js', 'compare', '--format', format],
  ...[before, behind],
]
const FORMATS = ['text', 'json', 'html']
const same = capture('wide', Number(values.sessions) / 1e6).path
const before = capture('wide', Number(values.differ) / 1e6).path
const behind = greetedOtherwise(before)
const results = [
  ...measure(same, [compare('text', same, same)]).map((result) => {
    return { what: `${values.sessions} the same`, most: SAME_MAX, ...result }
  }),
  ...measure(
    before,
    FORMATS.map((format) => compare(format, before, behind)),
  ).map((result, i) => ({ what: `${values.differ} that differ, ${FORMATS[i]}`, most: DIFFER_MAX, ...result })),
]
console.log('| sessions on each side | two checks | compare | ratio | peak memory |\n|---|---|---|---|---|')
for (const { what, checks, seconds, peak } of results) {
  const cells = [what, `${checks.toFixed(1)} s`, `${seconds.toFixed(1)} s`, (seconds / checks).toFixed(1)]
  console.log(`| ${cells.join(' | ')} | ${peak.toFixed(0)} MB |`)
}
const above = results.filter(({ peak, most }) => peak > most)
for (const { what, peak, most } of above) console.error(`bench: ${what}: ${peak.toFixed(0)} MB, above ${most} MB`)
process.exitCode = above.length > 0 ? 1 : 0
