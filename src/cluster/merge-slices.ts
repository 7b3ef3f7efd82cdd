// Merges the slices of a run into the result of the run, and the facts about captures read in ranges into capture
// records. Batches are read from storage one by one: memory does not grow with the run.
import { ResultCollector } from '../analyze.ts'
import type { FrameRun } from '../capture/frame-map.ts'
import type { CaptureFacts } from '../capture/reader.ts'
import { type Sighting, together } from '../capture/warnings.ts'
import { CaptureError, type CaptureProblem } from '../errors.ts'
import { CLOCK_BACK_NS, FRAME_RUNS_MAX } from '../limits.ts'
import { Pipeline } from '../pipeline.ts'
import type { CaptureRecord } from '../rules/analysis.ts'
import { captureRecord } from '../rules/capture-record.ts'
import { SessionFilter } from '../rules/retention.ts'
import type { SessionReport } from '../rules/session-report.ts'
import { Keyring } from '../tls/keyring.ts'
import type { AllowedRoots } from './allowed-roots.ts'
import { placedOf, sliceName } from './analyze-slice.ts'
import { BatchMerge } from './merge-batches.ts'
import type { RunFiles } from './run-files.ts'
import { type RunRequest, taskOf } from './run-request.ts'
import { type Result, type Tell, writeResult } from './run-result.ts'
import { SecondReading } from './second-reading.ts'
import { type PartFacts, readSlice, type StoredBatch } from './slice-format.ts'
import type { Plan, Slice, SlicePart } from './slice-plan.ts'

interface Read {
  facts: CaptureFacts | null
  error: CaptureProblem | null
  sha256: string | null
  readonly failures: CaptureProblem[]
}

class CaptureRecords {
  private readonly order: RunRequest
  private readonly plan: Plan
  private readonly read: readonly Read[]

  constructor(order: RunRequest, plan: Plan) {
    this.order = order
    this.plan = plan
    this.read = order.captures.map(() => ({ facts: null, error: null, sha256: null, failures: [] }))
    for (const [capture, reason] of plan.failed) this.fail({ capture, range: null, share: null, first: null }, reason)
  }

  /** Adds the facts of the next part. */
  add({ capture, range, share }: SlicePart, { facts, error, sha256 }: PartFacts): void {
    // The reader of the last time window has also passed all earlier packets: only its facts count.
    if (share !== null && share.take !== null) return
    const read = this.read[capture] as Read
    read.facts = read.facts === null || facts === null ? facts : continued(read.facts, facts, range?.from ?? 0)
    read.error = error
    read.sha256 = sha256
  }

  /** The part could not be read completely. */
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

/** Joins the facts of a capture and of its next piece, which starts at a file offset. */
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

interface MergeOptions {
  readonly folder: RunFiles
  readonly order: RunRequest
  readonly plan: Plan
  /** Slices that could not be read, with the reasons. */
  readonly failed: ReadonlyMap<number, string>
  readonly roots: AllowedRoots
  /** Called after each slice. An exception that it throws ends the merge. */
  readonly onSlice: (joined: number) => Promise<void>
}

export async function mergeRun(joining: MergeOptions): Promise<void> {
  const { folder, order } = joining
  await writeResult(folder, (tell) => new Reading(joining, tell).result(order.version))
}

class Reading {
  private readonly joining: MergeOptions
  private readonly verdicts: ResultCollector
  private readonly pipeline: Pipeline
  private readonly keyring = new Keyring()
  private readonly join: BatchMerge
  private readonly book: CaptureRecords
  private readonly frames: SetFrames
  private readonly defects: [string, number][] = []
  private isKeyed = false

