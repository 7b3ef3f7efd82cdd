// What slices learnt of the captures -> the records of the captures, in the order of reading. A capture that was read in
// pieces is one again; what could not be read of it is a problem of it.
import { type Sighting, together } from '../capture/oddities.ts'
import type { CaptureFacts } from '../capture/reader.ts'
import { CLOCK_BACK_NS } from '../limits.ts'
import type { CaptureProblem } from '../problems.ts'
import type { CaptureRecord } from '../rules/analysis.ts'
import { captureRecord } from '../rules/captures.ts'
import type { PartFacts } from './mapped.ts'
import type { Order } from './order.ts'
import type { Plan } from './plan.ts'
import type { SlicePart } from './windows.ts'

interface Read {
  facts: CaptureFacts | null
  error: CaptureProblem | null
  sha256: string | null
  readonly failures: CaptureProblem[]
}

export class CaptureBook {
  private readonly order: Order
  private readonly plan: Plan
  private readonly read: readonly Read[]

  constructor(order: Order, plan: Plan) {
    this.order = order
    this.plan = plan
    this.read = order.captures.map(() => ({ facts: null, error: null, sha256: null, failures: [] }))
    for (const [capture, reason] of plan.failed) this.fail({ capture, range: null, share: null, first: null }, reason)
  }

  /** Takes what was learnt of the next part. */
  add({ capture, range, share }: SlicePart, { facts, error, sha256 }: PartFacts): void {
    // Whoever reads its last packets has passed over all others.
    if (share !== null && share.take !== null) return
    const read = this.read[capture] as Read
    read.facts = read.facts === null || facts === null ? facts : continued(read.facts, facts, range?.from ?? 0)
    read.error = error
    read.sha256 = sha256
  }

  /** The part could not be read, or not to its end. */
  fail({ capture, range }: SlicePart, reason: string): void {
    const path = this.order.captures[capture]?.name ?? ''
    const fileOffset = range?.from ?? 0
    const accordingTo = range === null ? reason : `${reason} (the slice up to byte ${range.to})`
    const problem = { code: 'unreadable', path, fileOffset, needed: null, available: null, accordingTo } as const
    this.read[capture]?.failures.push(problem)
  }

  records(): readonly CaptureRecord[] {
    return this.plan.order.map((capture) => {
      const { facts, error, sha256, failures } = this.read[capture] as Read
      const path = this.order.captures[capture]?.name ?? ''
      const record = captureRecord({ path, reader: facts, error: error && { problem: error }, sha256 })
      const [first] = failures
      if (first === undefined) return record
      return { ...record, complete: false, error: first, problems: [...failures, ...record.problems] }
    })
  }
}

/** A capture as far as it was read, and the piece that follows, which starts at a file offset. */
function continued(facts: CaptureFacts, piece: CaptureFacts, from: number): CaptureFacts {
  const seam: Sighting[] = []
  if (facts.lastNs !== null && piece.firstNs !== null && piece.firstNs < facts.lastNs - CLOCK_BACK_NS) {
    seam.push({ code: 'clock-back', fileOffset: from, needed: null, available: null, count: 1 })
  }
  return {
    ...facts,
    bytes: piece.bytes,
    packets: facts.packets + piece.packets,
    damages: [...facts.damages, ...piece.damages],
    odd: together(together(facts.odd, seam), piece.odd),
    lastNs: piece.lastNs ?? facts.lastNs,
  }
}
