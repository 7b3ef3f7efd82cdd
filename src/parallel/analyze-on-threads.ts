// Captures -> Analysis, as `analyze` does it, with several threads. One of them reads packets, cuts slabs and joins what
// becomes of them; the result is the same, to the octet, for any number of threads and any size of slabs.

import { timelineOptions, Verdicts } from '../analyze.ts'
import { Timeline } from '../capture/merge.ts'
import { type CaptureInput, inOrderOfTime } from '../capture/sort-captures.ts'
import { Analyst, type AnalyzeOptions } from '../pipeline.ts'
import type { Analysis } from '../rules/analysis.ts'
import { captureRecord } from '../rules/records-of.ts'
import { Keyring } from '../tls/keyring.ts'
import type { SlabResult, Task } from './analyze-batch.ts'
import { KeyLogs } from './batch-key-logs.ts'
import { Join, partOf } from './merge-batches.ts'
import { newSlab, type Slab, type SlabSize, SlabWriter, USUAL_SIZE } from './packet-batch.ts'
import type { Mapper } from './worker-pool.ts'
import { Crew } from './worker-pool.ts'

/** Options that hold for every thread. Dialogues, shapes and followers need one reading, in order. */
export type ThreadedOptions = Omit<AnalyzeOptions, 'dialogues' | 'shapes' | 'follower' | 'keyLogs' | 'keyring'>

interface Pending {
  readonly slab: Slab
  readonly result: Promise<SlabResult>
  isDone: boolean
}

/** As `analyze`, on so many threads: two at least. */
export async function analyzeOnThreads(
  captures: readonly CaptureInput[],
  options: ThreadedOptions,
  threads: number,
): Promise<Analysis> {
  const crew = new Crew(threads, taskOf(options))
  try {
    return await analyzeInSlabs(captures, options, crew)
  } finally {
    await crew.close()
  }
}

export async function analyzeInSlabs(
  captures: readonly CaptureInput[],
  options: ThreadedOptions,
  mapper: Mapper,
  size: SlabSize = USUAL_SIZE,
): Promise<Analysis> {
  const keyring = new Keyring()
  const brought = new KeyLogs()
  const timeline = new Timeline(await inOrderOfTime(captures), timelineOptions(options, brought))
  const verdicts = new Verdicts(options)
  const analyst = new Analyst(options, keyring, (report) => verdicts.add(report))
  const join = new Join(analyst, verdicts, options)
  const free: Slab[] = []
  /** Slabs in all: the one that is filled, and those that are with the mapper. */
  let slabs = 1
  const writer = new SlabWriter(newSlab(size, SharedArrayBuffer), size)
  const pending: Pending[] = []
  let taken = 0

  const joinFirst = async () => {
    const { slab, result } = pending.shift() as Pending
    keyring.follow(slab.keyLogs.slice(taken))
    taken = slab.keyLogs.length
    await join.take(partOf(slab, await result))
    // A capture may still be read from where the slab lies.
    free.push(timeline.holds(slab.room) ? newSlab(size, SharedArrayBuffer) : slab)
  }
  const cut = async () => {
    while (pending[0]?.isDone || (free.length === 0 && slabs > mapper.depth)) await joinFirst()
    if (free.length === 0) slabs++
    const slab = writer.turn(free.pop() ?? newSlab(size, SharedArrayBuffer))
    slab.base = timeline.base ?? slab.base
    slab.keyLogs = brought.upTo
    const its: Pending = { slab, result: mapper.map(slab), isDone: false }
    // Who waits for it hears of a failure; until then nobody does.
    const done = () => {
      its.isDone = true
    }
    its.result.then(done, done)
    pending.push(its)
  }
  /** Reads into the slab itself where it can. */
  const refill = async () => {
    if (writer.isDirect || (timeline.canBorrow && !writer.isEmpty)) await cut()
    const { room } = writer
    timeline.lend(room)
    const goesOn = await timeline.refill()
    timeline.lend(null)
    writer.taken(room !== null && timeline.holds(room))
    return goesOn
  }
  try {
    while (await refill()) {
      while (timeline.next()) {
        const hasRoom = !writer.isFull && writer.accepts(timeline.packet)
        if (!hasRoom || (brought.haveGrown && !writer.isEmpty)) await cut()
        brought.take()
        writer.add(timeline.packet)
      }
      writer.settle()
      verdicts.report(timeline)
    }
    await cut()
    while (pending.length > 0) await joinFirst()
  } finally {
    await timeline.close()
  }
  analyst.finish()
  await verdicts.told
  return verdicts.analysis(analyst, timeline.captures.map(captureRecord), options)
}

/** What each thread is told of the options. */
export function taskOf({ select, keepSessions, profile, verifyChecksums, proofs, onSession }: ThreadedOptions): Task {
  return {
    tellsAll: onSession !== undefined,
    ...(select && { select }),
    ...(keepSessions && { keepSessions }),
    ...(profile && { profile }),
    ...(verifyChecksums && { verifyChecksums }),
    ...(proofs !== undefined && { proofs }),
  }
}
