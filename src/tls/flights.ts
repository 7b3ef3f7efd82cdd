// Records that nobody can read -> what may still be said of them: how many, how large, when, and by whom.
import { TLS_FLIGHTS_MAX } from '../limits.ts'
import type { ChunkView, Side } from '../stream/chunk.ts'

/** Records of one side between two of the other. */
export interface Flight {
  readonly side: Side
  readonly records: number
  /** Octets on the wire, headers included. */
  readonly bytes: number
  readonly firstFrame: number
  readonly lastFrame: number
  /** When its last record was complete, in nanoseconds since the first packet. */
  readonly timeNs: number
}

type Growing = { -readonly [K in keyof Flight]: Flight[K] }

export class Flights {
  readonly list: Growing[] = []
  /** Flights for which there was no room. */
  more = 0
  private last: Growing | null = null

  add(side: Side, bytes: number, { frame, timeNs }: ChunkView): void {
    const { last } = this
    if (last?.side === side) {
      last.records++
      last.bytes += bytes
      last.lastFrame = frame
      last.timeNs = timeNs
      return
    }
    this.last = { side, records: 1, bytes, firstFrame: frame, lastFrame: frame, timeNs }
    if (this.list.length < TLS_FLIGHTS_MAX) this.list.push(this.last)
    else this.more++
  }
}
