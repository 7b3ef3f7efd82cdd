// Reads a whole capture into records, for the tests: the view is copied, whatever is wrong is caught and kept.
import type { PacketView, TimeBase } from '../../src/capture/packet.ts'
import { CaptureReader } from '../../src/capture/reader.ts'
import { type ByteSource, fromIterable } from '../../src/capture/source.ts'
import { CaptureError, type CaptureProblem } from '../../src/errors.ts'

export interface ReadCapture {
  readonly packets: readonly PacketView[]
  /** The first of what is wrong with it. */
  readonly problem: CaptureProblem | null
  readonly reader: CaptureReader | null
  readonly refills: number
}

/** The bytes as a source that hands out at most `chunk` of them at a time. */
export function sourceOf(bytes: Uint8Array, chunk = Number.POSITIVE_INFINITY, name = 'test.pcap'): ByteSource {
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, Math.min(at + chunk, bytes.length))
  }
  return fromIterable(name, chunks())
}

/** Any exception other than a CaptureError is passed on. */
export async function readAll(
  source: ByteSource,
  windowBytes?: number,
  base: TimeBase | null = null,
  firstFrame = 1,
): Promise<ReadCapture> {
  const packets: PacketView[] = []
  let reader: CaptureReader | null = null
  let refills = 0
  try {
    reader = await CaptureReader.open(source, base, firstFrame, windowBytes)
    do {
      refills += 1
      while (reader.next()) packets.push(owned(reader.packet))
    } while (await reader.refill())
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error
    return { packets, problem: reader?.damages[0] ?? error.problem, reader, refills }
  }
  return { packets, problem: reader.damages[0] ?? null, reader, refills }
}

function owned(packet: PacketView): PacketView {
  return {
    ...packet,
    bytes: packet.bytes.slice(packet.offset, packet.offset + packet.length),
    offset: 0,
  }
}