  constructor(joining: MergeOptions, tell: Tell) {
    const { order, plan } = joining
    const filter = new SessionFilter(order.keeps)
    const onSession = (report: SessionReport) => (filter.sift(report) === null ? undefined : tell(report))
    const onInternalError = (error: unknown, frame: number) => void this.defects.push([String(error), frame])
    const options = { ...taskOf(order), keepSessions: 'none', onInternalError } as const
    this.joining = joining
    this.verdicts = new ResultCollector({ ...options, onSession })
    this.pipeline = new Pipeline(options, this.keyring, (report) => this.verdicts.add(report))
    this.join = new BatchMerge(this.pipeline, this.verdicts, options)
    this.book = new CaptureRecords(order, plan)
    this.frames = new SetFrames(plan)
  }

  async result(version: string): Promise<Result> {
    const { order, plan, failed, onSlice } = this.joining
    for (const [number, slice] of plan.slices.entries()) {
      const reason = failed.get(number) ?? (await this.take(number, slice))
      if (reason !== null) for (const part of slice.parts) this.book.fail(part, reason)
      await onSlice(number + 1)
    }
    const { pipeline, verdicts } = this
    pipeline.finish()
    await verdicts.delivered()
    const frames = this.frames.runs
    const { captures, summary, faults, servers } = verdicts.analysis(pipeline, this.book.records(), order.task)
    pipeline.close()
    return {
      version,
      keeps: order.keeps,
      shapes: order.shapes,
      captures,
      summary,
      faults,
      servers,
      frames,
      defects: this.defects,
    }
  }

  /** Why the rest of the slice could not be read; null when it could. */
  private async take(number: number, slice: Slice): Promise<string | null> {
    const { folder, order } = this.joining
    const again = this.again(slice)
    const name = sliceName(number)
    try {
      for await (const message of readSlice(name, folder.read(name), order.version)) {
        if (message.kind === 'batch') {
          this.frames.add(number, message.runs)
          await this.takeBatch(message, again)
        } else for (const [i, facts] of message.captures.entries()) this.book.add(slice.parts[i] as SlicePart, facts)
      }
      return null
    } catch (error) {
      if (error instanceof CaptureError) return error.problem.accordingTo
      throw error
    } finally {
      await again.close()
    }
  }

  private async takeBatch(mapped: StoredBatch, again: SecondReading): Promise<void> {
    this.isKeyed ||= mapped.isKeyed
    await this.join.take({ ...mapped, isKeyed: this.isKeyed, readWhole: (take) => again.read(mapped, take) })
  }

  private again(slice: Slice): SecondReading {
    const { order, plan, roots } = this.joining
    const options = { keyLogs: this.keyring, before: { base: plan.base, packets: slice.before } }
    return new SecondReading(() => placedOf(order, slice, roots), options)
  }
}

/** The runs of the whole set from those of its slices. */
class SetFrames {
  readonly runs: FrameRun[] = []
  private readonly plan: Plan
  /** The place of each capture in the order of reading, and the number of its first packet if it is read in ranges. */
  private readonly indexes: ReadonlyMap<number, number>
  private readonly firsts = new Map<number, number>()

  constructor(plan: Plan) {
    this.plan = plan
    this.indexes = new Map(plan.order.map((capture, index) => [capture, index]))
    for (const { parts, before } of plan.slices)
      for (const { capture } of parts) if (!this.firsts.has(capture)) this.firsts.set(capture, before + 1)
  }

  /** The next runs of a slice. The frames of a range are counted from its beginning, and ranges do not overlap. */
  add(slice: number, runs: readonly FrameRun[]): void {
    const { parts = [] } = this.plan.slices[slice] ?? {}
    for (const { start, capture: part, frame } of runs) {
      const its = parts[part]
      const capture = its === undefined ? undefined : this.indexes.get(its.capture)
      if (its === undefined || capture === undefined || this.runs.length === FRAME_RUNS_MAX) continue
      const inFile = its.range === null ? frame : start - (this.firsts.get(its.capture) ?? start) + 1
      const last = this.runs.at(-1)
      const goesOn = last?.capture === capture && inFile - last.frame === start - last.start
      if (!goesOn) this.runs.push({ start, capture, frame: inFile })
    }
  }
}
