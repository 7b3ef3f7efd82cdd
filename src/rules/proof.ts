// Converts the grounds of a finding into a proof that can be checked by hand with a packet analyser. Stream positions
// become sequence numbers (RFC 9293 section 3.4). A proof contains no text from the wire.
import { PROOF_BLIND_MAX, PROOF_ITEMS_MAX } from '../limits.ts'
import type { Command, Exchange, Group, Reply, Span } from '../smtp/records.ts'
import type { SessionState } from '../smtp/session/session.ts'
import type { SmtpConnection } from '../smtp/session/smtp-connection.ts'
import type { HalfStream } from '../tcp/half-stream.ts'
import type { Proof, ProofItem, ProofRole } from './analysis.ts'
import type { Grounds } from './grounds.ts'
import type { Violation } from './rule.ts'
import { count } from './wording.ts'

type Speaker = 'client' | 'server'

export class Wire {
  private readonly smtpConnection: SmtpConnection
  private readonly session: SessionState

  constructor(smtpConnection: SmtpConnection, session: SessionState) {
    this.smtpConnection = smtpConnection
    this.session = session
  }

  /**
   * The sequence number at a stream position. Null for positions that have none on the wire: inside TLS, or never seen.
   */
  number(by: Speaker, position: number): number | null {
    const { connection, client } = this.smtpConnection
    const half = connection.halves[by === 'client' ? client : 1 - client] as HalfStream
    return position < 0 || !half.known || position > this.readableTo(by) ? null : half.sequenceAt(position)
  }

  /** The last position that lies on the wire. Beyond it the stream consists of decrypted bytes. */
  private readableTo(by: Speaker): number {
    return this.session.encryption === 'decrypted' ? (this.session.tlsStart?.ends[by] ?? 0) : Number.POSITIVE_INFINITY
  }
}

/** Grounds that rest on a whole group. A finding about the session as a whole then uses the session's last group. */
const BY_GROUP: ReadonlySet<Grounds['by']> = new Set<Grounds['by']>(['count', 'surplus', 'order'])

/** `own`: the group of the finding, null when it is about the session as a whole; `last`: the session's last group. */
export function proofOf(
  { grounds = { by: 'dialogue' }, commands, replies }: Violation,
  own: Group | null,
  last: Group | null,
  wire: Wire,
): Proof {
  // Groups that cannot break a rule are not recorded unless dialogues were requested, so the group may be unknown.
  const group = own ?? (BY_GROUP.has(grounds.by) ? last : null)
  const items = new Items(wire, group?.exchanges ?? [])
  list(items, grounds, group, commands ?? [], replies ?? [])
  // The group is listed from its beginning, so that a reader can count units and replies.
  if (own !== null) items.contextOf(own)
  const all = items.inOrder()
  const listed = all.slice(0, PROOF_ITEMS_MAX)
  return {
    by: grounds.by,
    check: sentence(grounds, listed),
    origin: { client: wire.number('client', 0), server: wire.number('server', 0) },
    missing: grounds.by === 'count' ? grounds.missing : null,
    items: listed,
    omitted: all.length - listed.length,
  }
}

/** Adds the items that the grounds name. When one is added twice, it keeps its first role. */
function list(
  items: Items,
  grounds: Grounds,
  group: Group | null,
  commands: readonly Command[],
  replies: readonly Reply[],
): void {
  switch (grounds.by) {
    case 'acknowledgement': {
      const sent = grounds.sent.slice(0, PROOF_BLIND_MAX)
      for (const { command } of sent) items.command('sent-blind', command)
      for (const { blind } of sent) {
        if (blind === null) continue
        items.command('command', blind.after)
        for (const reply of items.exchangeOf(blind.after)?.replies ?? []) items.reply('reply', reply)
      }
      return
    }
    case 'count':
      for (const { command } of grounds.unanswered) items.command('missing-reply', command)
      if (grounds.overtaker) items.command('overtaker', grounds.overtaker.command)
      if (grounds.witness) items.command('witness', grounds.witness.command)
      if (grounds.close) {
        const { how, frame, peerAcked } = grounds.close
        items.mark('close', 'server', how === 'fin' ? 'FIN' : 'RST', frame, peerAcked)
      }
      items.group(group, 'command', 'reply')
      return
    case 'surplus':
      for (const reply of grounds.surplus) items.reply('surplus-reply', reply)
      items.group(group, 'command', 'reply')
      return
    case 'order':
      items.group(group, 'command', 'reply')
      return
    case 'release':
      for (const { held, release } of grounds.withheld) {
        for (const { command } of held) items.command('withheld', command)
        if ('code' in release) items.reply('release', release)
        else items.command('release', release)
        for (const reply of held.flatMap((exchange) => exchange.replies)) items.reply('reply', reply)
      }
      return
    case 'octets': {
      const { side, what, start, end, frame } = grounds
      items.octets(side, what, start, end, frame)
      break
    }
    case 'windows':
      items.mark('window-closed', 'client', 'window 0', grounds.deadlock.clientFrame, -1)
      items.mark('window-closed', 'server', 'window 0', grounds.deadlock.serverFrame, -1)
      break
    case 'precedence':
    case 'dialogue':
      break
  }
  for (const command of commands) items.command('command', command)
  for (const reply of replies) items.reply('reply', reply)
}

