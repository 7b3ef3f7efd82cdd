// A comparison -> text for a terminal, or its JSON document.
import type { BoxKind } from '../compare/box-kind.ts'
import type { Comparison, Pair, Seen } from '../compare/comparison.ts'
import type { Difference, Place, Reason, Sighting } from '../compare/difference.ts'
import type { MatchedBy } from '../compare/matches.ts'
import type { CaptureRecord } from '../rules/analysis.ts'
import { json } from './escape.ts'
import { withMessage } from './json.ts'
import { LIMIT_WORDS } from './limit-words.ts'
import { sideBySideLines } from './side-by-side.ts'
import { counted, decimal, type Style, wrap } from './text.ts'

interface Options {
  readonly width: number
  readonly style: Style
  /** Lists every session, those that are the same too. */
  readonly all: boolean
}

/** Sessions listed without `all`, of each kind. */
const LISTED = 20

const PLACE_WORDS: Readonly<Record<Place, string>> = {
  before: 'before the box',
  in: 'in the box',
  behind: 'behind the box',
}

const BOX_WORDS: Readonly<Record<BoxKind, string>> = {
  path: 'the same TCP connection on both sides: a router, a firewall or a second tap',
  'tcp-relay': 'a TCP relay: a connection of its own on each side, the same bytes',
  'line-proxy': 'a proxy that reads the commands',
  'store-and-forward': 'a relay that stores messages before it forwards them',
  'tls-terminator': 'a TLS terminator: encrypted on one side only',
  unknown: 'a box of unknown kind',
}

const BY_WORDS: Readonly<Record<MatchedBy, string>> = {
  connection: 'addresses, ports and sequence numbers',
  translated: 'initial sequence numbers; the addresses are translated',
  addresses: 'addresses and ports; the sequence numbers differ',
  named: 'the client address that the box passes on',
  content: 'what both sides say',
  time: 'time alone: no other session is open then',
}

export function renderComparison(comparison: Comparison, options: Options): string {
  const { pairs, onlyBefore, onlyBehind, ambiguous } = comparison
  const blocks: string[] = []
  let more = 0
  for (const pair of pairs) {
    if (!options.all && pair.outcome === 'same') continue
    if (options.all || blocks.length < LISTED) blocks.push(block(pair, options))
    else more++
  }
  if (more > 0) blocks.push(options.style.dim(`and ${counted(more, 'more session')} (--all lists them)`))
  blocks.push(
    ...alone('only on the side of the client; whether the box answered alone cannot be told', onlyBefore, options),
    ...alone('only on the side of the server; whether the box spoke for itself cannot be told', onlyBehind, options),
    ...alone('more than one session on the other side would fit; cannot tell', ambiguous, options),
    lastSentence(comparison, options),
  )
  return `${blocks.join('\n\n')}\n`
}

function block({ before, behind, by, box, outcome, differences, reasons, rows }: Pair, options: Options): string {
  const { style, width } = options
  const colour = outcome === 'same' ? style.green : outcome === 'different' ? style.red : style.yellow
  const named = ({ session, client, server }: Seen) => `${style.bold(session)} ${client} -> ${server}`
  const head = `${named(before)} | ${behind.map(named).join(', ')}: ${colour(outcome.replace('-', ' '))}`
  return [
    ...wrap(head, width),
    ...wrap(style.dim(`${BOX_WORDS[box]}; paired by ${BY_WORDS[by]}`), width, '  '),
    ...alike(differences).flatMap(([difference, times]) => differenceLines(difference, times, options)),
    ...reasons.flatMap((reason) => wrap(`cannot tell: ${reasonWords(reason)}`, width, '  ')),
    ...sideBySideLines(rows, options),
  ].join('\n')
}

/** What a box did over and over is told once, with how often. */
function alike(differences: readonly Difference[]): (readonly [Difference, number])[] {
  const found = new Map<string, [Difference, number]>()
  for (const difference of differences) {
    const key = `${difference.place} ${difference.kind} ${difference.message}`
    const known = found.get(key)
    if (known === undefined) found.set(key, [difference, 1])
    else known[1]++
  }
  return [...found.values()]
}

