// A comparison -> one HTML file: the answer first, a line for each pair that differs, and of the worst of them both
// dialogues and both sequence diagrams. Bounded: what has no room is counted.
import type { BoxKind } from '../../compare/box-kind.ts'
import type { Comparison, Pair, Seen } from '../../compare/comparison.ts'
import type { Difference, DifferenceKind, Place } from '../../compare/difference.ts'
import { describeCaptureProblem } from '../../errors.ts'
import { html } from '../escape.ts'
import { counted, decimal } from '../text.ts'
import { blocksHtml, tableBox } from '../vendor/html-blocks.ts'
import { htmlPage } from '../vendor/html-page.ts'
import type { Block, Inline, Words } from '../vendor/report-model.ts'
import type { ComparedCaptures } from './document.ts'
import { pairHtml } from './html-pair.ts'
import { COMPARISON_STYLE, COMPARISON_STYLE_HASH } from './style.ts'
import {
  AMBIGUOUS,
  BOX_WORDS,
  CLAIMS,
  notComparedWords,
  nothingPaired,
  ONLY_BEFORE,
  ONLY_BEHIND,
  PLACE_WORDS,
  reasonWords,
  totalWords,
} from './words.ts'
import { byGravity, gravity, isHarmless, worstFirst } from './worst.ts'

/** Pairs with a line of their own, and with a chapter: a document that a browser opens at once. */
const LINES_MAX = 500
const CHAPTERS_MAX = 40
/** Sessions without a partner that are listed, of each kind. */
const ALONE_MAX = 50

const PLACES: readonly Place[] = ['in', 'before', 'behind']

const WHOSE: Readonly<Record<Place, string>> = {
  before: 'Before the box (the client, or the way from it)',
  in: 'In the box',
  behind: 'Behind the box (the server, or the way to it)',
}

const KIND_WORDS: Readonly<Record<DifferenceKind, string>> = {
  ...{ lost: 'lost', changed: 'changed', reordered: 'in another order', made: 'sent by the box of its own accord' },
  ...{ unanswered: 'without a reply', closed: 'closed early', delayed: 'held up' },
  ...{ sessions: 'in another number', split: 'sent one by one', merged: 'sent together' },
}

/** Told once for each session, so their number is not that of commands. */
const GROUPING_WORDS: Readonly<Partial<Record<DifferenceKind, string>>> = {
  sessions: 'another number of sessions behind the box than before it',
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

/** The answer in brief: where, what, of how many; then what kind of box it is, and what may be claimed of it. */
function lead(comparison: Comparison, survey: Survey, captures: ComparedCaptures): Block[] {
  const { summary } = comparison
  const kinds = Object.keys(summary.boxes) as BoxKind[]
  return [
    ...(summary.pairs === 0 ? unpaired(comparison, captures) : answer(comparison, survey)),
    ...(summary.pairs === 0 ? [] : [paragraph(totalWords(summary))]),
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
  return [paragraph(`${words.charAt(0).toUpperCase()}${words.slice(1)}. That is no sign that nothing is wrong.`)]
}

function answer({ summary }: Comparison, { places, unlisted }: Survey): Block[] {
  const { cannotTell } = summary
  const isHarmlessAt = (place: Place) => [...places[place].kinds.values()].every(isHarmless)
  // Whose loss it is comes first.
  const worst = [...PLACES].sort((a, b) => Number(isHarmlessAt(a)) - Number(isHarmlessAt(b)))
  const found = worst.flatMap((place) =>
    places[place].kinds.size === 0 ? [] : [placeSentence(place, places[place], summary, unlisted > 0)],
  )
  const nothingLost = PLACES.every(isHarmlessAt)
  const head =
    cannotTell > 0
      ? `No line is certain to have been lost or changed; of ${counted(cannotTell, 'session')} it cannot be told.`
      : 'Nothing was lost or changed on the way.'
  const more = unlisted === 0 ? [] : [paragraph(`${counted(unlisted, 'more difference')} counted and not told apart.`)]
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
  const told = sorted.map(
    ({ kind, what, count }) => GROUPING_WORDS[kind] ?? `${whatWords(what, count)} ${KIND_WORDS[kind]}`,
  )
  const least = isCut ? 'at least ' : ''
  const isPath = place === 'in' && Object.keys(boxes).every((kind) => kind === 'path')
  const where = isPath ? 'In the box (between the two captures)' : WHOSE[place]
  return `${where}: ${told.join(', ')}; in ${least}${decimal(pairs)} of ${counted(all, 'session')}.`
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
      ? [`The first ${decimal(chapters)} are shown in full below; name others with --session.`]
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
      'What was lost between a host and its capture point is on no side. What a host did behind the capture point is seen only by what TCP acknowledged. Clocks of the two captures are not compared with each other; a delay is what one side waited less what the other did.',
    ),
    ...(summary.pairs > 0 ? [] : [paragraph('No session was seen on both sides.')]),
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
