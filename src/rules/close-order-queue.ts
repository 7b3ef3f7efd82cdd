// Reports of sessions as they are judged -> the same, in the order of the packets that closed them. A connection that was
// reset is judged a little later than it closed, since stragglers may come; others that closed after it must wait.
import type { SessionReport } from './session-report.ts'

/** Reports that may wait before it is worth looking which of them can go: each keeps its session. */
const FEW = 64

export class CloseOrderQueue {
  private waiting: SessionReport[] = []
  private enough = FEW
  private readonly hand: (report: SessionReport) => void

  constructor(hand: (report: SessionReport) => void) {
    this.hand = hand
  }

  add(report: SessionReport): void {
    this.waiting.push(report)
  }

  /** Whether so many wait that `settle` should be called. */
  get isFull(): boolean {
    return this.waiting.length >= this.enough
  }

  /** Hands on what closed before `frame`: no session that closed earlier is still to come. */
  settle(frame: number): void {
    const ready = this.waiting.filter((report) => closingOf(report) < frame)
    this.waiting = this.waiting.filter((report) => closingOf(report) >= frame)
    // What must wait on is not looked through again for every report that joins it.
    this.enough = Math.max(FEW, this.waiting.length * 2)
    this.handAll(ready)
  }

  /** Nothing more will come. Connections that never closed are last, in the order of opening. */
  finish(): void {
    this.handAll(this.waiting)
    this.waiting = []
  }

  private handAll(reports: SessionReport[]): void {
    for (const report of reports.sort(byClosing)) this.hand(report)
  }
}

function closingOf({ closedFrame }: SessionReport): number {
  return closedFrame ?? Number.POSITIVE_INFINITY
}

function byClosing(a: SessionReport, b: SessionReport): number {
  const [first, second] = [closingOf(a), closingOf(b)]
  return first < second ? -1 : first > second ? 1 : a.firstFrame - b.firstFrame
}