function differenceLines(
  { kind, place, message, before, behind }: Difference,
  times: number,
  { style, width }: Options,
): string[] {
  const where = `client side: ${framesOf(before)}; server side: ${framesOf(behind)}`
  const often = times === 1 ? '' : ` (${decimal(times)} times; the first is shown)`
  return [
    ...wrap(`${style.bold(PLACE_WORDS[place])}, ${kind}: ${message}${often}`, width, '  '),
    ...(before === null && behind === null ? [] : wrap(style.dim(where), width, '    ')),
  ]
}

function framesOf(sighting: Sighting | null): string {
  if (sighting === null) return 'not seen'
  return `${sighting.frames.length === 1 ? 'frame' : 'frames'} ${sighting.frames.join('-')}`
}

function reasonWords({ side, code }: Reason): string {
  if (code === 'too-different') return 'the two sides have too little in common'
  if (code === 'encrypted') return 'the dialogue is encrypted'
  if (code === 'by-time-alone') return 'nothing but the time says that these sessions belong together'
  return `${side === 'before' ? 'on the side of the client' : 'on the side of the server'}, ${LIMIT_WORDS[code]} (${code})`
}

function alone(what: string, sessions: Iterable<Seen>, { width, style, all }: Options): string[] {
  const lines: string[] = []
  let count = 0
  for (const { session, client, server, startedAt } of sessions) {
    if (all || count < LISTED) lines.push(...wrap(`${session} ${client} -> ${server} at ${startedAt}`, width, '  '))
    count++
  }
  if (count === 0) return []
  if (!all && count > LISTED) lines.push(style.dim(`  and ${decimal(count - LISTED)} more (--all lists them)`))
  return [[...wrap(`${counted(count, 'session')}: ${what}`, width), ...lines].join('\n')]
}

function lastSentence({ summary }: Comparison, { width }: Options): string {
  const { pairs, same, different, cannotTell, differences, notCompared } = summary
  const places = (['before', 'in', 'behind'] as const)
    .filter((place) => differences[place] > 0)
    .map((place) => `${decimal(differences[place])} ${PLACE_WORDS[place]}`)
  return wrap(
    [
      `${counted(pairs, 'session')} on both sides: ${decimal(same)} the same, ${decimal(different)} different, ${decimal(cannotTell)} where it cannot be told.`,
      places.length > 0
        ? `Differences: ${places.join(', ')}.`
        : `No difference ${cannotTell > 0 ? 'is certain' : 'was found'}.`,
      ...(notCompared === 0
        ? []
        : [`${counted(notCompared, 'session')} beyond the bound of this program not compared.`]),
    ].join(' '),
    width,
  ).join('\n')
}

export interface ComparedCaptures {
  readonly before: readonly CaptureRecord[]
  readonly behind: readonly CaptureRecord[]
}

/** The document in pieces: that of a million sessions is longer than a string can be. */
export function* comparisonDocument(
  comparison: Comparison,
  captures: ComparedCaptures,
  version: string,
): Iterable<string> {
  const { summary, pairs, onlyBefore, onlyBehind, ambiguous } = comparison
  const head = {
    schema: 'pipelint.comparison/2',
    tool: { name: 'pipelint', version },
    captures: { before: captures.before.map(withMessage), behind: captures.behind.map(withMessage) },
    summary,
  }
  yield json(JSON.stringify(head, null, 2)).slice(0, -'\n}'.length)
  yield* list('pairs', pairs, ({ rows: _, ...pair }) => pair)
  yield* list('onlyBefore', onlyBefore)
  yield* list('onlyBehind', onlyBehind)
  yield* list('ambiguous', ambiguous)
  yield '\n}\n'
}

/** A list as JSON.stringify would indent it. */
function* list<T>(name: string, items: Iterable<T>, shown: (item: T) => unknown = (item) => item): Iterable<string> {
  yield `,\n  "${name}": [`
  let isFirst = true
  for (const item of items) {
    const text = json(JSON.stringify(shown(item), null, 2)).replaceAll('\n', '\n    ')
    yield `${isFirst ? '' : ','}\n    ${text}`
    isFirst = false
  }
  yield isFirst ? ']' : '\n  ]'
}
