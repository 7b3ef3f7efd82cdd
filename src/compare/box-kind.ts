// The two sides of a match -> what kind of box is between them. It decides which differences can be claimed.
import { isSameTcp, type Match } from './matches.ts'
import { isOtherTls, isSameTls, type SessionView, sameBytes } from './session-view.ts'

/**
 * `path`: the same TCP connection on both sides (a router, a firewall, two taps). `tcp-relay`: a separate TCP connection on
 * each side, the same bytes. `line-proxy`: reads commands and may answer some itself. `store-and-forward`: accepts the message
 * before it sends it on. `tls-terminator`: encrypted on one side only, or with different keys.
 */
export type BoxKind = 'path' | 'tcp-relay' | 'line-proxy' | 'store-and-forward' | 'tls-terminator' | 'unknown'

/** In nanoseconds: more than the network between two capture points adds to the time from a message to its reply. */
const SOONER_NS = 50_000_000

export function boxKindOf(
  { by, forwarded }: Pick<Match, 'by' | 'forwarded'>,
  before: readonly SessionView[],
  behind: readonly SessionView[],
): BoxKind {
  if (isSameTcp(by)) return 'path'
  if (forwarded === 'later') return 'store-and-forward'
  const [one, other] = [before[0], behind[0]]
  if (one === undefined || other === undefined) return 'unknown'
  if (one.opaque !== other.opaque || isOtherTls(one, other)) return 'tls-terminator'
  if (forwarded === 'unsure') return answersItself(before, behind) ? 'store-and-forward' : 'unknown'
  if (before.length > 1 || behind.length > 1) return 'line-proxy'
  if (isSameTls(one, other) || sameBytes(one, other)) return 'tcp-relay'
  // With bytes missing, equal lines do not prove equal streams, and different ones need not differ.
  if (one.opaque || !one.whole || !other.whole) return 'unknown'
  return by === 'time' ? 'unknown' : 'line-proxy'
}

/** The client had the reply to a message before the server could have given it. */
function answersItself(before: readonly SessionView[], behind: readonly SessionView[]): boolean {
  const waits = (views: readonly SessionView[]) =>
    views.flatMap(({ sent }) => sent.flatMap(({ kind, waitedNs }) => (kind === 'content' ? [waitedNs] : [])))
  const [here, there] = [waits(before), waits(behind)]
  return here.length === there.length && here.some((ns, i) => ns !== null && ns + SOONER_NS < (there[i] ?? 0))
}
