// Which capture of a set each packet is from, and its number there. Frame numbers of a set are counted over all captures
// in the order of time; a reader who opens one of the files needs the number in that file. One entry for each change
// from one capture to another.
import { FRAME_RUNS_MAX } from '../limits.ts'

/** A packet in its file: the index of the capture in the order of reading, and its 1-based number there. */
export interface FramePlace {
  readonly capture: number
  readonly frame: number
}

/** A run of packets that follow each other in the set and in one capture. */
export interface FrameRun extends FramePlace {
  /** The number of its first packet in the set. */
  readonly start: number
}

const FIRST_ROOM = 16

export class FrameMap {
  /** The captures, in the order of reading. */
  names: readonly string[] = []
  private starts = new Float64Array(FIRST_ROOM)
  private frames = new Float64Array(FIRST_ROOM)
  private captures = new Int32Array(FIRST_ROOM)
  private count = 0

  /** Packet `start` of the set is packet `frame` of this capture. Must be called with ascending numbers. */
  begin(start: number, capture: number, frame: number): void {
    if (this.count === FRAME_RUNS_MAX) return
    if (this.count === this.starts.length) this.grow()
    this.starts[this.count] = start
    this.captures[this.count] = capture
    this.frames[this.count] = frame
    this.count++
  }

  /** Takes over what another one has; this one is empty. */
  copy({ names, starts, frames, captures, count }: FrameMap): void {
    this.names = names
    this.starts = starts
    this.frames = frames
    this.captures = captures
    this.count = count
  }

  /** Null when it is unknown: before the first packet, and where captures alternate too often to be remembered. */
  placeOf(frame: number): FramePlace | null {
    const at = this.indexOf(frame)
    if (at < 0 || (at === FRAME_RUNS_MAX - 1 && this.starts[at] !== frame)) return null
    return {
      capture: this.captures[at] as number,
      frame: (this.frames[at] as number) + frame - (this.starts[at] as number),
    }
  }

  /** The runs that have packets from `first` to `last`, the first of them from `first` on. */
  runs(first: number, last: number): FrameRun[] {
    const runs: FrameRun[] = []
    for (let at = Math.max(0, this.indexOf(first)); at < this.count; at++) {
      const start = Math.max(first, this.starts[at] as number)
      const place = this.placeOf(start)
      if (start > last || place === null) break
      runs.push({ start, ...place })
    }
    return runs
  }

  /** The last run that begins at or before the packet. */
  private indexOf(frame: number): number {
    let [low, high] = [0, this.count]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.starts[middle] as number) <= frame) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  private grow(): void {
    const { starts, frames, captures } = this
    this.starts = new Float64Array(2 * starts.length)
    this.starts.set(starts)
    this.frames = new Float64Array(2 * frames.length)
    this.frames.set(frames)
    this.captures = new Int32Array(2 * captures.length)
    this.captures.set(captures)
  }
}
