// Sessions of two captures as they close -> whether they are plainly the two sides of one box, so that somebody who judged
// them together hears of `compare`. Only what every session says of itself is looked at, nothing is read again, and what
// could be chance is none: two servers at the same time are no box.
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

/** Sessions that are looked at: the first of them tell. */
const SESSIONS_MAX = 4096
/** A box opens its connection so soon after it is connected to, in nanoseconds. */
const SOON_NS = 1_000_000_000

export class TwoSides {
  private readonly sides = new Map<string, Side>()
  private count = 0

  add({ client, server, clientName, serverName, startNs, endNs, base, proxyHeader }: Known): void {
    // A third server, and it is not known any more which of them are sides of what.
    if (this.count++ >= SESSIONS_MAX || this.sides.size > 2) return
    const side = this.sides.get(server) ?? { server, sessions: [], startedAt: isoTime(base, startNs) }
    this.sides.set(server, side)
    const startedAt = isoTime(base, startNs)
    if (startedAt < side.startedAt) side.startedAt = startedAt
    side.sessions.push({ client, clientName, serverName, startNs, endNs, named: clientNamedIn(proxyHeader) })
  }

  /** The captures, that of the clients' side first; null where nothing is certain. */
  of(captures: readonly CaptureRecord[]): readonly [before: string, behind: string] | null {
    const [one, other] = this.sides.values()
    const [first, second] = captures
    if (this.sides.size !== 2 || one === undefined || other === undefined) return null
    if (captures.length !== 2 || first === undefined || second === undefined) return null
    // Files that follow each other are one capture in parts.
    if (!overlap(first, second) || !overlap(second, first)) return null
    const isForward = isBehind(one, other)
    if (isForward === isBehind(other, one)) return null
    const [before, behind] = isForward ? [one, other] : [other, one]
    // What a capture begins with tells whose it is.
    const isTurned = first.firstPacketAt === behind.startedAt || second.firstPacketAt === before.startedAt
    return isTurned ? [second.path, first.path] : [first.path, second.path]
  }
}

/**
 * A box between them names its clients; or another host speaks to the server for each of them, only while they are there,
 * and what it says is tied to what they say.
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
  // A box greets clients by the name by which it greets the server.
  if (pairs.every(([one, other]) => one.serverName !== null && one.serverName === other.clientName)) return true
  if (before.sessions.length > 2 * behind.sessions.length) return false
  const same = (name: 'clientName' | 'serverName') =>
    pairs.every(([one, other]) => one[name] !== null && one[name] === other[name])
  const ties = [box === hostOf(before.server), same('serverName'), same('clientName')].filter((tie) => tie).length
  // One session may be chance where no more than one thing ties both.
  return ties > 1 || (ties === 1 && pairs.length > 1)
}

/** For each session of the one side one of the other, of its own, that it begins and ends in; null where there is none. */
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
