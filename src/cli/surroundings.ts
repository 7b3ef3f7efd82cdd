// What a command needs of the world: where to print, how wide, in which colours.
import { open, rename, rm } from 'node:fs/promises'
import { DeliveryError } from '../problems.ts'
import type { Ink } from '../report/text.ts'

export interface Surroundings {
  /** Data: standard output. Resolves when it may be given more. */
  print(text: string): Promise<void>
  /** Everything else: standard error, one line. */
  warn(line: string): void
  /** For what goes to a terminal; a file gets neither colours nor a width of its own. */
  readonly width: number
  readonly ink: Ink
  readonly input: AsyncIterable<Uint8Array>
}

/** Where a document goes. `commit` makes it whole; without it nothing is left behind. */
export interface Sink {
  write(text: string): Promise<void>
  commit(): Promise<void>
  abandon(): Promise<void>
}

/** Standard output, or a file that appears when it is whole. */
export async function openSink(around: Surroundings, path: string | undefined): Promise<Sink> {
  if (path === undefined || path === '-') {
    return {
      write: (text) => around.print(text),
      commit: async () => {},
      abandon: async () => {},
    }
  }
  const partial = `${path}.part`
  const deliver = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw new DeliveryError(`${path}: cannot be written: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  const file = await deliver(() => open(partial, 'w'))
  return {
    write: (text) => deliver(async () => void (await file.writeFile(text))),
    commit: () =>
      deliver(async () => {
        await file.close()
        await rename(partial, path)
      }),
    async abandon() {
      await file.close().catch(() => {})
      await rm(partial, { force: true })
    },
  }
}
