// What bare line ends of the client (RFC 5321 section 2.3.8) and other control characters change about the number of
// replies: a server may read two lines as one, or one line as several, and then replies accordingly.
import type { Exchange } from '../records.ts'

/** A unit as this file needs it, and whether its replies are certain. */
interface Answered {
  readonly endsInLf: boolean
  readonly isAnswered: boolean
}

/** Whether unit `u` may be read as one line with the next or the preceding one, by a server that accepts only CRLF. */
export function mayBeJoined(units: readonly { readonly endsInLf: boolean }[], u: number): boolean {
  return units[u]?.endsInLf === true || units[u - 1]?.endsInLf === true
}

/**
 * How many of the missing replies before unit `to` are explained if the server accepts only CRLF as line end: it reads
 * lines that end in a bare LF and the line behind them as one.
 */
export function repliesJoined(units: readonly Answered[], to: number): number {
  let joined = 0
  for (let from = 0; from < to; from++) {
    const first = from
    let missing = units[from]?.isAnswered === false ? 1 : 0
    while (from < to && units[from]?.endsInLf) if (units[++from]?.isAnswered === false) missing++
    joined += Math.min(from - first, missing)
  }
  return joined
}

/** How many replies more than are owed are explained if the server reads lines of the group as several. */
export function repliesToParts(exchanges: readonly Exchange[]): number {
  let parts = 0
  for (const { command, behindEnd } of exchanges) if (!behindEnd) parts += command.extraLines
  return parts
}
