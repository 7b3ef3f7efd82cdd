// The handshake: extracts its messages from records (RFC 8446 section 4), and from the hellos the fields that are
// needed (randoms, version, cipher suite, extensions); follows both sides and derives the ciphers of both directions,
// phase by phase. States the reason when a connection, or the rest of one, cannot be decrypted.
//
//   type 1 | length 3 | body
import { isSame, octetsOf } from '../capture/hex.ts'
import { TLS_HANDSHAKE_BYTES_MAX, TLS_UNREAD_RECORDS_MAX } from '../limits.ts'
import { cipher12, cipher13, type Opened, type RecordCipher } from './cipher.ts'
import { keyBlock, type Suite, suiteOf } from './key-schedule.ts'
import type { Keyring, SecretLabel, Secrets } from './keyring.ts'
import { ALERT, CHANGE_CIPHER_SPEC, type RecordView } from './record.ts'

const CLIENT_HELLO = 1
const SERVER_HELLO = 2
const NEW_SESSION_TICKET = 4
const END_OF_EARLY_DATA = 5
const ENCRYPTED_EXTENSIONS = 8
const FINISHED = 20
const KEY_UPDATE = 24

const HEADER_BYTES = 4
const SESSION_TICKET = 35
const ENCRYPT_THEN_MAC = 22
const EARLY_DATA = 42
const SUPPORTED_VERSIONS = 43

/** The random that makes a ServerHello a HelloRetryRequest: SHA-256 of "HelloRetryRequest" (RFC 8446 section 4.1.3). */
const RETRY = octetsOf('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c')

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

interface ClientHello {
  readonly random: Uint8Array
  readonly sessionId: Uint8Array
  /** The session ticket that the client offers (RFC 5077); empty when there is none. */
  readonly ticket: Uint8Array
  readonly earlyData: boolean
}

interface ServerHello {
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
function readClientHello(body: Uint8Array): ClientHello | null {
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
function readServerHello(body: Uint8Array): ServerHello | null {
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
    retry: isSame(RETRY, random),
  }
}

/** Whether the server accepts early data, by its EncryptedExtensions. */
function acceptsEarlyData(body: Uint8Array): boolean {
  return extensionsOf(new Fields(body)).has(EARLY_DATA)
}

/** The ticket in a NewSessionTicket of TLS 1.2 (RFC 5077 section 3.3). */
function ticketOf(body: Uint8Array): Uint8Array {
  const fields = new Fields(body)
  fields.take(4)
  return fields.vector(2).slice()
}

class Protection {
  /** The cipher of the next record; null while records are not protected. */
  cipher: RecordCipher | null = null
  /** TLS 1.2: the cipher after the next ChangeCipherSpec. */
  pending: RecordCipher | null = null
  /** TLS 1.3: the ciphers of the following phases. */
  private later: readonly RecordCipher[] = []
  /**
   * Number of records that may be skipped before the first that decrypts: their keys are unknown, or the server ignored
   * them.
   */
  private unread = 0
  private readonly plain: Opened = { type: 0, bytes: new Uint8Array(0), from: 0, to: 0 }

  /** TLS 1.3: sets the ciphers of the coming phases. `unread`: records that none of them decrypts may come first. */
  follow(phases: readonly RecordCipher[], unread: boolean): void {
    const [first = null, ...later] = phases
    this.cipher = first
    this.later = later
    this.unread = unread ? TLS_UNREAD_RECORDS_MAX : 0
  }

  /** TLS 1.3: the current phase has ended. */
  advance(): void {
    const [next, ...later] = this.later
    if (next === undefined) return
    this.cipher = next
    this.later = later
  }

  /** Whether the last known cipher is in use: only application data and key updates follow. */
  get settled(): boolean {
    return this.cipher?.proven === true && this.later.length === 0
  }

