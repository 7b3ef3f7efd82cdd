// A comparison as one HTML file: the answer first, a line for each pair that differs, and for the worst of them a
// chapter with both dialogues and both sequence diagrams. The size is bounded: pairs beyond the limits are only counted.

import type { BoxKind } from '../../compare/box-kind.ts'
import type { Comparison, Pair, Seen } from '../../compare/comparison.ts'
import type { Difference, DifferenceKind, Place } from '../../compare/difference.ts'
import type { Line, SideBySide } from '../../compare/side-by-side.ts'
import { describeCaptureProblem } from '../../errors.ts'
import { elapsed } from '../dialogue.ts'
import { html } from '../escape.ts'
import { counted, decimal } from '../format-text.ts'
import { blocksHtml } from '../vendor/html-blocks.ts'
import { tableBox } from '../vendor/html-tables.ts'
import { htmlPage } from '../vendor/render-html.ts'
import type { Block, Inline, Words } from '../vendor/report-model.ts'
import { STYLE } from '../vendor/style.ts'
import { byGravity, type Excerpt, excerptOf, gravity, isHarmless, worstFirst } from './comparison-excerpt.ts'
import type { ComparedCaptures } from './comparison-json.ts'
import {
  AMBIGUOUS,
  alike,
  BOX_WORDS,
  BY_WORDS,
  CLAIMS,
  clockWords,
  framesOf,
  notComparedWords,
  nothingPaired,
  ONLY_BEFORE,
  ONLY_BEHIND,
  PLACE_WORDS,
  reasonWords,
  totalWords,
} from './comparison-words.ts'
import { type Fates, fatesOf, sequencePair } from './sequence-pair.ts'

const OWN = `
body { max-width: 70rem; }
nav + main { margin-top: 2rem; }
@media (min-width: 1000px) {
  body { display: block; max-width: 70rem; }
  nav { position: static; max-height: none; border-bottom: 1px solid var(--rule); }
}
@media (min-width: 120rem) { body { max-width: 84rem; } }
.outcome { white-space: nowrap; }
.different { color: var(--fault); font-weight: 650; }
.unsure { color: var(--soft); font-weight: 650; }
.pairs td, .pairs th { vertical-align: top; }
.pairs .what { min-width: 15rem; }
.pairs .who { overflow-wrap: anywhere; min-width: 9rem; }
.two table, table.two { table-layout: fixed; width: 100%; }
table.two th, table.two td { width: 50%; padding: .15rem .6rem; border: 0; overflow-wrap: anywhere; vertical-align: top; }
table.two thead th { padding: .4rem .6rem; border-bottom: 2px solid var(--rule); }
table.two td + td, table.two th + th { border-left: 4px double var(--rule); }
table.two code { background: none; padding: 0; white-space: pre-wrap; font-size: .95em; }
table.two small { display: inline; margin-left: .5em; white-space: nowrap; }
table.two .note { text-align: center; color: var(--soft); font-style: italic; padding: .5rem; }
table.two .none { color: var(--soft); font-style: italic; }
table.two tr.lost { background: var(--fault-tint); }
table.two tr.lost code { color: inherit; font-weight: 400; }
table.two tr.turn td { padding-top: .55rem; }
table.two p { margin: .1rem 0 .3rem; font-size: .85rem; color: var(--fault); font-weight: 600; }
.ladder.two svg { min-width: 54rem; max-width: 68rem; }
.ladder .inside { fill: var(--panel); }
.ladder .tie { stroke: var(--soft); stroke-width: 1.2; stroke-dasharray: 2 4; }
.ladder .tie.changed { stroke: var(--fault); stroke-width: 2; stroke-dasharray: none; }
@media (max-width: 40rem) {
  table.two td, table.two th { padding-left: .35rem; padding-right: .35rem; }
  table.two small { display: block; margin-left: 0; white-space: normal; }
  table.two code { font-size: .85em; }
}
@media print {
  body { max-width: none; }
  .ladder.two svg { min-width: 0; max-width: none; }
  .pairs .what, .pairs .who { min-width: 0; }
  table.two { font-size: 8pt; }
  .box:has(table.two), .box:has(table.pairs) { break-inside: auto; }
  table.two tr.lost { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`

