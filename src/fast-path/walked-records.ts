// How far the kernel has taken the records of a capture. It notes that in its memory, where it can be read in less time than
// what the kernel exports.
import type { Records } from '../capture/record-reader.ts'
import type { Kernel } from './kernel.ts'

// `Walked` of `kernel/records.ts`, in numbers of 8 bytes and in numbers of 4 bytes:
const FRAME = 0
const LAST_NS = 1
const STOPPED_NS = 2
const LAST_SECONDS = 6
const LAST_RECORD = 7
const NEXT_RECORD = 8

type Taken = Pick<Records, 'bytes' | 'start' | 'last' | 'frame' | 'lastNs' | 'seconds'>

export class WalkedRecords {
  private readonly exports: Kernel['exports']
  private readonly numbers: Int32Array
  private readonly times: Float64Array

  constructor({ bytes: { buffer }, exports }: Pick<Kernel, 'bytes' | 'exports'>) {
    const at = exports.WALKED.value
    this.exports = exports
    this.numbers = new Int32Array(buffer, at, NEXT_RECORD + 1)
    this.times = new Float64Array(buffer, at, STOPPED_NS + 1)
  }

  /** Moves `records` behind those that were taken. */
  advance(records: Taken): void {
    const { numbers, times } = this
    const origin = records.bytes.byteOffset
    const next = (numbers[NEXT_RECORD] as number) - origin
    if (next <= records.start) return
    records.start = next
    records.last = (numbers[LAST_RECORD] as number) - origin
    records.frame = times[FRAME] as number
    records.lastNs = times[LAST_NS] as number
    records.seconds = (numbers[LAST_SECONDS] as number) >>> 0
  }

  /** The same when the kernel has failed, and has noted nothing. */
  advanceAfterFailure(records: Taken): void {
    this.exports.noteWalked()
    this.advance(records)
  }

  /** The time of the packet at which the kernel stopped. */
  get stoppedNs(): number {
    return this.times[STOPPED_NS] as number
  }
}
