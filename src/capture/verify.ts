// Verifies a capture that was written, frame by frame. Classic captures are read by a second reader, because a
// writer should not be checked by its own one; pcapng and nanoseconds, which it cannot read, are read by ours and
// compared with the same list.
import { newHash } from '../host/crypto.ts'
import { type ReadPacket, readWithSecondReader } from '../host/second-reader.ts'
import { isSame } from './hex.ts'
import { CaptureReader } from './reader.ts'
import { hashed, openFile } from './source.ts'
import type { WrittenPacket } from './write.ts'

const DIGEST_BYTES = 32
const FIELDS = 4

/** What every frame of a file must be: time, lengths, bytes. 64 bytes a frame. */
export class FrameList {
  length = 0
  private fields = new Float64Array(256 * FIELDS)
  private digests = new Uint8Array(256 * DIGEST_BYTES)

  add({ seconds, nanoseconds, wireLength, bytes }: WrittenPacket): void {
    if ((this.length + 1) * FIELDS > this.fields.length) this.grow()
    this.fields.set([seconds, nanoseconds, bytes.length, wireLength], this.length * FIELDS)
    this.digests.set(digestOf(bytes), this.length * DIGEST_BYTES)
    this.length += 1
  }

  /** What is wrong with frame `frame` (from 1) as read back; null when it is right. */
  objection(frame: number, read: ReadPacket, unitNs: number): string | null {
    if (frame > this.length) return `frame ${frame} of ${this.length} was never written`
    const at = (frame - 1) * FIELDS
    const [seconds = 0, nanoseconds = 0, captured = 0, wire = 0] = this.fields.subarray(at, at + FIELDS)
    if (read.seconds !== seconds || read.nanoseconds !== nanoseconds - (nanoseconds % unitNs))
      return `frame ${frame} has another time`
    if (read.bytes.length !== captured || read.wireLength !== wire) return `frame ${frame} has other lengths`
    const digest = this.digests.subarray((frame - 1) * DIGEST_BYTES, frame * DIGEST_BYTES)
    return isSame(digestOf(read.bytes), digest) ? null : `frame ${frame} has other bytes`
  }

  private grow(): void {
    const fields = new Float64Array(this.fields.length * 2)
    fields.set(this.fields)
    this.fields = fields
    const digests = new Uint8Array(this.digests.length * 2)
    digests.set(this.digests)
    this.digests = digests
  }
}

/** Reads a classic capture with microseconds through the second reader. Null when every frame is right. */
export async function verifyByPeer(path: string, meant: FrameList): Promise<string | null> {
  let frames = 0
  let wrong: string | null = null
  const problem = await readWithSecondReader(path, (packet) => {
    frames += 1
    wrong ??= meant.objection(frames, packet, 1000)
  })
  if (wrong !== null || problem !== null) return wrong ?? problem
  return frames === meant.length ? null : `${frames} of ${meant.length} frames are there`
}

/** Reads a capture of either format with our own reader. Null when every frame is right. */
export async function verifyByReader(path: string, meant: FrameList): Promise<string | null> {
  const source = await openFile(path)
  try {
    const reader = await CaptureReader.open(source)
    do {
      while (reader.next()) {
        const { packet, base } = reader
        const ns = (base?.nanoseconds ?? 0) + packet.timeNs
        const read: ReadPacket = {
          seconds: (base?.seconds ?? 0) + Math.floor(ns / 1e9),
          nanoseconds: ns - Math.floor(ns / 1e9) * 1e9,
          wireLength: packet.wireLength,
          bytes: packet.bytes.subarray(packet.offset, packet.offset + packet.length),
        }
        const wrong = meant.objection(packet.frame, read, 1)
        if (wrong !== null) return wrong
      }
    } while (await reader.refill())
    return reader.packets === meant.length ? null : `${reader.packets} of ${meant.length} frames are there`
  } finally {
    await source.close()
  }
}

/** SHA-256 of a file, in hexadecimal. */
export async function sha256Of(path: string): Promise<string> {
  const source = hashed(await openFile(path))
  try {
    return await source.sha256()
  } finally {
    await source.close()
  }
}

function digestOf(bytes: Uint8Array): Uint8Array {
  const hash = newHash('sha256')
  hash.update(bytes)
  return hash.digest()
}
