// The table of open connections: end points -> Connection, the same for both directions.
import { i32 } from '../network/bytes.ts'
import type { SegmentView } from '../network/segment.ts'
import type { Side } from './chunk.ts'
import type { Connection } from './connection.ts'

const INITIAL_SLOTS = 1 << 12

/** Open addressing with linear probing; a slot holds the hash beside the connection, so a miss rarely compares. */
export class ConnectionTable {
  private hashes = new Int32Array(INITIAL_SLOTS)
  private slots: (Connection | undefined)[] = new Array(INITIAL_SLOTS).fill(undefined)
  private mask = INITIAL_SLOTS - 1
  size = 0

  /** Which side of the connection found last sent the segment. */
  side: Side = 0

  find(segment: SegmentView, hash: number): Connection | undefined {
    let at = hash & this.mask
    for (;;) {
      const connection = this.slots[at]
      if (connection === undefined) return undefined
      if (this.hashes[at] === hash) {
        const side = connection.sideOf(segment)
        if (side >= 0) {
          this.side = side as Side
          return connection
        }
      }
      at = (at + 1) & this.mask
    }
  }

  add(connection: Connection, hash: number): void {
    if (this.size * 2 >= this.slots.length) this.grow()
    this.insert(connection, hash)
    this.size++
  }

  remove(connection: Connection): void {
    let hole = connection.slot
    connection.slot = -1
    this.slots[hole] = undefined
    this.size--
    // Entries behind the hole move up, so that probing never meets a hole in front of what it looks for.
    for (let at = (hole + 1) & this.mask; ; at = (at + 1) & this.mask) {
      const entry = this.slots[at]
      if (entry === undefined) return
      const home = (this.hashes[at] as number) & this.mask
      if (((at - home) & this.mask) < ((at - hole) & this.mask)) continue
      this.slots[hole] = entry
      this.hashes[hole] = this.hashes[at] as number
      entry.slot = hole
      this.slots[at] = undefined
      hole = at
    }
  }

  private insert(connection: Connection, hash: number): void {
    let at = hash & this.mask
    while (this.slots[at] !== undefined) at = (at + 1) & this.mask
    this.slots[at] = connection
    this.hashes[at] = hash
    connection.slot = at
  }

  private grow(): void {
    const { slots, hashes } = this
    this.hashes = new Int32Array(slots.length * 2)
    this.slots = new Array(slots.length * 2).fill(undefined)
    this.mask = this.slots.length - 1
    for (const [i, connection] of slots.entries()) {
      if (connection !== undefined) this.insert(connection, hashes[i] as number)
    }
  }
}

/** A hash of both end points that does not depend on the direction: sums and exclusive ors, mixed. */
export function hashOf(segment: SegmentView): number {
  const { bytes, sourceAt, targetAt, addressLength, sourcePort, targetPort } = segment
  let sum = sourcePort + targetPort
  let xor = sourcePort ^ targetPort
  for (let i = 0; i < addressLength; i += 4) {
    const a = i32(bytes, sourceAt + i)
    const b = i32(bytes, targetAt + i)
    sum = (Math.imul(sum, 0x9e3779b1) + a + b) | 0
    xor = Math.imul(xor, 0x85ebca6b) ^ a ^ b
  }
  const hash = Math.imul(sum ^ (sum >>> 15), 0x85ebca6b) ^ Math.imul(xor ^ (xor >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
