// The messages that travel through Redis: names, numbers and counts. Anyone with access to Redis can write to a queue,
// so messages are validated against these schemas.
import * as v from 'valibot'
import { UsageError } from '../errors.ts'

const RUN = /^\d{8}T\d{6}-[0-9a-f]{8}$/
const NAMED_RUN = v.pipe(v.string(), v.regex(RUN))

export const COUNT = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

/** Seconds and nanoseconds since the Unix epoch. */
export const TIME = v.object({ seconds: v.number(), nanoseconds: v.number() })

/** An index into these captures. */
export function captureOf(captures: { readonly length: number }) {
  return v.pipe(COUNT, v.maxValue(captures.length - 1))
}

const SLICE_JOB = v.object({
  run: NAMED_RUN,
  kind: v.picklist(['count', 'map']),
  /** The number of the counting task or of the slice. */
  number: COUNT,
})
/** A job of the slice queue: a counting task or a slice of a run. */
export type SliceJob = Readonly<v.InferOutput<typeof SLICE_JOB>>

const STEP = v.picklist(['cut', 'plan', 'join'])
export type Step = v.InferOutput<typeof STEP>

/** `step`: the next step of the run. */
const RUN_JOB = v.object({ run: NAMED_RUN, step: STEP })
/** The job of a run, the parent of its slice jobs. */
export type RunJob = Readonly<v.InferOutput<typeof RUN_JOB>>

/** The names of the queues, and the prefix of their keys in Redis. */
export const PREFIX = 'pipelint'
export const RUNS = 'runs'
export const SLICES = 'slices'

/** A unique name, which begins with the start time of the run. */
export function newRun(now: Date, random: string): string {
  return `${now.toISOString().replace(/[-:]|\..*/g, '')}-${random.slice(0, 8)}`
}

/** Throws UsageError for an invalid run name. */
export function toRun(word: string): string {
  if (RUN.test(word)) return word
  throw new UsageError(`${word}: not the name of a run, as in 20101128T074708-0c1d2e3f`)
}

export const toSliceJob = (data: unknown): SliceJob => read(SLICE_JOB, data, 'the job')
export const toRunJob = (data: unknown): RunJob => read(RUN_JOB, data, 'the job')

/** The name of a child job. It makes a second delivery recognisable. */
export function childId({ run, kind, number }: SliceJob): string {
  return `${run}.${kind}.${number}`
}

/** The kind and number of a child job, from its key. Null for any other key. */
export function readChildId(key: string): Pick<SliceJob, 'kind' | 'number'> | null {
  const match = /\.(count|map)\.(\d+)$/.exec(key)
  return match === null ? null : { kind: match[1] === 'count' ? 'count' : 'map', number: Number(match[2]) }
}

/** Parses a value with a schema. Throws an Error that names `what` and the invalid member, but contains no value. */
export function read<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  what: string,
): v.InferOutput<Schema> {
  const { success, output, issues } = v.safeParse(schema, value)
  if (success) return output
  throw new Error(`${what} was not written by this version of pipelint: ${v.getDotPath(issues[0]) ?? 'wrong type'}`)
}
