// A comparison -> text for a terminal.

import type { Comparison, Pair, Seen } from '../../compare/comparison.ts'
import type { Difference } from '../../compare/difference.ts'
import { counted, decimal, type Style, wrap } from '../text.ts'
import { sideBySideLines } from './side-by-side.ts'
import {
  AMBIGUOUS,
  alike,
  BOX_WORDS,
  BY_WORDS,
  framesOf,
  notComparedWords,
  ONLY_BEFORE,
  ONLY_BEHIND,
  PLACE_WORDS,
  reasonWords,
  totalWords,
} from './words.ts'
import { worstFirst } from './worst.ts'

interface Options {
  readonly width: number
  readonly style: Style
  /** Lists every session, those that are the same too. */
  readonly all: boolean
}

/** Sessions listed without `all`, of each kind. */
const LISTED = 20

export function renderComparison(comparison: Comparison, options: Options): string {
  const { pairs, onlyBefore, onlyBehind, ambiguous } = comparison
  // A list of everything keeps the order of the sessions; else the worst stand first.
  const worst = options.all ? { shown: pairs, more: 0 } : worstFirst(pairs, LISTED)
  const blocks: string[] = []
  for (const pair of worst.shown) blocks.push(block(pair, options))
  if (worst.more > 0) blocks.push(options.style.dim(`and ${counted(worst.more, 'more session')} (--all lists them)`))
  blocks.push(
    ...alone(ONLY_BEFORE, onlyBefore, options),
    ...alone(ONLY_BEHIND, onlyBehind, options),
    ...alone(AMBIGUOUS, ambiguous, options),
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
    ...reasonWords(reasons).flatMap((words) => wrap(`cannot tell: ${words}`, width, '  ')),
    ...sideBySideLines(rows, options),
  ].join('\n')
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
  const { pairs, cannotTell, differences } = summary
  if (pairs === 0) return wrap('No session was found on both sides, so nothing was compared.', width).join('\n')
  const places = (['before', 'in', 'behind'] as const)
    .filter((place) => differences[place] > 0)
    .map((place) => `${decimal(differences[place])} ${PLACE_WORDS[place]}`)
  return wrap(
    [
      totalWords(summary),
      places.length > 0
        ? `Differences: ${places.join(', ')}.`
        : `No difference ${cannotTell > 0 ? 'is certain' : 'was found'}.`,
      ...notComparedWords(summary),
    ].join(' '),
    width,
  ).join('\n')
}
