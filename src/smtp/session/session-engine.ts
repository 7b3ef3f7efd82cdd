// Parses the chunks of both directions into groups and session state. The two directions depend on each other: the
// replies determine what the client's bytes are, and the client's commands determine what a reply answers. Nothing is
// assumed about replies that have not been seen.
import { decisions } from '../../decisions.ts'
import { DIALOGUE_BYTES, TIMEOUT_SILENCE_NS } from '../../limits.ts'
import type { ChunkView } from '../../tcp/chunk.ts'
import type { MemoryQuota } from '../../tcp/memory-quota.ts'
import { GroupBuilder } from '../pairing/group-builder.ts'
import { Pairing, type PairingEvents } from '../pairing/pairing.ts'
import { describePairing, lastFrameOf, type SettledGroup } from '../pairing/pairing-result.ts'
import { isHard, isItsOwn, isPossible } from '../pairing/reply-evidence.ts'
import { type ClientEvents, CommandParser } from '../parse/command-parser.ts'
import { isGoodbye, mayBeLayered, whatFollows } from '../parse/continuation.ts'
import { beginsTls } from '../parse/detect-protocol.ts'
import { HeaderReplies } from '../parse/proxy-header.ts'
import { reparse } from '../parse/reparse.ts'
import { mayHoldAnother, readsLikeReply } from '../parse/reply-parser.ts'
import { ReplyStream } from '../parse/reply-stream.ts'
import { SentCredentials } from '../parse/sent-credentials.ts'
import { TlsStart, type Underlay } from '../parse/starttls.ts'
import type { PendingCommand } from '../pending-command.ts'
import type { Malformed, ProxyHeader, Reply } from '../records.ts'
import type { ReusableArray } from '../reusable-array.ts'
import { Greeting } from './greeting.ts'
import type { Past } from './past.ts'
import { type Beginning, type GroupListener, type Limit, limitOf, SessionState } from './session.ts'
import { type Captured, Transport } from './transport.ts'

/** The reason given in the limit. */
export const TLS_IN_CLEAR = 'the client started TLS on a port where the server speaks plaintext'

/** Why nothing is judged behind a line of the server that may be ciphertext. */
const CONTROL_LINE = 'the server sent a line with control characters that is no reply'

/** Whether a line, as it is shown, has control characters other than tab and CR. */
function isControl(text: string): boolean {
  return /\\x(?!09|0d)[01]/.test(text)
}

export class SessionEngine implements PairingEvents {
  readonly session: SessionState
  private readonly listener: GroupListener
  private readonly underlay: Underlay
  private readonly client: CommandParser
  private readonly server: ReplyStream
  private readonly pairing: Pairing
  private readonly builder: GroupBuilder
  private readonly transport: Transport
  /** The unit being processed. It does not belong to the group that it ends. */
  private arriving: PendingCommand | null = null
  private readonly greeting: Greeting
  /** The gap in the current content. */
  private contentGap: Pick<Limit, 'code' | 'frame'> = { code: 'gap-client', frame: 0 }
  /** Whether any client byte was seen. */
  private clientByteSeen = false
  private header: HeaderReplies | null = null
  /** The client speaks another protocol. */
  private isForeign = false
  /** The open group has a line that `spellsData`. */
  private hasSpelledData = false
  /** The end of the dialogue has been reached. */
  private isOver = false

