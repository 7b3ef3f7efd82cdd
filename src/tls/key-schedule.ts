// Cipher suites and their record keys: RFC 5246 sections 5 and 6.3 with appendix A.5, RFC 5288, 5289, 6655, 7251, 7905,
// 8422, RFC 8446 section 7 with appendix B.4. The key exchange is not needed: the key log contains its result.
import { type HashName, hmac } from '../host/crypto.ts'

export interface Suite {
  readonly mode: 'gcm' | 'ccm' | 'chacha20-poly1305' | 'cbc'
  readonly keyBytes: 16 | 32
  /** Octets of the authentication tag, or of the MAC in CBC mode. */
  readonly tagBytes: number
  /** CBC: the hash of the MAC. */
  readonly macHash: HashName
  /** The hash of the key schedule. */
  readonly hash: 'sha256' | 'sha384'
}

const SUITES = new Map<number, Suite>()

function define(numbers: readonly number[], suite: Suite): void {
  for (const number of numbers) SUITES.set(number, suite)
}

const gcm = (keyBytes: 16 | 32): Suite => ({
  mode: 'gcm',
  keyBytes,
  tagBytes: 16,
  macHash: 'sha256',
  hash: keyBytes === 16 ? 'sha256' : 'sha384',
})
const ccm = (keyBytes: 16 | 32, tagBytes: 8 | 16): Suite => ({
  mode: 'ccm',
  keyBytes,
  tagBytes,
  macHash: 'sha256',
  hash: 'sha256',
})
const chacha20: Suite = { mode: 'chacha20-poly1305', keyBytes: 32, tagBytes: 16, macHash: 'sha256', hash: 'sha256' }
const MAC_BYTES: Readonly<Record<HashName, number>> = { sha1: 20, sha256: 32, sha384: 48 }
const cbc = (keyBytes: 16 | 32, macHash: HashName): Suite => ({
  mode: 'cbc',
  keyBytes,
  tagBytes: MAC_BYTES[macHash],
  macHash,
  hash: macHash === 'sha384' ? 'sha384' : 'sha256',
})

/** AES-GCM suites come in pairs: the first number is AES-128, the next one AES-256. */
const GCM_PAIRS = [0x009c, 0x009e, 0x00a0, 0x00a2, 0x00a4, 0x00a6, 0x00a8, 0x00aa, 0x00ac]
const GCM_PAIRS_ECC = [0xc02b, 0xc02d, 0xc02f, 0xc031]
for (const first of [...GCM_PAIRS, ...GCM_PAIRS_ECC]) {
  define([first], gcm(16))
  define([first + 1], gcm(32))
}
define([0xc09c, 0xc09e, 0xc0a4, 0xc0a6, 0xc0ac], ccm(16, 16))
define([0xc09d, 0xc09f, 0xc0a5, 0xc0a7, 0xc0ad], ccm(32, 16))
define([0xc0a0, 0xc0a2, 0xc0a8, 0xc0aa, 0xc0ae], ccm(16, 8))
define([0xc0a1, 0xc0a3, 0xc0a9, 0xc0ab, 0xc0af], ccm(32, 8))
define([0xcca8, 0xcca9, 0xccaa, 0xccab, 0xccac, 0xccad, 0xccae], chacha20)
// RSA, DH and DHE in numerical order, then the elliptic curve suites.
define([0x002f, 0x0030, 0x0031, 0x0032, 0x0033, 0x0034, 0xc004, 0xc009, 0xc00e, 0xc013, 0xc018], cbc(16, 'sha1'))
define([0x0035, 0x0036, 0x0037, 0x0038, 0x0039, 0x003a, 0xc005, 0xc00a, 0xc00f, 0xc014, 0xc019], cbc(32, 'sha1'))
define([0x003c, 0x003e, 0x003f, 0x0040, 0x0067, 0x006c, 0xc023, 0xc025, 0xc027, 0xc029], cbc(16, 'sha256'))
define([0x003d, 0x0068, 0x0069, 0x006a, 0x006b, 0x006d], cbc(32, 'sha256'))
define([0xc024, 0xc026, 0xc028, 0xc02a], cbc(32, 'sha384'))
// TLS 1.3.
define([0x1301], gcm(16))
define([0x1302], gcm(32))
define([0x1303], chacha20)
define([0x1304], ccm(16, 16))
define([0x1305], ccm(16, 8))

