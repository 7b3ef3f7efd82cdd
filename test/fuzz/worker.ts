// The program in a thread of its own, which can be ended when it hangs and bounded in its memory: a request is an input,
// and for damage the capture that it came from; the answer is a failure or null.
import { parentPort } from 'node:worker_threads'
import { type Blame, blameIn, newlyBlamed } from './innocence.ts'
import { examine, judge } from './oracle.ts'

export interface Request {
  readonly input: Uint8Array
  /** The intact capture of a damaged one, and a name under which what it shows is remembered. */
  readonly intact: { readonly name: string; readonly file: Uint8Array } | null
}

export interface Answer {
  readonly kind: string
  readonly what: string
}

const known = new Map<string, Blame>()

async function answer({ input, intact }: Request): Promise<Answer | null> {
  const failure = await examine(input)
  if (failure !== null || intact === null) return failure
  let blame = known.get(intact.name)
  if (blame === undefined) {
    blame = blameIn(await judge(intact.file), false)
    known.set(intact.name, blame)
  }
  const what = newlyBlamed(blame, await judge(input))
  return what === null ? null : { kind: 'innocent-accused', what }
}

parentPort?.on('message', async (request: Request) => {
  parentPort?.postMessage(await answer(request))
})
