// What `compare` prints: valid by its schema for whatever a proxy does; and redacted, without a name of either side, while
// what was judged and our own words stay.
import { describe, expect, test } from 'vitest'
import type { Comparison } from '../../src/compare/comparison.ts'
import type { Difference } from '../../src/compare/difference.ts'
import { redactComparison } from '../../src/compare/redact-comparison.ts'
import { Redaction } from '../../src/redact/redaction.ts'
import { comparisonDocument } from '../../src/report/compare/comparison-json.ts'
import { renderComparison } from '../../src/report/compare/comparison-text.ts'
import { PLAIN } from '../../src/report/format-text.ts'
import { FAULTS } from '../support/faults.ts'
import { expectGolden } from '../support/golden.ts'
import { invoke } from '../support/invoke.ts'
import { conversation } from '../support/proxy.ts'
import { compared } from '../support/sides.ts'
import { comparisonSchema, isComparison } from '../support/validators.ts'

const root = new URL('../../', import.meta.url)
const NOTHING = { before: [], behind: [] }

const documentOf = (comparison: Comparison) => [...comparisonDocument(comparison, NOTHING, '1.0.0')].join('')
const tableOf = (comparison: Comparison) => renderComparison(comparison, { width: 10_000, style: PLAIN, all: true })

/** The names in `conversation`, and the addresses that no placeholder can have. */
const NAMES = /client\d|example\.(?:com|net)|mail\.|queued as Q|\b10\.0\.0\.\d\b/

test('the published schema is the one that holds them', () =>
  expectGolden(
    new URL('src/report/comparison.schema.json', root).pathname,
    `${JSON.stringify(comparisonSchema, null, 2)}\n`,
  ))

/** A message without the lines that it quotes. */
function ours({ message, before, behind }: Difference): string {
  return [before, behind]
    .flatMap((sighting) => sighting?.text.split('\n') ?? '')
    .sort((a, b) => b.length - a.length)
    .reduce((words, line) => (line === '' ? words : words.replaceAll(line, '#')), message)
}

describe.each(FAULTS)('a proxy that $name', ({ does }) => {
  test('is written to a valid document, with the same words redacted', async () => {
    const comparison = await compared([does(conversation(1, 3))])
    const redacted = redactComparison(comparison, new Redaction())
    for (const each of [comparison, redacted]) {
      const document = JSON.parse(documentOf(each))
      expect(isComparison(document) ? [] : isComparison.errors).toEqual([])
    }
    expect(`${documentOf(redacted)}${tableOf(redacted)}`).not.toMatch(NAMES)
    const differences = ({ pairs }: Comparison) => [...pairs].flatMap((pair) => pair.differences)
    expect(differences(redacted).map(ours)).toEqual(differences(comparison).map(ours))
    expect(differences(redacted).map(({ kind, what, place }) => [kind, what, place])).toEqual(
      differences(comparison).map(({ kind, what, place }) => [kind, what, place]),
    )
  })
})

test('a name that only changed its case is still a change', async () => {
  const whole = conversation(1, 3)
  const lower = (text: string) => text.replace(/<.*>/, (path) => path.toUpperCase())
  const turns = whole.turns.map((turn, i) => (i === 3 ? { ...turn, commands: turn.commands.map(lower) } : turn))
  const comparison = await compared([{ before: whole, behind: { ...whole, turns } }])
  const { pairs } = redactComparison(comparison, new Redaction())
  expect([...pairs][0]?.differences.map(({ kind }) => kind)).toContain('changed')
})

test('sessions without a partner lose their names, too', async () => {
  const before = await compared([{ before: conversation(1, 2), behind: conversation(1, 2) }])
  const [pair] = before.pairs
  if (pair === undefined) throw new Error('no pair')
  const alone = { ...before, pairs: [], onlyBefore: [pair.before], onlyBehind: pair.behind, ambiguous: [pair.before] }
  expect(documentOf(redactComparison(alone, new Redaction()))).not.toMatch(NAMES)
})

test('on the command line: the captures lose their names and the exit code stays', async () => {
  const words = ['compare', '--redact', '--format', 'json']
  const sides = ['client-side', 'server-side'].map((name) => new URL(`test/cli/files/${name}.pcap`, root).pathname)
  const { printed, exitCode } = await invoke(...words, ...sides)
  const document = JSON.parse(printed)
  expect(isComparison(document) ? [] : isComparison.errors).toEqual([])
  expect(document.captures.before[0].path).toBe('capture-1.pcap')
  expect(document.captures.behind[0].path).toBe('capture-2.pcap')
  expect(printed).not.toMatch(NAMES)
  expect(exitCode).toBe(0)
})
