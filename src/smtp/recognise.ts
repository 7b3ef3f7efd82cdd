// The first bytes of a connection -> whether this is SMTP, and which side is the server. The dialogue decides; the order
// of the handshake and the port only where the dialogue says nothing.
import type { ChunkView, Side } from '../stream/chunk.ts'
import { printable } from './text.ts'

/** What a side's first bytes look like. `more`: too few to tell. */
export type Look = 'greeting' | 'reply' | 'command' | 'tls' | 'proxy' | 'other' | 'more'

/** `smtp`: a dialogue. `tls`: ciphertext from the start. `other`: another protocol. */
export interface Recognised {
  readonly what: 'smtp' | 'tls' | 'other'
  readonly client: Side
}

/** What is known of the connection besides its bytes. */
export interface Circumstances {
  readonly startSeen: boolean
  /** Whether the port of side 0 / side 1 is one where SMTP is spoken. */
  readonly smtpPort: readonly [boolean, boolean]
}

const COMMAND =
  /^(?:(?:EHLO|HELO|LHLO)(?: |$)|MAIL FROM:|RCPT TO:|(?:DATA|RSET|QUIT|NOOP|STARTTLS|HELP) *$|AUTH \S|BDAT \d|XCLIENT |XFORWARD |VRFY \S|EXPN \S)/i
const OTHER_CLIENT = /^(?:GET|HEAD|POST|PUT|OPTIONS|CONNECT|PRI) \S+ (?:HTTP|RTSP)\/|^SSH-/
const PROXY_V1 = /^PROXY (?:TCP4|TCP6|UNKNOWN)\b/
const PROXY_V2 = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]

/** What a client says first on an SMTP port when it does not speak SMTP: known by its first bytes alone. */
export function otherProtocol({ bytes, offset, length }: ChunkView): 'tls' | 'not-smtp' | null {
  if (length >= 3 && bytes[offset] === 0x16 && bytes[offset + 1] === 0x03 && (bytes[offset + 2] as number) <= 4)
    return 'tls'
  const letter = bytes[offset] as number
  if (letter < 0x43 || letter > 0x53) return null
  return OTHER_CLIENT.test(printable(bytes, offset, offset + Math.min(length, 256))) ? 'not-smtp' : null
}

/** The one line that a proxy may put in front of a dialogue (`PROXY TCP4 ...`). */
export function isProxyHeader(bytes: Uint8Array, from: number, to: number): boolean {
  return PROXY_V1.test(printable(bytes, from, Math.min(to, from + 16)))
}

/** Narrows a chunk to what follows a binary PROXY header at its start. */
export function skipProxyHeader(chunk: ChunkView): void {
  const header = binaryProxyHeader(chunk)
  chunk.offset += header
  chunk.position += header
  chunk.length -= header
}

/** Octets of the header; 0 where there is none, or not all of it. */
function binaryProxyHeader({ bytes, offset, length }: ChunkView): number {
  if (length < 16 || !PROXY_V2.every((octet, i) => bytes[offset + i] === octet)) return 0
  const header = 16 + (((bytes[offset + 14] as number) << 8) | (bytes[offset + 15] as number))
  return header <= length ? header : 0
}

/** Looks at the first `length` bytes of a side. With `midstream` every whole line counts, not only the first. */
export function look(bytes: Uint8Array, length: number, midstream: boolean): Look {
  if (length >= 3 && bytes[0] === 0x16 && bytes[1] === 0x03 && (bytes[2] as number) <= 4) return 'tls'
  if (PROXY_V2.every((octet, i) => i >= length || bytes[i] === octet) && length > 4) return 'proxy'
  // An octet a character: most of what is looked at here is another protocol's, and is not to be shown.
  const text = Buffer.prototype.latin1Slice.call(bytes, 0, length)
  let isLine = false
  for (let from = 0, to = text.indexOf('\n'); to >= 0; from = to + 1, to = text.indexOf('\n', from)) {
    if (isLine && !midstream) break
    isLine = true
    const line = withoutReturns(text.slice(from, to))
    if (PROXY_V1.test(line)) return 'proxy'
    if (COMMAND.test(line)) return 'command'
    if (/^(?:220|421|521|554)[ -].*(?:SMTP|LMTP)/is.test(line)) return 'greeting'
    if (/^[2-5][0-5]\d(?:[ -]|$)/.test(line)) return 'reply'
  }
  if (OTHER_CLIENT.test(text)) return 'other'
  if (isLine && !midstream) return 'other'
  return 'more'
}

/** By hand: an expression that looks for returns at an end looks behind each of them. */
function withoutReturns(line: string): string {
  let end = line.length
  while (line.endsWith('\r', end)) end--
  return line.slice(0, end)
}

/** Decides from what both sides look like; null while more is wanted. `ended`: nothing more will come. */
export function recognise(looks: readonly [Look, Look], about: Circumstances, ended: boolean): Recognised | null {
  const [a, b] = looks
  const known = about.smtpPort[0] || about.smtpPort[1]
  if (a === 'tls' || b === 'tls')
    return known ? { what: 'tls', client: a === 'tls' ? 0 : 1 } : { what: 'other', client: 0 }
  const client = clientOf(looks, about)
  const speaks = (side: Look) => side === 'command' || side === 'proxy'
  const answers = (side: Look) => side === 'greeting' || side === 'reply'
  if (known) {
    // Mid-stream bytes may be message content: only a dialogue that starts otherwise is another protocol.
    const strange = about.startSeen && (looks[client] === 'other' || looks[1 - client] === 'other')
    if (strange) return { what: 'other', client }
    return speaks(looks[client]) || answers(looks[1 - client] as Look) || ended ? { what: 'smtp', client } : null
  }
  if (a === 'greeting' || b === 'greeting' || a === 'command' || b === 'command') return { what: 'smtp', client }
  const hopeless = a === 'other' || b === 'other' || ended
  return hopeless ? { what: 'other', client } : null
}

/** Who speaks like a client; else who opened the connection; else who is not on the SMTP port. */
function clientOf(looks: readonly [Look, Look], about: Circumstances): Side {
  const [a, b] = looks
  if (a === 'command' || a === 'proxy' || b === 'greeting') return 0
  if (b === 'command' || b === 'proxy' || a === 'greeting') return 1
  // Where the first SYN is missing, the side that was seen first may be the one that was called.
  const called = about.smtpPort[0] && !about.smtpPort[1]
  if (about.startSeen && !called) return 0
  if (b === 'reply' && a !== 'reply') return 0
  if (a === 'reply' && b !== 'reply') return 1
  return called ? 1 : 0
}
