// Hashes and ciphers: those of Node. The page has the same from a library (`page/host/crypto.ts`); everything is
// synchronous, because a record is decrypted in the middle of a packet.
import { createDecipheriv, createHash, createHmac, type Decipher } from 'node:crypto'

export type HashName = 'sha1' | 'sha256' | 'sha384'

export interface Hash {
  update(bytes: Uint8Array): unknown
  digest(): Uint8Array
}

export interface Aead {
  readonly mode: 'gcm' | 'ccm' | 'chacha20-poly1305'
  readonly tagBytes: number
}

export function newHash(name: HashName): Hash {
  return createHash(name)
}

/** Of all parts, as if they were one. */
export function hmac(name: HashName, key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const mac = createHmac(name, key)
  for (const part of parts) mac.update(part)
  return mac.digest()
}

/** The common interface of GCM, CCM and ChaCha20-Poly1305 in node:crypto. */
interface AeadDecipher extends Decipher {
  setAAD(data: Uint8Array, options?: { plaintextLength: number }): this
  setAuthTag(tag: Uint8Array): this
}

/** Decrypts what ends in its tag; null when it does not authenticate. */
export function unseal(
  { mode, tagBytes }: Aead,
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
  additional: Uint8Array,
): Uint8Array | null {
  const algorithm = mode === 'chacha20-poly1305' ? mode : `aes-${key.length * 8}-${mode}`
  const end = sealed.length - tagBytes
  try {
    // The type definitions distinguish the modes only by literal algorithm names.
    const options = { authTagLength: tagBytes } as object
    const decipher = createDecipheriv(algorithm, key, nonce, options) as AeadDecipher
    decipher.setAuthTag(sealed.subarray(end)).setAAD(additional, { plaintextLength: end })
    const plain = decipher.update(sealed.subarray(0, end))
    decipher.final()
    return plain
  } catch {
    return null
  }
}

/** AES-CBC, whole blocks, with the padding. */
export function decryptCbc(key: Uint8Array, iv: Uint8Array, blocks: Uint8Array): Uint8Array {
  return createDecipheriv(`aes-${key.length * 8}-cbc`, key, iv)
    .setAutoPadding(false)
    .update(blocks)
}
