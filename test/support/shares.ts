// Readings of shares on this thread, at the same time; what they tell is what another thread would send.
import type { CaptureInput } from '../../src/capture/sort-captures.ts'
import { analyzeInShares, type StartReading, type ThreadedOptions } from '../../src/parallel/analyze-on-threads.ts'
import { ShareReading } from '../../src/parallel/read-share.ts'
import type { Analysis } from '../../src/rules/analysis.ts'
import { withoutDialogue } from '../../src/rules/session-report.ts'

const ANY_TIME = { begins: () => true }

const startHere: StartReading = ({ placed, task, share }, tell, fail) => {
  const reading = new ShareReading(placed, task, share)
  const done = reading.read(ANY_TIME, (step) =>
    tell(structuredClone({ ...step, reports: step.reports.map(withoutDialogue) })),
  )
  done.catch(fail)
  return { stop: () => done.catch(() => {}) }
}

/** `captures`: each can be opened more than once. */
export function analyzeSharesHere(
  captures: readonly CaptureInput[],
  options: ThreadedOptions,
  count: number,
): Promise<Analysis> {
  return analyzeInShares(captures, options, count, startHere)
}

/** Bytes that can be read more than once, as those of a file. */
export function fileOf(name: string, ...pieces: readonly Uint8Array[]): CaptureInput {
  const bytes = {
    async *[Symbol.asyncIterator]() {
      yield* pieces
    },
  }
  return { name, bytes }
}
