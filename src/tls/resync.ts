// Finds the next record and its sequence number after missing bytes. The only evidence is a record that authenticates
// under that number, which proves both.
import { TLS_RECORD_BYTES_MAX, TLS_SEARCH_BYTES_MAX, TLS_SEQUENCE_TRIES_MAX } from '../limits.ts'
import { type ChunkView, copyFrom } from '../tcp/chunk.ts'
import type { RecordCipher } from './cipher.ts'
import { APPLICATION_DATA, HEADER_BYTES, isRecordHeader, type RecordView } from './record.ts'

/** Minimum length of a protected record: header, tag, and a type or explicit nonce. */
const PROTECTED_BYTES_MIN = HEADER_BYTES + 8 + 1

export class Resynchronisation {
  /** Number of missing octets, including the incomplete record before them. */
  readonly lost: number
  /** Stream position of the end of the first gap. Acknowledgements beyond it cannot be mapped to plaintext. */
  readonly from: number
  private readonly cipher: RecordCipher
  private readonly first: number
  private chunks: ChunkView[] = []
  private bytes: Uint8Array = new Uint8Array(0)
  private readonly failed = new Set<number>()

  constructor(cipher: RecordCipher, from: number, lost: number) {
    this.cipher = cipher
    this.from = from
    this.lost = lost
    this.first = cipher.sequence
  }

  /**
   * Processes the next chunk. Returns chunks that start at a record, with the cipher set to its sequence number; `more`
   * when more bytes are needed; `lost` when the search limit is reached.
   */
  take(chunk: ChunkView): readonly ChunkView[] | 'more' | 'lost' {
    this.chunks.push(copyFrom(chunk, chunk.offset))
    const joined = new Uint8Array(this.bytes.length + chunk.length)
    joined.set(this.bytes)
    joined.set(chunk.bytes.subarray(chunk.offset, chunk.offset + chunk.length), this.bytes.length)
    this.bytes = joined
    for (let at = 0; at + HEADER_BYTES <= joined.length; at++) {
      if (this.failed.has(at) || !isRecordHeader(joined, at, joined.length)) continue
      const end = at + HEADER_BYTES + (((joined[at + 3] as number) << 8) | (joined[at + 4] as number))
      if (end > joined.length) continue
      if (this.isRecord(at, end)) return this.behind(at)
      this.failed.add(at)
    }
    return joined.length > TLS_SEARCH_BYTES_MAX ? 'lost' : 'more'
  }

  private isRecord(at: number, end: number): boolean {
    const { cipher, bytes, first } = this
    if (end - at > HEADER_BYTES + TLS_RECORD_BYTES_MAX || bytes[at] !== APPLICATION_DATA) return false
    const from = at + HEADER_BYTES
    const record: RecordView = { type: APPLICATION_DATA, bytes, from, to: end, length: end - from }
    const most = Math.min(TLS_SEQUENCE_TRIES_MAX, Math.ceil(this.lost / PROTECTED_BYTES_MIN))
    for (let sequence = first; sequence <= first + most; sequence++) {
      cipher.sequence = sequence
      if (!cipher.open(record)) continue
      cipher.sequence = sequence
      return true
    }
    cipher.sequence = first
    return false
  }

  private behind(at: number): readonly ChunkView[] {
    const found: ChunkView[] = []
    let begin = 0
    for (const chunk of this.chunks) {
      const end = begin + chunk.length
      if (end > at) found.push(copyFrom(chunk, Math.max(0, at - begin)))
      begin = end
    }
    return found
  }
}