  /** `quota` is charged for what the dialogue keeps. */
  constructor(beginning: Beginning, listener: GroupListener, underlay: Underlay, quota: MemoryQuota) {
    const { startSeen, greetingSeen, clock } = beginning
    quota.take(DIALOGUE_BYTES)
    this.session = new SessionState(clock)
    this.transport = new Transport(this.session)
    this.listener = listener
    this.underlay = underlay
    this.greeting = new Greeting(this.session, greetingSeen)
    this.builder = new GroupBuilder(startSeen, clock, beginning.path)
    this.pairing = new Pairing(this, quota)
    const clientEvents: ClientEvents = {
      unit: (unit) => this.takeUnit(unit),
      unread: (chunk, at) => underlay.unread('client', chunk, at),
      foreign: (frame) => this.becomeOpaque('not-smtp', frame),
      tls: (frame) => this.takeTlsInClear(frame),
      overflow: (frame) => this.session.limit('resource-cap', frame),
    }
    const credentials = new SentCredentials()
    this.client = new CommandParser(clientEvents, quota, listener.wantsDigests, credentials)
    this.server = new ReplyStream(
      {
        reply: (reply) => this.takeReply(reply),
        stray: () => this.loseCount(),
        malformed: (what) => this.takeMalformed(what),
        unread: (chunk, at) => underlay.unread('server', chunk, at),
      },
      startSeen,
      quota,
      credentials,
    )
    this.client.contentOwes = () => this.builder.repliesToContent(this.pairing.open)
    this.session.startSeen = startSeen
    if (!startSeen) {
      this.session.limit('midstream', 0)
      this.pairing.countable = false
      this.client.becomeLost()
    }
  }

  /** Continues a session that was read elsewhere so far. */
  resume(past: Past): void {
    const { session } = this
    const greeting = reparse(past.greeting, 1)
    if (greeting !== null) this.greeting.resume(greeting, past.commands)
    session.lastReply = reparse(past.lastReply, past.replies)
    this.clientByteSeen = past.commands > 0
    this.transport.resume(past)
    this.builder.resume(past)
    this.server.resume(past.replies)
    this.client.resume(past)
  }

  /** The client's stream began with a PROXY header. */
  proxied(header: ProxyHeader): void {
    this.header = new HeaderReplies(header)
    this.session.proxyHeader = this.header.header
  }

  fromClient(chunk: ChunkView): void {
    this.transport.chunk('client', chunk)
    if (this.session.opaque) return
    if (chunk.kind === 'bytes') this.takeClientBytes(chunk)
    else if (chunk.kind === 'gap') this.takeClientGap(chunk)
    else if (chunk.kind === 'conflict') this.loseCount()
  }

  fromServer(chunk: ChunkView): void {
    this.transport.chunk('server', chunk)
    this.pairing.acknowledged(chunk.peerAcked, chunk.frame)
    switch (chunk.kind) {
      case 'bytes':
        if (this.readsServer) this.server.take(chunk)
        break
      case 'gap':
        this.greeting.lose()
        if (!this.readsServer) break
        this.session.limit(limitOf('server', chunk), chunk.frame)
        this.server.skip()
        this.loseCount()
        this.client.doubtDecision()
        break
      case 'conflict':
        if (this.readsServer) this.loseCount()
    }
  }

  /** The end of the connection or of the capture. */
  end(endNs: number, captured: Captured): void {
    const { session, client } = this
    if (client.state === 'undecided' && client.holds) this.guess(0)
    if (client.contentHasGap) this.loseContent()
    client.end()
    const unfinished = client.unfinished()
    this.transport.end(endNs, unfinished !== null, captured)
    this.takeUnfinished(this.server.unfinished)
    if (unfinished !== null && this.pairing.isAnswered(unfinished)) {
      // Adding it may settle and release the preceding group; its own text must stay.
      this.arriving = unfinished
      this.pairing.unit(unfinished)
      this.arriving = null
    }
    this.isOver = true
    this.pairing.close(session.close !== null)
    const { clock, clockMatters } = session
    if (clock.frame > 0) session.limit('clock', clock.frame, clockMatters ? 'all' : 'nothing')
    session.update(this.builder, this.client.count, this.server.count)
    session.noteUnanswered(session.lastGroup)
  }

  /** Releases the text buffers. Replies must not be read after that. */
  release(): void {
    this.client.release()
    this.server.release()
  }

  /** Everything from here on is ciphertext or another protocol. */
  becomeOpaque(why: 'tls' | 'sasl-layer' | 'not-smtp' | 'role-reversal', frame: number, reason?: string): void {
    // Owed replies may have come inside TLS, and units sent there cannot be read: the open group cannot be judged.
    if (why === 'tls' && this.session.encryption === 'decrypted') this.pairing.abandon()
    this.session.hides(why, frame, reason)
    this.stop()
    this.isForeign = why === 'not-smtp'
    if (!this.isForeign) return
    this.server.stopped = false
    this.loseCount()
  }

