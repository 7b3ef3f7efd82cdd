// Maps endpoints to rows, the same for both directions. Rows are plain numbers, so that connections that are only
// remembered for late segments cost no objects that the garbage collector must visit.
import { i32 } from '../decode/bytes.ts'
import type { SegmentView } from '../decode/segment.ts'
import type { Side } from './chunk.ts'
import { ENDS, EndpointPair, FIRST, LENGTH, SECOND } from './endpoint-pair.ts'

const INITIAL_ROWS = 1 << 11

/** Values of a row: its endpoints, and their hash. */
export const ROW_WIDTH = ENDS
const WIDTH = ROW_WIDTH + 1
const HASH = ROW_WIDTH

/** Open addressing with linear probing over row numbers. A row keeps its number until `remove`. */
export class ConnectionTable {
  private rows = new Int32Array(INITIAL_ROWS * WIDTH)
  private capacity = INITIAL_ROWS
  /** Hash slots: row number plus one (0 when empty), and the hash. At most half full, to keep probing short. */
  private slots = new Int32Array(INITIAL_ROWS * 2 * 2)
  private mask = INITIAL_ROWS * 2 - 1
  private used = 0
  private readonly free: number[] = []

  /** The side of the connection found last that sent the segment. */
  side: Side = 0

  /** The row of the segment's connection; -1 when there is none. */
  find(segment: SegmentView, hash: number): number {
    for (let at = hash & this.mask; ; at = (at + 1) & this.mask) {
      const row = (this.slots[at * 2] as number) - 1
      if (row < 0) return -1
      if (this.slots[at * 2 + 1] === hash && this.matches(segment, row * WIDTH)) return row
    }
  }

  /** The next row with the same endpoints after `row`; -1 when there is none. */
  next(segment: SegmentView, hash: number, row: number): number {
    for (let at = this.slotBehind(row); ; at = (at + 1) & this.mask) {
      const other = (this.slots[at * 2] as number) - 1
      if (other < 0) return -1
      if (this.slots[at * 2 + 1] === hash && this.matches(segment, other * WIDTH)) return other
    }
  }

  /** Whether another row has the same endpoints. Leaves `side` as `find` set it. */
  isShared(row: number): boolean {
    const { side } = this
    const hash = this.hashAt(row)
    let count = 0
    for (let at = hash & this.mask; ; at = (at + 1) & this.mask) {
      const other = (this.slots[at * 2] as number) - 1
      if (other < 0) break
      if (this.slots[at * 2 + 1] === hash && this.equals(other * WIDTH, this.rows, row * WIDTH)) count++
    }
    this.side = side
    return count > 1
  }

  /** The row of endpoints that `write` wrote; -1 when there is none. */
  locate(from: Int32Array, at: number, hash: number): number {
    for (let slot = hash & this.mask; ; slot = (slot + 1) & this.mask) {
      const row = (this.slots[slot * 2] as number) - 1
      if (row < 0) return -1
      if (this.slots[slot * 2 + 1] === hash && this.equals(row * WIDTH, from, at)) return row
    }
  }

  /** Adds a row for the segment's connection, with its sender as side 0. */
  add(segment: SegmentView, hash: number): number {
    const { bytes, addressLength, sourceAt, targetAt } = segment
    const row = this.free.pop() ?? this.used++
    if (row === this.capacity) this.grow()
    const at = row * WIDTH
    this.rows[at + HASH] = hash
    this.rows[at] = packed(segment.sourcePort, segment.targetPort)
    this.rows[at + LENGTH] = addressLength
    for (let i = 0; i < addressLength; i += 4) {
      this.rows[at + FIRST + (i >> 2)] = i32(bytes, sourceAt + i)
      this.rows[at + SECOND + (i >> 2)] = i32(bytes, targetAt + i)
    }
    this.insert(row)
    return row
  }

  endsOf(row: number): EndpointPair {
    return new EndpointPair(this.rows, row * WIDTH)
  }

  /** Copies the endpoints of a row, in its order of sides, and returns its hash. */
  write(row: number, into: Int32Array, at: number): number {
    for (let i = 0; i < ROW_WIDTH; i++) into[at + i] = this.rows[row * WIDTH + i] as number
    return this.hashAt(row)
  }

  /** Adds a row for endpoints that `write` wrote. */
  read(from: Int32Array, at: number, hash: number): number {
    const row = this.free.pop() ?? this.used++
    if (row === this.capacity) this.grow()
    this.rows[row * WIDTH + HASH] = hash
    for (let i = 0; i < ROW_WIDTH; i++) this.rows[row * WIDTH + i] = from[at + i] as number
    this.insert(row)
    return row
  }

