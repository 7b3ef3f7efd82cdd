// A comparison -> the same without names. The comparison itself used the original text, so a name that a box changed is still
// a difference; only the output is rebuilt here, field by field.
import type { Pseudonyms } from '../redact/pseudonyms.ts'
import { redactOurWords } from '../redact/redact-lines.ts'
import { commandText, endpoint, type Redaction, replyText } from '../redact/redaction.ts'
import type { Comparison, Pair, Seen } from './comparison.ts'
import type { Difference, Sighting } from './difference.ts'
import { AUTH_RESPONSE, CONTENT } from './session-view.ts'
import type { Line, SideBySide } from './side-by-side.ts'

export function redactComparison(comparison: Comparison, { names }: Pick<Redaction, 'names'>): Comparison {
  const seen = (sessions: Iterable<Seen>) => mapped(sessions, (session) => redactSeen(session, names))
  return {
    summary: comparison.summary,
    sessions: comparison.sessions,
    pairs: mapped(comparison.pairs, (pair) => redactPair(pair, names)),
    onlyBefore: seen(comparison.onlyBefore),
    onlyBehind: seen(comparison.onlyBehind),
    ambiguous: seen(comparison.ambiguous),
  }
}

/** Maps each item when it is read. */
function mapped<T, U>(items: Iterable<T>, map: (item: T) => U): Iterable<U> {
  return {
    *[Symbol.iterator]() {
      for (const item of items) yield map(item)
    },
  }
}

function redactPair(
  { before, behind, by, box, outcome, differences, omitted, reasons, notes, rows }: Pair,
  names: Pseudonyms,
): Pair {
  return {
    before: redactSeen(before, names),
    behind: behind.map((each) => redactSeen(each, names)),
    by,
    box,
    outcome,
    differences: differences.map((difference) => redactDifference(difference, names)),
    omitted,
    reasons,
    notes,
    rows: rows.map((row) => redactRow(row, names)),
  }
}

function redactRow({ by, before, behind }: SideBySide, names: Pseudonyms): SideBySide {
  const shown = (line: Line | null): Line | null => {
    if (line === null || line.kind === 'close') return line
    return { ...line, text: by === 'server' ? redactSaid(line.text, names) : redactSent(line.text, names) }
  }
  return { by, before: shown(before), behind: shown(behind) }
}

function redactSeen({ session, client, server, startedAt }: Seen, names: Pseudonyms): Seen {
  return { session, client: endpoint(client, names), server: endpoint(server, names), startedAt }
}

function redactDifference(difference: Difference, names: Pseudonyms): Difference {
  const { kind, what, place } = difference
  // The line of a delay is the command that waited.
  const isReply = what === 'reply' && kind !== 'delayed'
  const line = (text: string) => (isReply ? redactSaid(text, names) : redactSent(text, names))
  const shown = (sighting: Sighting | null): Sighting | null => {
    if (sighting === null) return null
    return { ...sighting, text: what === 'connection' ? sighting.text : line(sighting.text) }
  }
  const before = shown(difference.before)
  const behind = shown(difference.behind)
  const quotes = [
    ...quotesOf(difference.before?.text, before?.text),
    ...quotesOf(difference.behind?.text, behind?.text),
  ]
  // A line that contains another is replaced first.
  quotes.sort(([a], [b]) => b.length - a.length)
  return { kind, what, place, message: redactSentence(difference.message, quotes, names), before, behind }
}

/** A line, or a whole multi-line reply and each of its lines. */
function quotesOf(text = '', redacted = ''): (readonly [string, string])[] {
  const [lines, others] = [text.split('\n'), redacted.split('\n')]
  const each = lines.length === 1 ? [] : lines.map((line, i) => [line, others[i] ?? ''] as const)
  return [[oneLine(text), oneLine(redacted)], ...each]
}

const oneLine = (text: string) => text.replaceAll('\n', ' / ')

function redactSaid(text: string, names: Pseudonyms): string {
  return text
    .split('\n')
    .map((line) => replyText(line, names))
    .join('\n')
}

function redactSent(text: string, names: Pseudonyms): string {
  return text === CONTENT || text === AUTH_RESPONSE ? text : commandText(text, names)
}

/** Messages quote whole lines; everything else in them is our own text. */
function redactSentence(text: string, quotes: readonly (readonly [string, string])[], names: Pseudonyms): string {
  for (const [line, redacted] of quotes) {
    const at = line === '' ? -1 : placeOf(line, text)
    if (at === -1) continue
    const rest = (part: string) => redactSentence(part, quotes, names)
    return rest(text.slice(0, at)) + redacted + rest(text.slice(at + line.length))
  }
  return redactOurWords(text, names)
}

/** Where the line stands as whole words: a line of one letter occurs in many of our words. */
function placeOf(line: string, text: string): number {
  for (let at = text.indexOf(line); at !== -1; at = text.indexOf(line, at + 1)) {
    const around = (text[at - 1] ?? '') + (text[at + line.length] ?? '')
    if (!/\w/.test(around)) return at
  }
  return -1
}
