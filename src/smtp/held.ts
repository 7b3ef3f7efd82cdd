// Octets of the client that nobody can read yet -> the same in the order of their arrival, once it is known what they are.
import { KEPT_RECORD_BYTES } from '../limits.ts'
import { type ChunkView, copyFrom } from '../stream/chunk.ts'
import type { Ration } from '../stream/ration.ts'

export class HeldBytes {
  private readonly ration: Ration
  private chunks: ChunkView[] = []
  private from = 0
  /** Octets, with the cost of their records. */
  bytes = 0

  constructor(ration: Ration) {
    this.ration = ration
  }

  get first(): ChunkView | undefined {
    return this.chunks[this.from]
  }

  /** Keeps a copy of the chunk from the index `at` on. */
  add(chunk: ChunkView, at: number): void {
    this.chunks.push(copyFrom(chunk, at))
    this.count(chunk.offset + chunk.length - at)
  }

  /** Takes out the first. */
  shift(): ChunkView | undefined {
    const chunk = this.chunks[this.from]
    if (chunk === undefined) return undefined
    this.count(-chunk.length)
    if (++this.from === this.chunks.length) this.clear()
    return chunk
  }

  /** Puts the rest of the chunk that was taken out last in front again. It is no copy: the chunk is ours. */
  putBack(chunk: ChunkView, at: number): void {
    const read = at - chunk.offset
    const rest = { ...chunk, offset: at, length: chunk.length - read, position: chunk.position + read }
    if (this.from === 0) this.chunks.unshift(rest)
    else this.chunks[--this.from] = rest
    this.count(rest.length)
  }

  drop(): void {
    if (this.bytes === 0) return
    this.ration.take(-this.bytes)
    this.bytes = 0
    this.clear()
  }

  private clear(): void {
    this.chunks = []
    this.from = 0
  }

  private count(octets: number): void {
    const bytes = octets < 0 ? octets - KEPT_RECORD_BYTES : octets + KEPT_RECORD_BYTES
    this.bytes += bytes
    this.ration.take(bytes)
  }
}
