// The state of a session as a whole: what rules read, and the limits of what could be seen.
import { SESSION_LIMITS_MAX, UNANSWERED_UNITS_MAX } from '../../limits.ts'
import type { ChunkView } from '../../tcp/chunk.ts'
import type { Clock } from '../../tcp/clock-errors.ts'
import type { Unacknowledged } from '../../tcp/half-stream.ts'
import { ambiguousIn, type Unbatched, unbatchedIn } from '../pairing/batching.ts'
import type { UnremarkableSequences } from '../pairing/command-sequence.ts'
import type { GroupBuilder } from '../pairing/group-builder.ts'
import { isMasked } from '../parse/reply-parser.ts'
import type { TlsStart } from '../parse/starttls.ts'
import type {
  Close,
  ClosedBy,
  Command,
  Exchange,
  Group,
  LimitCode,
  Malformed,
  ProxyHeader,
  Reply,
  Withholding,
} from '../records.ts'
import type { Software } from './software.ts'
import type { Deadlock, PathDelay } from './waiting.ts'

/** A reason why something could not be seen. `frame` is 0 when it applies to the whole session. */
export interface Limit {
  readonly code: LimitCode
  readonly frame: number
  /** What it may hide: anything of its kind; only parts of message content; nothing that rules judge. */
  readonly hides: 'all' | 'content' | 'nothing'
  /** Further details; null when there are none. */
  readonly reason: string | null
}

/** What is known about a session before its first byte. */
export interface Beginning {
  readonly startSeen: boolean
  /** The server's stream is known from its first byte. */
  readonly greetingSeen: boolean
  readonly clock: Clock
  readonly path: PathDelay
}

export type Encryption = 'none' | 'opaque' | 'decrypted'

/** Limits that hide bytes of the dialogue at any place. */
const HIDES: ReadonlySet<LimitCode> = new Set<LimitCode>([
  'gap-client',
  'gap-server',
  'unacknowledged',
  'snaplen',
  'midstream',
  'one-way-client',
  'overlap-conflict',
  'resource-cap',
])

/** Whether the limit may hide an EHLO or the reply to it. The end of the capture hides only what would follow. */
function mayHideGreeting({ code, hides }: Limit, replies: number): boolean {
  return hides === 'all' && (HIDES.has(code) || (code === 'capture-end' && replies <= 1))
}

/**
 * The part of the session state that rules read. A group check sees it as it was when the group settled; `close` may be
 * unknown then.
 */
