// Buffers the first chunks of a connection until it is known whether it is SMTP and which side is the server. When the
// start was captured, the first line of a side decides. Otherwise any line may belong to a message: then the port
// decides, unless one side sends only replies and the other only commands.
import { latin1 } from '../../host/octets.ts'
import { KEPT_RECORD_BYTES, RECOGNISE_BYTES_MAX, RECOGNISE_CHUNKS_MAX } from '../../limits.ts'
import type { ChunkView, Side } from '../../tcp/chunk.ts'
import type { MemoryQuota } from '../../tcp/memory-quota.ts'

/**
 * What a side's first bytes look like.
 *
 * - `command`: a command that only SMTP has; `verb`: one that other protocols have, too.
 * - `hello`, `answer`: ClientHello and ServerHello of TLS; `tls`: any other TLS record.
 * - `more`: more bytes are needed.
 */
type Look = 'greeting' | 'reply' | 'command' | 'verb' | 'hello' | 'answer' | 'tls' | 'other' | 'more'

/** `smtp`: an SMTP dialogue, possibly of the server only. `tls`: TLS from the start. `other`: another protocol. */
interface DetectedProtocol {
  readonly what: 'smtp' | 'tls' | 'other'
  readonly client: Side
}

/** What is known about the connection apart from its bytes. */
export interface ConnectionContext {
  readonly startSeen: boolean
  /** The side that sent a PROXY header; null when there was none. */
  readonly proxied: Side | null
  /** Whether the port of side 0 / side 1 is an SMTP port. */
  readonly smtpPort: readonly [boolean, boolean]
}

/** Commands that only SMTP has. Of the verbs below, FTP also has AUTH, NOOP, QUIT and HELP, Redis AUTH and QUIT. */
const COMMAND = /^(?:(?:EHLO|HELO|LHLO)(?: |$)|MAIL FROM:)/i
const VERB =
  /^(?:RCPT TO:|(?:DATA|RSET|QUIT|NOOP|STARTTLS|HELP) *$|AUTH \S|BDAT \d|XCLIENT |XFORWARD |VRFY \S|EXPN \S)/i
const GREETING = /^(?:220|421|521|554)[ -].*(?:SMTP|LMTP)/is
const REPLY = /^[2-5][0-5]\d(?:[ -]|$)/
/** A request line (HTTP, RTSP, SIP), SSH, or the first line of an IRC, FTP or POP3 client. */
const OTHER_CLIENT = /^[A-Z]+ \S+ (?:HTTP|RTSP|SIP)\/\d|^SSH-\d|^(?:NICK|USER|PASS) \S|^CAP (?:LS|REQ)\b/i

/** Whether the bytes `[from, to)` of a client (at least one) start like a TLS handshake record. */
export function beginsTls(bytes: Uint8Array, from: number, to: number): boolean {
  return bytes[from] === 0x16 && (to - from === 1 || bytes[from + 1] === 0x03)
}

/** Whether the first line is that of a client of another known protocol. */
export function isOtherProtocol(bytes: Uint8Array, from: number, to: number): boolean {
  return OTHER_CLIENT.test(latin1(bytes, from, to))
}

/**
 * Classifies the first `length` bytes of a side. With `midstream` every complete line is examined, not only the first.
 */
export function look(bytes: Uint8Array, length: number, midstream: boolean): Look {
  const record = recordIn(bytes, length, midstream)
  if (record !== null) return record
  // Decoded as Latin-1, one character per octet: the text is only matched, never shown.
  const text = latin1(bytes, 0, length)
  const lines = linesOf(text)
  if (midstream) return lookMidstream(lines, text)
  const [first] = lines
  if (first === undefined) {
    // The server's line may be incomplete because it stopped there.
    if (REPLY.test(text) && text.length > 3) return 'reply'
    return OTHER_CLIENT.test(text) ? 'other' : 'more'
  }
  if (REPLY.test(first)) return isGreeting(lines) ? 'greeting' : 'reply'
  if (lines.some((line) => COMMAND.test(line)) && (COMMAND.test(first) || VERB.test(first))) return 'command'
  return VERB.test(first) ? 'verb' : 'other'
}

