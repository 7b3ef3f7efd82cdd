// The result of reading a slice of the captures on its own, which is needed to combine the slices. Connections that
// open and end within a slice are judged there. The packets of all others are read again together with those of the
// other slices.

import type { PacketView } from '../capture/packet.ts'
import { CLOSED_FLOW_WIDTH } from './closed-flows.ts'
import { ROW_WIDTH } from './flow-table.ts'
import type { FlowTracker } from './flow-tracker.ts'
import { givesWay } from './match-segment.ts'
import { append, ENDS_WIDTH, type EndPoints, noEndPoints, OPENING_WIDTH, type OpenedFlows } from './opened-flows.ts'

/** Receives what is needed to combine the slice with others. */
export interface SliceSetting {
  /** How its connections open. */
  readonly openedFlows: OpenedFlows
  /**
   * Receives packets of connections that may be open at its end, or a fragment, with what `Pipeline.take` returns. A
   * packet may come late, and twice. It is valid during the call.
   */
  keep(packet: PacketView, connection: number): void
}

export interface SliceState {
  /** Connections that are over and had the slice's first packet between their endpoints. */
  readonly openedFlows: EndPoints
  /** Connections that may still receive late segments. */
  readonly closedFlows: EndPoints
}

/** The numbers of the connections that are not over or did not begin in the slice. */
export function unfinished(streams: FlowTracker): ReadonlySet<number> {
  return new Set(streams.open())
}

/** The state at the end of the slice. */
export function toSliceState(
  { table, closedFlows, ordinary }: FlowTracker,
  openedFlows: OpenedFlows,
  open: ReadonlySet<number>,
): SliceState {
  const rows = noEndPoints(CLOSED_FLOW_WIDTH)
  for (const row of closedFlows.rows()) {
    const at = append(rows, CLOSED_FLOW_WIDTH, table, row)
    closedFlows.write(row, rows.numbers, at)
  }
  ordinary?.addTo(rows)
  return { openedFlows: openedFlows.closed(open), closedFlows: rows }
}

/**
 * Whether all connections that a slice opened and judged would also have been opened given the connections known
 * before. A known connection that one of them replaces is ended, as its packets would have done.
 */
export function admits(streams: FlowTracker, { count, ends, numbers }: EndPoints): boolean {
  for (let i = 0; i < count; i++) {
    const at = i * OPENING_WIDTH
    const seq = numbers[at] as number
    const timeNs = numbers[at + 1] as number
    const frame = numbers[at + 2] as number
    if (!admitsOne(streams, ends, i * ENDS_WIDTH, seq, timeNs, frame)) return false
  }
  return true
}

function admitsOne(
  streams: FlowTracker,
  ends: Int32Array,
  at: number,
  seq: number,
  timeNs: number,
  frame: number,
): boolean {
  const { table, closedFlows } = streams
  const row = table.locate(ends, at, ends[at + ROW_WIDTH] as number)
  if (row < 0) return true
  const { side } = table
  const known = streams.connections[row]
  if (known !== undefined && table.isShared(row)) return false
  if (known !== undefined && !streams.processor.isOver(known, timeNs, frame)) {
    const half = known.halves[side]
    // Beside an open connection it would be a twin, and its segments could belong to either.
    if (!givesWay(known, timeNs) || !half.known || half.positionOf(seq) === -1) return false
    streams.processor.supersede(known, { frame, timeNs })
  } else if (!streams.isForgotten(row, timeNs, frame) && !closedFlows.opensAnew(row, seq, side)) return false
  closedFlows.remove(row)
  table.remove(row)
  return true
}

/** Remembers the connections that ended in a slice. */
export function adopt({ table, closedFlows }: FlowTracker, { count, ends, numbers }: EndPoints): void {
  for (let i = 0; i < count; i++) {
    const at = i * ENDS_WIDTH
    closedFlows.read(table.read(ends, at, ends[at + ROW_WIDTH] as number), numbers, i * CLOSED_FLOW_WIDTH)
  }
}
