// Chunks that wait until it is known what protects them. Within a bound.
import { TLS_HELD_BYTES_MAX } from '../limits.ts'
import { type ChunkView, copyFrom } from '../stream/chunk.ts'

export class HeldChunks {
  private chunks: ChunkView[] = []
  private octets = 0

  /** Keeps what the chunk has from the index `at` on. False when there is no room. */
  keep(chunk: ChunkView, at: number): boolean {
    this.chunks.push(copyFrom(chunk, at))
    this.octets += chunk.kind === 'bytes' ? chunk.offset + chunk.length - at : 1
    return this.octets <= TLS_HELD_BYTES_MAX
  }

  /** What was held, in its order; it is held no longer. */
  release(): readonly ChunkView[] {
    const { chunks } = this
    if (chunks.length === 0) return chunks
    this.chunks = []
    this.octets = 0
    return chunks
  }
}
