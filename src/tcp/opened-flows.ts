// Lists of endpoint pairs with a few numbers each, as typed arrays that can be passed between threads: connections that
// opened, and connections that are over.
import type { SegmentView } from '../decode/segment.ts'
import { type ConnectionTable, hashOfEnds, ROW_WIDTH } from './flow-table.ts'

/** First sequence number 1 | time 1 | frame 1. */
export const OPENING_WIDTH = 3
/** Endpoints and their hash. */
export const ENDS_WIDTH = ROW_WIDTH + 1
const FEW = 256

export interface EndPoints {
  count: number
  ends: Int32Array
  numbers: Float64Array
}

/** Records how the connections of a slice opened. */
export class OpenedFlows {
  private readonly rows = noEndPoints(OPENING_WIDTH)
  /** The connection number of each entry. */
  private readonly of: number[] = []

  add(table: ConnectionTable, row: number, number: number, { seq, packet }: SegmentView): void {
    const at = append(this.rows, OPENING_WIDTH, table, row)
    this.of.push(number)
    this.rows.numbers[at] = seq
    this.rows.numbers[at + 1] = packet.timeNs
    this.rows.numbers[at + 2] = packet.frame
  }

  /** The same for end points that stand in an array. The number of the connection is that of its first packet. */
  addEnds(ends: Int32Array, from: number, frame: number, seq: number, timeNs: number): void {
    const at = appendEnds(this.rows, OPENING_WIDTH, ends, from)
    this.of.push(frame)
    this.rows.numbers[at] = seq
    this.rows.numbers[at + 1] = timeNs
    this.rows.numbers[at + 2] = frame
  }

  /** The entries of connections that are over: those that are not are in `open`. */
  closed(open: ReadonlySet<number>): EndPoints {
    const { rows, of } = this
    const kept = noEndPoints(OPENING_WIDTH)
    for (let i = 0; i < rows.count; i++) {
      if (open.has(of[i] as number)) continue
      reserve(kept, OPENING_WIDTH)
      copy(rows.ends, i, kept.ends, kept.count, ENDS_WIDTH)
      copy(rows.numbers, i, kept.numbers, kept.count, OPENING_WIDTH)
      kept.count++
    }
    return kept
  }
}

export function noEndPoints(width: number): EndPoints {
  return { count: 0, ends: new Int32Array(FEW * ENDS_WIDTH), numbers: new Float64Array(FEW * width) }
}

/** Appends the endpoints of a row. Returns the index for its numbers. */
export function append(rows: EndPoints, width: number, table: ConnectionTable, row: number): number {
  reserve(rows, width)
  const at = rows.count * ENDS_WIDTH
  rows.ends[at + ROW_WIDTH] = table.write(row, rows.ends, at)
  return rows.count++ * width
}

/** The same for end points that stand in an array. */
export function appendEnds(rows: EndPoints, width: number, ends: Int32Array, from: number): number {
  reserve(rows, width)
  const at = rows.count * ENDS_WIDTH
  for (let i = 0; i < ROW_WIDTH; i++) rows.ends[at + i] = ends[from + i] as number
  rows.ends[at + ROW_WIDTH] = hashOfEnds(ends, from)
  return rows.count++ * width
}

function reserve(rows: EndPoints, width: number): void {
  if ((rows.count + 1) * width <= rows.numbers.length) return
  const ends = new Int32Array(rows.ends.length * 2)
  const numbers = new Float64Array(rows.numbers.length * 2)
  ends.set(rows.ends)
  numbers.set(rows.numbers)
  rows.ends = ends
  rows.numbers = numbers
}

/** A loop, because creating a view for so few numbers would cost more. */
function copy<T extends Int32Array | Float64Array>(from: T, i: number, to: T, j: number, width: number): void {
  for (let n = 0; n < width; n++) to[j * width + n] = from[i * width + n] as number
}
