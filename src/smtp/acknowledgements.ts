// The server's ACK numbers -> the frame in which each unit was first acknowledged as a whole.
import type { ChunkView } from '../stream/chunk.ts'
import type { Unit } from './unit.ts'

export class Acknowledgements {
  private waiting: Unit[] = []
  private from = 0

  expect(unit: Unit): void {
    this.waiting.push(unit)
  }

  /** A segment of the server. */
  seen(chunk: ChunkView): void {
    for (; this.from < this.waiting.length; this.from++) {
      const unit = this.waiting[this.from] as Unit
      if (!unit.complete || unit.end > chunk.peerAcked) break
      unit.acked = { frame: chunk.frame, timeNs: chunk.timeNs }
    }
    if (this.from < this.waiting.length || this.from === 0) return
    this.waiting = []
    this.from = 0
  }
}