/** Classifies lines from the middle of a stream. The first may be incomplete, and a server sends only replies. */
function lookMidstream(lines: readonly string[], text: string): Look {
  const whole = lines.length > 1 && !REPLY.test(lines[0] ?? '') ? lines.slice(1) : lines
  if (whole.length > 0 && whole.every((line) => REPLY.test(line))) return isGreeting(whole) ? 'greeting' : 'reply'
  if (lines.some((line) => COMMAND.test(line))) return 'command'
  if (lines.some((line) => VERB.test(line))) return 'verb'
  return OTHER_CLIENT.test(text) ? 'other' : 'more'
}

/** Whether any line of the first reply names SMTP or LMTP. */
function isGreeting(lines: readonly string[]): boolean {
  for (const line of lines) {
    if (GREETING.test(line)) return true
    if (line[3] !== '-') return false
  }
  return false
}

/**
 * The type of the TLS record at the start of the bytes; null when there is none. After the start any of the four record
 * types counts.
 */
function recordIn(bytes: Uint8Array, length: number, midstream: boolean): 'hello' | 'answer' | 'tls' | null {
  const type = bytes[0] as number
  if (length < 3 || bytes[1] !== 0x03 || (bytes[2] as number) > 4) return null
  if (type < 0x14 || type > 0x17 || (!midstream && type !== 0x16 && type !== 0x15)) return null
  if (type !== 0x16 || length < 6) return 'tls'
  return bytes[5] === 1 ? 'hello' : bytes[5] === 2 ? 'answer' : 'tls'
}

function linesOf(text: string): string[] {
  const lines: string[] = []
  for (let from = 0, to = text.indexOf('\n'); to >= 0; from = to + 1, to = text.indexOf('\n', from))
    lines.push(withoutReturns(text.slice(from, to)))
  return lines
}

/** Without a regular expression: one for trailing CRs would take quadratic time. */
function withoutReturns(line: string): string {
  let end = line.length
  while (line.endsWith('\r', end)) end--
  return line.slice(0, end)
}

/** Decides from the look of both sides; null when more bytes are needed. `ended`: no more bytes will come. */
export function detectProtocol(
  looks: readonly [Look, Look],
  about: ConnectionContext,
  ended: boolean,
): DetectedProtocol | null {
  const known = about.smtpPort[0] || about.smtpPort[1]
  const client = clientOf(looks, about)
  const server = (1 - client) as Side
  if (looks.some(isTls)) {
    if (!known) return { what: 'other', client }
    // When the start was not captured, plaintext may have come before the TLS record.
    if (about.startSeen && isTls(looks[client])) {
      if (answers(looks[server])) return { what: 'smtp', client }
      if (looks[server] === 'more' && !ended) return null
    }
    return { what: 'tls', client }
  }
  const isOther = looks.includes('other')
  if (known) {
    // Mid-stream bytes may be message content, so another look only counts at the start of the dialogue.
    if (about.startSeen && isOther) return { what: 'other', client }
    return speaks(looks[client]) || answers(looks[server]) || ended ? { what: 'smtp', client } : null
  }
  const own = looks.includes('greeting') || looks.includes('command')
  // Mid-stream text may quote a dialogue, so it needs a matching other side.
  const both = answers(looks[server]) && (speaks(looks[client]) || ended)
  if (own && (about.startSeen || both)) return { what: 'smtp', client }
  return isOther || ended ? { what: 'other', client } : null
}

function isTls(look: Look): boolean {
  return look === 'hello' || look === 'answer' || look === 'tls'
}

const speaks = (look: Look) => look === 'command' || look === 'verb'
const answers = (look: Look) => look === 'greeting' || look === 'reply'