/** The items of a proof: others first, then client units, then server replies, each in stream order. */
class Items {
  private readonly wire: Wire
  private readonly units = new Map<number, ProofItem>()
  private readonly replies = new Map<number, ProofItem>()
  private readonly others: ProofItem[] = []
  /** Keyed by the stream position at which the unit begins. */
  private readonly exchanges: ReadonlyMap<number, Exchange>

  constructor(wire: Wire, exchanges: readonly Exchange[]) {
    this.wire = wire
    this.exchanges = new Map(exchanges.map((exchange) => [exchange.command.at.start, exchange]))
  }

  exchangeOf({ at }: Command): Exchange | null {
    return this.exchanges.get(at.start) ?? null
  }

  group(group: Group | null, unit: ProofRole, answer: ProofRole): void {
    for (const { command } of group?.exchanges ?? []) this.command(unit, command)
    for (const reply of group?.replies ?? []) this.reply(answer, reply)
  }

  /** What of the group stands in front of what is already there, up to the replies to that. */
  contextOf({ exchanges, replies }: Group): void {
    const last = Math.max(...this.units.keys())
    const inFront = exchanges.filter(({ command }) => command.at.start <= last)
    const end = Math.max(...this.replies.keys(), ...inFront.flatMap((one) => one.replies.map(({ at }) => at.start)))
    for (const { command } of inFront) this.command('context', command)
    for (const reply of replies) if (reply.at.start <= end) this.reply('context', reply)
  }

  command(role: ProofRole, command: Command): void {
    const { at, verb, index, acked, seenAtStart, seenAtEnd } = command
    if (this.units.has(at.start)) return
    const exchange = this.exchangeOf(command)
    const answeredBy = exchange?.replies.map((reply) => reply.index) ?? null
    const seen = { ack: this.wire.number('server', seenAtStart), ackAtEnd: this.wire.number('server', seenAtEnd) }
    const place = { ...this.range('client', at.start, at.end), ...seen }
    const frames = framesOf(at)
    this.units.set(at.start, {
      ...{ role, by: 'client', what: verb, index, frames, ...place },
      ...{ acknowledgedIn: acked, owed: exchange === null ? null : owedTo(exchange), answeredBy },
    })
  }

  reply(role: ProofRole, { at, code, index, seenAtStart, seenAtEnd }: Reply): void {
    if (this.replies.has(at.start)) return
    const seen = { ack: this.wire.number('client', seenAtStart), ackAtEnd: this.wire.number('client', seenAtEnd) }
    const place = { ...this.range('server', at.start, at.end), ...seen }
    const frames = framesOf(at)
    this.replies.set(at.start, {
      ...{ role, by: 'server', what: String(code), index, frames, ...place },
      ...{ acknowledgedIn: null, owed: null, answeredBy: null },
    })
  }

  octets(by: Speaker, what: string, start: number, end: number, frame: number): void {
    const place = { ...this.range(by, start, end), ack: null, ackAtEnd: null }
    this.other({ role: 'octets', by, what, frames: [frame], ...place })
  }

  /**
   * Adds a segment as such (FIN, RST, zero window). `acked`: how much of the other side it acknowledges; -1 when
   * irrelevant.
   */
  mark(role: ProofRole, by: Speaker, what: string, frame: number, acked: number): void {
    const ack = this.wire.number(by === 'client' ? 'server' : 'client', acked)
    this.other({ role, by, what, frames: [frame], seq: null, end: null, ack, ackAtEnd: ack })
  }

