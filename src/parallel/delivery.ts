// What a thread or machine is asked for, and the session reports that it passes on: those that are wanted in full. Of
// all other sessions only the sums are.
import type { OrdinarySum } from '../fast-path/ordinary-sums.ts'
import type { AnalyzeOptions } from '../pipeline.ts'
import { SessionFilter } from '../rules/retention.ts'
import type { OrdinaryCounts } from '../rules/rule-runner.ts'
import type { SessionReport } from '../rules/session-report.ts'
import { SummaryBuilder } from '../rules/summary-builder.ts'

/** The options that are sent to a thread once. */
export interface Task
  extends Pick<AnalyzeOptions, 'select' | 'keepSessions' | 'profile' | 'verifyChecksums' | 'shapes' | 'proofs'> {
  /** All session reports are wanted, not only those that are kept. */
  readonly tellsAll: boolean
  /** The sums are wanted at every step, and not only at the end. */
  readonly tellsSums?: boolean
}

export class Delivery implements OrdinaryCounts {
  /** The sessions that are only counted. */
  readonly summaryBuilder = new SummaryBuilder(false)
  private reports: SessionReport[] = []
  private readonly filter: SessionFilter
  private readonly tellsAll: boolean

  constructor({ keepSessions = 'all', tellsAll }: Task) {
    this.filter = new SessionFilter(keepSessions)
    this.tellsAll = tellsAll
  }

  get isEnough(): boolean {
    return !this.tellsAll && this.filter.isEnough
  }

  addOrdinary(sums: readonly OrdinarySum[]): void {
    this.summaryBuilder.addOrdinary(sums)
  }

  /** What is kept of all sessions is kept of a part of them, too. */
  take(report: SessionReport): void {
    if (this.filter.sift(report) !== null || this.tellsAll) this.reports.push(report)
    else this.summaryBuilder.add(report)
  }

  /** The wanted reports since the last call, in the order of closing. */
  taken(): readonly SessionReport[] {
    const { reports } = this
    this.reports = []
    return reports
  }
}