export interface Session {
  /** Whether the start of the connection was captured. */
  readonly startSeen: boolean
  /** How reliable the times of its packets are. */
  readonly clock: Clock
  readonly protocol: 'smtp' | 'esmtp' | 'lmtp' | 'unknown'
  /** Whether the latest EHLO or LHLO reply lists PIPELINING; null when none was seen but may have been missed. */
  readonly offered: boolean | null
  /** Whether the client ever sent a command before the reply to the preceding one. */
  readonly used: boolean
  /** The latest EHLO reply listed PIPECONNECT, or it is missing from the capture and may have listed it. */
  readonly earlyAllowed: boolean
  /** The client sent LHLO, or its greeting is missing from the capture: a message may be owed several replies. */
  readonly mayBeLmtp: boolean
  readonly greeting: Reply | null
  /** A device on the path masked the greeting or the EHLO reply: it may also have lost, changed or sent other lines. */
  readonly isOverwritten: boolean
  /** The PROXY header before the client's first unit; null when there is none. */
  readonly proxyHeader: ProxyHeader | null
  /** The frame in which the client started TLS while the server spoke plaintext; 0 when it did not. */
  readonly tlsInClear: number
  /** The client's first unit, if it was sent before the greeting was complete. */
  readonly early: Command | null
  readonly talkedEarly: boolean
  /** The dialogue can currently not be read. */
  readonly opaque: boolean
  readonly close: Close | null
  /** The server's RST with the ACK flag (RFC 1122 section 4.2.2.13), if it sent one. */
  readonly serverReset: Close | null
  /** The stream position of the FIN of a side; infinite while none was seen. */
  finOf(by: 'client' | 'server'): number
  /** Number of client octets that the server acknowledged. */
  readonly clientAcked: number
  /** Whether the client ever sent QUIT, before it knew that the server had ended the session. */
  readonly quitSent: boolean
  readonly lastReply: Reply | null
  /** The first 421. Units after it are owed no reply. */
  readonly terminal: Reply | null
  /** The last group, once the dialogue is over. */
  readonly lastGroup: Group | null
  /** The first client unit that contains a bare newline. */
  readonly bare: Command | null
  /** Malformed lines of the server, the first few. */
  readonly malformed: readonly Malformed[]
  /** What came between the reply to STARTTLS and TLS; null without STARTTLS. */
  readonly tlsStart: TlsStart | null
  /** Set when both sides waited for the other to read. */
  readonly deadlock: Deadlock | null
  /**
   * Number of bytes of each side that its peer acknowledged but the capture lacks, and the first frame that shows it.
   */
  readonly missing: { readonly client: number; readonly server: number; readonly frame: number }
  /** Bytes of each side that its peer never acknowledged; null when there are none. */
  readonly unacknowledged: { readonly client: Unacknowledged | null; readonly server: Unacknowledged | null }
  /** Bytes of that side are missing or were truncated by the snapshot length. */
  readonly clientHidden: boolean
  readonly serverHidden: boolean
  /**
   * The first commands that arrived together and were answered separately, and the first two with the same reply.
   */
  readonly unbatched: Unbatched | null
  readonly ambiguous: readonly [Exchange, Exchange] | null
  /** Replies that new input released after a long silence, by group, the first few. */
  readonly withheld: readonly Withholding[]
  /** Nanoseconds from the last bytes of either side to the close. */
  readonly idleBeforeCloseNs: number
  readonly limits: readonly Limit[]
}

/** Receives groups as they settle. */
export interface GroupListener {
  /** Every group is wanted, including unremarkable ones. */
  readonly wantsGroups: boolean
  /** Digests of message contents are wanted. */
  readonly wantsDigests: boolean
  group(group: Group, session: SessionState): void
  /** The first frame of the connection, which identifies it in debug output. */
  readonly firstFrame: number
  /** Counts the groups of which no record is made; null when sequences are not counted. */
  readonly shapes: UnremarkableSequences | null
}

/** The session state while the session is read. */
export class SessionState implements Session {
  readonly clock: Clock
  /** Whether a judgement depends on times that a doubtful clock may have changed. */
  clockMatters = false
  startSeen = true
  protocol: Session['protocol'] = 'unknown'
  offered: boolean | null = false
  used = false
  earlyAllowed = false
  mayBeLmtp = false
  unacknowledged: Session['unacknowledged'] = { client: null, server: null }
  clientHidden = false
  serverHidden = false
  /** The position after the last server byte that is known to be missing. */
  private lackedUpTo = 0
  greeting: Reply | null = null
  proxyHeader: ProxyHeader | null = null
  tlsInClear = 0
  early: Command | null = null
  talkedEarly = false
  opaque = false
  encryption: Encryption = 'none'
  /** All FIN and RST, in order. */
  private closes: Close[] = []
  clientAcked = 0
  quitSent = false
  lastReply: Reply | null = null
  terminal: Reply | null = null
  lastGroup: Group | null = null
  idleBeforeCloseNs = 0
  bare: Command | null = null
  readonly malformed: Malformed[] = []
  tlsStart: TlsStart | null = null
  deadlock: Deadlock | null = null
  unbatched: Unbatched | null = null
  ambiguous: readonly [Exchange, Exchange] | null = null
  readonly missing = { client: 0, server: 0, frame: 0 }
  readonly withheld: Withholding[] = []
  readonly limits: Limit[] = []
  serverName: string | null = null
  /** The server program that the greeting suggests, or else the EHLO reply. */
  software: Software | null = null
  clientName: string | null = null
  commands = 0
  replies = 0
  unanswered = 0
  /** The first of these units. */
  withoutReply: readonly Command[] = []
  groups = 0
  messages = 0

