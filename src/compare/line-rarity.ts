// The lines of all sessions of both sides -> how many sessions have each, and which share the rare ones.
import { COMPARED_SESSIONS_MAX } from '../limits.ts'
import { isReceipt, type SessionTable } from './session-table.ts'

/** A line that more sessions of a side share identifies nothing, and its pairs would cost the square of their number. */
const COMMON = 64

/** How many sessions have each line, and which share the rare ones. */
export class Rarity {
  private readonly before: SessionTable
  private readonly behind: SessionTable
  private readonly here: LineTable
  private readonly there: LineTable

  constructor(before: SessionTable, behind: SessionTable) {
    this.before = before
    this.behind = behind
    this.here = new LineTable(before)
    this.there = new LineTable(behind)
  }

  /** From 0 to 1: the share of the shorter session's lines that the other has, too; rare lines weigh more. */
  likeness(a: number, b: number): number {
    const [one, other] = [this.before.lines(a), this.behind.lines(b)]
    const weight = (line: number) => 1 / Math.max(1, this.here.count(line), this.there.count(line))
    const sum = (lines: Int32Array) => lines.reduce((total, line) => total + weight(line), 0)
    const both = one.filter((line) => has(other, line))
    return sum(both) / Math.max(Number.MIN_VALUE, Math.min(sum(one), sum(other)))
  }

  /**
   * Whether both have a message that no other session before the box has. Behind the box more sessions may have it, if its
   * identifier and its date agree; many messages share a date.
   */
  shareMessage(a: number, b: number): boolean {
    const other = this.behind.messages(b)
    const own = this.before
      .messages(a)
      .filter((line) => !isReceipt(line) && has(other, line) && this.here.count(line) === 1)
    return own.length > 1 || own.some((line) => this.there.count(line) === 1)
  }

  /** Both have messages, all of them are known, and none is in both. */
  areStrangers(a: number, b: number): boolean {
    if (!this.before.hasHeaders(a) || !this.behind.hasHeaders(b)) return false
    const other = this.behind.messages(b)
    return !this.before.messages(a).some((line) => has(other, line))
  }

  /** Pairs that share a line or a message that no other session of either side has, or a message as above. */
  *unique(): Iterable<readonly [number, number]> {
    for (const [here, there] of this.common()) {
      const [a] = here
      if (here.length !== 1 || a === undefined) continue
      for (const b of there) if (there.length === 1 || this.shareMessage(a, b)) yield [a, b]
    }
  }

  /** Pairs that share a line or a message that few sessions have. */
  *sharing(): Iterable<readonly [number, number]> {
    for (const [here, there] of this.common()) for (const a of here) for (const b of there) yield [a, b]
  }

  private *common(): Iterable<readonly [number[], number[]]> {
    for (const [line, here] of this.here.rare()) {
      const there = this.there.sessionsWith(line)
      if (there.length > 0 && there.length <= COMMON) yield [here, there]
    }
  }
}

/** All lines and messages of a side, sorted, each with its session. */
class LineTable {
  private readonly lines: Int32Array
  private readonly sessions: Uint32Array

  constructor(all: SessionTable) {
    // Sorting numbers of 53 bits: the line above, the session below.
    const both = new Float64Array(all.lineCount)
    let at = 0
    for (let i = 0; i < all.size; i++) {
      for (const line of all.lines(i)) both[at++] = line * COMPARED_SESSIONS_MAX + i
      for (const message of all.messages(i)) both[at++] = message * COMPARED_SESSIONS_MAX + i
    }
    both.sort()
    this.lines = Int32Array.from(both, (each) => Math.floor(each / COMPARED_SESSIONS_MAX))
    this.sessions = Uint32Array.from(both, (each, i) => each - (this.lines[i] as number) * COMPARED_SESSIONS_MAX)
  }

  count(line: number): number {
    const from = this.firstOf(line)
    let to = from
    while (this.lines[to] === line) to++
    return to - from
  }

  sessionsWith(line: number): number[] {
    const from = this.firstOf(line)
    let to = from
    while (this.lines[to] === line && to - from <= COMMON) to++
    return [...this.sessions.subarray(from, to)]
  }

  /** Lines that at most `COMMON` sessions have, with these sessions. */
  *rare(): Iterable<readonly [number, number[]]> {
    for (let from = 0; from < this.lines.length; ) {
      let to = from
      while (this.lines[to] === this.lines[from] && to < this.lines.length) to++
      if (to - from <= COMMON) yield [this.lines[from] as number, [...this.sessions.subarray(from, to)]]
      from = to
    }
  }

  private firstOf(line: number): number {
    let [low, high] = [0, this.lines.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.lines[middle] as number) < line) low = middle + 1
      else high = middle
    }
    return low
  }
}

function has(sorted: Int32Array, value: number): boolean {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] as number) < value) low = middle + 1
    else high = middle
  }
  return sorted[low] === value
}