export const COMPARISON_STYLE = `${STYLE}${OWN}`

/** SHA-256 of it in base 64. A test computes it anew and says what it must be. */
export const COMPARISON_STYLE_HASH = 'tCi8Fo4dvvEPmZATTgXtufpQuKHbTNHET9gMLPzJpl0='

/** Differences of one pair that are listed, and lines of one reply that are shown. */
const LISTED = 40
const REPLY_LINES = 16

function pairHtml(pair: Pair, id: string, title: string): string {
  const { outcome, box, by, before, behind } = pair
  const [badge, words] = outcome === 'different' ? ['proved', 'different'] : ['suspected', 'cannot tell']
  const terms: Block = {
    kind: 'terms',
    entries: [
      { term: 'Client side', words: [seenWords(before)] },
      { term: 'Server side', words: [behind.map(seenWords).join('; ')] },
      { term: 'Kind of box', words: [BOX_WORDS[box]] },
      { term: 'Paired by', words: [BY_WORDS[by]] },
    ],
  }
  const fates = fatesOf(pair)
  const excerpt = excerptOf(pair.rows, (row) => differs(row, fates))
  const dialogues =
    pair.rows.length === 0
      ? [blocksHtml([{ kind: 'paragraph', words: [noDialogues(pair)] }], 3)]
      : [dialogueTable(pair, excerpt, fates), sequencePair(pair, excerpt, fates)]
  return `<article id="${id}" aria-labelledby="${id}.title">
<div class="title"><h2 id="${id}.title">${html(title)}</h2> <p class="certainty ${badge}">${words}</p></div>
${blocksHtml([terms, ...certain(pair), ...uncertain(pair)], 3)}
<h3>Both dialogues</h3>
${dialogues.join('\n')}
</article>`
}

function seenWords({ session, client, server, startedAt }: Seen): string {
  return `session ${session}, ${client} to ${server}, from ${startedAt}`
}

function certain({ differences, omitted, notes }: Pair): Block[] {
  const all = alike(differences)
  const listed = all.slice(0, LISTED)
  const items = [
    ...notes.map((words): Words => [`${words.charAt(0).toUpperCase()}${words.slice(1)}.`]),
    ...listed.map(([difference, times]): Words => [sentence(difference, times)]),
  ]
  const more = all.length - listed.length + omitted
  if (more > 0)
    items.push([`${counted(more, 'more difference')} not listed here; --format json has those that were kept.`])
  if (items.length === 0) return []
  return [
    { kind: 'heading', text: 'What is certain' },
    { kind: 'list', items },
  ]
}

function sentence({ place, kind, message, before, behind }: Difference, times: number): string {
  const often = times === 1 ? '' : `; ${decimal(times)} times, the first is shown`
  const frames =
    before === null && behind === null
      ? ''
      : ` (client side: ${framesOf(before)}; server side: ${framesOf(behind)}${often})`
  const where = PLACE_WORDS[place]
  return `${where.charAt(0).toUpperCase()}${where.slice(1)}, ${kind}: ${message}${frames}.`
}

function uncertain({ reasons, by, box, outcome }: Pair): Block[] {
  const items: Words[] = reasonWords(reasons).map((words) => [`Cannot tell: ${words}.`])
  if (by === 'time') items.push(['These sessions were paired by their times alone.'])
  if (by === 'content') items.push(['These sessions were paired by what they say, not by addresses or TCP.'])
  if (box === 'line-proxy' && outcome === 'different')
    items.push(['The captures do not show whether the box is configured to do this.'])
  if (items.length === 0) return []
  return [
    { kind: 'heading', text: 'What is not certain' },
    { kind: 'list', items },
  ]
}

function noDialogues({ omitted, differences, reasons }: Pair): string {
  if (reasons.some(({ code }) => code === 'encrypted'))
    return 'The dialogue is encrypted. To read it, give the TLS secrets with --keylog.'
  if (omitted > 0 || differences.length > 0)
    return 'Not kept: too many pairs differ. Select this session with --session to see both dialogues.'
  return 'The two dialogues cannot be aligned line by line.'
}

