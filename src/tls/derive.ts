// Secrets of a key log -> keys of records: the key schedules of TLS 1.2 (RFC 5246 sections 5 and 6.3) and of TLS 1.3
// (RFC 8446 section 7).
import { createHmac } from 'node:crypto'
import type { Hash, Suite } from './suites.ts'

/** The keys of one direction. `macKey` is empty but for CBC. */
export interface RecordKeys {
  readonly key: Uint8Array
  readonly iv: Uint8Array
  readonly macKey: Uint8Array
}

const NOTHING = new Uint8Array(0)
/** Octets of the nonce in TLS 1.3 and of ChaCha20 in TLS 1.2; of the fixed part in TLS 1.2 elsewhere. */
const NONCE_BYTES = 12
const SALT_BYTES = 4

function hmac(hash: Hash, key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const mac = createHmac(hash, key)
  for (const part of parts) mac.update(part)
  return mac.digest()
}

/** P_hash of RFC 5246 section 5. */
function prf(hash: Hash, secret: Uint8Array, label: string, seed: readonly Uint8Array[], length: number): Uint8Array {
  const start = [Buffer.from(label, 'latin1'), ...seed]
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
function expandLabel(hash: Hash, secret: Uint8Array, label: string, length: number): Uint8Array {
  const name = Buffer.from(`tls13 ${label}`, 'latin1')
  const what = Buffer.concat([Uint8Array.of(length >> 8, length & 0xff, name.length), name, Uint8Array.of(0)])
  const out = new Uint8Array(length)
  let block: Uint8Array = NOTHING
  for (let at = 0, count = 1; at < length; count++) {
    block = hmac(hash, secret, block, what, Uint8Array.of(count))
    out.set(block.subarray(0, length - at), at)
    at += block.length
  }
  return out
}

/** TLS 1.2: the master secret and both randoms -> the keys of client and server (RFC 5246 section 6.3). */
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

/** TLS 1.3: a traffic secret -> the keys of its direction (RFC 8446 section 7.3). */
export function trafficKeys(suite: Suite, secret: Uint8Array): RecordKeys {
  return {
    key: expandLabel(suite.hash, secret, 'key', suite.keyBytes),
    iv: expandLabel(suite.hash, secret, 'iv', NONCE_BYTES),
    macKey: NOTHING,
  }
}

/** The traffic secret behind a key update (RFC 8446 section 7.2). */
export function nextSecret(suite: Suite, secret: Uint8Array): Uint8Array {
  return expandLabel(suite.hash, secret, 'traffic upd', secret.length)
}
