// Starts the threads that a command line asks for while the rest of the program is loaded.

import { entryOf } from '../capture/expand-paths.ts'
import { THREADS_ASKED_FROM_BYTES, THREADS_MAX, THREADS_USUAL_MAX } from '../limits.ts'
import { startEarly } from '../parallel/reading-thread.ts'

/** `words`: of the command line. */
export function startThreadsEarly(words: readonly string[]): void {
  const count = threadsOf(words)
  if (count < 2 || count > THREADS_MAX) return
  const bytes = words.reduce((sum, word) => sum + sizeOf(word), 0)
  if (bytes >= THREADS_ASKED_FROM_BYTES) startEarly(Math.min(count, THREADS_USUAL_MAX) - 1)
}

function threadsOf(words: readonly string[]): number {
  const at = words.findIndex((word) => /^--threads(?:=|$)/.test(word))
  return Number(words[at]?.split('=')[1] ?? words[at + 1])
}

function sizeOf(path: string): number {
  const entry = path.startsWith('-') ? null : entryOf(path)
  return entry?.isFile() === true ? entry.size : 0
}
