// The sessions of a side -> which of them are open at a moment.
import type { SessionTable } from './session-table.ts'

/** So many of those that began last are looked at. */
const OPEN_AT_ONCE = 256

export class OpenAt {
  private readonly sessions: SessionTable
  private readonly order: Uint32Array
  private readonly starts: Float64Array

  constructor(sessions: SessionTable) {
    this.sessions = sessions
    const start = (i: number) => sessions.startMs(i)
    this.order = Uint32Array.from({ length: sessions.size }, (_, i) => i).sort((a, b) => start(a) - start(b) || a - b)
    this.starts = Float64Array.from(this.order, start)
  }

  at(ms: number, toleranceMs: number): number[] {
    const found: number[] = []
    let [low, high] = [0, this.starts.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.starts[middle] as number) <= ms + toleranceMs) low = middle + 1
      else high = middle
    }
    for (let i = low - 1; i >= 0 && low - i <= OPEN_AT_ONCE; i--) {
      const session = this.order[i] as number
      if (this.sessions.endMs(session) + toleranceMs >= ms) found.push(session)
    }
    return found
  }
}
