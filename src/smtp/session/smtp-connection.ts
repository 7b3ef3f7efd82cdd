// Turns one TCP connection into at most one session: detects the protocol and the roles, and feeds the session
// engine. When TLS starts, at once or after STARTTLS, its decrypted content is fed to the same engine.
import { KEPT_RECORD_BYTES, TLS_CONNECTION_BYTES } from '../../limits.ts'
import { type ChunkView, copyFrom, type Side, type StreamConsumer } from '../../tcp/chunk.ts'
import type { Connection } from '../../tcp/connection.ts'
import { type HalfStream, type Unacknowledged, unacknowledgedOf } from '../../tcp/half-stream.ts'
import type { Keyring } from '../../tls/keyring.ts'
import { TlsConnection, type TlsEvents } from '../../tls/tls-connection.ts'
import type { UnremarkableSequences } from '../pairing/command-sequence.ts'
import { type ConnectionContext, SniffBuffer } from '../parse/detect-protocol.ts'
import { mayBeginHeader, Preface, type PrefaceEvents } from '../parse/proxy-header.ts'
import { codeOf } from '../parse/reply-parser.ts'
import type { Speaker, TlsStart, Underlay } from '../parse/starttls.ts'
import type { Group, ProxyHeader } from '../records.ts'
import type { Past } from './past.ts'
import type { SessionState } from './session.ts'
import { SessionEngine } from './session-engine.ts'
import { PathDelay } from './waiting.ts'

export interface SmtpConnectionEvents {
  /** Every group is wanted, including unremarkable ones. */
  readonly wantsGroups: boolean
  /** Digests of message contents are wanted. */
  readonly wantsDigests: boolean
  /** Counts the groups of which no record is made; null when sequences are not counted. */
  readonly shapes: UnremarkableSequences | null
  group(conversation: SmtpConnection, group: Group, session: SessionState): void
  /** The session is over; its last group has been passed on. */
  end(conversation: SmtpConnection, session: SessionState): void
}

/** Where TLS could not be decrypted, and why. */
interface Hidden {
  readonly frame: number
  readonly reason: string
}

export class SmtpConnection implements StreamConsumer, Underlay, TlsEvents, PrefaceEvents {
  readonly connection: Connection
  client: Side = 0
  /** The TLS connection that carries the dialogue or the rest of it. */
  tls: TlsConnection | null = null
  private readonly ports: ReadonlySet<number>
  private readonly keyring: Keyring | null
  private readonly events: SmtpConnectionEvents
  private dialogue: SessionEngine | null = null
  private sniffBuffer: SniffBuffer | null = null
  /** Sides that have sent nothing yet and may start with a PROXY header: one bit each. */
  private silentSides = 3
  private preface: Preface | null = null
  private header: { readonly side: Side; readonly header: ProxyHeader } | null = null
  /** The connection is no SMTP session. */
  private unwanted = false

  /** `ports`: SMTP ports. `keyring`: null when TLS is not decrypted. */
  constructor(
    connection: Connection,
    ports: ReadonlySet<number>,
    keyring: Keyring | null,
    events: SmtpConnectionEvents,
  ) {
    this.connection = connection
    this.ports = ports
    this.keyring = keyring
    this.events = events
  }

  resume(past: Past): void {
    const { shapes } = this.events
    this.silentSides = 0
    if (shapes !== null) past.countGroups(shapes)
    this.dialogue = this.open()
    this.dialogue.resume(past)
  }

  chunk(side: Side, chunk: ChunkView): boolean {
    if (this.silentSides !== 0 && this.mayBePreface(side, chunk)) this.readPreface(side, chunk)
    else this.take(side, chunk)
    return !this.unwanted
  }

  private take(side: Side, chunk: ChunkView): void {
    if (this.tls === null) this.plain(side, chunk)
    else {
      if (chunk.kind === 'gap') this.dialogue?.session.tlsStart?.lose()
      this.tls.take(side, chunk)
      this.readInPlace()
    }
  }

