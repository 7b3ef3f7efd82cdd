// The HTML of a report, without a browser: well-formed, inert whatever it quotes, and closed to everything foreign.
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { terminal } from '../../../src/report/escape.ts'
import { cellWords } from '../../../src/report/vendor/controls.ts'
import { reportHtml } from '../../../src/report/vendor/render-html.ts'
import type { Block, ReportModel, SequenceDiagram } from '../../../src/report/vendor/report-model.ts'
import { STYLE, STYLE_HASH } from '../../../src/report/vendor/style.ts'
import { xmlErrors } from '../../support/validators.ts'
import { commandsIn } from '../fixtures.ts'
import { REALISTIC, withWords } from './fixtures.ts'

const HARM =
  'a\x1b[2J\r\x9b\u202e\u2066\u200b\u{e0041}\ufffe\ud800</style></title><script>alert(1)</script><img src=x onerror=y>-->]]>&amp;"\'`'
const realistic = reportHtml(REALISTIC)
const hostile = reportHtml(withWords(REALISTIC, HARM))

const withoutStyle = (page: string) => page.replace(/<style>[\s\S]*?<\/style>/, '')
const tags = (page: string) => page.match(/<[^>]*>/g) ?? []
const names = (page: string) => tags(page).map((tag) => /^<\/?[^\s>/]*/.exec(tag)?.[0])
const values = (page: string, name: string) =>
  [...page.matchAll(new RegExp(` ${name}="([^"]*)"`, 'g'))].map(([, value]) => value)

const page = (...blocks: Block[]): string =>
  reportHtml({ title: 't', subtitle: '', lead: blocks, chapters: [], closing: [] })
const ladder = (parts: Partial<SequenceDiagram>): string =>
  page({
    kind: 'ladder',
    ladder: { session: 's1', client: 'c', server: 's', steps: [], links: [], before: 0, after: 0, ...parts },
  })