  /** Also when the client speaks another protocol: replies of an SMTP server are counted, but answer nothing. */
  private get readsServer(): boolean {
    return !this.session.opaque || this.isForeign
  }

  /** The content of TLS can be read. The earlier state is void (RFC 3207 section 4.2). */
  becomeSecure(): void {
    if (this.session.becomeReadable())
      for (const part of [this.pairing, this.builder, this.client, this.server]) part.startOver()
  }

  paired(unit: PendingCommand, reply: Reply): void {
    if (unit.kind === 'content' && reply.code === 353) unit.owed = 2 + this.builder.accepted(this.pairing.open)
    if (unit.kind === 'command' && unit.verb !== 'BDAT') this.builder.recountChunks(this.pairing.open)
    if (this.builder.hasStrayChunk(this.pairing.open)) this.pairing.doubtCount()
    this.pairing.recount()
    if (unit !== this.client.waiting) return
    if (this.pairing.countable || isHard(reply) || isItsOwn(unit.verb, reply.code)) this.decide(unit, reply)
  }

  doubtful(reply: Reply): void {
    const waiting = this.client.waiting ?? this.client.reconsider(reply.code)
    if (waiting === null) return
    const counted = this.pairing.balanced && isPossible(waiting.verb, reply)
    if (isItsOwn(waiting.verb, reply.code) || isGoodbye(reply) || counted) this.decide(waiting, reply)
  }

  skipIfUnremarkable(units: ReusableArray<PendingCommand>): boolean {
    const { session, builder } = this
    if (this.listener.wantsGroups || builder.hasSurplus || session.clock.isNoted) return false
    if (!builder.skipIfUnremarkable(units, session)) return false
    decisions.rules?.(this.listener.firstFrame, units.at(0).firstFrame, 'rules not run: nothing unusual in this group')
    this.listener.shapes?.countGroup(units)
    session.noteUnanswered(session.lastGroup)
    session.lastGroup = null
    this.forget()
    return true
  }

  settled(settled: SettledGroup): void {
    const { session, builder } = this
    const group = builder.group(settled, this.isOver ? session.serverMayEnd : session.serverEnd)
    // From here on records hold the text, and the buffers are released.
    for (const reply of group.replies) reply.lines
    this.forget()
    session.noteUnanswered(session.lastGroup)
    session.lastGroup = group
    decisions.pairing?.(this.listener.firstFrame, lastFrameOf(group), describePairing(group))
    session.noteFirsts(group)
    const { withholding } = group
    const first = withholding?.held[0]?.command.at.firstFrame
    if (withholding !== null && first !== undefined && !this.transport.wasClosedSince(first))
      session.addWithholding(withholding)
    session.update(builder, this.client.count, this.server.count)
    this.listener.group(group, session)
    if (!this.hasSpelledData) return
    this.hasSpelledData = false
    this.loseCount()
  }

  resynchronised(): void {
    this.client.trusted = true
  }

  containsAnother(reply: Reply): void {
    const { start, end, firstFrame, lastFrame: frame, timeNs } = reply.at
    const text = reply.lines.join(' ').replaceAll('\\x0d', ' ')
    const fault = mayHoldAnother(reply) ? 'no-line-end' : 'no-final-line'
    this.takeMalformed({ fault, text, start, end, firstFrame, frame, timeNs, reply, certain: false })
  }

  tooLarge(): void {
    this.session.limit('resource-cap', this.pairing.latestFrame)
  }

  /** A group is over: releases its text, and reports a masked EHLO reply. */
  private forget(): void {
    const { maskedFrame } = this.builder.offer
    if (maskedFrame > 0) this.session.limit('proxy-rewrite', maskedFrame)
    this.client.forget(this.pairing.textFrom ?? this.arriving)
    this.server.forget()
  }

