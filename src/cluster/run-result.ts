// The result of a run, as two files in its folder: session reports in closing order, one per line, and everything else.
// The result is complete when the second file exists.
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import * as v from 'valibot'
import { FrameMap, type FrameRun } from '../capture/frame-map.ts'
import type { Analysis } from '../rules/analysis.ts'
import { type KeepSessions, Retention } from '../rules/retention.ts'
import { type SessionReport, withoutDialogue } from '../rules/session-report.ts'
import { read } from './job-messages.ts'
import type { RunFiles } from './run-files.ts'

export const SESSIONS = 'sessions.ndjson'
export const RESULT = 'result.json'

export interface Result extends Pick<Analysis, 'captures' | 'summary' | 'faults' | 'servers'> {
  readonly version: string
  /** Which packets are from which of `captures`. */
  readonly frames: readonly FrameRun[]
  /** Which sessions have reports. */
  readonly keeps: KeepSessions
  /** Whether the reports contain command sequences. */
  readonly shapes: boolean
  /** Internal errors, with their frames. */
  readonly defects: readonly (readonly [what: string, frame: number])[]
}

/** Takes a report. The returned promise settles when the next one may follow. */
export type Tell = (report: SessionReport) => Promise<void> | undefined

/** Number of characters collected before they are written. */
const PIECE_CHARACTERS = 1 << 16

/** Writes the reports that the work delivers, then the rest of its result. */
export async function writeResult(folder: RunFiles, work: (tell: Tell) => Promise<Result>): Promise<void> {
  const draft = await folder.draft(SESSIONS)
  let waiting = ''
  let written: Promise<void> | undefined
  const flush = () => {
    const piece = waiting
    waiting = ''
    written = (written ?? Promise.resolve()).then(() => draft.write(piece))
    // The awaiting code receives the error; this avoids an unhandled rejection until then.
    written.catch(() => {})
    return written
  }
  try {
    const result = await work((report) => {
      waiting += `${JSON.stringify({ ...withoutDialogue(report), tls: null })}\n`
      return waiting.length < PIECE_CHARACTERS ? written : flush()
    })
    await flush()
    await draft.commit()
    await folder.writeJson(RESULT, result)
  } catch (error) {
    await draft.abandon()
    throw error
  }
}

/** Records are not checked: anyone who can write here could also write the output. */
const SCHEMA = v.looseObject({
  ...{ captures: v.array(v.unknown()), summary: v.looseObject({}), servers: v.array(v.unknown()) },
  ...{ faults: v.array(v.unknown()), frames: v.array(v.unknown()) },
  ...{ version: v.string(), keeps: v.string(), defects: v.array(v.unknown()) },
})

/** The result; null when it does not exist. Throws WorkDirError. */
export async function readResult(folder: RunFiles): Promise<Result | null> {
  if (!(await folder.has(RESULT))) return null
  return read(SCHEMA, await folder.readJson(RESULT), RESULT) as unknown as Result
}

/** For output that names the file of each frame. */
export function framesOf({ captures, frames }: Result): FrameMap {
  const map = new FrameMap()
  map.names = captures.map(({ path }) => path)
  for (const { start, capture, frame } of frames) map.begin(start, capture, frame)
  return map
}

/** The analysis with the selected records; `onSession` receives each report in order. */
export async function analysisOf(
  folder: RunFiles,
  { captures, summary, faults, servers }: Result,
  keepSessions: KeepSessions,
  onSession: ((report: SessionReport) => void | Promise<void>) | undefined,
): Promise<Analysis> {
  const keeping = new Retention(keepSessions)
  const input = Readable.from(folder.read(SESSIONS), { objectMode: false })
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    const report = JSON.parse(line) as SessionReport
    keeping.add(report)
    await onSession?.(report)
  }
  return { captures, summary, faults, servers, ...keeping.records() }
}
