// The slices of a run, each as it was read for itself -> the result of the run, as one machine would have come to it. What
// is read is read from storage, slab by slab: memory does not grow with the run.
import { Analyst } from '../analyst.ts'
import { Verdicts } from '../analyze.ts'
import { problem } from '../capture/records.ts'
import { Join } from '../fleet/join.ts'
import type { Slab } from '../fleet/slab.ts'
import { CaptureError } from '../problems.ts'
import { Sieve } from '../rules/keeping.ts'
import type { SessionReport } from '../rules/observe.ts'
import { Keyring } from '../tls/keyring.ts'
import { CaptureBook } from './captures.ts'
import type { Folder } from './folder.ts'
import { mappedName, openSlice, type SliceReading } from './map.ts'
import { type MappedSlab, readLeft, readMapped } from './mapped.ts'
import { type Order, taskOf } from './order.ts'
import type { Plan, Slice } from './plan.ts'
import { type Result, type Tell, writeResult } from './result.ts'
import type { Roots } from './roots.ts'
import type { SlicePart } from './windows.ts'

export interface Joining {
  readonly folder: Folder
  readonly order: Order
  readonly plan: Plan
  /** Slices that could not be read, and why. */
  readonly failed: ReadonlyMap<number, string>
  readonly roots: Roots
  /** Told after each slice; what it throws ends the work. */
  readonly onSlice: (joined: number) => Promise<void>
}

export async function joinRun(joining: Joining): Promise<void> {
  const { folder, order } = joining
  await writeResult(folder, (tell) => new Reading(joining, tell).result(order.version))
}

class Reading {
  private readonly joining: Joining
  private readonly verdicts: Verdicts
  private readonly analyst: Analyst
  private readonly keyring = new Keyring()
  private readonly join: Join
  private readonly book: CaptureBook
  private readonly defects: [string, number][] = []
  private isKeyed = false

  constructor(joining: Joining, tell: Tell) {
    const { order, plan } = joining
    const sieve = new Sieve(order.keeps)
    const onSession = (report: SessionReport) => (sieve.sift(report) === null ? undefined : tell(report))
    const onInternalError = (error: unknown, frame: number) => void this.defects.push([String(error), frame])
    const options = { ...taskOf(order), keepSessions: 'none', onInternalError } as const
    this.joining = joining
    this.verdicts = new Verdicts({ ...options, onSession })
    this.analyst = new Analyst(options, this.keyring, (report) => this.verdicts.add(report))
    this.join = new Join(this.analyst, this.verdicts, options)
    this.book = new CaptureBook(order, plan)
  }

  async result(version: string): Promise<Result> {
    const { order, plan, failed, onSlice } = this.joining
    for (const [number, slice] of plan.slices.entries()) {
      const reason = failed.get(number) ?? (await this.take(number, slice))
      if (reason !== null) for (const part of slice.parts) this.book.fail(part, reason)
      await onSlice(number + 1)
    }
    const { analyst, verdicts } = this
    analyst.finish()
    await verdicts.told
    const { captures, summary, servers } = verdicts.analysis(analyst, this.book.records(), order.task)
    return { version, keeps: order.keeps, shapes: order.shapes, captures, summary, servers, defects: this.defects }
  }

  /** Null, or why the rest of it could not be read. */
  private async take(number: number, slice: Slice): Promise<string | null> {
    const { folder, order } = this.joining
    const again = new SecondReading(this.joining, slice)
    const name = mappedName(number)
    let slab = 0
    try {
      for await (const message of readMapped(name, folder.read(name), order.version)) {
        if (message.kind === 'slab') await this.takeSlab(message, slab++, again)
        else for (const [i, facts] of message.captures.entries()) this.book.add(slice.parts[i] as SlicePart, facts)
      }
      return null
    } catch (error) {
      if (error instanceof CaptureError) return error.problem.accordingTo
      throw error
    } finally {
      await again.close()
    }
  }

  private async takeSlab(mapped: MappedSlab, number: number, again: SecondReading): Promise<void> {
    this.isKeyed ||= mapped.isKeyed
    await this.join.take({
      ...mapped,
      isKeyed: this.isKeyed,
      read: (index, packet) => readLeft(mapped, index, packet),
      whole: async () => {
        const slab = await again.slab(number)
        this.keyring.follow(again.newKeyLogs(slab))
        return slab
      },
    })
  }
}

/** A slice whose captures are read again, as far as they must be. */
class SecondReading {
  private readonly joining: Joining
  private readonly slice: Slice
  private reading: SliceReading | null = null
  /** Slabs, and key logs, that were read so far. */
  private slabs = 0
  private keyLogs = 0

  constructor(joining: Joining, slice: Slice) {
    this.joining = joining
    this.slice = slice
  }

  /** The slab of that number, none of which was asked for before an earlier one. */
  async slab(number: number): Promise<Slab> {
    const { order, plan, roots } = this.joining
    this.reading ??= await openSlice(order, plan, this.slice, roots)
    for (;;) {
      const { done, value } = await this.reading.slabs.next()
      if (done === true) {
        const { name } = order.captures[this.slice.parts[0]?.capture ?? 0] as Order['captures'][number]
        throw problem('unreadable', name, 0, 'it changed after it was read')
      }
      if (this.slabs++ === number) return value
    }
  }

  newKeyLogs({ keyLogs }: Slab): readonly string[] {
    const fresh = keyLogs.slice(this.keyLogs)
    this.keyLogs = keyLogs.length
    return fresh
  }

  async close(): Promise<void> {
    await this.reading?.timeline.close()
  }
}