/** The record protection of a cipher suite; null when it is not supported. */
export function suiteOf(number: number): Suite | null {
  return SUITES.get(number) ?? null
}

/** The keys of one direction. `macKey` is empty except in CBC mode. */
export interface RecordKeys {
  readonly key: Uint8Array
  readonly iv: Uint8Array
  readonly macKey: Uint8Array
}

const NOTHING = new Uint8Array(0)
/** Octets of the whole nonce (TLS 1.3, ChaCha20 in TLS 1.2), and of its fixed part (other suites in TLS 1.2). */
const NONCE_BYTES = 12
const SALT_BYTES = 4

/** Of ASCII text. */
function octets(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0))
}

/** P_hash of RFC 5246 section 5. */
function prf(
  hash: HashName,
  secret: Uint8Array,
  label: string,
  seed: readonly Uint8Array[],
  length: number,
): Uint8Array {
  const start = [octets(label), ...seed]
  const out = new Uint8Array(length)
  let a = hmac(hash, secret, ...start)
  for (let at = 0; at < length; ) {
    const block = hmac(hash, secret, a, ...start)
    out.set(block.subarray(0, length - at), at)
    at += block.length
    a = hmac(hash, secret, a)
  }
  return out
}

/** HKDF-Expand-Label with an empty context: RFC 8446 section 7.1, RFC 5869 section 2.3. */
function expandLabel(hash: HashName, secret: Uint8Array, label: string, length: number): Uint8Array {
  const name = octets(`tls13 ${label}`)
  const what = Uint8Array.of(length >> 8, length & 0xff, name.length, ...name, 0)
  const out = new Uint8Array(length)
  let block: Uint8Array = NOTHING
  for (let at = 0, count = 1; at < length; count++) {
    block = hmac(hash, secret, block, what, Uint8Array.of(count))
    out.set(block.subarray(0, length - at), at)
    at += block.length
  }
  return out
}

/** TLS 1.2: derives the keys of client and server from the master secret and both randoms (RFC 5246 section 6.3). */
export function keyBlock(
  suite: Suite,
  master: Uint8Array,
  clientRandom: Uint8Array,
  serverRandom: Uint8Array,
): { client: RecordKeys; server: RecordKeys } {
  const macBytes = suite.mode === 'cbc' ? suite.tagBytes : 0
  const ivBytes = suite.mode === 'cbc' ? 0 : suite.mode === 'chacha20-poly1305' ? NONCE_BYTES : SALT_BYTES
  const length = 2 * (macBytes + suite.keyBytes + ivBytes)
  const block = prf(suite.hash, master, 'key expansion', [serverRandom, clientRandom], length)
  let at = 0
  const take = (bytes: number) => {
    at += bytes
    return block.subarray(at - bytes, at)
  }
  const macKeys = [take(macBytes), take(macBytes)] as const
  const keys = [take(suite.keyBytes), take(suite.keyBytes)] as const
  const ivs = [take(ivBytes), take(ivBytes)] as const
  return {
    client: { macKey: macKeys[0], key: keys[0], iv: ivs[0] },
    server: { macKey: macKeys[1], key: keys[1], iv: ivs[1] },
  }
}

/** TLS 1.3: derives the keys of a direction from its traffic secret (RFC 8446 section 7.3). */
export function trafficKeys(suite: Suite, secret: Uint8Array): RecordKeys {
  return {
    key: expandLabel(suite.hash, secret, 'key', suite.keyBytes),
    iv: expandLabel(suite.hash, secret, 'iv', NONCE_BYTES),
    macKey: NOTHING,
  }
}

/** The traffic secret after a key update (RFC 8446 section 7.2). */
export function nextSecret(suite: Suite, secret: Uint8Array): Uint8Array {
  return expandLabel(suite.hash, secret, 'traffic upd', secret.length)
}
