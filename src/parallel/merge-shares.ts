// The steps of several readings of the same captures -> session reports, in the order of closing. A step is taken when
// every reading has come as far; before it is, all bounds that count connections of all shares together are looked at.
import type { ResultCollector } from '../analyze.ts'
import { KEPT_BYTES_MAX, OPEN_SESSIONS_MAX, SILENT_CONNECTIONS_MAX } from '../limits.ts'
import { CloseOrderQueue } from '../rules/close-order-queue.ts'
import type { ShareEnd, ShareStep } from './read-share.ts'

/**
 * Connections that have closed wait for those that closed before them, of whatever share. So the shares together may
 * keep less at once than one reading does, though hardly half of it.
 */
const KEPT_TOGETHER_MAX = KEPT_BYTES_MAX / 2

/** The steps of one reading. */
class Steps {
  readonly waiting: ShareStep[] = []
  latest: ShareStep | null = null
  count = 0
  /** All of its sessions that were closed by a packet before this one have been taken. */
  settledFrame = 0
}

/** What has been passed on. */
export interface Passed {
  readonly sessions: number
  readonly defects: number
}

export class ShareMerge {
  private readonly shares: readonly Steps[]
  private readonly verdicts: ResultCollector
  private readonly onInternalError: (error: unknown, frame: number) => void
  private readonly closeOrder: CloseOrderQueue
  private fails = false
  private thrown: { readonly error: unknown } | null = null
  private wake: (() => void) | null = null
  private sessions = 0
  private defects = 0

  constructor(count: number, verdicts: ResultCollector, onInternalError: (error: unknown, frame: number) => void) {
    this.shares = Array.from({ length: count }, () => new Steps())
    this.verdicts = verdicts
    this.onInternalError = onInternalError
    this.closeOrder = new CloseOrderQueue((report) => {
      this.sessions++
      verdicts.add(report)
    })
  }

  /** The next step of a reading. */
  take(share: number, step: ShareStep): void {
    const steps = this.shares[share] as Steps
    steps.waiting.push(step)
    steps.latest = step
    steps.count++
    try {
      if (!this.fails) this.advance()
    } catch (error) {
      this.break(error)
    }
    this.wake?.()
  }

  /** The caller has thrown an error. */
  break(error: unknown): void {
    this.thrown ??= { error }
    this.fail()
  }

  /** A reading goes on no longer. */
  fail(): void {
    this.fails = true
    this.wake?.()
  }

  /** Whether it takes one reading of everything to know the result. Throws what the caller has thrown. */
  get hasFailed(): boolean {
    if (this.thrown !== null) throw this.thrown.error
    return this.fails
  }

  get passed(): Passed {
    return { sessions: this.sessions, defects: this.defects }
  }

  /** The sessions that were only counted so far. */
  get counted(): { readonly sessions: number; readonly errors: number } {
    return { sessions: this.sum('sessions'), errors: this.sum('errors') }
  }

  /** Waits until each reading has ended or told so many steps, or one has failed. */
  async reaches(steps: number): Promise<void> {
    while (!this.fails && !this.shares.every(({ count, latest }) => count >= steps || latest?.end)) {
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
      this.wake = null
    }
  }

  /** All readings have ended: delivers what is left. False: they did not read the same. */
  finish(): boolean {
    const { shares, verdicts } = this
    const ends = shares.flatMap(({ latest, waiting }) => (waiting.length === 0 ? (latest?.end ?? []) : []))
    if (this.hasFailed || ends.length < shares.length) return false
    for (const { sums } of ends) verdicts.summaryBuilder.merge(sums)
    this.closeOrder.finish()
    return !verdicts.summaryBuilder.isCrowded
  }

  /** What the readings other than the first have counted. */
  get ofOthers(): readonly ShareEnd[] {
    return this.shares.slice(1).flatMap(({ latest }) => latest?.end ?? [])
  }

  private advance(): void {
    const { shares } = this
    const reached = shares.reduce(
      (least, { latest }) => Math.min(least, latest?.packets ?? 0),
      Number.POSITIVE_INFINITY,
    )
    const isDue = ({ waiting: [first] }: Steps) => first !== undefined && first.packets <= reached
    if (!shares.some(isDue)) return
    if (!this.stands()) {
      this.fail()
      return
    }
    for (const steps of shares) while (isDue(steps)) this.pass(steps, steps.waiting.shift() as ShareStep)
    this.closeOrder.settle(
      shares.reduce((least, steps) => Math.min(least, steps.settledFrame), Number.POSITIVE_INFINITY),
    )
  }

  private pass(steps: Steps, { reports, defects, settledFrame }: ShareStep): void {
    for (const report of reports) this.closeOrder.add(report)
    steps.settledFrame = settledFrame
    this.defects += defects.length
    for (const [error, frame] of defects) this.onInternalError(error, frame)
  }

  /** Whether one reading would tell the same so far. */
  private stands(): boolean {
    return (
      this.shares.every(({ latest }) => latest?.stands !== false) &&
      this.sum('silentPeak') <= SILENT_CONNECTIONS_MAX &&
      this.sum('sessionPeak') <= OPEN_SESSIONS_MAX &&
      this.sum('keptPeak') <= KEPT_TOGETHER_MAX
    )
  }

  private sum(of: 'sessions' | 'errors' | 'silentPeak' | 'sessionPeak' | 'keptPeak'): number {
    return this.shares.reduce((sum, { latest }) => sum + (latest?.[of] ?? 0), 0)
  }
}
