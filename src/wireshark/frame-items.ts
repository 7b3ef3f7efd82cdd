// What is to be shown at the frames of one capture, until it is written: an item has a head, which many items share, and
// a tail of digits. Items may come in any order of frames. They are kept in columns, because an ordinary capture has
// millions of them.
import { NO_CHECK } from './check.ts'
import { digits } from './digits.ts'

/** Frames of one string of the Lua file: few enough to decode it in milliseconds. */
export const BLOCK_FRAMES = 1024

const FIRST_ROOM = 1024
const ASCII = new TextDecoder()

/** What is shown of one session at one frame. */
export interface Item {
  readonly frame: number
  /** Tells whether the frame has the time that it should have. */
  readonly check: string
  readonly head: number
  readonly tail: string
}

/** Blocks of frames -> their data. */
export interface Block {
  /** Its frames are those from `index * BLOCK_FRAMES` on. */
  readonly index: number
  readonly text: string
}

export class FrameItems {
  private frames = new Float64Array(FIRST_ROOM)
  private anchors = new Float64Array(FIRST_ROOM)
  private heads = new Uint32Array(FIRST_ROOM)
  private starts = new Float64Array(FIRST_ROOM)
  /** The item that was added before, in the same block; -1 at the first. */
  private before = new Int32Array(FIRST_ROOM)
  private tails = new Uint8Array(FIRST_ROOM)
  private tailBytes = 0
  private readonly lastOf = new Map<number, number>()
  count = 0

  /** `anchor`: the first frame of the session in this capture. */
  add({ frame, check, head, tail }: Item, anchor: number): void {
    if (this.count === this.frames.length) this.grow()
    const { count } = this
    const block = Math.floor(frame / BLOCK_FRAMES)
    this.frames[count] = frame
    this.anchors[count] = anchor
    this.heads[count] = head
    this.starts[count] = this.tailBytes
    this.before[count] = this.lastOf.get(block) ?? -1
    this.lastOf.set(block, count)
    this.append(check + tail)
    this.count++
  }

  /** In the order of frames. `headDigits`: how each head is written. */
  *blocks(headDigits: readonly string[]): Iterable<Block> {
    const order = [...this.lastOf.keys()].sort((a, b) => a - b)
    for (const index of order) yield { index, text: this.block(index, headDigits) }
  }

  private block(index: number, headDigits: readonly string[]): string {
    const items: number[] = []
    for (let i = this.lastOf.get(index) ?? -1; i >= 0; i = this.before[i] as number) items.push(i)
    const { frames, anchors } = this
    const frameOf = (i: number) => frames[i] as number
    const anchorOf = (i: number) => anchors[i] as number
    items.sort((a, b) => frameOf(a) - frameOf(b) || anchorOf(a) - anchorOf(b) || a - b)
    let text = ''
    let frame = index * BLOCK_FRAMES
    for (let from = 0, to = 0; from < items.length; from = to) {
      const first = items[from] as number
      const isAlike = (i: number | undefined) =>
        i !== undefined && frameOf(i) === frameOf(first) && anchorOf(i) === anchorOf(first)
      while (isAlike(items[to])) to++
      const own = items.slice(from, to)
      const step = 2 * (frameOf(first) - frame) + (own.length > 1 ? 1 : 0)
      frame = frameOf(first)
      text += digits(step) + this.checkOf(own) + digits(frame - anchorOf(first))
      if (own.length > 1) text += digits(own.length)
      for (const i of own) text += headDigits[this.heads[i] as number] + this.tail(i).slice(1)
    }
    return text
  }

  /** Of items whose time is known, where there are any. */
  private checkOf(items: readonly number[]): string {
    const checks = items.map((i) => this.tail(i)[0] as string)
    return checks.find((check) => check !== NO_CHECK) ?? NO_CHECK
  }

  private tail(i: number): string {
    const end = i + 1 < this.count ? (this.starts[i + 1] as number) : this.tailBytes
    return ASCII.decode(this.tails.subarray(this.starts[i], end))
  }

  private append(text: string): void {
    if (this.tailBytes + text.length > this.tails.length) {
      const tails = new Uint8Array(2 * (this.tails.length + text.length))
      tails.set(this.tails)
      this.tails = tails
    }
    for (let i = 0; i < text.length; i++) this.tails[this.tailBytes++] = text.charCodeAt(i)
  }

  private grow(): void {
    const room = 2 * this.count
    this.frames = enlarged(this.frames, new Float64Array(room))
    this.anchors = enlarged(this.anchors, new Float64Array(room))
    this.heads = enlarged(this.heads, new Uint32Array(room))
    this.starts = enlarged(this.starts, new Float64Array(room))
    this.before = enlarged(this.before, new Int32Array(room))
  }
}

function enlarged<T extends Float64Array | Uint32Array | Int32Array>(old: T, room: T): T {
  room.set(old)
  return room
}