  private takeReply(reply: Reply): void {
    const { session } = this
    session.lastReply = reply
    if (reply.code === 421) session.terminal ??= reply
    if (reply.code === 334) this.client.challenged()
    if (this.greeting.greets(reply, this.client.count)) {
      // It is unknown which reply answers what the client sent before the greeting.
      if (session.talkedEarly && reply.code !== 220) this.loseCount()
      return
    }
    if (session.tlsStart?.isAnsweredBy(reply) || this.answersHeader(reply)) return
    // Bytes may be missing before this first reply: then it answers a command, or is the greeting.
    if (reply.index === 1 && session.startSeen && session.greeting === null && !session.serverHidden) {
      session.limit('gap-server', reply.at.firstFrame)
      this.loseCount()
    }
    if (!reply.wellFormed) this.loseCount()
    this.client.answeredInContent(reply)
    // A 221 or 421 decides what the buffered bytes are before it is counted: it may answer a QUIT among them.
    const { waiting } = this.client
    const answersCommand = reply.code !== 421 && this.client.answersHeld(reply.seenAtStart)
    if (answersCommand) this.client.decide('command')
    else if (waiting !== null && this.client.holds && isGoodbye(reply)) this.decide(waiting, reply)
    this.pairing.reply(reply)
    if (this.client.contentHasGap) this.loseContent()
    else if (reply.code === 354 && this.pairing.mayHideData) this.expectAnything()
  }

  /** The server read DATA in another line: what follows may be content, whatever it looks like. */
  private expectAnything(): void {
    this.client.becomeLost()
    this.pairing.settleCounted()
    this.loseCount()
  }

  private answersHeader(reply: Reply): boolean {
    const { header, session } = this
    if (header === null) return false
    const isNew = !header.isUnexpected
    const isAnswer = header.takes(reply, session.greeting, this.client.count)
    if (header.takenBack !== null) this.pairing.takeBack(header.takenBack)
    // Servers differ in which lines they see in a binary header; its last octets and the first command may form one
    // line.
    if (isNew && header.isUnexpected && header.header.version === 2) this.loseCount()
    // The server read "QUIT" in the signature of version 2.
    if (isAnswer && reply.code === 221) session.quitSent = true
    return isAnswer
  }

  /**
   * Records a malformed line. Ignored when the dialogue is not understood: the line may be ciphertext or incomplete.
   */
  private takeMalformed(what: Malformed): void {
    const { malformed } = this.session
    if (!this.pairing.countable) return
    if (isControl(what.text) && !readsLikeReply(what.text)) {
      this.session.limit('not-smtp', what.frame, 'all', CONTROL_LINE)
      return
    }
    // A server with its own codes sends them repeatedly; the list is kept for other faults.
    if (what.fault === 'second-digit' && malformed.some(({ fault }) => fault === what.fault)) return
    // Reads the text now: the record outlives the buffer.
    what.reply?.lines
    this.session.note(malformed, what)
  }

  /**
   * Handles an unterminated last line: the server closed after it, or the client waited long for its line end before it
   * left.
   */
  private takeUnfinished(line: Malformed | null): void {
    const { close, clock } = this.session
    if (line === null || close === null) return
    if (close.by === 'server') {
      if (line.end === this.session.finOf('server') && !close.peerWindowClosed) this.takeMalformed(line)
    } else if (close.by === 'client' && this.transport.clientTakes(line.end, close.frame)) {
      if (clock.shortest(line, close) >= TIMEOUT_SILENCE_NS) this.takeMalformed({ ...line, certain: false })
    }
  }

  private takeClientBytes(chunk: ChunkView): void {
    if (!this.clientByteSeen) {
      this.clientByteSeen = true
      if (beginsTls(chunk.bytes, chunk.offset, chunk.offset + chunk.length)) {
        this.takeTls(chunk)
        return
      }
    }
    this.client.take(chunk)
    // While nothing can be counted, no reply decides reliably: guess from a whole line.
    if (!this.pairing.countable && this.client.canGuess) this.guess(chunk.frame)
  }

  /** The client starts with TLS. If bytes are missing before, it may have sent STARTTLS. */
  private takeTls({ frame, position }: ChunkView): void {
    const { session } = this
    const isFirst = session.startSeen && position === (session.proxyHeader?.at.end ?? 0)
    if (!isFirst) {
      this.becomeOpaque('tls', frame)
      return
    }
    this.takeTlsInClear(frame)
  }

