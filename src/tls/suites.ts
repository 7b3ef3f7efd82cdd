// Numbers of cipher suites -> how their records are protected. What the key exchange was does not matter here: its result
// is what a key log holds. RFC 5246 appendix A.5, RFC 5288, 5289, 6655, 7251, 7905, 8422, RFC 8446 appendix B.4.

export type Hash = 'sha1' | 'sha256' | 'sha384'

export interface Suite {
  readonly mode: 'gcm' | 'ccm' | 'chacha20-poly1305' | 'cbc'
  readonly keyBytes: 16 | 32
  /** Octets of the authentication tag, or of the MAC in CBC. */
  readonly tagBytes: number
  /** CBC: of the MAC. */
  readonly macHash: Hash
  /** Of the key schedule. */
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
const MAC_BYTES: Readonly<Record<Hash, number>> = { sha1: 20, sha256: 32, sha384: 48 }
const cbc = (keyBytes: 16 | 32, macHash: Hash): Suite => ({
  mode: 'cbc',
  keyBytes,
  tagBytes: MAC_BYTES[macHash],
  macHash,
  hash: macHash === 'sha384' ? 'sha384' : 'sha256',
})

/** AES-GCM comes in pairs: the even or the odd number of each is AES-128, the next one AES-256. */
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
// RSA, DH and DHE in their order of numbers, then the elliptic curves.
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

/** How the records of a cipher suite are protected; null when it is none that is read. */
export function suiteOf(number: number): Suite | null {
  return SUITES.get(number) ?? null
}
