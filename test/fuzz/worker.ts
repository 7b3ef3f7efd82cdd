// The program in a thread of its own, which can be ended when it hangs and bounded in its memory: a request is an input
// and, where they are known, what may be said of its sessions; the answer is a failure or null, and which blocks of the
// program were reached.
import { parentPort } from 'node:worker_threads'
import { type Expected, misjudged } from './artefacts/expected.ts'
import { Coverage } from './coverage.ts'
import { examine, judge } from './oracle.ts'

export interface Request {
  readonly input: Uint8Array
  readonly expected: readonly Expected[]
}

export interface Answer {
  readonly kind: string
  /** The same for all of one cause, as far as one can tell; absent where the words have to do. */
  readonly name?: string
  readonly what: string
}

/** What a request leads to. */
export interface Examined {
  readonly failure: Answer | null
  /** Hashes of the blocks. */
  readonly reached: Int32Array
}

const coverage = new Coverage()

async function answer({ input, expected }: Request): Promise<Answer | null> {
  const failure = await examine(input)
  if (failure !== null || expected.length === 0) return failure
  return misjudged(await judge(input), expected)
}

parentPort?.on('message', async (request: Request) => {
  const failure = await answer(request)
  parentPort?.postMessage({ failure, reached: coverage.take() } satisfies Examined)
})
