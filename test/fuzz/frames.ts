// The bytes of a capture -> its frames, and back: what the mutators work on.
import { gunzipSync } from 'node:zlib'
import { CaptureReader } from '../../src/capture/reader.ts'
import { fromIterable } from '../../src/capture/source.ts'
import { CaptureError } from '../../src/errors.ts'

export interface Frame {
  readonly bytes: Uint8Array
  /** Microseconds since 1970. */
  readonly timeUs: number
  readonly wireLength: number
}

export interface Frames {
  readonly linkType: number
  readonly frames: readonly Frame[]
}

const FRAMES_MAX = 2000
const MICROSECONDS = 0xa1b2c3d4

/** The frames of the first link type, as far as the capture can be read; null when there are none. */
export async function readFrames(file: Uint8Array): Promise<Frames | null> {
  async function* whole(): AsyncIterable<Uint8Array> {
    yield file
  }
  const frames: Frame[] = []
  let linkType = -1
  try {
    const reader = await CaptureReader.open(fromIterable('seed', whole()))
    do {
      while (frames.length < FRAMES_MAX && reader.next()) {
        const { packet, base } = reader
        if (linkType < 0) linkType = packet.linkType
        if (packet.linkType !== linkType || base === null) continue
        const timeUs = base.seconds * 1e6 + Math.floor((base.nanoseconds + packet.timeNs) / 1000)
        const bytes = packet.bytes.slice(packet.offset, packet.offset + packet.length)
        frames.push({ bytes, timeUs, wireLength: packet.wireLength })
      }
    } while (frames.length < FRAMES_MAX && (await reader.refill()))
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error
  }
  return frames.length === 0 ? null : { linkType, frames }
}

/** Classic pcap, little-endian, microseconds. */
export function writeFrames({ linkType, frames }: Frames): Uint8Array {
  const size = frames.reduce((sum, { bytes }) => sum + 16 + bytes.length, 24)
  const file = Buffer.alloc(size)
  file.writeUInt32LE(MICROSECONDS, 0)
  file.writeUInt16LE(2, 4)
  file.writeUInt16LE(4, 6)
  file.writeUInt32LE(262_144, 16)
  file.writeUInt32LE(linkType, 20)
  let at = 24
  for (const { bytes, timeUs, wireLength } of frames) {
    const us = Math.max(0, Math.min(timeUs, 0xffffffff * 1e6))
    file.writeUInt32LE(Math.floor(us / 1e6), at)
    file.writeUInt32LE(Math.floor(us % 1e6), at + 4)
    file.writeUInt32LE(bytes.length, at + 8)
    file.writeUInt32LE(wireLength >>> 0, at + 12)
    file.set(bytes, at + 16)
    at += 16 + bytes.length
  }
  return file
}

/** A compressed seed as what is in it; any other as it is. */
export function unpacked(file: Uint8Array): Uint8Array {
  if (file[0] !== 0x1f || file[1] !== 0x8b) return file
  try {
    return gunzipSync(file, { maxOutputLength: 16 << 20 })
  } catch {
    return file
  }
}
