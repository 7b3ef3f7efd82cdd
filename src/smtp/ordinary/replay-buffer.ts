// The chunks of the open group, kept for a replay: a group that began as ordinary may turn out not to be, and then the
// engine must read all of it.

import { copyOctets } from '../../decode/word-scan.ts'
import { ORDINARY_GROUP_BYTES_MAX } from '../../limits.ts'
import { type ChunkKind, type ChunkView, emptyChunk } from '../../tcp/chunk.ts'

/** Takes chunks: a dialogue. */
interface Listener {
  fromClient(chunk: ChunkView): void
  fromServer(chunk: ChunkView): void
}

const BYTES = 512
const CHUNKS = 8
/** Marks of as many octets as the chunks may have. */
const CHUNKS_MAX = ORDINARY_GROUP_BYTES_MAX / 64

// A mark, one for each chunk: what it is | length | position | frame | time | acknowledged
const WIDTH = 6
const LENGTH = 1
const POSITION = 2
const FRAME = 3
const TIME = 4
const ACKED = 5

// What it is: its side, and its kind.
const SERVER = 1
const KINDS: readonly ChunkKind[] = ['bytes', 'ack', 'fin']

export class ReplayBuffer {
  /** Octets of the chunks, one behind the other; in front of them what `begin` left. */
  bytes = new Uint8Array(BYTES)
  private view = new DataView(this.bytes.buffer)
  private used = 0
  private marks = new Float64Array(CHUNKS * WIDTH)
  private marked = 0
  /** Where the octets of the first chunk stand. */
  private first = 0

  clear(): void {
    this.used = 0
    this.marked = 0
    this.first = 0
  }

  /** Where the octets of the next chunk will stand. */
  get end(): number {
    return this.used
  }

  /** Forgets all chunks, and keeps the octets `[from, to)` in front of those to come. */
  begin(from: number, to: number): void {
    this.bytes.copyWithin(0, from, to)
    this.used = to - from
    this.first = to - from
    this.marked = 0
  }

  /** Keeps a chunk from the index `from` of its bytes on. False when there is no room for it. */
  add(isServer: boolean, chunk: ChunkView, from: number): boolean {
    const { kind, length, offset } = chunk
    const count = kind === 'bytes' ? offset + length - from : 0
    const at = this.marked * WIDTH
    if (this.used + count > ORDINARY_GROUP_BYTES_MAX || this.marked === CHUNKS_MAX) return false
    if (at === this.marks.length) this.moreMarks()
    const { marks } = this
    marks[at] = KINDS.indexOf(kind) * 2 + (isServer ? SERVER : 0)
    marks[at + LENGTH] = count
    marks[at + POSITION] = chunk.position + (kind === 'bytes' ? from - offset : 0)
    marks[at + FRAME] = chunk.frame
    marks[at + TIME] = chunk.timeNs
    marks[at + ACKED] = chunk.peerAcked
    this.marked++
    if (count > 0) this.keep(chunk.bytes, from, count)
    return true
  }

  /** Tells all chunks in their order. */
  tell(listener: Listener): void {
    const { marks } = this
    let from = this.first
    for (let at = 0; at < this.marked * WIDTH; at += WIDTH) {
      const what = marks[at] as number
      const length = marks[at + LENGTH] as number
      const chunk: ChunkView = {
        ...emptyChunk(),
        kind: KINDS[what >> 1] as ChunkKind,
        bytes: this.bytes,
        offset: from,
        length,
        position: marks[at + POSITION] as number,
        frame: marks[at + FRAME] as number,
        timeNs: marks[at + TIME] as number,
        peerAcked: marks[at + ACKED] as number,
      }
      from += length
      if ((what & SERVER) !== 0) listener.fromServer(chunk)
      else listener.fromClient(chunk)
    }
  }

  private keep(bytes: Uint8Array, from: number, count: number): void {
    const needed = this.used + count
    if (needed > this.bytes.length) {
      const larger = new Uint8Array(needed * 2)
      larger.set(this.bytes.subarray(0, this.used))
      this.bytes = larger
      this.view = new DataView(larger.buffer)
    }
    copyOctets(bytes, from, this.view, this.used, count)
    this.used = needed
  }

  private moreMarks(): void {
    const larger = new Float64Array(this.marks.length * 2)
    larger.set(this.marks)
    this.marks = larger
  }
}
