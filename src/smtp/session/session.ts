// What is known of a session as a whole: the part that rules read, and the limits of what could be seen.
import { SESSION_LIMITS_MAX } from '../../limits.ts'
import type { ChunkView } from '../../tcp/chunk.ts'
import type { Clock } from '../../tcp/clock-errors.ts'
import type { Unacknowledged } from '../../tcp/half-stream.ts'
import { ambiguousIn, type Unbatched, unbatchedIn } from '../pairing/batching.ts'
import type { UnremarkableSequences } from '../pairing/command-sequence.ts'
import type { GroupBuilder } from '../pairing/group-builder.ts'
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
import type { PathDelay } from './waiting.ts'
import type { Deadlock } from './window-deadlock.ts'

/** What kept something from being seen. `frame` is 0 when it holds for the session as a whole. */
export interface Limit {
  readonly code: LimitCode
  readonly frame: number
  /** What it may hide: anything of its kind; only what stands in message content; nothing that is judged. */
  readonly hides: 'all' | 'content' | 'nothing'
  /** What else is known about it; null for nothing. */
  readonly reason: string | null
}

/** What is known of a session before its first byte. */
export interface Beginning {
  readonly startSeen: boolean
  /** The server's stream is known from its first byte. */
  readonly greetingSeen: boolean
  readonly clock: Clock
  readonly path: PathDelay
}

export type Encryption = 'none' | 'opaque' | 'decrypted'

/** What takes bytes from the dialogue at any place. */
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

/** Whether a greeting, or the reply to it, may be hidden. The end of the capture hides only what comes next. */
function mayHideGreeting({ code, hides }: Limit, replies: number): boolean {
  return hides === 'all' && (HIDES.has(code) || (code === 'capture-end' && replies <= 1))
}

/** What rules may read of a session. At the check of a group it is as it stood then; `close` may not be known yet. */
export interface Session {
  /** Whether the start of the connection was captured. */
  readonly startSeen: boolean
  /** How far the times of its packets can be believed. */
  readonly clock: Clock
  readonly protocol: 'smtp' | 'esmtp' | 'lmtp' | 'unknown'
  /** PIPELINING in the latest EHLO or LHLO reply; null when none was seen and one may have been missed. */
  readonly offered: boolean | null
  /** Whether the client ever sent a command before the reply to the one in front. */
  readonly used: boolean
  /** The latest EHLO reply listed PIPECONNECT, or it is missing from the capture and may have. */
  readonly earlyAllowed: boolean
  /** The client greeted with LHLO, or the greeting is missing from the capture: a message may earn several replies. */
  readonly mayBeLmtp: boolean
  readonly greeting: Reply | null
  /** What stands in front of the client's first unit; null for nothing. */
  readonly proxyHeader: ProxyHeader | null
  /** The frame in which the client began TLS where the server speaks in the clear; 0 for none. */
  readonly tlsInClear: number
  /** The client's first unit, when it was sent before the greeting was complete. */
  readonly early: Command | null
  readonly talkedEarly: boolean
  /** Nothing that is said now can be read. */
  readonly opaque: boolean
  readonly close: Close | null
  /** The server's RST, when it sent one with the ACK flag: RFC 1122 section 4.2.2.13. */
  readonly serverReset: Close | null
  /** Where the FIN of a side stands in its stream; infinite while none was seen. */
  finOf(by: 'client' | 'server'): number
  /** Octets of the client that the server acknowledged. */
  readonly clientAcked: number
  /** Whether the client ever sent QUIT, before it knew that the server had ended the session. */
  readonly quitSent: boolean
  readonly lastReply: Reply | null
  /** A 421, in whatever position: units behind it earn nothing. */
  readonly terminal: Reply | null
  /** The last group, when the dialogue is over. */
  readonly lastGroup: Group | null
  /** The first unit of the client with a bare newline in it. */
  readonly bare: Command | null
  /** Lines of the server that break the grammar, the first few. */
  readonly malformed: readonly Malformed[]
  /** What came between the reply to STARTTLS and TLS; null while there was none. */
  readonly tlsStart: TlsStart | null
  /** Both sides waited for the other to read. */
  readonly deadlock: Deadlock | null
  /** Bytes of each side that its peer acknowledged and that the capture lacks, and the frame that first showed it. */
  readonly missing: { readonly client: number; readonly server: number; readonly frame: number }
  /** Bytes of each side that its peer never acknowledged; null where there are none. */
  readonly unacknowledged: { readonly client: Unacknowledged | null; readonly server: Unacknowledged | null }
  /** Bytes of that side are not to be seen: missing, or cut off by the snapshot length. */
  readonly clientHidden: boolean
  readonly serverHidden: boolean
  /** The first commands that came together and were answered apart, and the first two that drew the same reply. */
  readonly unbatched: Unbatched | null
  readonly ambiguous: readonly [Exchange, Exchange] | null
  /** Replies that new input released after long silence, group by group, the first few. */
  readonly withheld: readonly Withholding[]
  /** Nanoseconds between the last bytes of either side and the close. */
  readonly idleBeforeCloseNs: number
  readonly limits: readonly Limit[]
}

/** Who hears of groups as they are settled. */
export interface GroupListener {
  /** Every group is wanted, also those in which no rule can find anything. */
  readonly wantsGroups: boolean
  /** What identifies message contents is wanted, too. */
  readonly wantsDigests: boolean
  group(group: Group, session: SessionState): void
  /** The first frame of the connection, by which its decisions are told. */
  readonly firstFrame: number
  /** Counts the groups of which no record is made; null where nobody does. */
  readonly shapes: UnremarkableSequences | null
}

