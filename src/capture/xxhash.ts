// xxHash, 32 bits, seed 0: the checksum of lz4 frames (doc/xxhash_spec.md of its project). What comes in: octets, in as
// many pieces as they come. What goes out: the hash of all of them.

import { i32 } from './bytes.ts'

const PRIME_1 = 0x9e3779b1
const PRIME_2 = 0x85ebca77
const PRIME_3 = 0xc2b2ae3d
const PRIME_4 = 0x27d4eb2f
const PRIME_5 = 0x165667b1

/** Octets that are mixed at once: four lanes of four. */
const STRIPE = 16

export class XxHash32 {
  private readonly lanes = Int32Array.of(PRIME_1 + PRIME_2, PRIME_2, 0, -PRIME_1)
  /** Octets that fill no stripe yet. */
  private readonly rest = new Uint8Array(STRIPE)
  private held = 0
  private length = 0

  add(bytes: Uint8Array): this {
    let at = 0
    this.length += bytes.length
    if (this.held > 0) {
      at = Math.min(STRIPE - this.held, bytes.length)
      this.rest.set(bytes.subarray(0, at), this.held)
      this.held += at
      if (this.held < STRIPE) return this
      mix(this.lanes, this.rest, 0, STRIPE)
    }
    const end = bytes.length - ((bytes.length - at) % STRIPE)
    mix(this.lanes, bytes, at, end)
    this.rest.set(bytes.subarray(end))
    this.held = bytes.length - end
    return this
  }

  /** As an unsigned number. More may be added behind. */
  get value(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.lanes
    let hash = this.length < STRIPE ? PRIME_5 : turn(a, 1) + turn(b, 7) + turn(c, 12) + turn(d, 18)
    hash = (hash + this.length) | 0
    let at = 0
    for (; at + 4 <= this.held; at += 4) {
      hash = Math.imul(turn((hash + Math.imul(word(this.rest, at), PRIME_3)) | 0, 17), PRIME_4)
    }
    for (; at < this.held; at += 1) {
      hash = Math.imul(turn((hash + Math.imul(this.rest[at] as number, PRIME_5)) | 0, 11), PRIME_1)
    }
    hash = Math.imul(hash ^ (hash >>> 15), PRIME_2)
    hash = Math.imul(hash ^ (hash >>> 13), PRIME_3)
    return (hash ^ (hash >>> 16)) >>> 0
  }
}

/** Whole stripes: `[from, to)` is a multiple of them. */
function mix(lanes: Int32Array, bytes: Uint8Array, from: number, to: number): void {
  let [a = 0, b = 0, c = 0, d = 0] = lanes
  for (let at = from; at < to; at += STRIPE) {
    a = Math.imul(turn((a + Math.imul(word(bytes, at), PRIME_2)) | 0, 13), PRIME_1)
    b = Math.imul(turn((b + Math.imul(word(bytes, at + 4), PRIME_2)) | 0, 13), PRIME_1)
    c = Math.imul(turn((c + Math.imul(word(bytes, at + 8), PRIME_2)) | 0, 13), PRIME_1)
    d = Math.imul(turn((d + Math.imul(word(bytes, at + 12), PRIME_2)) | 0, 13), PRIME_1)
  }
  lanes[0] = a
  lanes[1] = b
  lanes[2] = c
  lanes[3] = d
}

function turn(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}

function word(bytes: Uint8Array, at: number): number {
  return i32(bytes, at, true)
}