/**
 * The client: the side that speaks like one; else the side that opened the connection; else the one not on the SMTP
 * port.
 */
function clientOf(looks: readonly [Look, Look], about: ConnectionContext): Side {
  const [a, b] = looks
  const [atA, atB] = about.smtpPort
  if (about.proxied !== null) return about.proxied
  if (a === 'hello' || b === 'answer') return 0
  if (b === 'hello' || a === 'answer') return 1
  if (about.startSeen) {
    if (speaks(a) || b === 'greeting') return 0
    if (speaks(b) || a === 'greeting') return 1
    // When the first SYN is missing, side 0 may be the side that accepted the connection.
    if (!(atA && !atB)) return 0
  }
  if (speaks(a) && answers(b)) return 0
  if (speaks(b) && answers(a)) return 1
  if (atA !== atB) return atA ? 1 : 0
  if (answers(a) !== answers(b)) return answers(a) ? 1 : 0
  return speaks(b) && !speaks(a) ? 1 : 0
}

const NO_BYTES = new Uint8Array(0)

export class SniffBuffer {
  /** Copies of the chunks so far, in order. */
  readonly waiting: { readonly side: Side; readonly chunk: ChunkView }[] = []
  private about: ConnectionContext
  private readonly bytes: [Uint8Array, Uint8Array] = [NO_BYTES, NO_BYTES]
  private readonly looks: [Look, Look] = ['more', 'more']

  private readonly quota: MemoryQuota

  /** `quota` is charged for the copies. */
  constructor(about: ConnectionContext, quota: MemoryQuota) {
    this.about = about
    this.quota = quota
  }

  get onSmtpPort(): boolean {
    return this.about.smtpPort[0] || this.about.smtpPort[1]
  }

  /** A PROXY header came from `side`. */
  proxied(side: Side): void {
    this.about = { ...this.about, proxied: side }
  }

  /** Whether the side's first bytes look like TLS. */
  startsTls(side: Side): boolean {
    return isTls(this.looks[side])
  }

  /** Whether the first bytes came from the server and start with `220`. */
  isGreeted(server: Side): boolean {
    const [first] = this.waiting
    const [a, b, c] = this.bytes[server]
    return first?.side === server && first.chunk.position === 0 && a === 0x32 && b === 0x32 && c === 0x30
  }

  /** The protocol; null when more bytes are needed. `ended`: no more bytes will come. */
  detect(ended: boolean): DetectedProtocol | null {
    return detectProtocol(this.looks, this.about, ended)
  }

  /** Adds the next chunk and classifies the side again. */
  add(side: Side, chunk: ChunkView): DetectedProtocol | null {
    const octets = chunk.kind === 'bytes' ? chunk.length : 0
    this.waiting.push({
      side,
      chunk: { ...chunk, bytes: chunk.bytes.slice(chunk.offset, chunk.offset + octets), offset: 0 },
    })
    this.quota.take(octets + KEPT_RECORD_BYTES)
    const tooMany = this.waiting.length >= RECOGNISE_CHUNKS_MAX
    if (octets > 0) this.look(side, chunk)
    else if (!tooMany) return null
    // Keep waiting after a long ClientHello: the other side shows whether it accepts TLS.
    const isFull = (this.bytes[side] as Uint8Array).length >= RECOGNISE_BYTES_MAX && !isTls(this.looks[side])
    return this.detect(tooMany || isFull)
  }

  private look(side: Side, chunk: ChunkView): void {
    const known = this.bytes[side]
    const joined = new Uint8Array(known.length + chunk.length)
    joined.set(known)
    joined.set(chunk.bytes.subarray(chunk.offset, chunk.offset + chunk.length), known.length)
    this.bytes[side] = joined.subarray(0, RECOGNISE_BYTES_MAX)
    this.looks[side] = look(joined, this.bytes[side].length, !this.about.startSeen)
  }
}