  constructor(clock: Clock) {
    this.clock = clock
  }

  limit(code: LimitCode, frame: number, hides: Limit['hides'] = 'all', reason: string | null = null): void {
    const same = this.limits.filter((limit) => limit.code === code && limit.hides === hides)
    if (same.some((limit) => limit.frame === frame) || same.length >= SESSION_LIMITS_MAX) return
    this.limits.push({ code, frame, hides, reason })
  }

  /** STARTTLS was accepted: the dialogue is hidden until TLS can be read. */
  beginTls(start: TlsStart): TlsStart {
    this.tlsStart = start
    this.encryption = 'opaque'
    return start
  }

  /** The content of TLS can be read. Returns whether a plaintext dialogue came before. */
  becomeReadable(): boolean {
    this.encryption = 'decrypted'
    this.opaque = false
    return this.tlsStart !== null
  }

  /** The dialogue from here on cannot be read. */
  hides(why: LimitCode, frame: number, reason?: string): void {
    this.limit(why, frame, 'all', reason)
    if (why === 'tls' && this.encryption === 'none') this.encryption = 'opaque'
  }

  /** Records what is reported once per session. */
  noteFirsts(group: Group): void {
    // A bare newline is proved without replies, but not when two versions of the same bytes were captured.
    const bare = group.exchanges.find(({ command, behindEnd }) => command.bare && !behindEnd)?.command ?? null
    if (bare !== null && !this.limits.some(({ code }) => code === 'overlap-conflict')) this.bare ??= bare
    this.clockMatters ||= isTimed(group, this.clock)
    this.unbatched ??= unbatchedIn(group)
    this.ambiguous ??= ambiguousIn(group)
  }

  /** Records replies that the server delayed although it could send them. */
  addWithholding(withholding: Withholding): void {
    this.note(this.withheld, withholding)
  }

  /** Takes over the state after the latest group. `commands`, `replies`: numbers seen on the wire. */
  update({ offer, transaction, used, groups }: GroupBuilder, commands: number, replies: number): void {
    this.protocol = offer.protocol
    this.offered = offer.pipelining
    // A greeting that was not captured may have been LHLO, and its reply may have listed PIPECONNECT.
    const isUnseen = offer.protocol === 'unknown' && this.limits.some((limit) => mayHideGreeting(limit, replies))
    this.earlyAllowed = offer.early || isUnseen
    this.mayBeLmtp = offer.protocol === 'lmtp' || isUnseen
    this.clientName = offer.clientName
    this.software ??= offer.software
    this.messages = transaction.messages
    this.used = used
    this.groups = groups
    this.commands = commands
    this.replies = replies
  }

  /** A FIN or RST. `peerAcked`: number of bytes of the other side that it, or an earlier segment, acknowledged. */
  addClose(by: 'client' | 'server', chunk: ChunkView, peerAcked: number, peerWindowClosed: boolean): void {
    if (chunk.kind !== 'fin' && chunk.kind !== 'rst') return
    const { kind: how, frame, timeNs } = chunk
    const reset = how === 'rst'
    const close: Close = {
      by,
      how,
      frame,
      timeNs,
      peerAcked,
      position: chunk.position,
      foreign: reset && chunk.foreign,
      forgedBy: reset ? chunk.forgedBy : 0,
      active: reset ? chunk.active : !chunk.implied,
      peerWindowClosed,
    }
    // It replaces a FIN that was only implied and is captured later.
    const before = this.closes.findIndex((other) => other.by === by && other.how === how)
    if (before < 0) this.closes.push(close)
    else this.closes[before] = close
  }

  /** What looked like a FIN or RST of the side was not one. */
  removeClose(by: 'client' | 'server', how: 'fin' | 'rst'): void {
    this.closes = this.closes.filter((close) => close.by !== by || close.how !== how)
  }

