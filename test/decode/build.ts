// Handwritten packets for the tests of decode/.
import type { PacketView } from '../../src/capture/packet.ts'
import { Decoded, SegmentDecoder } from '../../src/decode/decode.ts'
import type { SegmentView } from '../../src/decode/segment.ts'
import { concat, numbers } from '../capture/build.ts'

export const PAYLOAD = new TextEncoder().encode('NOOP\r\n')

export function tcp(payload: Uint8Array = PAYLOAD, options = new Uint8Array(0), headerWords = 5 + options.length / 4) {
  const fields = numbers(
    false,
    '2 2 4 4 1 1 2 2 2',
    4025,
    25,
    0xfffffff0,
    0x80000001,
    headerWords << 4,
    0x18,
    501,
    0,
    0,
  )
  return concat([fields, options, payload])
}

export interface Ipv4Options {
  readonly totalLength?: number
  readonly fragment?: number
  readonly protocol?: number
  readonly options?: Uint8Array
  readonly headerWords?: number
}

export function ipv4(payload: Uint8Array, given: Ipv4Options = {}): Uint8Array {
  const { options = new Uint8Array(0), fragment = 0x4000, protocol = 6 } = given
  const headerWords = given.headerWords ?? 5 + options.length / 4
  const totalLength = given.totalLength ?? 20 + options.length + payload.length
  const fields = numbers(false, '1 1 2 2 2 1 1 2', 0x40 | headerWords, 0, totalLength, 777, fragment, 61, protocol, 0)
  return concat([fields, Uint8Array.of(192, 0, 2, 1, 198, 51, 100, 2), options, payload])
}

/** `extensions`: next header number, and body without its first octet, from the outermost to the innermost. */
export function ipv6(
  payload: Uint8Array,
  extensions: readonly (readonly [number, Uint8Array])[] = [],
  protocol = 6,
  payloadLength?: number,
): Uint8Array {
  const kinds = [...extensions.map(([kind]) => kind), protocol]
  const bodies = extensions.map(([, body], index) => concat([Uint8Array.of(kinds[index + 1] ?? 0), body]))
  const carried = concat([...bodies, payload])
  const fields = numbers(false, '4 2 1 1', 0x60000000, payloadLength ?? carried.length, kinds[0] ?? protocol, 58)
  return concat([fields, new Uint8Array(16).fill(1), new Uint8Array(16).fill(2), carried])
}

/** `protocols` from the outermost; VLAN tags are inserted between them. */
export function ethernet(payload: Uint8Array, ...protocols: readonly number[]): Uint8Array {
  const tags = protocols.map((protocol, index) =>
    numbers(false, index === 0 ? '2' : '2 2', ...(index === 0 ? [protocol] : [100 + index, protocol])),
  )
  return concat([new Uint8Array(12).fill(0xee), ...tags, payload])
}

export function packetOf(bytes: Uint8Array, linkType = 101, wireLength = bytes.length): PacketView {
  // The packet is in the middle of a larger buffer whose other octets the decoder must not read.
  const around = new Uint8Array(bytes.length + 64).fill(0x45)
  around.set(bytes, 32)
  return {
    bytes: around,
    offset: 32,
    length: bytes.length,
    wireLength,
    frame: 1,
    timeNs: 0,
    fileOffset: 0,
    linkType,
    tap: 0,
  }
}

export const outcomes = Object.keys(Decoded) as readonly (keyof typeof Decoded)[]

/** The outcome as text, with the segment if there is one. */
export function decode(packet: PacketView): {
  outcome: keyof typeof Decoded
  segment: SegmentView
  payload: string
} {
  const decoder = new SegmentDecoder()
  const decoded = decoder.decode(packet)
  const outcome = outcomes.find((name) => Decoded[name] === decoded) ?? 'UNDECODABLE'
  const { segment } = decoder
  const payload = new TextDecoder().decode(segment.bytes.subarray(segment.offset, segment.offset + segment.length))
  return { outcome, segment, payload }
}