  /** The content of the record; `unread` when the record may be skipped; null when it does not authenticate. */
  open(record: RecordView): Opened | 'unread' | null {
    const { cipher, plain } = this
    // After the hello, these two may be sent unprotected in TLS 1.3 (RFC 8446 sections 5 and D.4).
    const { type, length } = record
    const bare = (type === CHANGE_CIPHER_SPEC && length === 1) || (type === ALERT && length === 2)
    if (cipher === null || (bare && cipher.typesInside)) {
      plain.type = record.type
      plain.bytes = record.bytes
      plain.from = record.from
      plain.to = record.to
      return plain
    }
    if (cipher.open(record)) {
      this.unread = 0
      return cipher.opened
    }
    for (const [i, next] of this.later.entries()) {
      if (!next.open(record)) continue
      this.unread = 0
      this.cipher = next
      this.later = this.later.slice(i + 1)
      return next.opened
    }
    return !cipher.proven && this.unread-- > 0 ? 'unread' : null
  }
}

export const NO_KEYS_GIVEN = 'no keys were given'
const NO_KEYS = 'the keys belong to other sessions'
const KEYS_INCOMPLETE = 'some secrets of this session are missing from the keys'
export const KEYS_WRONG = 'the keys do not decrypt this session'
export const NOT_AUTHENTIC = 'a TLS record failed authentication'
export const START_MISSING = 'the start of TLS was not captured'
export const BYTES_MISSING = 'bytes of TLS records are missing from the capture'
export const RECORD_NOT_ENDED = 'the last TLS record is not complete'
export const NOT_RECORDS = 'the bytes that follow are not a TLS record'
export const NOT_FINISHED = 'the TLS handshake did not finish'
export const TOO_MUCH_HELD = 'more early data than pipelint keeps'

const VERSIONS = new Map([
  [0x0300, 'SSL 3.0'],
  [0x0301, 'TLS 1.0'],
  [0x0302, 'TLS 1.1'],
])

function versionNotRead(version: number): string {
  return `${VERSIONS.get(version) ?? `TLS version 0x${fourDigits(version)}`} is not supported`
}

function suiteNotRead(suite: number): string {
  return `cipher suite 0x${fourDigits(suite)} is not supported`
}

/** The handshake was aborted by an alert (numbers: RFC 8446 section 6). */
export function endedByAlert(description: number): string {
  return `${NOT_FINISHED}: alert ${description}`
}

function fourDigits(number: number): string {
  return number.toString(16).padStart(4, '0')
}

export type Party = 'client' | 'server'

const TLS_1_2 = 0x0303
const TLS_1_3 = 0x0304

const PHASES: Readonly<Record<Party, readonly [SecretLabel, SecretLabel]>> = {
  client: ['CLIENT_HANDSHAKE_TRAFFIC_SECRET', 'CLIENT_TRAFFIC_SECRET_0'],
  server: ['SERVER_HANDSHAKE_TRAFFIC_SECRET', 'SERVER_TRAFFIC_SECRET_0'],
}

export class Negotiation {
  readonly client = new Protection()
  readonly server = new Protection()
  /** Why nothing more can be decrypted; null while there is no problem. */
  problem: string | null = null
  /** The server's choices; 0 before. */
  version = 0
  suite = 0
  /** The randoms of the client's hellos, which identify the connection in a key log. */
  readonly clientRandoms: Uint8Array[] = []
  /** Whether each side has finished a handshake. */
  readonly finished = { client: false, server: false }
  private readonly keyring: Keyring
  private hello: ClientHello | null = null
  private master: Uint8Array | null = null
  private secrets: Secrets | undefined
  private earlyData: 'none' | 'offered' | 'refused' | 'accepted' = 'none'
  private retried = false

  constructor(keyring: Keyring) {
    this.keyring = keyring
  }

  /** Only the server's answer will show whether the client's next records are early data. */
  get waits(): boolean {
    return this.earlyData === 'offered' && this.problem === null
  }

  /** Processes a complete message. `body` is only valid during the call. */
  message(by: Party, type: number, body: Uint8Array): void {
    switch (type) {
      case CLIENT_HELLO:
        if (by === 'client') this.clientHello(body)
        break
      case SERVER_HELLO:
        if (by === 'server') this.serverHello(body)
        break
      case NEW_SESSION_TICKET:
        if (this.version === TLS_1_2 && this.master !== null) this.keyring.remember(ticketOf(body), this.master)
        break
      case ENCRYPTED_EXTENSIONS:
        if (by === 'server' && this.version === TLS_1_3) this.answerEarlyData(acceptsEarlyData(body))
        break
      case END_OF_EARLY_DATA:
        if (this.version === TLS_1_3) this.client.advance()
        break
      case FINISHED:
        this.finished[by] = true
        if (this.version === TLS_1_3) this[by].advance()
        break
      case KEY_UPDATE:
        if (this.version === TLS_1_3) this[by].cipher = this[by].cipher?.updated() ?? null
        break
    }
  }