  inOrder(): readonly ProofItem[] {
    const sorted = (items: ReadonlyMap<number, ProofItem>) =>
      [...items].sort(([a], [b]) => a - b).map(([, item]) => item)
    return [...this.others, ...sorted(this.units), ...sorted(this.replies)]
  }

  private other(item: Omit<ProofItem, 'index' | 'acknowledgedIn' | 'owed' | 'answeredBy'>): void {
    this.others.push({ ...item, index: null, acknowledgedIn: null, owed: null, answeredBy: null })
  }

  private range(by: Speaker, start: number, end: number) {
    const behind = this.wire.number(by, end)
    return { seq: behind === null ? null : this.wire.number(by, start), end: behind }
  }
}

/** The sentence that says what to look at and what it shows. */
function sentence(grounds: Grounds, items: readonly ProofItem[]): string {
  const of = (...roles: ProofRole[]) => items.filter(({ role }) => roles.includes(role))
  const units = items.filter(({ by, index }) => by === 'client' && index !== null)
  const replies = items.filter(({ by, index }) => by === 'server' && index !== null)
  switch (grounds.by) {
    case 'acknowledgement': {
      const at = units.findIndex(({ role }) => role === 'sent-blind')
      const [before, sent] = [units[at - 1], units[at]]
      if (before === undefined || sent === undefined) return 'compare the acknowledgement numbers of the commands'
      if (before.ackAtEnd === sent.ack)
        return `${nameOf(sent)} begins in ${framed(sent)} with acknowledgement number ${sent.ack}, the same as at the end of ${nameOf(before)}: no byte from the server had reached the client in between`
      const reply = replies.find(({ index }) => index !== null && before.answeredBy?.includes(index))
      return `${nameOf(sent)} begins in ${framed(sent)} with acknowledgement number ${sent.ack}, but the reply to ${nameOf(before)} ends at sequence number ${reply?.end}: the client did not have it yet`
    }
    case 'count': {
      const [overtaker] = [...of('witness'), ...of('overtaker')]
      const [close] = of('close')
      const counted = `${count(units.length, 'unit')} of the client and ${count(replies.length, 'reply', 'replies')} are listed; ${count(grounds.missing, 'reply is', 'replies are')} missing`
      if (close !== undefined)
        return `${counted} when the server closed in ${framed(close)}, acknowledging ${close.ack}`
      return overtaker === undefined
        ? counted
        : `${counted} before the one with a code that only ${nameOf(overtaker)} can cause`
    }
    case 'surplus': {
      const [first] = of('surplus-reply')
      return `${count(units.length, 'unit')} of the client and ${count(replies.length, 'reply', 'replies')} are listed; ${first?.what} in ${first === undefined ? 'none' : framed(first)} answers none of the units`
    }
    case 'order':
      return 'units and replies are listed in the order of their sequence numbers: paired in that order, a reply has a code that its unit cannot cause'
    case 'precedence': {
      const [unit, reply] = [of('command').at(0), of('reply').at(0)]
      return `${reply?.what} in ${reply === undefined ? 'none' : framed(reply)} acknowledges ${reply?.ack}, but ${unit === undefined ? 'the unit' : nameOf(unit)} ends at sequence number ${unit?.end}: the server did not have all of it yet`
    }
    case 'release': {
      const [held] = of('withheld')
      const [release] = of('release')
      if (held === undefined || release === undefined) return 'compare the times of the replies'
      return `${nameOf(held)} was acknowledged by frame ${held.acknowledgedIn}; its reply came only after ${nameOf(release)} in ${framed(release)}`
    }
    case 'octets': {
      const [octets] = of('octets')
      return `look at the bytes of the ${octets?.by} from sequence number ${octets?.seq} to ${octets?.end}, in ${octets === undefined ? 'none' : framed(octets)}`
    }
    case 'windows':
      return `frames ${items.map(({ frames }) => frames[0]).join(' and ')} close the receive windows of both sides`
    case 'dialogue':
      return 'read the listed commands and replies, and the dialogue before them'
  }
}

/** A server may reply to an empty line, but need not. */
function owedTo({ command, owed, replies }: Exchange): number {
  return command.optional ? replies.length : owed
}

function nameOf({ what, index }: ProofItem): string {
  return index === null ? what : `${what} (command ${index})`
}

function framesOf({ firstFrame, lastFrame }: Span): number[] {
  return firstFrame === lastFrame ? [firstFrame] : [firstFrame, lastFrame]
}

function framed({ frames }: ProofItem): string {
  return `frame ${frames[0]}`
}