  get isOverwritten(): boolean {
    const { greeting, limits } = this
    return limits.some(({ code }) => code === 'proxy-rewrite') || (greeting !== null && isMasked(greeting))
  }

  get close(): Close | null {
    return this.closes[0] ?? null
  }

  /**
   * Whether the dialogue has ended. After a FIN of the client alone the server can still answer; what came before an
   * implied FIN of the server is unknown.
   */
  get ended(): boolean {
    return this.closes.some(({ by, how, active }) => (by === 'server' && active) || how === 'rst')
  }

  /** Whether the client can send nothing more: after its own FIN, or a reset of either side. */
  get clientEnded(): boolean {
    return this.closes.some(({ by, how }) => by === 'client' || how === 'rst')
  }

  get serverReset(): Close | null {
    return this.closes.find(({ by, how, active }) => by === 'server' && how === 'rst' && active) ?? null
  }

  finOf(by: 'client' | 'server'): number {
    return this.closes.find((close) => close.by === by && close.how === 'fin')?.position ?? Number.POSITIVE_INFINITY
  }

  /**
   * The position in the server's stream after which it sends nothing more: its FIN, or a 421 that was its last reply.
   * Units that the client sends after acknowledging that much are owed no reply.
   */
  get serverEnd(): number {
    const { lastReply } = this
    // The FIN occupies one sequence number.
    const end = this.finOf('server') + 1
    return lastReply?.code === 421 ? Math.min(end, lastReply.at.end) : end
  }

  /** Like `serverEnd`, or earlier: when no reply follows missing bytes, these may have included a final 421. */
  get serverMayEnd(): number {
    const { lackedUpTo, lastReply, serverEnd } = this
    return lackedUpTo > (lastReply?.at.end ?? 0) ? Math.min(serverEnd, lackedUpTo) : serverEnd
  }

  /** Bytes of a side are missing from the capture. */
  noteMissing(side: 'client' | 'server', chunk: ChunkView): void {
    if (side === 'server') {
      this.serverHidden = true
      this.lackedUpTo = chunk.position + chunk.length
    } else this.clientHidden = true
    if (!chunk.acknowledged) return
    this.missing[side] += chunk.length
    if (this.missing.frame === 0) this.missing.frame = chunk.frame
  }

  /** The group is over: what has no reply yet gets none. */
  noteUnanswered(group: Group | null): void {
    if (group === null) return
    // Behind a line that is no valid reply nothing shows which reply answers which command.
    const isUnknown = !group.reading.countable && this.malformed.length > 0
    for (const { command } of unansweredOf(group)) {
      this.unanswered++
      if (isUnknown) continue
      if (this.withoutReply.length < UNANSWERED_UNITS_MAX) this.withoutReply = [...this.withoutReply, command]
    }
  }

  /** Adds to a list that keeps only the first few. */
  note<T>(list: T[], what: T): void {
    if (list.length < SESSION_LIMITS_MAX) list.push(what)
  }

  get closedBy(): ClosedBy {
    return this.close === null ? 'capture-end' : `${this.close.by}-${this.close.how}`
  }
}

/** The limit for missing bytes of a side. */
export function limitOf(side: 'client' | 'server', { snapped, acknowledged, trailing }: ChunkView): LimitCode {
  if (snapped) return 'snaplen'
  return trailing && !acknowledged ? 'unacknowledged' : `gap-${side}`
}

/** Whether times matter for the group and its clock is doubtful. */
function isTimed({ exchanges }: Group, clock: Clock): boolean {
  const first = exchanges[0]?.command.at.lastFrame ?? 0
  const last = exchanges[exchanges.length - 1]
  if (last === undefined || exchanges.length === 1) return false
  return clock.isDoubtful(first, Math.max(last.command.at.lastFrame, last.replies[0]?.at.lastFrame ?? 0))
}

/** Units of the group that have fewer replies than they are owed. */
export function unansweredOf(group: Group | null): Exchange[] {
  return group === null
    ? []
    : group.exchanges.filter((e) => e.command.complete && e.replies.length < e.owed && !e.command.optional)
}
