// Sessions of two captures as they close -> whether the captures are clearly the two sides of one box, so that `check` can
// suggest `compare`. It uses only what each session reports, reads nothing again, and ignores what may be coincidence: two
// servers at the same time are no box.
import type { CaptureRecord } from '../rules/analysis.ts'
import type { SessionReport } from '../rules/session-report.ts'
import { isoTime } from '../rules/time.ts'
import { clientNamedIn } from './session-view.ts'

type Known = Pick<
  SessionReport,
  'client' | 'server' | 'clientName' | 'serverName' | 'startNs' | 'endNs' | 'base' | 'proxyHeader'
>

interface Session extends Pick<Known, 'client' | 'clientName' | 'serverName' | 'startNs' | 'endNs'> {
  readonly named: string | null
}

interface Side {
  readonly server: string
  readonly sessions: Session[]
  startedAt: string
}

/** Only the first sessions are looked at. */
const SESSIONS_MAX = 4096
/** A box opens its own connection within this time after it was connected to, in nanoseconds. */
const SOON_NS = 1_000_000_000

export class TwoSides {
  private readonly sides = new Map<string, Side>()
  private count = 0

  add({ client, server, clientName, serverName, startNs, endNs, base, proxyHeader }: Known): void {
    // With a third server it is no longer clear which of them are sides of the same box.
    if (this.count++ >= SESSIONS_MAX || this.sides.size > 2) return
    const side = this.sides.get(server) ?? { server, sessions: [], startedAt: isoTime(base, startNs) }
    this.sides.set(server, side)
    const startedAt = isoTime(base, startNs)
    if (startedAt < side.startedAt) side.startedAt = startedAt
    side.sessions.push({ client, clientName, serverName, startNs, endNs, named: clientNamedIn(proxyHeader) })
  }

  /** The two captures, the one of the client side first; null if it is not certain. */
  of(captures: readonly CaptureRecord[]): readonly [before: string, behind: string] | null {
    const [one, other] = this.sides.values()
    const [first, second] = captures
    if (this.sides.size !== 2 || one === undefined || other === undefined) return null
    if (captures.length !== 2 || first === undefined || second === undefined) return null
    // Files that follow each other in time are parts of one capture.
    if (!overlap(first, second) || !overlap(second, first)) return null
    const isForward = isBehind(one, other)
    if (isForward === isBehind(other, one)) return null
    const [before, behind] = isForward ? [one, other] : [other, one]
    // The first packet of a capture shows to which side it belongs.
    const isTurned = first.firstPacketAt === behind.startedAt || second.firstPacketAt === before.startedAt
    return isTurned ? [second.path, first.path] : [first.path, second.path]
  }
}

/**
 * Either the box names its clients; or another host speaks to the server once for each of them, only while they are
 * connected, and uses the same names.
 */
function isBehind(before: Side, behind: Side): boolean {
  const clients = new Set(before.sessions.map(({ client }) => client))
  if (behind.sessions.some(({ named }) => named !== null && clients.has(named))) return true
  const hosts = new Set(before.sessions.map(({ client }) => hostOf(client)))
  const boxes = new Set(behind.sessions.map(({ client }) => hostOf(client)))
  const [box = ''] = boxes
  if (boxes.size !== 1 || hosts.has(box)) return false
  const pairs = within(before.sessions, behind.sessions)
  if (pairs === null || pairs.length === 0) return false
  // A box uses the same name in its greeting to clients as in its EHLO to the server.
  if (pairs.every(([one, other]) => one.serverName !== null && one.serverName === other.clientName)) return true
  if (before.sessions.length > 2 * behind.sessions.length) return false
  const same = (name: 'clientName' | 'serverName') =>
    pairs.every(([one, other]) => one[name] !== null && one[name] === other[name])
  const ties = [box === hostOf(before.server), same('serverName'), same('clientName')].filter((tie) => tie).length
  // With one session and one thing in common it may be coincidence.
  return ties > 1 || (ties === 1 && pairs.length > 1)
}

/** For each session behind the box a session before it that contains it in time, each used once; null if one has none. */
function within(before: readonly Session[], behind: readonly Session[]): (readonly [Session, Session])[] | null {
  const byStart = (a: Session, b: Session) => a.startNs - b.startNs
  const left = [...before].sort(byStart)
  const pairs: (readonly [Session, Session])[] = []
  for (const each of [...behind].sort(byStart)) {
    const at = left.findIndex((one) => isInside(one, each))
    const [found] = at === -1 ? [] : left.splice(at, 1)
    if (found === undefined) return null
    pairs.push([found, each])
  }
  return pairs
}

function isInside(one: Session, { startNs, endNs }: Session): boolean {
  return (
    startNs > one.startNs && startNs - one.startNs <= SOON_NS && startNs < one.endNs && endNs <= one.endNs + SOON_NS
  )
}

function overlap({ firstPacketAt }: CaptureRecord, { lastPacketAt }: CaptureRecord): boolean {
  return firstPacketAt !== null && lastPacketAt !== null && firstPacketAt <= lastPacketAt
}

const hostOf = (endpoint: string) => endpoint.slice(0, endpoint.lastIndexOf(':'))
