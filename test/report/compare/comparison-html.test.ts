// The document of a comparison: complete in itself, inert whatever was said, bounded, and it says what it leaves out.
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Comparison, Pair } from '../../../src/compare/comparison.ts'
import { redactComparison } from '../../../src/compare/redact-comparison.ts'
import type { SideBySide } from '../../../src/compare/side-by-side.ts'
import { Redaction } from '../../../src/redact/redaction.ts'
import { excerptOf, worstFirst } from '../../../src/report/compare/comparison-excerpt.ts'
import { COMPARISON_STYLE, COMPARISON_STYLE_HASH, comparisonHtml } from '../../../src/report/compare/comparison-html.ts'
import { slotsOf } from '../../../src/report/compare/sequence-pair.ts'
import type { CaptureRecord } from '../../../src/rules/analysis.ts'
import { FAULTS } from '../../support/faults.ts'
import { conversation } from '../../support/proxy.ts'
import { compared } from '../../support/sides.ts'

const NOTHING = { before: [], behind: [] }
const NAMES = /client\d|example\.(?:com|net)|mail\.|queued as Q|\b10\.0\.0\.\d\b/
const HOSTILE = `</code></svg><script>alert(1)</script><img src=x onerror='y'> "&\`\u202e\u0000`

const htmlOf = (comparison: Comparison) => comparisonHtml(comparison, NOTHING, '1.0.0', false)

/** Every string that a stranger chose, in front of something hostile; what is chosen by us stays. */
function poisoned<T>(value: T, key = ''): T {
  if (typeof value === 'string') {
    const isOurs = ['by', 'box', 'kind', 'what', 'place', 'outcome', 'code', 'side'].includes(key)
    return (isOurs ? value : `${value}${HOSTILE}`) as T
  }
  if (Array.isArray(value)) return value.map((each) => poisoned(each)) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, poisoned(each, name)])) as T
}

