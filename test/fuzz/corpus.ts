// The corpus: small inputs that together reach what the fuzzer ever reached. An input that reaches a block that none
// before it did is reduced and added, in a file named by its content.
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { shrink } from './shrink.ts'

/** Larger ones are not worth their place in the repository. */
const BYTES_MAX = 8192
const SHRINK_MS = 8000

/** The blocks that an input reaches; empty when it fails. */
type Reach = (input: Uint8Array) => Promise<Int32Array>

export class Corpus {
  added = 0
  private readonly folder: string
  private readonly known = new Set<number>()
  private readonly reach: Reach

  constructor(folder: string, reach: Reach) {
    this.folder = folder
    this.reach = reach
    mkdirSync(folder, { recursive: true })
  }

  /** What the inputs reach that are there already. */
  async know(inputs: readonly Uint8Array[]): Promise<void> {
    for (const input of inputs) this.note(await this.reach(input))
  }

  /** `blocks`: what the input reached when it was examined. */
  async offer(input: Uint8Array, blocks: Int32Array): Promise<void> {
    const fresh = blocks.filter((block) => !this.known.has(block))
    if (fresh.length === 0) return
    this.note(fresh)
    // Some blocks run once in a process: a second time the input does not reach them.
    const again = new Set(await this.reach(input))
    const wanted = fresh.filter((block) => again.has(block))
    if (wanted.length === 0) return
    const small = await shrink(
      input,
      async (smaller) => {
        const reached = new Set(await this.reach(smaller))
        return wanted.every((block) => reached.has(block))
      },
      SHRINK_MS,
    )
    if (small.length > BYTES_MAX) return
    const name = createHash('sha256').update(small).digest('hex').slice(0, 16)
    writeFileSync(join(this.folder, `${name}.bin`), small)
    this.added++
  }

  private note(blocks: Int32Array): void {
    for (const block of blocks) this.known.add(block)
  }
}
