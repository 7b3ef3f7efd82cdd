// Decrypts the records of one direction. All supported cipher suites authenticate, so a decrypted record is certainly
// genuine (RFC 5246 section 6.2.3, RFC 7366, RFC 8446 section 5.2).
import { isSame } from '../capture/hex.ts'
import { type Aead as AeadName, decryptCbc, hmac, unseal } from '../host/crypto.ts'
import type { Suite } from './key-schedule.ts'
import { nextSecret, type RecordKeys, trafficKeys } from './key-schedule.ts'
import { HEADER_BYTES, type RecordView } from './record.ts'

/** A decrypted record: its content is `[from, to)` of `bytes`. Reused. */
export interface Opened {
  type: number
  bytes: Uint8Array
  from: number
  to: number
}

export interface RecordCipher {
  readonly opened: Opened
  /** TLS 1.3: the type of a record is inside its plaintext. */
  readonly typesInside: boolean
  /** The sequence number of the next record. */
  sequence: number
  /** Whether it has decrypted any record. */
  proven: boolean
  /**
   * Decrypts the record with the next sequence number. Returns false, without effect, when it does not authenticate.
   */
  open(record: RecordView): boolean
  /** The cipher after a key update; null when the version has no key updates. */
  updated(): RecordCipher | null
}

const EXPLICIT_NONCE_BYTES = 8
const NONCE_BYTES = 12
const BLOCK_BYTES = 16
const AAD_BYTES = 13
/** Offset of the length field in the additional data of TLS 1.2. */
const AAD_LENGTH = 11
const TWO_TO_32 = 2 ** 32

abstract class SequencedCipher implements RecordCipher {
  readonly opened: Opened = { type: 0, bytes: new Uint8Array(0), from: 0, to: 0 }
  readonly typesInside: boolean = false
  sequence = 0
  proven = false

  open(record: RecordView): boolean {
    if (!this.decrypt(record)) return false
    this.sequence++
    this.proven = true
    return true
  }

  updated(): RecordCipher | null {
    return null
  }

  protected abstract decrypt(record: RecordView): boolean

  /** sequence number 8 | type 1 | version 2 | length 2 */
  protected additional(record: RecordView, length: number): Uint8Array {
    const data = new Uint8Array(AAD_BYTES)
    this.number(data, 0)
    data.set(record.bytes.subarray(record.from - HEADER_BYTES, record.from - 2), 8)
    data[AAD_LENGTH] = length >> 8
    data[AAD_LENGTH + 1] = length & 0xff
    return data
  }

  /** XORs the sequence number into eight octets. */
  protected number(octets: Uint8Array, at: number): void {
    const high = Math.floor(this.sequence / TWO_TO_32)
    for (let i = 0; i < 4; i++) {
      octets[at + i] = (octets[at + i] as number) ^ ((high >>> (24 - 8 * i)) & 0xff)
      octets[at + 4 + i] = (octets[at + 4 + i] as number) ^ ((this.sequence >>> (24 - 8 * i)) & 0xff)
    }
  }
}

abstract class Aead extends SequencedCipher {
  protected readonly suite: Suite
  protected readonly keys: RecordKeys
  private readonly name: AeadName

  constructor(suite: Suite, keys: RecordKeys) {
    super()
    this.suite = suite
    this.keys = keys
    const { mode, tagBytes } = suite
    if (mode === 'cbc') throw new Error('CBC is no AEAD')
    this.name = { mode, tagBytes }
  }

  /** Decrypts `[from, to)`, which ends in the tag; null when it does not authenticate. */
  protected unseal(bytes: Uint8Array, from: number, to: number, nonce: Uint8Array, data: Uint8Array) {
    return unseal(this.name, this.keys.key, nonce, bytes.subarray(from, to), data)
  }
}

