// A frame -> where its TCP segment lies, through whatever the decoder sees through; and the lengths put right again
// after something in it was changed, so that a mutation reaches the rooms behind the decoder.
import { Decoded, SegmentDecoder } from '../../src/decode/decode.ts'
import type { Frame } from './frames.ts'

/** Offsets into the frame. `ipVersion` is 4 or 6. */
export interface Place {
  readonly ipAt: number
  readonly ipVersion: 4 | 6
  readonly tcpAt: number
  readonly payloadAt: number
  readonly end: number
}

/** Null where there is no segment, or where its headers are not plain. */
export function placeOf({ bytes, wireLength }: Frame, linkType: number): Place | null {
  const decoder = new SegmentDecoder()
  const packet = {
    bytes,
    offset: 0,
    length: bytes.length,
    wireLength,
    frame: 1,
    timeNs: 0,
    fileOffset: 0,
    linkType,
    tap: 0,
  }
  if (decoder.decode(packet) !== Decoded.SEGMENT) return null
  const { segment } = decoder
  if (segment.bytes !== bytes) return null
  const ipVersion = segment.addressLength === 4 ? 4 : 6
  const ipAt = segment.sourceAt - (ipVersion === 4 ? 12 : 8)
  if (ipVersion === 6 && bytes[ipAt + 6] !== 6) return null
  const tcpAt = ipVersion === 4 ? ipAt + ((bytes[ipAt] as number) & 15) * 4 : ipAt + 40
  return { ipAt, ipVersion, tcpAt, payloadAt: segment.offset, end: segment.offset + segment.length }
}

/** The frame with another payload, IP's length made to fit. */
export function withPayload(frame: Frame, place: Place, payload: Uint8Array): Frame {
  const bytes = new Uint8Array(place.payloadAt + payload.length)
  bytes.set(frame.bytes.subarray(0, place.payloadAt))
  bytes.set(payload, place.payloadAt)
  const view = new DataView(bytes.buffer)
  const { ipAt, ipVersion } = place
  if (ipVersion === 4) view.setUint16(ipAt + 2, Math.min(0xffff, bytes.length - ipAt))
  else view.setUint16(ipAt + 4, Math.min(0xffff, bytes.length - ipAt - 40))
  return { ...frame, bytes, wireLength: bytes.length }
}

/** A copy of the frame in which `change` may write. */
export function changed(frame: Frame, change: (view: DataView) => void): Frame {
  const bytes = frame.bytes.slice()
  change(new DataView(bytes.buffer))
  return { ...frame, bytes }
}
