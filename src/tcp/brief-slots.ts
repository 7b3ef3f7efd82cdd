// Where brief connections are kept: a slot for each, numbers side by side, so that a segment touches as little memory
// as can be. Slots stand in the order of opening, and are found by the row of the connection table.
//
//   slot   row | number | tap | segments | phase | octets | older | newer | first frame 2 | of each side: first sequence
//          number, octets, of them acknowledged | closing frame 2 | its time 2 | of each side: where it arrives

/** 32-bit numbers of a slot; those of 64 bits take two places, and are indexed by pairs. */
export const WIDTH = 22
export const ROW = 0
export const NUMBER = 1
export const TAP = 2
export const COUNT = 3
export const PHASE = 4
export const OCTETS = 5
const OLDER = 6
const NEWER = 7
export const SIDES = 10
export const SIDE_WIDTH = 3
export const NEXT = 1
export const ACKED = 2
export const ARRIVALS = 20

const PAIRS = WIDTH / 2
export const FIRST_FRAME = 4
export const CLOSED_FRAME = 8
export const CLOSED_NS = 9

export const FEW_BRIEFS = 64
const FEW_ROWS = 1 << 11

export class BriefSlots {
  numbers = new Int32Array(FEW_BRIEFS * WIDTH)
  /** The same memory, as numbers of 64 bits. */
  private pairs = new Float64Array(this.numbers.buffer)
  size = 0
  capacity = FEW_BRIEFS
  /** By row: its slot plus one, 0 where there is none. */
  private slots = new Int32Array(FEW_ROWS)
  private readonly free: number[] = []
  private used = 0
  /** The first in the order of opening; -1 when there is none. */
  first = -1
  private last = -1

  /** The slot of a row; -1 when there is none. */
  at(row: number): number {
    return row < this.slots.length ? (this.slots[row] as number) - 1 : -1
  }

  /** The next in the order of opening; -1 behind the last. */
  after(slot: number): number {
    return this.number(slot, NEWER)
  }

  number(slot: number, field: number): number {
    return this.numbers[slot * WIDTH + field] as number
  }

  pair(slot: number, field: number): number {
    return this.pairs[slot * PAIRS + field] as number
  }

  setPair(slot: number, field: number, value: number): void {
    this.pairs[slot * PAIRS + field] = value
  }

  /** A slot for a row, behind all others; its other numbers are left over from its previous use. */
  add(row: number): number {
    const slot = this.free.pop() ?? this.used++
    if (slot === this.capacity) this.grow()
    while (row >= this.slots.length) this.growRows()
    this.slots[row] = slot + 1
    const { numbers, last } = this
    numbers[slot * WIDTH + ROW] = row
    numbers[slot * WIDTH + OLDER] = last
    numbers[slot * WIDTH + NEWER] = -1
    if (last < 0) this.first = slot
    else numbers[last * WIDTH + NEWER] = slot
    this.last = slot
    this.size++
    return slot
  }

  /** Its numbers stay until another is added. */
  remove(slot: number): void {
    const { numbers } = this
    const older = this.number(slot, OLDER)
    const newer = this.number(slot, NEWER)
    if (older < 0) this.first = newer
    else numbers[older * WIDTH + NEWER] = newer
    if (newer < 0) this.last = older
    else numbers[newer * WIDTH + OLDER] = older
    this.slots[this.number(slot, ROW)] = 0
    this.free.push(slot)
    this.size--
  }

  private grow(): void {
    this.capacity *= 2
    const numbers = new Int32Array(this.capacity * WIDTH)
    numbers.set(this.numbers)
    this.numbers = numbers
    this.pairs = new Float64Array(numbers.buffer)
  }

  private growRows(): void {
    const { slots } = this
    this.slots = new Int32Array(slots.length * 2)
    this.slots.set(slots)
  }
}