  /** A ChangeCipherSpec. It has no meaning in TLS 1.3. */
  changeCipherSpec(by: Party): void {
    if (this.version === TLS_1_3 || this.version === 0) return
    const { pending } = this[by]
    if (pending === null) this.problem ??= START_MISSING
    this[by].cipher = pending
    this[by].pending = null
  }

  private clientHello(body: Uint8Array): void {
    const hello = readClientHello(body)
    if (hello === null) {
      this.problem ??= NOT_RECORDS
      return
    }
    this.hello = hello
    this.clientRandoms.push(hello.random)
    if (hello.earlyData && !this.retried) this.earlyData = 'offered'
  }

  private serverHello(body: Uint8Array): void {
    const hello = readServerHello(body)
    if (hello === null || this.hello === null) {
      this.problem ??= hello === null ? NOT_RECORDS : START_MISSING
      return
    }
    if (hello.retry) {
      this.retried = true
      // The client starts over, and the server ignores the early data that was sent.
      if (this.earlyData === 'offered') this.earlyData = 'refused'
      return
    }
    this.version = hello.version
    this.suite = hello.suite
    const suite = suiteOf(hello.suite)
    if (hello.version !== TLS_1_2 && hello.version !== TLS_1_3) this.problem ??= versionNotRead(hello.version)
    else if (suite === null) this.problem ??= suiteNotRead(hello.suite)
    else if (hello.version === TLS_1_2) this.arm12(suite, this.hello, hello)
    else this.arm13(suite, this.hello)
  }

  private arm12(suite: Suite, client: ClientHello, server: ServerHello): void {
    this.earlyData = 'none'
    const resumed = server.sessionId.length > 0 && isSame(client.sessionId, server.sessionId)
    const master =
      this.keyring.of(client.random)?.get('CLIENT_RANDOM') ??
      (resumed ? this.recall(server.sessionId, client) : undefined)
    if (master === undefined) {
      this.problem ??= NO_KEYS
      return
    }
    this.master = master
    this.keyring.remember(server.sessionId, master)
    const keys = keyBlock(suite, master, client.random, server.random)
    this.client.pending = cipher12(suite, keys.client, server.encryptThenMac)
    this.server.pending = cipher12(suite, keys.server, server.encryptThenMac)
  }

  private recall(sessionId: Uint8Array, { ticket, random }: ClientHello): Uint8Array | undefined {
    return this.keyring.recall(sessionId, random) ?? this.keyring.recall(ticket, random)
  }

  private arm13(suite: Suite, client: ClientHello): void {
    this.secrets = this.keyring.of(client.random)
    if (this.secrets === undefined) {
      this.problem ??= NO_KEYS
      return
    }
    this.follow('server', suite, [])
    if (!this.waits) this.follow('client', suite, [])
  }

  /** The server's answer to early data, which determines the cipher of the client's next records. */
  private answerEarlyData(accepted: boolean): void {
    const suite = suiteOf(this.suite)
    if (suite === null || this.earlyData !== 'offered') return
    this.earlyData = accepted ? 'accepted' : 'refused'
    const secret = this.secrets?.get('CLIENT_EARLY_TRAFFIC_SECRET')
    if (accepted && secret === undefined) this.problem ??= KEYS_INCOMPLETE
    else this.follow('client', suite, accepted && secret !== undefined ? [cipher13(suite, secret)] : [])
  }

  private follow(by: Party, suite: Suite, early: readonly RecordCipher[]): void {
    const [handshake, application] = PHASES[by].map((label) => this.secrets?.get(label))
    const unreadable = handshake === undefined && this.earlyData !== 'none'
    if (application === undefined || unreadable) {
      this.problem ??= KEYS_INCOMPLETE
      return
    }
    const phases = handshake === undefined ? [application] : [handshake, application]
    const unread = handshake === undefined || (by === 'client' && this.earlyData === 'refused')
    this[by].follow([...early, ...phases.map((secret) => cipher13(suite, secret))], unread)
  }
}