/** AEAD in TLS 1.2: RFC 5246 section 6.2.3.3; ChaCha20 has no explicit nonce (RFC 7905 section 2). */
class Aead12 extends Aead {
  protected decrypt(record: RecordView): boolean {
    const { suite, keys, opened } = this
    const explicit = keys.iv.length === NONCE_BYTES ? 0 : EXPLICIT_NONCE_BYTES
    const from = record.from + explicit
    const length = record.to - from - suite.tagBytes
    if (length < 0) return false
    const nonce = new Uint8Array(NONCE_BYTES)
    nonce.set(keys.iv)
    if (explicit > 0) nonce.set(record.bytes.subarray(record.from, from), keys.iv.length)
    else this.number(nonce, 4)
    const plain = this.unseal(record.bytes, from, record.to, nonce, this.additional(record, length))
    if (plain === null) return false
    opened.type = record.type
    opened.bytes = plain
    opened.to = plain.length
    return true
  }
}

/** AEAD in TLS 1.3: the type follows the content, and zero padding may follow the type. */
class Aead13 extends Aead {
  override readonly typesInside = true
  private readonly secret: Uint8Array

  constructor(suite: Suite, secret: Uint8Array) {
    super(suite, trafficKeys(suite, secret))
    this.secret = secret
  }

  override updated(): RecordCipher {
    return new Aead13(this.suite, nextSecret(this.suite, this.secret))
  }

  protected decrypt(record: RecordView): boolean {
    const { suite, keys, opened } = this
    const { bytes, from, to } = record
    if (to - from <= suite.tagBytes) return false
    const nonce = Uint8Array.from(keys.iv)
    this.number(nonce, 4)
    const plain = this.unseal(bytes, from, to, nonce, bytes.subarray(from - HEADER_BYTES, from))
    if (plain === null) return false
    let end = plain.length
    while (end > 0 && plain[end - 1] === 0) end--
    if (end === 0) return false
    opened.type = plain[end - 1] as number
    opened.bytes = plain
    opened.to = end - 1
    return true
  }
}

/** AES-CBC in TLS 1.2: the MAC is inside (RFC 5246 section 6.2.3.2) or after the ciphertext (RFC 7366). */
class Cbc extends SequencedCipher {
  private readonly suite: Suite
  private readonly keys: RecordKeys
  private readonly macBehind: boolean

  constructor(suite: Suite, keys: RecordKeys, macBehind: boolean) {
    super()
    this.suite = suite
    this.keys = keys
    this.macBehind = macBehind
  }

  protected decrypt(record: RecordView): boolean {
    const { suite, macBehind, opened } = this
    const { bytes, from } = record
    const end = macBehind ? record.to - suite.tagBytes : record.to
    // An IV and at least one block.
    if (end - from < 2 * BLOCK_BYTES || (end - from) % BLOCK_BYTES !== 0) return false
    if (macBehind && !this.authentic(record, bytes.subarray(from, end), bytes.subarray(end, record.to))) return false
    const plain = this.blocks(bytes, from, end)
    const padding = (plain[plain.length - 1] as number) + 1
    const length = plain.length - padding - (macBehind ? 0 : suite.tagBytes)
    if (length < 0) return false
    for (let i = plain.length - padding; i < plain.length; i++) if (plain[i] !== padding - 1) return false
    const content = plain.subarray(0, length)
    if (!macBehind && !this.authentic(record, content, plain.subarray(length, length + suite.tagBytes))) return false
    opened.type = record.type
    opened.bytes = plain
    opened.to = length
    return true
  }

  private blocks(bytes: Uint8Array, from: number, end: number): Uint8Array {
    const iv = bytes.subarray(from, from + BLOCK_BYTES)
    return decryptCbc(this.keys.key, iv, bytes.subarray(from + BLOCK_BYTES, end))
  }

  private authentic(record: RecordView, covered: Uint8Array, mac: Uint8Array): boolean {
    const { suite, keys } = this
    const ours = hmac(suite.macHash, keys.macKey, this.additional(record, covered.length), covered)
    return isSame(ours, mac)
  }
}

/** The cipher of one direction of TLS 1.2. `macBehind`: encrypt_then_mac was negotiated. */
export function cipher12(suite: Suite, keys: RecordKeys, macBehind: boolean): RecordCipher {
  return suite.mode === 'cbc' ? new Cbc(suite, keys, macBehind) : new Aead12(suite, keys)
}

/** The cipher of one direction of TLS 1.3, from a traffic secret. */
export function cipher13(suite: Suite, secret: Uint8Array): RecordCipher {
  return new Aead13(suite, secret)
}
