// How many threads judge: as many as the user says; else as many as there are cores, where the captures are worth it.
import { stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { type AnalyzeOptions, analyze } from '../analyze.ts'
import type { CaptureInput } from '../capture/order.ts'
import { THREADS_FROM_BYTES, THREADS_MAX, THREADS_USUAL_MAX } from '../limits.ts'
import { UsageError } from '../problems.ts'
import type { Analysis } from '../rules/analysis.ts'

/** Throws UsageError when the word is no number of threads. */
export function toThreads(word: string): number {
  const number = Number(word)
  if (!/^\d+$/.test(word) || number < 1 || number > THREADS_MAX)
    throw new UsageError(`--threads ${word}: not a number from 1 to ${THREADS_MAX}`)
  return number
}

/** As `analyze`, on so many threads; undefined lets the size of the captures decide. The result is the same. */
export async function analyzeOn(
  threads: number | undefined,
  captures: readonly CaptureInput[],
  options: AnalyzeOptions,
): Promise<Analysis> {
  const number = needsOneReading(options) ? 1 : (threads ?? (await worthwhile(captures)))
  if (number === 1) return analyze(captures, options)
  const { analyzeOnThreads } = await import('../fleet/analyze.ts')
  return analyzeOnThreads(captures, options, number)
}

/** Sessions inside TLS are read in order: one that is resumed needs the secrets of the one before it. */
function needsOneReading({ dialogues, shapes, follower, keyLogs = [], keyring }: AnalyzeOptions): boolean {
  const isWhole = dialogues === true || (shapes ?? false) !== false || follower !== undefined
  return isWhole || keyLogs.length > 0 || keyring !== undefined
}

async function worthwhile(captures: readonly CaptureInput[]): Promise<number> {
  const bytes = await sizeOf(captures)
  return bytes === null || bytes < THREADS_FROM_BYTES ? 1 : Math.min(availableParallelism(), THREADS_USUAL_MAX)
}

/** Bytes of all captures together; null where one of them is no file. */
export async function sizeOf(captures: readonly CaptureInput[]): Promise<number | null> {
  let bytes = 0
  for (const capture of captures) {
    const entry = typeof capture === 'string' ? await stat(capture).catch(() => null) : null
    if (entry?.isFile() !== true) return null
    bytes += entry.size
  }
  return bytes
}