  remove(row: number): void {
    const { slots, mask } = this
    let hole = this.hashAt(row) & mask
    while (slots[hole * 2] !== row + 1) hole = (hole + 1) & mask
    this.free.push(row)
    // Moves later entries of the probe sequence into the hole, so that probing never stops too early.
    for (let at = (hole + 1) & mask; slots[at * 2] !== 0; at = (at + 1) & mask) {
      const hash = slots[at * 2 + 1] as number
      if (((at - (hash & mask)) & mask) < ((at - hole) & mask)) continue
      slots[hole * 2] = slots[at * 2] as number
      slots[hole * 2 + 1] = hash
      hole = at
    }
    slots[hole * 2] = 0
  }

  private matches(segment: SegmentView, at: number): boolean {
    const { rows } = this
    const { sourcePort, targetPort, sourceAt, targetAt } = segment
    if (rows[at + LENGTH] !== segment.addressLength) return false
    if (rows[at] === packed(sourcePort, targetPort)) {
      if (this.isAddress(segment, sourceAt, at + FIRST) && this.isAddress(segment, targetAt, at + SECOND)) {
        this.side = 0
        return true
      }
    }
    if (rows[at] !== packed(targetPort, sourcePort)) return false
    if (!this.isAddress(segment, targetAt, at + FIRST) || !this.isAddress(segment, sourceAt, at + SECOND)) return false
    this.side = 1
    return true
  }

  /** Whether the endpoints are equal in either order. Sets `side` to the side that corresponds to the first of them. */
  private equals(own: number, from: Int32Array, at: number): boolean {
    const { rows } = this
    const length = from[at + LENGTH] as number
    const ports = from[at] as number
    if (rows[own + LENGTH] !== length) return false
    const same = (side: number, other: number) => {
      for (let i = 0; i < length >> 2; i++) if (rows[own + side + i] !== from[at + other + i]) return false
      return true
    }
    this.side = 0
    if (rows[own] === ports && same(FIRST, FIRST) && same(SECOND, SECOND)) return true
    this.side = 1
    return rows[own] === ((ports << 16) | (ports >>> 16)) && same(FIRST, SECOND) && same(SECOND, FIRST)
  }

  private isAddress({ bytes, addressLength }: SegmentView, from: number, at: number): boolean {
    if (this.rows[at] !== i32(bytes, from)) return false
    for (let i = 4; i < addressLength; i += 4) if (this.rows[at + (i >> 2)] !== i32(bytes, from + i)) return false
    return true
  }

  private slotBehind(row: number): number {
    let at = this.hashAt(row) & this.mask
    while (this.slots[at * 2] !== row + 1) at = (at + 1) & this.mask
    return (at + 1) & this.mask
  }

  private insert(row: number): void {
    const hash = this.hashAt(row)
    let at = hash & this.mask
    while (this.slots[at * 2] !== 0) at = (at + 1) & this.mask
    this.slots[at * 2] = row + 1
    this.slots[at * 2 + 1] = hash
  }

  /** Must only be called when every row is in use. */
  private grow(): void {
    const { rows, capacity } = this
    this.capacity = capacity * 2
    this.rows = new Int32Array(rows.length * 2)
    this.rows.set(rows)
    this.slots = new Int32Array(this.capacity * 2 * 2)
    this.mask = this.capacity * 2 - 1
    for (let row = 0; row < capacity; row++) this.insert(row)
  }

  private hashAt(row: number): number {
    return this.rows[row * WIDTH + HASH] as number
  }
}

function packed(first: number, second: number): number {
  return (first << 16) | second
}

/** The hash of the endpoints that `write` wrote. */
export function hashOfEnds(ends: Int32Array, at: number): number {
  const ports = ends[at] as number
  const [sourcePort, targetPort] = [ports >>> 16, ports & 0xffff]
  let sum = sourcePort + targetPort
  let xor = sourcePort ^ targetPort
  for (let i = 0; i < (ends[at + LENGTH] as number); i += 4) {
    const a = ends[at + FIRST + (i >> 2)] as number
    const b = ends[at + SECOND + (i >> 2)] as number
    sum = (Math.imul(sum, 0x9e3779b1) + a + b) | 0
    xor = Math.imul(xor, 0x85ebca6b) ^ a ^ b
  }
  return finished(sum, xor)
}

/** A hash of both endpoints that is the same for both directions: sums and exclusive ors, mixed. */
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
  return finished(sum, xor)
}

function finished(sum: number, xor: number): number {
  const hash = Math.imul(sum ^ (sum >>> 15), 0x85ebca6b) ^ Math.imul(xor ^ (xor >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
