// The units of an ordinary group that have no reply yet, in their order: numbers, nothing else.

const UNITS = 8

// A unit: verb | end | acknowledged at its first octet | time of its last octet
const WIDTH = 4
const END = 1
const SEEN_AT_START = 2
const TIME = 3

export class CommandQueue {
  private units = new Float64Array(UNITS * WIDTH)
  private from = 0
  private to = 0

  get length(): number {
    return (this.to - this.from) / WIDTH
  }

  clear(): void {
    this.from = 0
    this.to = 0
  }

  push(verb: number, end: number, seenAtStart: number, timeNs: number): void {
    if (this.from === this.to) this.clear()
    if (this.to === this.units.length) this.grow()
    const { units, to } = this
    units[to] = verb
    units[to + END] = end
    units[to + SEEN_AT_START] = seenAtStart
    units[to + TIME] = timeNs
    this.to = to + WIDTH
  }

  /** The first is answered. */
  shift(): void {
    this.from += WIDTH
  }

  // Of the first:
  get verb(): number {
    return this.units[this.from] as number
  }
  get end(): number {
    return this.units[this.from + END] as number
  }
  get seenAtStart(): number {
    return this.units[this.from + SEEN_AT_START] as number
  }
  get timeNs(): number {
    return this.units[this.from + TIME] as number
  }

  private grow(): void {
    const larger = new Float64Array(this.units.length * 2)
    larger.set(this.units)
    this.units = larger
  }
}
