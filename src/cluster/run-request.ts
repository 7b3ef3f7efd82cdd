// What a run is asked to do: captures, and how they are judged. It lies in the folder of the run; whoever reads it
// makes sure that it looks like one.

import { SLICE_BYTES_MIN } from '../limits.ts'
import type { Task } from '../parallel/analyze-batch.ts'
import { type BatchSize, USUAL_SIZE } from '../parallel/packet-batch.ts'
import type { KeepSessions } from '../rules/retention.ts'
import type { Selection } from '../rules/select.ts'
import { PROFILES } from '../rules/server-defaults.ts'
import type { Named } from './allowed-roots.ts'
import { isCount, membersOf } from './job-messages.ts'
import type { RunFiles } from './run-files.ts'

export const REQUEST = 'order.json'

export interface RunRequest {
  /** The version of the program: others might judge differently. */
  readonly version: string
  /** As the user calls them, and where they lie. */
  readonly captures: readonly Named[]
  /** Octets after which a plain pcap is cut; null: never. */
  readonly sliceBytes: number | null
  readonly hash: boolean
  /** Packets of captures that overlap in time from which on they are read in several windows of time. */
  readonly overlapPackets: number
  /** How large batches are: the same for whoever reads a slice a second time. */
  readonly batch: BatchSize
  readonly keeps: KeepSessions
  /** Counts the shapes of command groups, per session. */
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

export async function readRequest(folder: RunFiles): Promise<RunRequest> {
  const { version, captures, sliceBytes, hash, overlapPackets, batch, keeps, shapes, task } = membersOf(
    await folder.readJson(REQUEST),
  )
  const { profile, verifyChecksums, select } = membersOf(task)
  const kept = (['all', 'notable', 'offending'] as const).find((each) => each === keeps)
  const known = PROFILES.find((each) => each === profile)
  const isCut = sliceBytes === null || (isCount(sliceBytes) && sliceBytes >= SLICE_BYTES_MIN)
  if (
    typeof version !== 'string' ||
    !Array.isArray(captures) ||
    !isCut ||
    !kept ||
    !known ||
    !isCount(overlapPackets)
  ) {
    throw new Error(`${REQUEST} is no order`)
  }
  return {
    version,
    captures: captures.map(toCapture),
    sliceBytes,
    hash: hash === true,
    overlapPackets,
    batch: toSize(batch),
    keeps: kept,
    shapes: shapes === true,
    task: { profile: known, verifyChecksums: verifyChecksums === true, select: toSelection(select) },
  }
}

function toSize(value: unknown): BatchSize {
  const { bytes, packets } = membersOf(value)
  const fits = isCount(bytes) && isCount(packets) && bytes <= USUAL_SIZE.bytes && packets <= USUAL_SIZE.packets
  if (!fits || packets === 0) throw new Error(`${REQUEST} names no size of batches`)
  return { bytes, packets }
}

function toCapture(value: unknown): Named {
  const { name, path } = membersOf(value)
  if (typeof name !== 'string' || typeof path !== 'string')
    throw new Error(`${REQUEST} names something that is no capture`)
  return { name, path, edition: null }
}

function toSelection(value: unknown): Selection {
  const { ports, servers, clients, sessions, rules, since, until } = membersOf(value)
  const numbers = (list: unknown) => (Array.isArray(list) ? list.filter(isCount) : null)
  const words = (list: unknown) => (Array.isArray(list) ? list.filter((each) => typeof each === 'string') : null)
  const lists = {
    ports: numbers(ports),
    servers: words(servers),
    clients: words(clients),
    sessions: words(sessions),
    rules: words(rules),
    since: typeof since === 'string' ? BigInt(since) : null,
    until: typeof until === 'string' ? BigInt(until) : null,
  }
  return Object.fromEntries(Object.entries(lists).filter(([, each]) => each !== null))
}
