// What travels through Redis: names, numbers and counts. What comes out of a queue was written by whoever can reach it,
// and is believed only when it looks like this.
import { UsageError } from '../errors.ts'

/** A job of the queue of slices: part of the work for one run. */
export interface SliceJob {
  readonly run: string
  readonly kind: 'count' | 'map'
  /** Which of the things to count, or of the slices. */
  readonly number: number
}

/** The job of a run: its parent. `step` is the one that is next. */
export interface RunJob {
  readonly run: string
  readonly step: Step
}

const STEPS = ['cut', 'plan', 'join'] as const
export type Step = (typeof STEPS)[number]

/** Queues, and what their keys in Redis begin with. */
export const PREFIX = 'pipelint'
export const RUNS = 'runs'
export const SLICES = 'slices'

const RUN = /^\d{8}T\d{6}-[0-9a-f]{8}$/

/** A name that says when it began, and that no other run has. */
export function newRun(now: Date, random: string): string {
  return `${now.toISOString().replace(/[-:]|\..*/g, '')}-${random.slice(0, 8)}`
}

/** Throws UsageError for a word that names no run. */
export function toRun(word: string): string {
  if (RUN.test(word)) return word
  throw new UsageError(`${word}: a run is named as cluster submit printed it, as in 20101128T074708-0c1d2e3f`)
}

export function toSliceJob(data: unknown): SliceJob {
  const { run, kind, number } = membersOf(data)
  if (typeof run !== 'string' || !RUN.test(run)) throw new Error('a job that names no run')
  if (kind !== 'count' && kind !== 'map') throw new Error('a job of no known kind')
  if (!isCount(number)) throw new Error('a job without a number')
  return { run, kind, number }
}

export function toRunJob(data: unknown): RunJob {
  const { run, step } = membersOf(data)
  const known = STEPS.find((each) => each === step)
  if (typeof run !== 'string' || !RUN.test(run)) throw new Error('a job that names no run')
  if (known === undefined) throw new Error('a job of no known step')
  return { run, step: known }
}

/** The name of a child, by which a second delivery is recognised. */
export function childId({ run, kind, number }: SliceJob): string {
  return `${run}.${kind}.${number}`
}

/** What is said by the key of a child: its kind and number. Null for a key that is none. */
export function readChildId(key: string): Pick<SliceJob, 'kind' | 'number'> | null {
  const match = /\.(count|map)\.(\d+)$/.exec(key)
  return match === null ? null : { kind: match[1] === 'count' ? 'count' : 'map', number: Number(match[2]) }
}

export function membersOf(data: unknown): Readonly<Record<string, unknown>> {
  return typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {}
}

export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
