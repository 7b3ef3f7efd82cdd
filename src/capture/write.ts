// Packets -> the bytes of a capture file: classic pcap or pcapng (draft-ietf-opsawg-pcap, -pcapng), little-endian.
// `pcap.ts`, `pcapng.ts` and `pcapng-section.ts` describe the layouts.
import { PACKET_BYTES_COMMON } from '../limits.ts'

/** A packet to be written, with its absolute time. `bytes` is what was captured of `wireLength` bytes. */
export interface WrittenPacket {
  readonly seconds: number
  readonly nanoseconds: number
  readonly linkType: number
  readonly wireLength: number
  readonly bytes: Uint8Array
  /** Wireshark shows it as the packet's comment; classic pcap cannot hold it. */
  readonly comment: string | null
}

export interface CaptureWriter {
  /** The first bytes of the file. */
  readonly head: Uint8Array
  record(packet: WrittenPacket): Uint8Array
}

const MICROSECONDS = 0xa1b2c3d4
const NANOSECONDS = 0xa1b23c4d

/** Packets of one link type. With `microseconds`, times are truncated for readers that know no others. */
export function pcapWriter(linkType: number, resolution: 'microseconds' | 'nanoseconds'): CaptureWriter {
  const divisor = resolution === 'microseconds' ? 1000 : 1
  const magic = resolution === 'microseconds' ? MICROSECONDS : NANOSECONDS
  return {
    head: joined([words(magic), halves(2, 4), words(0, 0, PACKET_BYTES_COMMON, linkType)]),
    record({ seconds, nanoseconds, wireLength, bytes }) {
      const fraction = Math.floor(nanoseconds / divisor)
      return joined([words(seconds, fraction, bytes.length, wireLength), bytes])
    },
  }
}

const SECTION_HEADER = 0x0a0d0d0a
const BYTE_ORDER_MAGIC = 0x1a2b3c4d
const INTERFACE_DESCRIPTION = 1
const ENHANCED_PACKET = 6
const DECRYPTION_SECRETS = 10
const TLS_KEY_LOG = 0x544c534b
const LENGTH_UNKNOWN = 0xffffffff

const COMMENT = 1
const APPLICATION = 4
const DESCRIPTION = 3
const TIME_RESOLUTION = 9
/** 10^-9 s. */
const IN_NANOSECONDS = Uint8Array.of(9)
/** Maximum of the 16-bit option length. */
const OPTION_BYTES_MAX = 65_535

interface Section {
  readonly application: string
  readonly comment: string
  /** A key log for a decryption secrets block; empty for none. */
  readonly keyLog: string
}

/** One interface for each link type, in this order. */
export function pcapngWriter(
  section: Section,
  interfaces: readonly { readonly linkType: number; readonly description: string }[],
): CaptureWriter {
  const numberOf = new Map(interfaces.map(({ linkType }, number) => [linkType, number]))
  return {
    head: joined([
      block(SECTION_HEADER, [
        words(BYTE_ORDER_MAGIC),
        halves(1, 0),
        words(LENGTH_UNKNOWN, LENGTH_UNKNOWN),
        ...options([APPLICATION, text(section.application)], [COMMENT, text(section.comment)]),
      ]),
      ...(section.keyLog === '' ? [] : [secrets(new TextEncoder().encode(section.keyLog))]),
      ...interfaces.map(({ linkType, description }) =>
        block(INTERFACE_DESCRIPTION, [
          halves(linkType, 0),
          words(PACKET_BYTES_COMMON),
          ...options([DESCRIPTION, text(description)], [TIME_RESOLUTION, IN_NANOSECONDS]),
        ]),
      ),
    ]),
    record({ seconds, nanoseconds, linkType, wireLength, bytes, comment }) {
      const ticks = BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds)
      return block(ENHANCED_PACKET, [
        words(
          numberOf.get(linkType) ?? 0,
          Number((ticks >> 32n) & 0xffffffffn),
          Number(ticks & 0xffffffffn),
          bytes.length,
          wireLength,
        ),
        padded(bytes),
        ...(comment === null ? [] : options([COMMENT, text(comment)])),
      ])
    },
  }
}

/** secrets type 4 | length 4 | secrets */
function secrets(keyLog: Uint8Array): Uint8Array {
  return block(DECRYPTION_SECRETS, [words(TLS_KEY_LOG, keyLog.length), padded(keyLog)])
}

function block(type: number, parts: readonly Uint8Array[]): Uint8Array {
  const total = parts.reduce((sum, part) => sum + part.length, 12)
  return joined([words(type, total), ...parts, words(total)])
}

function options(...list: readonly (readonly [number, Uint8Array])[]): Uint8Array[] {
  return [...list.flatMap(([code, value]) => [halves(code, value.length), padded(value)]), halves(0, 0)]
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value).subarray(0, OPTION_BYTES_MAX)
}

function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array((bytes.length + 3) & ~3)
  whole.set(bytes)
  return whole
}

function words(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4)
  const view = new DataView(bytes.buffer)
  for (const [i, value] of values.entries()) view.setUint32(i * 4, value, true)
  return bytes
}

function halves(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 2)
  const view = new DataView(bytes.buffer)
  for (const [i, value] of values.entries()) view.setUint16(i * 2, value, true)
  return bytes
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
