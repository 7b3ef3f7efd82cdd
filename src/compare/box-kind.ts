// Two views of what belongs together -> what kind of box stands between them. What may be said of it depends on that.
import { isSameTcp, type Match } from './matches.ts'
import { type DialogueLines, isSameTls, type SessionView } from './session-view.ts'

/**
 * `path`: the same TCP connection on both sides (a router, a firewall, two taps). `tcp-relay`: a TCP of its own on each
 * side, the same bytes. `line-proxy`: it reads commands and speaks for itself. `store-and-forward`: it takes the message
 * first. `tls-terminator`: encrypted on one side only.
 */
export type BoxKind = 'path' | 'tcp-relay' | 'line-proxy' | 'store-and-forward' | 'tls-terminator' | 'unknown'

export function boxKindOf(
  { by, later }: Pick<Match, 'by' | 'later'>,
  before: readonly SessionView[],
  behind: readonly SessionView[],
): BoxKind {
  if (isSameTcp(by)) return 'path'
  if (later) return 'store-and-forward'
  const [one, other] = [before[0], behind[0]]
  if (one === undefined || other === undefined) return 'unknown'
  if (one.opaque !== other.opaque) return 'tls-terminator'
  if (before.length > 1 || behind.length > 1) return 'line-proxy'
  if (isSameTls(one, other) || sameBytes(one, other)) return 'tcp-relay'
  if (one.opaque) return 'unknown'
  return by === 'time' ? 'unknown' : 'line-proxy'
}

/** All that either side said went through, as far as lines and stream lengths show. */
function sameBytes(one: SessionView, other: SessionView): boolean {
  if (one.streams === null || other.streams === null) return false
  // A PROXY header is all that a relay may add.
  const isWhole =
    one.streams.client.octets - one.headerOctets === other.streams.client.octets - other.headerOctets &&
    one.streams.server.octets === other.streams.server.octets
  return isWhole && sayTheSame(one, other)
}

function sayTheSame(one: DialogueLines, other: DialogueLines): boolean {
  const isEqual = (a: readonly { readonly text: string }[], b: readonly { readonly text: string }[]) =>
    a.length === b.length && a.every(({ text }, i) => text === b[i]?.text)
  return isEqual(one.sent, other.sent) && isEqual(one.said, other.said)
}
