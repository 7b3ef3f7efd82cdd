// A run without a queue: what its jobs do, one after the other, in a folder of its own.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { Analysis } from '../../src/analyze.ts'
import type { FrameMap } from '../../src/capture/frame-map.ts'
import { type AllowedRoots, rootsOf } from '../../src/cluster/allowed-roots.ts'
import { analyzeSlice } from '../../src/cluster/analyze-slice.ts'
import { asSeen, type CaptureVersions, lookAtAll } from '../../src/cluster/capture-versions.ts'
import { USUAL_SIZE } from '../../src/cluster/kept-packets.ts'
import { mergeRun } from '../../src/cluster/merge-slices.ts'
import { RunFiles } from '../../src/cluster/run-files.ts'
import { type RunRequest, readRequest, writeRequest } from '../../src/cluster/run-request.ts'
import { analysisOf, framesOf, readResult } from '../../src/cluster/run-result.ts'
import {
  type CountTask,
  cut,
  PLAN,
  type Plan,
  planOf,
  readPlan,
  runCountTask,
  type TaskCount,
} from '../../src/cluster/slice-plan.ts'
import { CaptureError } from '../../src/errors.ts'
import { OVERLAP_PACKETS } from '../../src/limits.ts'

const RUN = '20101128T074708-0c1d2e3f'

export interface Told {
  readonly analysis: Analysis
  readonly plan: Plan
  readonly frames: FrameMap
}

export interface Choice extends Partial<Omit<RunRequest, 'captures' | 'version'>> {
  /** Does what it likes between counting and reading, and between reading and joining. */
  readonly counted?: () => void
  readonly mapped?: () => void
}

export async function runHere(names: readonly string[], choice: Choice = {}): Promise<Told> {
  const { counted = () => {}, mapped = () => {}, ...wanted } = choice
  const workDir = mkdtempSync(join(tmpdir(), 'pipelint-run-'))
  try {
    const folder = await RunFiles.create(workDir, RUN)
    const captures = names.map((name) => ({ name, path: resolve(name), edition: null }))
    const usual = {
      version: '1',
      sliceBytes: null,
      hash: false,
      shapes: false,
      batch: USUAL_SIZE,
      overlapPackets: OVERLAP_PACKETS,
      keeps: 'all',
      task: { profile: 'rfc' },
    } as const
    await writeRequest(folder, { ...usual, ...wanted, captures })
    const asked = await readRequest(folder)
    const roots = await rootsOf([...new Set(captures.map(({ path }) => dirname(path)))])
    const seen = await lookAtAll(folder, asked, roots)
    const order = asSeen(asked, seen)
    await folder.writeJson(PLAN, await planned(order, seen, roots))
    counted()
    const plan = await readPlan(folder, order)
    const failed = new Map<number, string>()
    for (const number of plan.slices.keys()) {
      await analyzeSlice(folder, order, plan, number, roots).catch((error: unknown) => {
        failed.set(number, error instanceof CaptureError ? error.problem.accordingTo : (error as Error).message)
      })
    }
    mapped()
    await mergeRun({ folder, order, plan, failed, roots, onSlice: async () => {} })
    const result = await readResult(folder)
    if (result === null) throw new Error('no result')
    return { analysis: await analysisOf(folder, result, order.keeps, undefined), plan, frames: framesOf(result) }
  } finally {
    rmSync(workDir, { recursive: true })
  }
}

async function planned(order: RunRequest, seen: CaptureVersions, roots: AllowedRoots): Promise<Plan> {
  const counts = new Map<number, TaskCount>()
  const reasons = new Map<number, string>()
  let units: readonly CountTask[] = cut(order, seen)
  for (;;) {
    for (const [number, unit] of units.entries()) {
      await runCountTask(order, unit, roots).then(
        (count) => counts.set(number, count),
        (error) => reasons.set(number, error.problem.accordingTo),
      )
    }
    const made = planOf(order, units, counts, reasons)
    if ('slices' in made) return made
    units = [...units, ...made]
  }
}
