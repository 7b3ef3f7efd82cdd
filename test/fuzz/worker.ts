// The program in a thread of its own, which can be ended when it hangs and bounded in its memory: a request is an input
// and, where they are known, what may be said of its sessions; the answer is a failure or null.
import { parentPort } from 'node:worker_threads'
import { type Expected, misjudged } from './artefacts/expected.ts'
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

async function answer({ input, expected }: Request): Promise<Answer | null> {
  const failure = await examine(input)
  if (failure !== null || expected.length === 0) return failure
  return misjudged(await judge(input), expected)
}

parentPort?.on('message', async (request: Request) => {
  parentPort?.postMessage(await answer(request))
})