/** A row with a difference, or with other text on the two sides. */
function differs(row: SideBySide, fates: Fates): boolean {
  return fates.has(row) || row.before === null || row.behind === null || row.before.text !== row.behind.text
}

function dialogueTable(pair: Pair, { runs, after, unlike }: Excerpt, fates: Fates): string {
  const starts = { before: startOf(pair.rows, 'before'), behind: startOf(pair.rows, 'behind') }
  const named = pair.behind.length > 1
  const absent = (side: 'before' | 'behind') => (isEncrypted(pair, side) ? 'not seen in the clear' : 'not on this side')
  const rows: string[] = []
  const left = (n: number) => {
    if (n > 0) rows.push(`<tr><td class="note" colspan="2">${counted(n, 'line')} left out</td></tr>`)
  }
  let previous: SideBySide | null = null
  for (const run of runs) {
    left(run.skipped)
    for (const row of run.rows) {
      const fate = fates.get(row)
      const classes = [
        row.by,
        ...(fate === undefined || isHarmless(fate) ? [] : ['lost']),
        ...(previous !== null && previous.by !== row.by ? ['turn'] : []),
      ]
      const said = fate === undefined ? '' : `<p>${html(shortFate(fate))}</p>`
      const cell = (side: 'before' | 'behind') => {
        const line = row[side]
        if (line === null) return `<td class="none">${absent(side)}</td>`
        const isFirst = side === 'before' || row.before === null
        return `<td>${lineHtml(row.by, line, starts[side], named)}${isFirst ? said : ''}</td>`
      }
      rows.push(`<tr class="${classes.join(' ')}">${cell('before')}${cell('behind')}</tr>`)
      previous = row
    }
  }
  left(after)
  const missing = unlike === 0 ? '' : `; ${counted(unlike, 'differing line')} left out`
  return tableBox(
    'two',
    `Line by line: client side on the left, server side on the right; frame numbers are those of each side's capture${missing}`,
    [{ html: 'client side' }, { html: 'server side' }],
    rows,
  )
}

/** A line that is not in the clear there may still be inside TLS. */
function isEncrypted({ reasons }: Pair, side: 'before' | 'behind'): boolean {
  return reasons.some((reason) => reason.code === 'encrypted' && (reason.side === side || reason.side === 'both'))
}

function shortFate({ kind, place }: Difference): string {
  return `${kind} ${PLACE_WORDS[place]}`
}

function startOf(rows: readonly SideBySide[], side: 'before' | 'behind'): number {
  return rows.reduce((least, row) => Math.min(least, row[side]?.timeNs ?? least), Number.MAX_SAFE_INTEGER)
}

function lineHtml(by: SideBySide['by'], line: Line, startNs: number, named: boolean): string {
  const all = line.text.split('\n')
  const sign = line.kind === 'close' ? '--' : by === 'client' ? 'C>' : 'S>'
  const words = line.kind === 'close' ? [`${by} closes (${line.text})`] : all.slice(0, REPLY_LINES)
  const texts = words.map((text) => `<code><b>${html(sign)}</b> ${html(text)}</code>`)
  const more = all.length > REPLY_LINES ? ` <small>${counted(all.length - REPLY_LINES, 'more line')}</small>` : ''
  const session = named ? `${html(line.session)}, ` : ''
  const acked = line.acked === null ? '' : `, ACK in ${decimal(line.acked)}`
  return `${texts.join('<br/>')}${more} <small>${session}frame ${decimal(line.frame)}${acked}, ${elapsed(line.timeNs - startNs)} s</small>`
}

/** How many pairs get a line in the table, and how many a chapter: so that a browser opens the file at once. */
const LINES_MAX = 500
const CHAPTERS_MAX = 40
/** Sessions without a partner that are listed, of each kind. */
const ALONE_MAX = 50

const PLACES: readonly Place[] = ['in', 'before', 'behind']

const WHOSE: Readonly<Record<Place, string>> = {
  before: 'Before the box (the client, or the path from it)',
  in: 'In the box',
  behind: 'Behind the box (the server, or the path to it)',
}

