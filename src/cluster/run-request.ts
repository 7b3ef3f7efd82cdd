// The request of a run: its captures and options. It is a file in the folder of the run, and is validated when read.
import * as v from 'valibot'
import { SLICE_BYTES_MIN } from '../limits.ts'
import type { Task } from '../parallel/delivery.ts'
import type { KeepSessions } from '../rules/retention.ts'
import { PROFILES } from '../rules/server-defaults.ts'
import type { Named } from './allowed-roots.ts'
import { COUNT, read } from './job-messages.ts'
import { type BatchSize, USUAL_SIZE } from './kept-packets.ts'
import type { RunFiles } from './run-files.ts'

export const REQUEST = 'order.json'

export interface RunRequest {
  /** The version of the program. Other versions might judge differently. */
  readonly version: string
  /** The captures: the names that the user gave, and their locations. */
  readonly captures: readonly Named[]
  /** Bytes after which an uncompressed pcap is cut; null: never. */
  readonly sliceBytes: number | null
  readonly hash: boolean
  /** Number of packets from which on captures that overlap in time are read in several time windows. */
  readonly overlapPackets: number
  /** When a batch ends. */
  readonly batch: BatchSize
  readonly keeps: KeepSessions
  /** Count command sequences per session. */
  readonly shapes: boolean
  readonly task: Omit<Task, 'tellsAll' | 'keepSessions' | 'shapes' | 'proofs'>
}

export function taskOf({ keeps, shapes, task }: RunRequest): Task {
  const all = keeps === 'all'
  return { ...task, keepSessions: keeps, tellsAll: all, proofs: all, ...(shapes && { shapes: 'sessions' }) }
}

export async function writeRequest(folder: RunFiles, order: RunRequest): Promise<void> {
  const { select = {}, ...task } = order.task
  const { since, until, ...others } = select
  const times = {
    ...(since !== undefined && { since: String(since) }),
    ...(until !== undefined && { until: String(until) }),
  }
  await folder.writeJson(REQUEST, { ...order, task: { ...task, select: { ...others, ...times } } })
}

/** False when the request does not exist. */
const FLAG = v.optional(v.boolean(), false)
const WORDS = v.exactOptional(v.array(v.string()))
const EPOCH_NS = v.exactOptional(
  v.pipe(
    v.string(),
    v.regex(/^-?\d+$/),
    v.transform((digits: string) => BigInt(digits)),
  ),
)
const SCHEMA = v.object({
  version: v.string(),
  captures: v.array(v.object({ name: v.string(), path: v.string(), edition: v.optional(v.null(), null) })),
  sliceBytes: v.nullable(v.pipe(COUNT, v.minValue(SLICE_BYTES_MIN))),
  hash: FLAG,
  overlapPackets: COUNT,
  batch: v.object({
    bytes: v.pipe(COUNT, v.maxValue(USUAL_SIZE.bytes)),
    packets: v.pipe(COUNT, v.minValue(1), v.maxValue(USUAL_SIZE.packets)),
  }),
  keeps: v.picklist(['all', 'notable', 'offending']),
  shapes: FLAG,
  task: v.object({
    profile: v.picklist(PROFILES),
    verifyChecksums: FLAG,
    select: v.object({
      ports: v.exactOptional(v.array(COUNT)),
      ...{ servers: WORDS, clients: WORDS, sessions: WORDS, rules: WORDS, ignored: WORDS },
      ...{ since: EPOCH_NS, until: EPOCH_NS },
    }),
  }),
})

export async function readRequest(folder: RunFiles): Promise<RunRequest> {
  return read(SCHEMA, await folder.readJson(REQUEST), REQUEST)
}