  /** Whether the chunk may belong to a PROXY header. The first octet excludes nearly all. */
  private mayBePreface(side: Side, chunk: ChunkView): boolean {
    if (this.preface !== null) return true
    if (chunk.kind !== 'bytes' && chunk.kind !== 'gap') return false
    const isSilent = (this.silentSides & (1 << side)) !== 0
    const begins = isSilent && chunk.kind === 'bytes' && mayBeginHeader(chunk.bytes[chunk.offset] as number)
    // Check either side: when the first SYN is missing, side 1 may be the client.
    if (begins) this.preface = new Preface(side, this.connection.quota, this)
    else this.silentSides &= ~(1 << side)
    return this.preface !== null
  }

  private readPreface(side: Side, chunk: ChunkView): void {
    this.preface?.take(side, chunk)
    if (this.preface?.isOver) this.preface = null
  }

  proxied(side: Side, header: ProxyHeader): void {
    this.header = { side, header }
    this.silentSides = 0
    this.sniffBuffer?.proxied(side)
    if (side === this.client) this.dialogue?.proxied(header)
  }

  behindPreface(side: Side, chunk: ChunkView): void {
    this.take(side, chunk)
  }

  end(): boolean {
    this.preface?.end()
    this.tls?.end()
    if (this.dialogue === null && !this.unwanted) {
      const first = this.getSniffBuffer()
      const found = first.detect(true)
      if (found?.what === 'tls') {
        this.unwrap(found.client, first)
        this.tls?.end()
      } else if (found !== null && (found.what !== 'other' || first.onSmtpPort))
        this.start(found.what, found.client, first)
    }
    const { dialogue } = this
    if (dialogue === null) return false
    const server = this.client === 0 ? 1 : 0
    dialogue.session.unacknowledged = {
      client: this.unacknowledged(this.client),
      server: this.unacknowledged(server),
    }
    const { halves, lastNs } = this.connection
    dialogue.end(lastNs, { client: halves[this.client].segments > 0, server: halves[server].segments > 0 })
    this.events.end(this, dialogue.session)
    dialogue.release()
    return true
  }

  /** Plaintext, or the decrypted content of TLS. */
  plain(side: Side, chunk: ChunkView): void {
    if (this.dialogue === null) this.recognise(side, chunk)
    else if (side === this.client) this.dialogue.fromClient(chunk)
    else this.dialogue.fromServer(chunk)
  }

  secured(): void {
    this.dialogue?.becomeSecure()
  }

  opaque(reason: string, frame: number): void {
    if (this.dialogue !== null) this.dialogue.becomeOpaque('tls', frame, reason)
    else if (this.getSniffBuffer().onSmtpPort && this.tls !== null) {
      this.start('tls', this.tls.client, this.getSniffBuffer(), { frame, reason })
    } else this.unwanted = true
  }

  preamble(side: Side, chunk: ChunkView, at: number): number {
    return this.dialogue?.session.tlsStart?.take(this.speaker(side), chunk, at) ?? at
  }

  tlsBegins({ ends }: TlsStart, frame: number): void {
    const starts = this.client === 0 ? ([ends.client, ends.server] as const) : ([ends.server, ends.client] as const)
    this.tls = new TlsConnection(this.client, starts, this.keyring, frame, this)
    this.connection.quota.take(TLS_CONNECTION_BYTES)
  }

  unread(by: Speaker, chunk: ChunkView, at: number): void {
    // Bytes hidden for other reasons than TLS cannot be read.
    if (this.dialogue?.session.encryption !== 'opaque') return
    this.tls?.take(by === 'client' ? this.client : ((1 - this.client) as Side), copyFrom(chunk, at))
  }

  private recognise(side: Side, chunk: ChunkView): void {
    if (this.isPlainGreeting(side, chunk)) {
      this.dialogue = this.open()
      this.plain(side, chunk)
      return
    }
    const first = this.getSniffBuffer()
    const found = first.add(side, chunk)
    const keyed = this.tls === null && this.keyring !== null && this.keyring.size > 0
    if (found !== null && first.startsTls(side) && (keyed || found.what === 'tls')) this.unwrap(found.client, first)
    else if (found?.what === 'other' && !first.onSmtpPort) this.unwanted = true
    else if (found !== null) this.start(found.what, found.client, first)
  }