const KIND_WORDS: Readonly<Record<DifferenceKind, string>> = {
  ...{ lost: 'lost', changed: 'changed', reordered: 'out of order', made: 'added by the box' },
  ...{ unanswered: 'without a reply', closed: 'closed early', delayed: 'delayed' },
  ...{ sessions: 'in a different number', split: 'sent one by one', merged: 'sent together' },
}

/** Found once per session, so their number is not a number of commands. */
const GROUPING_WORDS: Readonly<Partial<Record<DifferenceKind, string>>> = {
  sessions: 'a different number of sessions behind the box than before it',
  split: 'pipelined commands passed on one by one',
  merged: 'commands that the client sent one by one passed on together',
}

interface Counts {
  /** By kind and what it is said of. */
  readonly kinds: Map<string, { readonly kind: DifferenceKind; readonly what: Difference['what']; count: number }>
  pairs: number
}

interface Survey {
  readonly places: Readonly<Record<Place, Counts>>
  readonly reasons: ReadonlyMap<string, number>
  readonly unlisted: number
}

export function comparisonHtml(
  comparison: Comparison,
  captures: ComparedCaptures,
  version: string,
  redacted: boolean,
): string {
  const survey = surveyOf(comparison.pairs)
  const { shown, more } = worstFirst(comparison.pairs, LINES_MAX)
  const chapters = shown.slice(0, CHAPTERS_MAX)
  const body = [
    `<div class="lead">\n${blocksHtml(lead(comparison, survey, captures), 2)}\n</div>`,
    ...(shown.length === 0 ? [] : [overview(shown, chapters.length, more)]),
    ...chapters.map((pair, i) => pairHtml(pair, idOf(i), titleOf(pair, i))),
    ...closing(comparison, survey, captures, { version, redacted }),
  ]
  return htmlPage({
    title: 'Two sides of a box',
    subtitle: subtitle(captures),
    nav: '',
    body: body.join('\n'),
    style: COMPARISON_STYLE,
    styleHash: COMPARISON_STYLE_HASH,
  })
}

function surveyOf(pairs: Iterable<Pair>): Survey {
  const counts = (): Counts => ({ kinds: new Map(), pairs: 0 })
  const places = { before: counts(), in: counts(), behind: counts() }
  const reasons = new Map<string, number>()
  let unlisted = 0
  for (const pair of pairs) {
    unlisted += pair.omitted
    for (const { kind, what, place } of pair.differences) {
      const { kinds } = places[place]
      const known = kinds.get(`${kind} ${what}`)
      if (known === undefined) kinds.set(`${kind} ${what}`, { kind, what, count: 1 })
      else known.count++
    }
    for (const place of new Set(pair.differences.map((difference) => difference.place))) places[place].pairs++
    for (const words of reasonWords(pair.reasons)) reasons.set(words, (reasons.get(words) ?? 0) + 1)
  }
  return { places, reasons, unlisted }
}

function subtitle({ before, behind }: ComparedCaptures): string {
  const names = (captures: ComparedCaptures['before']) => captures.map(({ path }) => path).join(', ')
  return `Client side: ${names(before)}. Server side: ${names(behind)}.`
}

const paragraph = (...words: Words): Block => ({ kind: 'paragraph', words })

/** The answer in short: where, what, in how many sessions; then the kind of box, and what can be said about such a box. */
function lead(comparison: Comparison, survey: Survey, captures: ComparedCaptures): Block[] {
  const { summary } = comparison
  const kinds = Object.keys(summary.boxes) as BoxKind[]
  return [
    ...(summary.pairs === 0 ? unpaired(comparison, captures) : answer(comparison, survey)),
    ...(summary.pairs === 0 ? [] : [paragraph(totalWords(summary))]),
    ...clockWords(summary).map((words) => paragraph(words)),
    ...notComparedWords(summary).map((words) => paragraph(words)),
    ...kinds.map((kind) =>
      paragraph(
        `${kinds.length === 1 ? 'Kind of box' : `In ${counted(summary.boxes[kind] ?? 0, 'session')}`}: ${BOX_WORDS[kind]}. ${CLAIMS[kind]}`,
      ),
    ),
  ]
}

