// Puts session reports into the order of the packets that closed their sessions. A connection that was reset is judged
// some time after it closed, since late segments may follow; sessions that closed after it must wait for it.
import type { SessionReport } from './session-report.ts'

/** Reports that are queued before `settle` is worth its cost. Each keeps its session in memory. */
const FEW = 64

export class CloseOrderQueue {
  private waiting: SessionReport[] = []
  private threshold = FEW
  private readonly emit: (report: SessionReport) => void

  constructor(emit: (report: SessionReport) => void) {
    this.emit = emit
  }

  add(report: SessionReport): void {
    this.waiting.push(report)
  }

  /** Whether enough reports wait that `settle` should be called. */
  get isFull(): boolean {
    return this.waiting.length >= this.threshold
  }

  /**
   * Passes on the reports of sessions that closed before `frame`. The caller guarantees that no earlier close is still
   * to come.
   */
  settle(frame: number): void {
    const ready = this.waiting.filter((report) => closingOf(report) < frame)
    this.waiting = this.waiting.filter((report) => closingOf(report) >= frame)
    // Doubling the threshold keeps the cost linear: reports that must stay are not scanned again for each new one.
    this.threshold = Math.max(FEW, this.waiting.length * 2)
    this.emitAll(ready)
  }

  /** Passes on everything at the end of input. Sessions that never closed come last, in order of their first packet. */
  finish(): void {
    this.emitAll(this.waiting)
    this.waiting = []
  }

  private emitAll(reports: SessionReport[]): void {
    for (const report of reports.sort(byClosing)) this.emit(report)
  }
}

function closingOf({ closedFrame }: SessionReport): number {
  return closedFrame ?? Number.POSITIVE_INFINITY
}

function byClosing(a: SessionReport, b: SessionReport): number {
  const [first, second] = [closingOf(a), closingOf(b)]
  return first < second ? -1 : first > second ? 1 : a.firstFrame - b.firstFrame
}
