// The memory ceilings of docs/performance.md: measures the peak of each command once, and fails if one is above its
// ceiling or if the page says another one. It takes about a minute.
//   node test/bench/ceilings.mjs
import { readFileSync } from 'node:fs'
import { capture, hostile } from './captures.mjs'
import { check, peakOf, root, triage } from './timing.mjs'

const ordinary = () => capture('env', 0.1).path
const longer = () => capture('env', 0.5).path
const faults = () => capture('faults', 0.2).path
const one = (...words) => check('--threads', '1', ...words)

/** Of each: what it reads, how it runs, and the largest resident set allowed, in MB. */
const CEILINGS = [
  ['50 MB of `env`', '`check`', 130, () => one(ordinary())],
  ['250 MB of `env`', '`check`', 130, () => one(longer())],
  ['50 MB of `env`', '`check --format json`', 200, () => one('--format', 'json', ordinary())],
  ['50 MB of `env`', '`triage`', 150, () => triage(ordinary())],
  ['30,000 sessions with three findings each', '`check`', 250, () => one(faults())],
  ['30,000 sessions with three findings each', '`triage`', 250, () => triage(faults())],
  ...['csv', 'ndjson', 'sarif', 'junit', 'json'].map((format) => [
    '30,000 sessions with three findings each',
    `\`check --format ${format}\``,
    300,
    () => one('--format', format, faults()),
  ]),
  ['300,000 SYNs', '`check`', 260, () => one(hostile('syn-flood', 0.03).path)],
  [
    '200,000 connections closed without the last acknowledgement',
    '`check`',
    300,
    () => one(hostile('no-last-acknowledgement', 0.02).path),
  ],
  ['300,000 SYNs answered by a reset', '`check`', 300, () => one(hostile('answered-by-reset', 0.03).path)],
  ['200,000 connections with half a line each', '`check`', 300, () => one(hostile('half-lines', 0.02).path)],
  ['300,000 flows of one octet each', '`check`', 420, () => one(hostile('one-octet-each', 0.03).path)],
  ['30,000 sessions on as many servers', '`check`', 200, () => one(hostile('servers', 0.01).path)],
  ['30,000 sessions on as many servers', '`triage`', 300, () => triage(hostile('servers', 0.01).path)],
]

const page = readFileSync(`${root}docs/performance.md`, 'utf8')
let failures = 0
const fail = (line) => {
  failures++
  console.error(`bench: ${line}`)
}
for (const [what, command, ceiling, words] of CEILINGS) {
  const row = `| ${what} | ${command} | ${ceiling} MB |`
  const peak = peakOf(words())
  console.log(`${row} ${peak.toFixed(0)} MB`)
  if (peak > ceiling) fail(`${what}, ${command}: ${peak.toFixed(0)} MB, above ${ceiling} MB`)
  if (!page.includes(row)) fail(`docs/performance.md does not have the row ${row}`)
}
process.exitCode = failures > 0 ? 1 : 0
