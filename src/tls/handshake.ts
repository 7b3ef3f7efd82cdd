// Extracts handshake messages from records (RFC 8446 section 4), and from the hellos the fields that are needed:
// randoms, version, cipher suite, extensions.
//
//   type 1 | length 3 | body
import { TLS_HANDSHAKE_BYTES_MAX } from '../limits.ts'

export const CLIENT_HELLO = 1
export const SERVER_HELLO = 2
export const NEW_SESSION_TICKET = 4
export const END_OF_EARLY_DATA = 5
export const ENCRYPTED_EXTENSIONS = 8
export const FINISHED = 20
export const KEY_UPDATE = 24

const HEADER_BYTES = 4
const SESSION_TICKET = 35
const ENCRYPT_THEN_MAC = 22
const EARLY_DATA = 42
const SUPPORTED_VERSIONS = 43

/** The random that makes a ServerHello a HelloRetryRequest: SHA-256 of "HelloRetryRequest" (RFC 8446 section 4.1.3). */
const RETRY = Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex')

export class HandshakeReader {
  /** The message found by `next`. `body` is empty when the message exceeds the size limit. */
  type = 0
  body: Uint8Array = new Uint8Array(0)
  private held: Uint8Array = new Uint8Array(0)
  /** Octets of an oversized message still to come. */
  private skipping = 0

  /** Octets of an incomplete message. */
  get pending(): number {
    return this.held.length + this.skipping
  }

  /** Adds the content of a handshake record. */
  push(bytes: Uint8Array, from: number, to: number): void {
    const skipped = Math.min(this.skipping, to - from)
    this.skipping -= skipped
    const joined = new Uint8Array(this.held.length + to - from - skipped)
    joined.set(this.held)
    joined.set(bytes.subarray(from + skipped, to), this.held.length)
    this.held = joined
  }

  /** Returns true when another message is complete. */
  next(): boolean {
    const { held } = this
    if (held.length < HEADER_BYTES) return false
    const length = ((held[1] as number) << 16) | ((held[2] as number) << 8) | (held[3] as number)
    const end = HEADER_BYTES + length
    const tooLong = length > TLS_HANDSHAKE_BYTES_MAX
    if (held.length < end && !tooLong) return false
    this.type = held[0] as number
    this.body = tooLong ? held.subarray(0, 0) : held.subarray(HEADER_BYTES, end)
    this.skipping = Math.max(0, end - held.length)
    this.held = held.subarray(Math.min(end, held.length))
    return true
  }
}

export interface ClientHello {
  readonly random: Uint8Array
  readonly sessionId: Uint8Array
  /** The session ticket that the client offers (RFC 5077); empty when there is none. */
  readonly ticket: Uint8Array
  readonly earlyData: boolean
}

export interface ServerHello {
  readonly version: number
  readonly random: Uint8Array
  readonly sessionId: Uint8Array
  readonly suite: number
  readonly encryptThenMac: boolean
  /** It is a HelloRetryRequest. */
  readonly retry: boolean
}

/** Reads consecutive fields. Reading beyond the end returns nothing and sets `short`. */
class Fields {
  short = false
  private at = 0
  private readonly bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  get left(): number {
    return this.bytes.length - this.at
  }

  number(octets: number): number {
    let value = 0
    for (const octet of this.take(octets)) value = value * 256 + octet
    return value
  }

  take(octets: number): Uint8Array {
    if (octets > this.left) {
      this.short = true
      this.at = this.bytes.length
      return this.bytes.subarray(0, 0)
    }
    this.at += octets
    return this.bytes.subarray(this.at - octets, this.at)
  }

  /** A vector preceded by its length, which has `lengthOctets` octets. */
  vector(lengthOctets: number): Uint8Array {
    return this.take(this.number(lengthOctets))
  }
}

function extensionsOf(fields: Fields): ReadonlyMap<number, Uint8Array> {
  const extensions = new Map<number, Uint8Array>()
  if (fields.left < 2) return extensions
  const list = new Fields(fields.vector(2))
  while (list.left > 0 && !list.short) {
    const type = list.number(2)
    extensions.set(type, list.vector(2))
  }
  return extensions
}

/** Null when the message is invalid. The result owns its data. */
export function readClientHello(body: Uint8Array): ClientHello | null {
  const fields = new Fields(body)
  fields.take(2)
  const random = fields.take(32).slice()
  const sessionId = fields.vector(1).slice()
  fields.vector(2)
  fields.vector(1)
  if (fields.short) return null
  const extensions = extensionsOf(fields)
  const ticket = (extensions.get(SESSION_TICKET) ?? new Uint8Array(0)).slice()
  return { random, sessionId, ticket, earlyData: extensions.has(EARLY_DATA) }
}

/** Null when the message is invalid. The result owns its data. */
export function readServerHello(body: Uint8Array): ServerHello | null {
  const fields = new Fields(body)
  const legacy = fields.number(2)
  const random = fields.take(32).slice()
  const sessionId = fields.vector(1).slice()
  const suite = fields.number(2)
  fields.take(1)
  if (fields.short) return null
  const extensions = extensionsOf(fields)
  const chosen = extensions.get(SUPPORTED_VERSIONS)
  return {
    version: chosen === undefined ? legacy : new Fields(chosen).number(2),
    random,
    sessionId,
    suite,
    encryptThenMac: extensions.has(ENCRYPT_THEN_MAC),
    retry: RETRY.equals(random),
  }
}

/** Whether the server accepts early data, by its EncryptedExtensions. */
export function acceptsEarlyData(body: Uint8Array): boolean {
  return extensionsOf(new Fields(body)).has(EARLY_DATA)
}

/** The ticket in a NewSessionTicket of TLS 1.2 (RFC 5077 section 3.3). */
export function ticketOf(body: Uint8Array): Uint8Array {
  const fields = new Fields(body)
  fields.take(4)
  return fields.vector(2).slice()
}