test('the one style is known by its hash, and nothing else is allowed', async () => {
  expect(COMPARISON_STYLE_HASH).toBe(createHash('sha256').update(COMPARISON_STYLE).digest('base64'))
  const document = htmlOf(await compared([{ before: conversation(1, 2), behind: conversation(1, 2) }]))
  expect(document).toContain(`default-src 'none'; style-src 'sha256-${COMPARISON_STYLE_HASH}'`)
  expect(document).toContain('Nothing was lost or changed on the way.')
  expect(document).not.toMatch(/<script|<article|style="|https?:/)
})

describe.each(FAULTS)('a proxy that $name', ({ does }) => {
  test('is shown with both dialogues and both drawings', async () => {
    const comparison = await compared([does(conversation(1, 3))])
    const document = htmlOf(comparison)
    const unlike = [...comparison.pairs].filter(({ outcome }) => outcome !== 'same')
    expect(document.match(/<article /g)?.length ?? 0).toBe(unlike.length)
    expect(document.match(/<svg role="img" aria-label="Sequence/g)?.length ?? 0).toBe(
      unlike.filter(({ rows }) => rows.length > 0).length,
    )
    expect(htmlOf(redactComparison(comparison, new Redaction()))).not.toMatch(NAMES)
  })

  test('stays inert', async () => {
    const comparison = await compared([does(conversation(1, 3))])
    const document = htmlOf({ ...comparison, pairs: [...comparison.pairs].map((pair) => poisoned(pair)) })
    expect(document).not.toMatch(/<script|<img|\u202e|onerror='y'>/)
    expect(tagsOf(document)).toEqual(new Set([...tagsOf(htmlOf(comparison))]))
  })
})

/** The permitted elements: any other one shows that text was not escaped. */
function tagsOf(document: string): Set<string> {
  return new Set([...document.matchAll(/<\/?([a-z0-9]+)/gi)].map(([, name = '']) => name))
}

test('names of captures are inert', async () => {
  const capture: CaptureRecord = {
    ...{ path: `a${HOSTILE}`, sha256: null, format: 'pcap', compression: 'none', linkTypes: [], bytes: 1, packets: 1 },
    ...{ firstPacketAt: null, lastPacketAt: null, droppedByCapture: null, complete: true, error: null, problems: [] },
  }
  const captures = { before: [capture], behind: [] }
  const comparison = await compared([{ before: conversation(1, 1), behind: conversation(1, 1) }])
  expect(comparisonHtml(comparison, captures, '1.0.0', false)).not.toMatch(/<script|<img|\u202e/)
})

test('a hundred thousand pairs that differ stay a document that a browser opens', async () => {
  const [fault] = FAULTS
  if (fault === undefined) throw new Error('no fault')
  const comparison = await compared([fault.does(conversation(1, 3))])
  const [pair] = comparison.pairs as readonly Pair[]
  if (pair === undefined) throw new Error('no pair')
  const pairs = Array.from({ length: 100_000 }, () => pair)
  const summary = { ...comparison.summary, pairs: 100_000, same: 0, different: 100_000 }
  const document = htmlOf({ ...comparison, summary, pairs })
  expect(document.length).toBeLessThan(3_000_000)
  expect(document).toContain('99,500 more pairs that differ have no line here')
  expect(document.match(/<article /g)?.length).toBe(40)
})

test('nothing paired does not mean that nothing is wrong', async () => {
  const comparison = await compared([{ before: conversation(1, 1), behind: conversation(1, 1) }])
  const summary = { ...comparison.summary, pairs: 0, same: 0, boxes: {} }
  const document = htmlOf({ ...comparison, summary, pairs: [] })
  expect(document).toContain('This does not mean that nothing is wrong.')
  expect(document).not.toContain('Nothing was lost')
})

const line = (place: number, text: string): NonNullable<SideBySide['before']> => ({
  ...{ kind: 'said', text, session: 's1', frame: place + 1, timeNs: place, acked: null, place },
})
const row = (by: SideBySide['by'], text: string, here: number | null, there: number | null): SideBySide => ({
  by,
  before: here === null ? null : line(here, text),
  behind: there === null ? null : line(there, text),
})

test('in a drawing time runs down on both sides, and what can be is level', () => {
  const rows = [
    row('client', 'MAIL', 0, 0),
    row('client', 'RCPT', 1, 2),
    row('client', 'NOOP', 2, null),
    row('server', '250 a', 3, 1),
    row('server', '250 b', 4, 3),
  ]
  const shown = slotsOf(rows).map(({ before, behind }) => [before?.before?.text ?? '', behind?.behind?.text ?? ''])
  expect(shown).toEqual([
    ['MAIL', 'MAIL'],
    ['', '250 a'],
    ['RCPT', 'RCPT'],
    ['NOOP', ''],
    ['250 a', ''],
    ['250 b', '250 b'],
  ])
})

test('a line that may be inside TLS on the other side is not said to be absent there', async () => {
  const comparison = await compared([{ before: conversation(1, 1), behind: conversation(1, 1) }])
  const [pair] = [...comparison.pairs]
  if (pair === undefined) throw new Error('no pair')
  const rows = [row('client', 'MAIL', 0, null), row('client', 'STARTTLS', null, 0)]
  const encrypted = { ...pair, rows, outcome: 'cannot-tell', reasons: [{ side: 'behind', code: 'encrypted' }] } as const
  const document = htmlOf({ ...comparison, pairs: [encrypted] })
  const cells = [...document.matchAll(/<td class="none">([^<]*)</g)].map(([, words]) => words)
  expect(cells).toEqual(['not seen in the clear', 'not on this side'])
})

test('of a long dialogue the lines around what differs are shown, and the rest is counted', () => {
  const rows = Array.from({ length: 1000 }, (_, i) => row('client', `NOOP ${i}`, i, i === 500 ? null : i))
  const { runs, after, unlike } = excerptOf(rows, ({ behind }) => behind === null)
  expect(runs.map((run) => [run.skipped, run.rows.length])).toEqual([
    [0, 4],
    [493, 7],
    [493, 3],
  ])
  expect([after, unlike]).toEqual([0, 0])
})

test('what was lost stands in front of what was only held up', async () => {
  const comparison = await compared(FAULTS.map(({ does }, i) => does(conversation(i + 1, 3))))
  const { shown, more } = worstFirst(comparison.pairs, 2)
  const kinds = shown.map(({ differences }) => differences.map(({ kind }) => kind))
  expect(kinds.every((each) => each.includes('lost'))).toBe(true)
  expect(more).toBe([...comparison.pairs].filter(({ outcome }) => outcome !== 'same').length - 2)
})