  /** The usual start: the side that accepted the connection sends 220 on an SMTP port. */
  private isPlainGreeting(side: Side, chunk: ChunkView): boolean {
    if (side !== 1 || this.sniffBuffer !== null || !this.startSeen || !this.ports.has(this.connection.ends.port(1)))
      return false
    const { bytes, offset, length } = chunk
    return chunk.kind === 'bytes' && length > 4 && codeOf(bytes, offset, offset + length) === 220
  }

  private unacknowledged(side: Side): Unacknowledged | null {
    const { halves } = this.connection
    return unacknowledgedOf(halves[side], halves[1 - side] as HalfStream)
  }

  private speaker(side: Side): Speaker {
    return side === this.client ? 'client' : 'server'
  }

  /** After STARTTLS both sides continued in plaintext: the capture was made where TLS is decrypted. */
  private readInPlace(): void {
    const said = this.dialogue?.session.tlsStart?.dialogue() ?? null
    if (said === null || this.dialogue === null) return
    this.tls = null
    this.dialogue.becomeSecure()
    for (const { by, chunk } of said) this.dialogue[by === 'client' ? 'fromClient' : 'fromServer'](chunk)
  }

  private getSniffBuffer(): SniffBuffer {
    const { ends } = this.connection
    const smtpPort = [this.ports.has(ends.port(0)), this.ports.has(ends.port(1))] as const
    const about: ConnectionContext = { startSeen: this.startSeen, proxied: this.header?.side ?? null, smtpPort }
    this.sniffBuffer ??= new SniffBuffer(about, this.connection.quota)
    return this.sniffBuffer
  }

  private get startSeen(): boolean {
    return this.connection.startSeen
  }

  /**
   * Whether the first bytes show that a session starts here. Required when only a SYN was captured, which anyone can
   * have sent: a greeting, or, when one side alone was captured, that it had received something before it sent its
   * first byte.
   */
  private showsStart(first: SniffBuffer): boolean {
    const { halves, handshakeSeen } = this.connection
    const server = (1 - this.client) as Side
    if (handshakeSeen || first.isGreeted(server)) return true
    return halves[server].segments === 0 && (first.waiting[0]?.chunk.peerAcked ?? 0) > 0
  }

  /** TLS from the start, or something like it: the decrypted content will show the protocol. */
  private unwrap(client: Side, { waiting }: SniffBuffer): void {
    const { quota } = this.connection
    this.sniffBuffer = null
    const behind = (side: Side) => (this.header?.side === side ? this.header.header.at.end : 0)
    this.tls = new TlsConnection(client, [behind(0), behind(1)], this.keyring, waiting[0]?.chunk.frame ?? 0, this)
    quota.take(TLS_CONNECTION_BYTES)
    for (const { side, chunk } of waiting) {
      quota.take(-chunk.bytes.length - KEPT_RECORD_BYTES)
      this.tls.take(side, chunk)
    }
  }

  private start(what: 'smtp' | 'tls' | 'other', client: Side, first: SniffBuffer, hidden?: Hidden): void {
    const { waiting } = first
    this.client = client
    const dialogue = this.open(this.startSeen && this.showsStart(first))
    this.dialogue = dialogue
    const frame = hidden?.frame ?? waiting[0]?.chunk.frame ?? 0
    if (what === 'smtp' && this.tls !== null) dialogue.becomeSecure()
    if (what !== 'smtp') dialogue.becomeOpaque(what === 'tls' ? 'tls' : 'not-smtp', frame, hidden?.reason)
    this.sniffBuffer = null
    for (const { side, chunk } of waiting) {
      this.connection.quota.take(-chunk.bytes.length - KEPT_RECORD_BYTES)
      this.plain(side, chunk)
    }
  }

  private open(startSeen = this.startSeen): SessionEngine {
    const greetingSeen = (this.connection.halves[1 - this.client] as HalfStream).certain
    const { wantsGroups, wantsDigests, shapes } = this.events
    const group = (group: Group, session: SessionState) => this.events.group(this, group, session)
    const { connection } = this
    const dialogue = new SessionEngine(
      { startSeen, greetingSeen, clock: connection.clock, path: new PathDelay(connection.roundTrip, this.client) },
      { wantsGroups, wantsDigests, shapes, group, firstFrame: connection.firstFrame },
      this,
      connection.quota,
    )
    if (this.header?.side === this.client) dialogue.proxied(this.header.header)
    return dialogue
  }
}