  private takeTlsInClear(frame: number): void {
    this.session.tlsInClear = frame
    this.pairing.settleAnswered()
    this.becomeOpaque('not-smtp', frame, TLS_IN_CLEAR)
  }

  private guess(frame: number): void {
    const look = this.client.guess()
    if (look === 'opaque') this.becomeOpaque('tls', frame)
    else if (look === 'reversed') this.becomeOpaque('role-reversal', frame)
    else {
      // Only a reply, which may be missing, would tell whether the bytes are commands or content.
      const verb = this.client.waiting?.verb
      if ((verb === 'DATA' || verb === 'XEXCH50') && !this.pairing.countable) this.client.trusted = false
      this.client.decide(look)
    }
  }

  /** Client bytes are missing. Content cut by the snapshot length gives no limit: that length was set deliberately. */
  private takeClientGap(chunk: ChunkView): void {
    const code = limitOf('client', chunk)
    const hides = this.client.skip(chunk)
    if (hides === 'content') this.contentGap = { code, frame: chunk.frame }
    this.session.limit(code, chunk.frame, hides === 'content' && code === 'snaplen' ? 'nothing' : hides)
    if (hides === 'all') this.loseCount()
  }

  /** A server does not reply inside content, so the missing bytes included the end of content. */
  private loseContent(): void {
    const { code, frame } = this.contentGap
    this.session.limit(code, frame)
    this.client.becomeLost()
    this.loseCount()
  }

  private takeUnit(unit: PendingCommand): void {
    this.arriving = unit
    // The number of replies owed for a message depends on the groups before it.
    if (unit.verb === 'CONTENT') this.pairing.settleBefore(unit)
    if (unit.verb === 'BDAT') unit.owed = this.builder.repliesToChunk(unit, this.pairing.open)
    if (this.builder.earnsUnknown(unit, this.pairing.open)) this.loseCount()
    else if (this.builder.earnsOneOrNone(unit, this.pairing.open)) this.pairing.loseCount()
    this.pairing.unit(unit)
    if (spellsData(unit)) {
      this.hasSpelledData = true
      this.client.trusted = false
    }
    if (unit.verb === 'BDAT' && this.builder.hasStrayChunk(this.pairing.open)) this.pairing.doubtCount()
    this.arriving = null
    if (unit.verb === 'QUIT' && unit.seenAtStart < this.session.serverEnd) this.session.quitSent = true
    this.greeting.unit(unit)
    // A reply sent before the unit was complete determines what follows, just like one sent after it.
    const early = unit.replies[0]
    if (early !== undefined && this.client.waiting === unit) this.decide(unit, early)
  }

  private decide(waiting: PendingCommand, reply: Reply): void {
    // What follows a refused chunk is decided by the server's next replies.
    if (waiting.verb === 'BDAT') return
    const { client, session } = this
    const decision = whatFollows(waiting.verb, reply.code)
    const layered = reply.code === 235 && mayBeLayered(this.pairing.open)
    if (decision === 'opaque') {
      this.underlay.tlsBegins(session.beginTls(new TlsStart(waiting, reply, session.clock)), reply.at.lastFrame)
      this.stop()
    } else if (decision === 'reversed') this.becomeOpaque('role-reversal', reply.at.lastFrame)
    else client.decide(decision)
    if (layered && !session.opaque) this.becomeOpaque('sasl-layer', reply.at.lastFrame)
  }

  private stop(): void {
    this.session.opaque = true
    this.server.stopped = true
    this.client.decide('opaque')
  }

  private loseCount(): void {
    this.pairing.loseCount()
    this.builder.loseTrack()
  }
}

/** Whether a server that takes the line for several may read one of them as DATA or BDAT: then content follows. */
function spellsData(unit: PendingCommand): boolean {
  // The text is decoded only for such a line.
  if (unit.extraLines === 0 || unit.kind !== 'command' || unit.verb === 'DATA' || unit.verb === 'BDAT') return false
  return /(?:DATA|BDAT)\b/i.test(unit.text)
}
