// A comparison -> text for a terminal, or its JSON document.
import type { Comparison, Pair, Seen } from '../compare/comparison.ts'
import type { Difference, Place, Reason, Sighting } from '../compare/difference.ts'
import type { CaptureRecord } from '../rules/analysis.ts'
import { withMessage } from './document.ts'
import { json } from './inert.ts'
import { LIMIT_WORDS } from './limits.ts'
import { counted, decimal, type Ink, wrap } from './text.ts'

interface Options {
  readonly width: number
  readonly ink: Ink
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

export function renderComparison(comparison: Comparison, options: Options): string {
  const { pairs, onlyBefore, onlyBehind, ambiguous } = comparison
  const told = pairs.filter(({ outcome }) => options.all || outcome !== 'same')
  const listed = options.all ? told : told.slice(0, LISTED)
  const blocks = listed.map((pair) => block(pair, options))
  if (listed.length < told.length) {
    blocks.push(options.ink.dim(`and ${counted(told.length - listed.length, 'more session')} (--all lists them)`))
  }
  blocks.push(
    ...alone('only on the side of the client; whether the box answered alone cannot be told', onlyBefore, options),
    ...alone('only on the side of the server; whether the box spoke for itself cannot be told', onlyBehind, options),
    ...alone('more than one session on the other side would fit; cannot tell', ambiguous, options),
    lastSentence(comparison, options),
  )
  return `${blocks.join('\n\n')}\n`
}

function block({ before, behind, outcome, differences, reasons }: Pair, options: Options): string {
  const { ink, width } = options
  const colour = outcome === 'same' ? ink.green : outcome === 'different' ? ink.red : ink.yellow
  const head = `${ink.bold(before.session)} ${before.client} -> ${before.server} | ${ink.bold(behind.session)} ${behind.client} -> ${behind.server}: ${colour(outcome.replace('-', ' '))}`
  return [
    ...wrap(head, width),
    ...differences.flatMap((difference) => differenceLines(difference, options)),
    ...reasons.flatMap((reason) => wrap(`cannot tell: ${reasonWords(reason)}`, width, '  ')),
  ].join('\n')
}

function differenceLines({ kind, place, message, before, behind }: Difference, { ink, width }: Options): string[] {
  const where = `client side: ${framesOf(before)}; server side: ${framesOf(behind)}`
  return [
    ...wrap(`${ink.bold(PLACE_WORDS[place])}, ${kind}: ${message}`, width, '  '),
    ...wrap(ink.dim(where), width, '    '),
  ]
}

function framesOf(sighting: Sighting | null): string {
  if (sighting === null) return 'not seen'
  return `${sighting.frames.length === 1 ? 'frame' : 'frames'} ${sighting.frames.join('-')}`
}

function reasonWords({ side, code }: Reason): string {
  if (code === 'too-different') return 'the two sides have too little in common'
  return `${side === 'before' ? 'on the side of the client' : 'on the side of the server'}, ${LIMIT_WORDS[code]} (${code})`
}

function alone(what: string, sessions: readonly Seen[], { width, ink, all }: Options): string[] {
  if (sessions.length === 0) return []
  const listed = all ? sessions : sessions.slice(0, LISTED)
  const lines = listed.flatMap(({ session, client, server, startedAt }) =>
    wrap(`${session} ${client} -> ${server} at ${startedAt}`, width, '  '),
  )
  const more = sessions.length - listed.length
  if (more > 0) lines.push(ink.dim(`  and ${decimal(more)} more (--all lists them)`))
  return [[...wrap(`${counted(sessions.length, 'session')}: ${what}`, width), ...lines].join('\n')]
}

function lastSentence({ summary }: Comparison, { width }: Options): string {
  const { pairs, same, different, cannotTell, differences, notCompared } = summary
  const places = (['before', 'in', 'behind'] as const)
    .filter((place) => differences[place] > 0)
    .map((place) => `${decimal(differences[place])} ${PLACE_WORDS[place]}`)
  return wrap(
    [
      `${counted(pairs, 'session')} on both sides: ${decimal(same)} the same, ${decimal(different)} different, ${decimal(cannotTell)} where nobody can tell.`,
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

export function comparisonDocument(comparison: Comparison, captures: ComparedCaptures, version: string): string {
  const document = {
    schema: 'pipelint.comparison/1',
    tool: { name: 'pipelint', version },
    captures: { before: captures.before.map(withMessage), behind: captures.behind.map(withMessage) },
    ...comparison,
  }
  return `${json(JSON.stringify(document, null, 2))}\n`
}