describe('what anybody may open', () => {
  test('the fixture has every kind of block', () => {
    const inside = (block: Block): Block[] =>
      block.kind === 'folded' ? [block, ...block.blocks.flatMap(inside)] : [block]
    const blocks = [
      ...REALISTIC.lead,
      ...[...REALISTIC.chapters.flatMap(({ sections }) => sections), ...REALISTIC.closing].flatMap(
        ({ blocks }) => blocks,
      ),
    ]
    expect([...new Set(blocks.flatMap(inside).map(({ kind }) => kind))].sort()).toEqual([
      'cases',
      'code',
      'dialogue',
      'folded',
      'heading',
      'ladder',
      'list',
      'matrix',
      'paragraph',
      'quote',
      'table',
      'terms',
      'tiles',
      'timeline',
    ])
  })

  test('the policy forbids everything but the one style, and names it by its hash', () => {
    expect(STYLE_HASH).toBe(createHash('sha256').update(STYLE).digest('base64'))
    expect(realistic).toContain(`<style>${STYLE}</style>`)
    expect(values(realistic, 'content')[0]).toBe(
      `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'`,
    )
    expect(STYLE).not.toMatch(/url\(|@import|</)
  })

  test.each([
    ['realistic', realistic],
    ['hostile', hostile],
    ['empty', reportHtml({ title: '', subtitle: '', lead: [], chapters: [], closing: [] })],
  ])('%s: well-formed, no script, nothing loaded, nothing that a terminal or an editor obeys', async (_, html) => {
    expect(await xmlErrors(html)).toEqual([])
    expect(commandsIn(html)).toEqual([])
    expect(names(html)).not.toContain('<script')
    expect(tags(html).filter((tag) => / (?:style|src|srcset|data|on\w+)=/.test(tag.replace(/"[^"]*"/g, '""')))).toEqual(
      [],
    )
    const addresses = values(html, 'href').filter((href) => !href?.startsWith('#'))
    expect(
      addresses.filter(
        (href) => !/^https:\/\/datatracker\.ietf\.org\/doc\/html\/rfc\d+#section-[\d.]+$/.test(href ?? ''),
      ),
    ).toEqual([])
  })

  test('hostile words change no element', () => {
    const harmless = reportHtml(withWords(REALISTIC, 'x'.repeat(terminal(HARM).length)))
    expect(names(withoutStyle(hostile))).toEqual(names(withoutStyle(harmless)))
    expect(hostile).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(hostile).toContain('\\u{202e}')
  })

  test('every link of the contents has its goal, and no identifier is given twice', () => {
    const ids = values(realistic, 'id')
    expect(new Set(ids).size).toBe(ids.length)
    const goals = values(realistic, 'href').flatMap((href) => (href?.startsWith('#') ? [href.slice(1)] : []))
    expect(goals.length).toBeGreaterThan(8)
    expect(goals.filter((goal) => !ids.includes(goal))).toEqual([])
    expect(values(realistic, 'aria-labelledby').filter((id) => !ids.includes(id))).toEqual([])
  })

  test('headings leave out no level', () => {
    const levels = [...realistic.matchAll(/<h(\d)/g)].map(([, level]) => Number(level))
    expect(levels[0]).toBe(1)
    expect(levels.filter((level, i) => i > 0 && level > (levels[i - 1] ?? 0) + 1)).toEqual([])
  })

  test('one chapter alone needs no contents; very many are listed without their sections', () => {
    const chapter = (id: string) => ({
      id,
      ...{ title: id, subtitle: '', certainty: 'proved' as const },
      sections: [{ id: 'a', title: 'A', blocks: [] }],
    })
    const many = (count: number): ReportModel => ({
      ...{ title: 't', subtitle: '', lead: [], closing: [] },
      chapters: Array.from({ length: count }, (_, i) => chapter(`c${i}`)),
    })
    expect(reportHtml(many(1))).not.toContain('<nav')
    expect(reportHtml(many(6))).toContain('href="#c5.a"')
    expect(reportHtml(many(7))).not.toContain('href="#c5.a"')
    expect(reportHtml(many(7))).toContain('href="#c6"')
  })
})

describe('the ladder', () => {
  const sent = (acked: number | null, fate: 'proved' | 'suspected' = 'proved') =>
    ladder({
      steps: [{ from: 'client', kind: 'data', frame: 9, timeNs: 0, parts: [{ text: 'RSET', fate, acked }] }],
    })
  const unit = (from: 'client' | 'server', frame: number, timeNs: number, ...texts: string[]) => ({
    ...{ from, frame, timeNs, kind: 'data' as const },
    parts: texts.map((text) => ({ text, fate: null, acked: null })),
  })

  test('what TCP acknowledged reaches the server and is lost behind it', () => {
    expect(sent(10)).toContain('>lost</text>')
    expect(sent(10)).toContain('class="tip lost"')
    expect(sent(10)).toContain('<title>RSET: acknowledged in frame 10, never answered</title>')
  })

  test('unacknowledged data is not drawn as received', () => {
    expect(sent(null)).toContain('>no reply</text>')
    expect(sent(null)).not.toContain('class="tip lost"')
    expect(sent(null)).not.toContain('acknowledged')
  })

  test('what is suspected is dashed and said to be suspected, in words and in the drawing', () => {
    const html = sent(10, 'suspected')
    expect(html).toContain('<g class="doubt"><title>RSET: acknowledged in frame 10, no reply captured: suspected')
    expect(html).toContain('>suspected</text>')
    expect(html).toContain('A coloured dashed line is suspected, not proved.')
    expect(html).not.toMatch(/>lost<|class="cross"|never answered/)
  })

  test('a line leads from each command to its reply, and those out of order are marked', () => {
    const steps = [unit('client', 3, 0, 'MAIL', 'RCPT', 'DATA'), unit('server', 5, 1, '354 go', '250 ok', '250 ok')]
    const links = [
      { from: [0, 0], to: [1, 1], kind: 'proved' },
      { from: [0, 1], to: [1, 2], kind: 'unsure' },
      { from: [0, 2], to: [1, 0], kind: 'suspected' },
    ] as const
    const html = ladder({ steps, links })
    expect([...html.matchAll(/<g class="link (\S+)"><title>(.*?)<\/title>/g)].map((match) => match.slice(1))).toEqual([
      ['unsure', 'RCPT was answered by 250 ok (not certain)'],
      ['suspected', 'DATA was answered by 354 go, suspected to be out of order'],
      ['proved', 'MAIL was answered by 250 ok, out of order'],
    ])
    expect(html).toContain('Red lines that cross are replies out of order.')
    expect(html).toContain('is not certain.')
    expect(ladder({ steps, links: [] })).not.toMatch(/class="link|Behind the server/)
  })

  test('a silence is shaded, named, and higher when it is longer', () => {
    const between = (seconds: number) =>
      ladder({
        steps: [unit('client', 3, 0, 'MAIL', 'RCPT'), unit('server', 5, seconds * 1e9, '250 ok', '250 ok')],
        links: [
          { from: [0, 0], to: [1, 0], kind: 'in-order' },
          { from: [0, 1], to: [1, 1], kind: 'in-order' },
        ],
      })
    const height = (html: string) => Number(/class="silence"[^>]* height="(\d+)"/.exec(html)?.[1])
    expect(between(0.9)).not.toContain('class="silence"')
    expect(between(2.56)).toContain('>2.5 s of silence, 2 replies outstanding</text>')
    expect(between(305)).toContain('>5 min 5 s of silence, 2 replies outstanding</text>')
    expect(height(between(20))).toBeGreaterThan(height(between(2)))
    expect(height(between(1e6))).toBe(110)
  })

  test('what does not fit is cut, and whole in its title', () => {
    const long = `RCPT TO:<${'a'.repeat(200)}@example.com>`
    const html = ladder({
      steps: [{ from: 'client', kind: 'data', frame: 9, timeNs: 0, parts: [{ text: long, fate: null, acked: null }] }],
    })
    expect(html).toMatch(/>RCPT TO:&lt;a+…<title>RCPT TO:&lt;a{200}@example\.com&gt;<\/title>/)
  })

  test('steps that are left out and waits are said', () => {
    const at = (frame: number, timeNs: number) => ({
      from: 'client' as const,
      kind: 'ack' as const,
      frame,
      timeNs,
      parts: [],
    })
    const html = ladder({ before: 1, after: 2, steps: [at(3, 0), at(5, 999_999_999), at(7, 2_500_000_000)] })
    expect(html).toContain('1 earlier step not drawn')
    expect(html).toContain('2 later steps not drawn')
    expect(html.match(/[\d.]+ s of silence/g)).toEqual(['1.5 s of silence'])
  })
})

test('the matrix says 0 % and 100 % only where that is exact', () => {
  const cell = (well: number, proved: number) => ({ well, proved, suspected: 0, unjudged: 0 })
  const cells = [
    cell(1000, 0),
    cell(1000, 1),
    cell(1, 1),
    cell(1, 1000),
    cell(0, 1000),
    { ...cell(0, 0), unjudged: 2 },
    null,
  ]
  const columns = cells.map((_, i) => ({ name: `s${i}`, detail: '', accused: false }))
  const html = page({
    kind: 'matrix',
    matrix: { caption: 'm', columns, rows: [{ shape: 'QUIT', cells }] },
  })
  expect([...html.matchAll(/<b>(.*?)<\/b>/g)].map(([, rate]) => rate)).toEqual([
    '✓ 0 %',
    '✗ &lt; 1 %',
    '✗ 50 %',
    '✗ &gt; 99 %',
    '✗ 100 %',
  ])
  expect(html).toContain('<td class="none">not judged<small>2 groups</small></td><td class="none">not sent</td>')
})

test('a matrix keeps what is proved and what is suspected apart', () => {
  const columns = ['a', 'b'].map((name) => ({ name, detail: '', accused: true }))
  const cells = [
    { well: 1, proved: 0, suspected: 1, unjudged: 0 },
    { well: 1, proved: 2, suspected: 1, unjudged: 0 },
  ]
  const html = page({ kind: 'matrix', matrix: { caption: 'm', columns, rows: [{ shape: 'QUIT', cells }] } })
  expect(html).toContain('<td class="doubted"><b>? 50 %</b>')
  expect(html).toContain('<small>1 of 2 suspected</small>')
  expect(html).toContain('<td class="failed"><b>✗ 50 %</b>')
  expect(html).toContain('<small>2 of 4 failed, 1 more suspected</small>')
  expect(html).toContain(
    '<rect class="part" width="50" height="4"/><line class="doubt" x1="50" y1="2" x2="75" y2="2"/></svg>',
  )
  expect(cells.map(cellWords)).toEqual(['1 of 2 suspected', '2 of 4, 1 more suspected'])
})

test('one affected session among very many is still seen in the timeline', () => {
  const html = page({
    kind: 'timeline',
    timeline: {
      title: 't',
      from: 'f',
      width: 'w',
      bins: [
        { label: 'a', sessions: 1_000_000, proved: 1, suspected: 1 },
        { label: 'b', sessions: 0, proved: 0, suspected: 0 },
      ],
    },
  })
  expect(html).toMatch(/<rect class="affected"[^>]* height="3"/)
  expect(html).toMatch(/<rect class="doubted"[^>]* y="94"[^>]* height="3"/)
  expect(html).toContain('1 of 1,000,000 sessions affected, 1 suspected')
})
