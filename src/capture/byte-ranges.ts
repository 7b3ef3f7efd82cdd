// Counts the packets of a whole capture, or of a byte range of a plain pcap. Adjacent ranges contain exactly the
// records that a reading from the start finds.

import { CaptureError } from '../errors.ts'
import { WINDOW_BYTES } from '../limits.ts'
import { detectFormat } from './detect-format.ts'
import { emptyPacket, RelativeClock, type TimeBase } from './packet.ts'
import { FILE_HEADER, PcapReader } from './pcap.ts'
import { ReadBuffer } from './read-buffer.ts'
import { CaptureReader } from './reader.ts'
import type { Stored } from './sort-captures.ts'
import type { Opener } from './source.ts'

/** Result of counting. */
interface Count {
  readonly packets: number
  /** Time of the first packet and the latest time; null when there is none. */
  readonly first: TimeBase | null
  readonly latest: TimeBase | null
}

export interface RangeCount extends Count {
  /** `[from, to)`: its records, in bytes of the file. Without records, `from` is the start of the next one. */
  readonly from: number
  readonly to: number
  /** The time of its last packet, in seconds. */
  readonly lastSeconds: number
  /** Whether the result may depend on bytes outside the range: damage, or impossible times. */
  readonly isDoubtful: boolean
}

/** The offset after the header of a plain pcap, from which it can be cut. Null for any other capture. */
export async function headerLengthOf(open: Opener): Promise<number | null> {
  const source = await open(null)
  try {
    const window = new ReadBuffer(source, FILE_HEADER)
    if (!(await window.fill(FILE_HEADER))) return null
    return detectFormat(window.bytes) === 'pcap' ? FILE_HEADER : null
  } finally {
    await source.close()
  }
}

interface CutCount extends Count {
  /** Packets before the first cut, between the cuts, and after the last. */
  readonly parts: readonly number[]
}

/**
 * Counts the packets of a whole capture, as far as it can be read. A packet is after a cut when its time, or that of an
 * earlier packet, is not before the cut. Throws CaptureError `unreadable`.
 */
export async function countPackets({ open }: Stored, cuts: readonly TimeBase[] = []): Promise<CutCount> {
  const source = await open(null)
  let reader: CaptureReader | null = null
  let latestNs = Number.NEGATIVE_INFINITY
  let cutNs = Number.NEGATIVE_INFINITY
  let parts: number[] = []
  const nextCut = ({ base }: CaptureReader) => {
    const cut = cuts[parts.length]
    parts.push(0)
    if (cut === undefined || base === null) cutNs = Number.POSITIVE_INFINITY
    else cutNs = (cut.seconds - base.seconds) * 1e9 + (cut.nanoseconds - base.nanoseconds)
  }
  try {
    reader = await CaptureReader.open(source)
    do {
      while (reader.next()) {
        latestNs = Math.max(latestNs, reader.packet.timeNs)
        while (latestNs >= cutNs) nextCut(reader)
        parts[parts.length - 1] = (parts.at(-1) ?? 0) + 1
      }
    } while (await reader.refill())
  } catch (error) {
    if (!(error instanceof CaptureError) || error.problem.code === 'unreadable') throw error
  } finally {
    reader?.close()
    await source.close()
  }
  const first = reader?.packets ? reader.base : null
  parts = Array.from({ length: cuts.length + 1 }, (_, n) => parts[n] ?? 0)
  return { packets: reader?.packets ?? 0, first, latest: later(first, latestNs), parts }
}

/** Counts the packets of a plain pcap whose records start in the range. Throws CaptureError `unreadable`. */
export async function countRange({ open }: Stored, from: number, to: number, size: number): Promise<RangeCount> {
  const source = await open({ headerLength: FILE_HEADER, from, to: size })
  const clock = new RelativeClock(null)
  const packet = emptyPacket()
  let packets = 0
  let lastNs = 0
  let latestNs = Number.NEGATIVE_INFINITY
  let [start, end] = [size, size]
  let isDoubtful = false
  try {
    const window = new ReadBuffer(source, WINDOW_BYTES)
    const reader = await PcapReader.open(window, clock)
    if (from === FILE_HEADER || (await reader.seek())) start = window.origin + window.start
    let isWithin = start < to
    if (!isWithin) end = start
    while (isWithin) {
      while (reader.next(packet)) {
        if (packet.fileOffset >= to) {
          end = packet.fileOffset
          isWithin = false
          break
        }
        packets += 1
        lastNs = packet.timeNs
        latestNs = Math.max(latestNs, lastNs)
      }
      if (isWithin && !(await reader.refill())) isWithin = false
      isDoubtful = reader.isDoubtful
    }
  } catch (error) {
    if (!(error instanceof CaptureError) || error.problem.code === 'unreadable') throw error
    // Only the end of the last range is the end of the capture.
    isDoubtful ||= to < size || packets === 0
  } finally {
    await source.close()
  }
  const first = packets === 0 ? null : clock.base
  const lastSeconds = first === null ? 0 : first.seconds + Math.floor((first.nanoseconds + lastNs) / 1e9)
  return { packets, first, latest: later(first, latestNs), from: start, to: end, lastSeconds, isDoubtful }
}

function later(first: TimeBase | null, ns: number): TimeBase | null {
  if (first === null) return null
  const total = first.nanoseconds + ns
  const seconds = Math.floor(total / 1e9)
  return { seconds: first.seconds + seconds, nanoseconds: total - seconds * 1e9 }
}
