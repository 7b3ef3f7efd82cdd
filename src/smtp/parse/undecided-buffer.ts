// Buffers client octets in order of arrival until it is known what they are.
import { KEPT_RECORD_BYTES, LINE_BYTES_MAX } from '../../limits.ts'
import { type ChunkView, copyFrom } from '../../tcp/chunk.ts'
import type { MemoryQuota } from '../../tcp/memory-quota.ts'

const LF = 0x0a

export class UndecidedBuffer {
  private readonly quota: MemoryQuota
  private chunks: ChunkView[] = []
  private from = 0
  /** Octets held, plus the cost of their records. */
  bytes = 0
  /** Whether the buffer contains a line end. */
  hasLine = false

  constructor(quota: MemoryQuota) {
    this.quota = quota
  }

  get firstOctet(): number | undefined {
    const chunk = this.chunks[this.from]
    return chunk?.bytes[chunk.offset]
  }

  /** The first line without its line feed, or what there is of it. */
  firstLine(): Uint8Array {
    const line: number[] = []
    for (let c = this.from; c < this.chunks.length; c++) {
      const { bytes, offset, length } = this.chunks[c] as ChunkView
      for (let i = offset; i < offset + length; i++) {
        if (bytes[i] === LF || line.length === LINE_BYTES_MAX) return Uint8Array.from(line)
        line.push(bytes[i] as number)
      }
    }
    return Uint8Array.from(line)
  }

  /** Appends a copy of the chunk from the index `at` on. */
  add(chunk: ChunkView, at: number): void {
    const copy = copyFrom(chunk, at)
    this.chunks.push(copy)
    this.hasLine ||= endsLine(copy)
    this.count(copy.length)
  }

  /** Removes and returns the first chunk. */
  shift(): ChunkView | undefined {
    const chunk = this.chunks[this.from]
    if (chunk === undefined) return undefined
    this.count(-chunk.length)
    if (++this.from === this.chunks.length) this.clear()
    return chunk
  }

  /** Puts the rest of the chunk last removed back in front, without copying: the buffer owns the chunk. */
  putBack(chunk: ChunkView, at: number): void {
    const read = at - chunk.offset
    const rest = { ...chunk, offset: at, length: chunk.length - read, position: chunk.position + read }
    if (this.from === 0) this.chunks.unshift(rest)
    else this.chunks[--this.from] = rest
    this.hasLine = false
    for (let c = this.from; c < this.chunks.length && !this.hasLine; c++)
      this.hasLine = endsLine(this.chunks[c] as ChunkView)
    this.count(rest.length)
  }

  drop(): void {
    if (this.bytes === 0) return
    this.quota.take(-this.bytes)
    this.bytes = 0
    this.clear()
  }

  private clear(): void {
    this.hasLine = false
    this.chunks = []
    this.from = 0
  }

  private count(octets: number): void {
    const bytes = octets < 0 ? octets - KEPT_RECORD_BYTES : octets + KEPT_RECORD_BYTES
    this.bytes += bytes
    this.quota.take(bytes)
  }
}

function endsLine({ bytes, offset, length }: ChunkView): boolean {
  const lf = bytes.indexOf(LF, offset)
  return lf >= 0 && lf < offset + length
}