function unpaired(comparison: Comparison, captures: ComparedCaptures): Block[] {
  const words = nothingPaired(comparison, captures)
  return [paragraph(`${words.charAt(0).toUpperCase()}${words.slice(1)}. This does not mean that nothing is wrong.`)]
}

function answer({ summary }: Comparison, { places, unlisted }: Survey): Block[] {
  const { cannotTell } = summary
  const isHarmlessAt = (place: Place) => [...places[place].kinds.values()].every(isHarmless)
  // Places where something was lost come first.
  const worst = [...PLACES].sort((a, b) => Number(isHarmlessAt(a)) - Number(isHarmlessAt(b)))
  const found = worst.flatMap((place) =>
    places[place].kinds.size === 0 ? [] : [placeSentence(place, places[place], summary, unlisted > 0)],
  )
  const nothingLost = PLACES.every(isHarmlessAt)
  const head =
    cannotTell > 0
      ? `No line is certain to have been lost or changed; for ${counted(cannotTell, 'session')} pipelint cannot tell.`
      : 'Nothing was lost or changed on the way.'
  const more = unlisted === 0 ? [] : [paragraph(`${counted(unlisted, 'more difference')} counted but not listed.`)]
  return [
    ...(nothingLost && unlisted === 0 ? [paragraph(head)] : []),
    ...found.map((words) => paragraph(words)),
    ...more,
  ]
}

function placeSentence(
  place: Place,
  { kinds, pairs }: Counts,
  { pairs: all, boxes }: Comparison['summary'],
  isCut: boolean,
): string {
  const sorted = [...kinds.values()].sort((a, b) => gravity(a) - gravity(b))
  const phrases = sorted.map(
    ({ kind, what, count }) => GROUPING_WORDS[kind] ?? `${whatWords(what, count)} ${KIND_WORDS[kind]}`,
  )
  const least = isCut ? 'at least ' : ''
  const isPath = place === 'in' && Object.keys(boxes).every((kind) => kind === 'path')
  const where = isPath ? 'In the box (between the two captures)' : WHOSE[place]
  return `${where}: ${phrases.join(', ')}; in ${least}${decimal(pairs)} of ${counted(all, 'session')}.`
}

function whatWords(what: Difference['what'], count: number): string {
  if (what === 'reply') return counted(count, 'reply', 'replies')
  return counted(count, what)
}

const idOf = (i: number) => `pair-${i + 1}`

function titleOf({ before, behind }: Pair, i: number): string {
  return `Pair ${i + 1}: ${before.session} and ${behind.map(({ session }) => session).join(', ')}`
}

/** One line for each pair. */
function overview(pairs: readonly Pair[], chapters: number, more: number): string {
  const rows = pairs.map((pair, i) => {
    const { before, behind, outcome } = pair
    const number = i < chapters ? `<a href="#${idOf(i)}">${i + 1}</a>` : String(i + 1)
    const who = ({ session, client, server }: Seen) =>
      `${html(session)}<small>${html(client)} to ${html(server)}</small>`
    const [kind, words] = outcome === 'different' ? ['different', 'different'] : ['unsure', 'cannot tell']
    const cells = [
      `<th scope="row">${number}</th>`,
      `<td class="outcome ${kind}">${words}</td>`,
      `<td class="what">${html(whatOf(pair))}</td>`,
      `<td class="who">${who(before)}</td>`,
      `<td class="who">${behind.map(who).join('')}</td>`,
    ]
    return `<tr>${cells.join('')}</tr>`
  })
  const rest = [
    ...(more > 0
      ? [`${counted(more, 'more pair')} that differ have no line here; pipelint compare --all lists them.`]
      : []),
    ...(pairs.length > chapters
      ? [`The first ${decimal(chapters)} are shown in full below; select others with --session.`]
      : []),
  ]
  const heads = ['pair', 'outcome', 'what is certain, the worst first', 'client side', 'server side']
  return `<section id="pairs">
<h2>Pairs that differ, the worst first</h2>
${rest.map((words) => `<p>${html(words)}</p>`).join('\n')}
${tableBox(
  'pairs',
  `${counted(pairs.length, 'pair')} of sessions`,
  heads.map((head) => ({ html: head })),
  rows,
)}
</section>`
}