/** The same, while it is being filled. */
export class SessionState implements Session {
  readonly clock: Clock
  /** Whether something was judged that a clock in doubt could change. */
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
  /** The position behind the last byte of the server that is known to be missing. */
  private lackedUpTo = 0
  greeting: Reply | null = null
  proxyHeader: ProxyHeader | null = null
  tlsInClear = 0
  early: Command | null = null
  talkedEarly = false
  opaque = false
  encryption: Encryption = 'none'
  /** Every FIN and RST, in order. */
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
  /** Which program the server sounds like, by its greeting, else by its reply to EHLO. */
  software: Software | null = null
  clientName: string | null = null
  commands = 0
  replies = 0
  unanswered = 0
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

  /** STARTTLS was accepted: what follows is hidden until TLS can be read. */
  beginTls(start: TlsStart): TlsStart {
    this.tlsStart = start
    this.encryption = 'opaque'
    return start
  }

  /** What is said inside TLS can be read. True when something was said before. */
  becomeReadable(): boolean {
    this.encryption = 'decrypted'
    this.opaque = false
    return this.tlsStart !== null
  }

  /** What is said from here on cannot be read. */
  hides(why: LimitCode, frame: number, reason?: string): void {
    this.limit(why, frame, 'all', reason)
    if (why === 'tls' && this.encryption === 'none') this.encryption = 'opaque'
  }

  /** The first of what a session shows once. */
  look(group: Group): void {
    // A newline needs no reply to be a bare one. But bytes that came twice, and not the same, prove nothing.
    const bare = group.exchanges.find(({ command, behindEnd }) => command.bare && !behindEnd)?.command ?? null
    if (bare !== null && !this.limits.some(({ code }) => code === 'overlap-conflict')) this.bare ??= bare
    this.clockMatters ||= isTimed(group, this.clock)
    this.unbatched ??= unbatchedIn(group)
    this.ambiguous ??= ambiguousIn(group)
  }

  /** Replies that the server kept for itself, and could have sent. */
  keeps(withholding: Withholding): void {
    this.note(this.withheld, withholding)
  }

  /** What the groups so far have taught. `commands`, `replies`: seen on the wire. */
  learn({ offer, transaction, used, groups }: GroupBuilder, commands: number, replies: number): void {
    this.protocol = offer.protocol
    this.offered = offer.pipelining
    // A greeting that was not seen may have been LHLO, and a reply to it may have allowed an early start.
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

  /** A FIN or RST. `peerAcked`: bytes of the other side that it, or a segment before it, acknowledged. */
  ends(by: 'client' | 'server', chunk: ChunkView, peerAcked: number): void {
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
    }
    // A FIN that was implied so far, and comes late.
    const before = this.closes.findIndex((other) => other.by === by && other.how === how)
    if (before < 0) this.closes.push(close)
    else this.closes[before] = close
  }

  /** What looked like a FIN or RST of the side was none. */
  goesOn(by: 'client' | 'server', how: 'fin' | 'rst'): void {
    this.closes = this.closes.filter((close) => close.by !== by || close.how !== how)
  }

  get close(): Close | null {
    return this.closes[0] ?? null
  }

  /** Behind a FIN of the client alone the server can still answer; and what is in front of one that is only implied? */
  get ended(): boolean {
    return this.closes.some(({ by, how, active }) => (by === 'server' && active) || how === 'rst')
  }

  /** Whether nothing more can come from the client: its own FIN, or a reset of either side. */
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
   * The position in the server's stream behind which it says nothing more: its FIN, or a 421 that was its last word. What the
   * client sends when it has acknowledged as much earns no reply.
   */
  get serverEnd(): number {
    const { lastReply } = this
    // The FIN takes a number of its own.
    const end = this.finOf('server') + 1
    return lastReply?.code === 421 ? Math.min(end, lastReply.at.end) : end
  }

  /** The same, or earlier: a 421 among missing bytes may have been the last word, where no reply came behind them. */
  get serverMayEnd(): number {
    const { lackedUpTo, lastReply, serverEnd } = this
    return lackedUpTo > (lastReply?.at.end ?? 0) ? Math.min(serverEnd, lackedUpTo) : serverEnd
  }

  /** Bytes of a side are missing from the capture. */
  lacks(side: 'client' | 'server', chunk: ChunkView): void {
    if (side === 'server') {
      this.serverHidden = true
      this.lackedUpTo = chunk.position + chunk.length
    } else this.clientHidden = true
    if (!chunk.acknowledged) return
    this.missing[side] += chunk.length
    if (this.missing.frame === 0) this.missing.frame = chunk.frame
  }

  /** Keeps the first few of what can come without end. */
  note<T>(list: T[], what: T): void {
    if (list.length < SESSION_LIMITS_MAX) list.push(what)
  }

  get closedBy(): ClosedBy {
    return this.close === null ? 'capture-end' : `${this.close.by}-${this.close.how}`
  }
}

/** What is said of bytes of a side that are not to be seen. */
export function limitOf(side: 'client' | 'server', { snapped, acknowledged, trailing }: ChunkView): LimitCode {
  if (snapped) return 'snaplen'
  return trailing && !acknowledged ? 'unacknowledged' : `gap-${side}`
}

/** Whether time says anything of a group, and it may be the wrong time. */
function isTimed({ exchanges }: Group, clock: Clock): boolean {
  const first = exchanges[0]?.command.at.lastFrame ?? 0
  const last = exchanges[exchanges.length - 1]
  if (last === undefined || exchanges.length === 1) return false
  return clock.isDoubtful(first, Math.max(last.command.at.lastFrame, last.replies[0]?.at.lastFrame ?? 0))
}

/** Units that earned a reply and have none, as the group's reading gives them. */
export function unansweredOf(group: Group | null): Exchange[] {
  return group === null
    ? []
    : group.exchanges.filter((e) => e.command.complete && e.replies.length < e.owed && !e.command.optional)
}
