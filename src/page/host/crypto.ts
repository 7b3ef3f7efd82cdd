// Hashes and ciphers from @noble/hashes and @noble/ciphers: WebCrypto has the same, but answers later, and a record is
// decrypted in the middle of a packet. CCM, which they lack, is made of their CBC and CTR.
import { cbc, ctr, gcm } from '@noble/ciphers/aes.js'
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { hmac as hmacOf } from '@noble/hashes/hmac.js'
import { sha1 } from '@noble/hashes/legacy.js'
import { sha256, sha384 } from '@noble/hashes/sha2.js'
import type { Aead, Hash, HashName } from '../../host/crypto.ts'

export type { Aead, Hash, HashName }

const HASHES = { sha1, sha256, sha384 } as const

export function newHash(name: HashName): Hash {
  return HASHES[name].create()
}

export function hmac(name: HashName, key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const mac = hmacOf.create(HASHES[name], key)
  for (const part of parts) mac.update(part)
  return mac.digest()
}

export function unseal(
  { mode, tagBytes }: Aead,
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
  additional: Uint8Array,
): Uint8Array | null {
  if (sealed.length < tagBytes) return null
  if (mode === 'ccm') return unsealCcm(tagBytes, key, nonce, sealed, additional)
  try {
    return (mode === 'gcm' ? gcm : chacha20poly1305)(key, nonce, additional).decrypt(sealed)
  } catch {
    // It does not authenticate.
    return null
  }
}

export function decryptCbc(key: Uint8Array, iv: Uint8Array, blocks: Uint8Array): Uint8Array {
  return cbc(key, iv, { disablePadding: true }).decrypt(blocks)
}

const BLOCK_BYTES = 16

/** RFC 3610, with the lengths that TLS uses: a nonce of 12 octets, and 3 for the length of the message. */
function unsealCcm(
  tagBytes: number,
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
  additional: Uint8Array,
): Uint8Array | null {
  const lengthBytes = BLOCK_BYTES - 1 - nonce.length
  const end = sealed.length - tagBytes
  // The key stream: its first block masks the tag, the others the message.
  const counter = new Uint8Array(BLOCK_BYTES)
  counter[0] = lengthBytes - 1
  counter.set(nonce, 1)
  const masked = new Uint8Array(BLOCK_BYTES + end)
  masked.set(sealed.subarray(end))
  masked.set(sealed.subarray(0, end), BLOCK_BYTES)
  const open = ctr(key, counter).decrypt(masked)
  const plain = open.subarray(BLOCK_BYTES)
  const tag = tagOf(key, nonce, plain, additional, tagBytes)
  return tag.every((octet, i) => octet === open[i]) ? plain : null
}

/** The CBC-MAC: flags 1 | nonce | length | length of the additional data 2 | additional data | message. */
function tagOf(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array, additional: Uint8Array, tagBytes: number) {
  const whole = (length: number) => Math.ceil(length / BLOCK_BYTES) * BLOCK_BYTES
  const messageAt = BLOCK_BYTES + (additional.length === 0 ? 0 : whole(2 + additional.length))
  const blocks = new Uint8Array(messageAt + whole(plain.length))
  const lengthBytes = BLOCK_BYTES - 1 - nonce.length
  blocks[0] = (additional.length === 0 ? 0 : 0x40) | (((tagBytes - 2) / 2) << 3) | (lengthBytes - 1)
  blocks.set(nonce, 1)
  for (let i = 0, left = plain.length; i < lengthBytes; i++, left = Math.floor(left / 256))
    blocks[BLOCK_BYTES - 1 - i] = left & 0xff
  if (additional.length > 0) {
    blocks[BLOCK_BYTES] = additional.length >> 8
    blocks[BLOCK_BYTES + 1] = additional.length & 0xff
    blocks.set(additional, BLOCK_BYTES + 2)
  }
  blocks.set(plain, messageAt)
  const chained = cbc(key, new Uint8Array(BLOCK_BYTES), { disablePadding: true }).encrypt(blocks)
  return chained.subarray(chained.length - BLOCK_BYTES, chained.length - BLOCK_BYTES + tagBytes)
}