function whatOf({ differences, omitted, reasons }: Pair): string {
  const worst = byGravity(differences)[0]
  if (worst === undefined) {
    if (omitted > 0) return `${counted(omitted, 'difference')}, not listed`
    return reasonWords(reasons).join('; ')
  }
  const more = differences.length + omitted - 1
  const where = PLACE_WORDS[worst.place]
  return `${where}: ${worst.message}${more === 0 ? '' : ` (and ${decimal(more)} more)`}`
}

function closing(
  comparison: Comparison,
  survey: Survey,
  captures: ComparedCaptures,
  made: { readonly version: string; readonly redacted: boolean },
): string[] {
  const { onlyBefore, onlyBehind, ambiguous } = comparison
  const without = [...alone(ONLY_BEFORE, onlyBefore), ...alone(ONLY_BEHIND, onlyBehind), ...alone(AMBIGUOUS, ambiguous)]
  return [
    ...(without.length === 0 ? [] : [section('alone', 'Sessions without a partner', without)]),
    section('unseen', 'What could not be seen', unseen(comparison, survey)),
    section('captures', 'The captures', provenance(captures, made)),
  ]
}

function section(id: string, title: string, blocks: readonly Block[]): string {
  return `<section id="${id}">\n<h2>${html(title)}</h2>\n${blocksHtml(blocks, 3)}\n</section>`
}

function alone(what: string, sessions: Iterable<Seen>): Block[] {
  const rows: Inline[][] = []
  let count = 0
  for (const { session, client, server, startedAt } of sessions) {
    if (count < ALONE_MAX) rows.push([session, client, server, startedAt])
    count++
  }
  if (count === 0) return []
  const caption = `${counted(count, 'session')}: ${what}`
  const more = count - rows.length
  return [
    { kind: 'table', caption, head: ['session', 'client', 'server', 'began'], rows },
    ...(more === 0 ? [] : [paragraph(`and ${decimal(more)} more`)]),
  ]
}

function unseen({ summary }: Comparison, { reasons }: Survey): Block[] {
  const items: Words[] = [...reasons].map(([words, count]) => [`In ${counted(count, 'session')}, ${words}.`])
  return [
    ...(items.length === 0 ? [] : [{ kind: 'list', items } as const]),
    paragraph(
      'What was lost between a host and its capture point is in neither capture. What a host did beyond its capture point is known only from its TCP acknowledgements. A delay in the box is the time that the client waited for a reply minus the time that the box waited for it, so it does not depend on the clocks of the two captures.',
    ),
    ...(summary.pairs > 0 ? [] : [paragraph('No session was found on both sides.')]),
  ]
}

function provenance(
  { before, behind }: ComparedCaptures,
  { version, redacted }: { readonly version: string; readonly redacted: boolean },
): Block[] {
  const rows = (side: string, captures: ComparedCaptures['before']): Inline[][] =>
    captures.map(({ path, packets, firstPacketAt, lastPacketAt, droppedByCapture, complete }) => [
      side,
      path,
      decimal(packets),
      firstPacketAt ?? 'none',
      lastPacketAt ?? 'none',
      droppedByCapture === null ? 'not recorded' : decimal(droppedByCapture),
      complete ? 'yes' : 'no',
    ])
  const problems = [...before, ...behind].flatMap(({ problems }) => problems)
  const items: Words[] = problems
    .slice(0, ALONE_MAX)
    .map((problem) => [`${problem.path}: ${describeCaptureProblem(problem)}`])
  return [
    {
      kind: 'table',
      caption: 'What was read',
      head: ['side', 'capture', 'packets', 'first packet', 'last packet', 'dropped by the capture', 'read to the end'],
      rows: [...rows('client side', before), ...rows('server side', behind)],
    },
    ...(items.length === 0 ? [] : [{ kind: 'list', items } as const]),
    paragraph(
      `Made by pipelint ${version}: `,
      { code: 'pipelint compare --format html CLIENT-SIDE SERVER-SIDE' },
      redacted
        ? ', with --redact: names, addresses and content are replaced, the same name always by the same placeholder.'
        : '.',
    ),
  ]
}
