// Frames -> the bytes of a capture file, in every format that is read.
import type { Frame } from './envelopes.ts'

export type Format =
  | 'pcap-le-us'
  | 'pcap-le-ns'
  | 'pcap-be-us'
  | 'pcap-be-ns'
  | 'pcapng-le'
  | 'pcapng-be'
  | 'pcapng-two-interfaces'
  | 'pcapng-simple'
  | 'pcapng-strange-blocks'

export const FORMATS: readonly Format[] = [
  'pcap-le-us',
  'pcap-le-ns',
  'pcap-be-us',
  'pcap-be-ns',
  'pcapng-le',
  'pcapng-be',
  'pcapng-two-interfaces',
  'pcapng-simple',
  'pcapng-strange-blocks',
]

export function toFile(
  frames: readonly Frame[],
  linkType: number,
  startUs: number,
  format: Format = 'pcap-le-us',
): Buffer {
  return format.startsWith('pcapng')
    ? pcapng(frames, linkType, startUs, format)
    : pcap(frames, linkType, startUs, format)
}

function pcap(frames: readonly Frame[], linkType: number, startUs: number, format: Format): Buffer {
  const little = format.includes('-le-')
  const nano = format.endsWith('-ns')
  const u32 = (...values: number[]) => words(little, values)
  const header = Buffer.concat([
    u32(nano ? 0xa1b23c4d : 0xa1b2c3d4),
    halves(little, [2, 4]),
    u32(0, 0, 262_144, linkType),
  ])
  const records = frames.map(({ timeNs, bytes }) => {
    const { seconds, ns } = absolute(startUs, timeNs)
    return Buffer.concat([u32(seconds, nano ? ns : Math.floor(ns / 1000), bytes.length, bytes.length), bytes])
  })
  return Buffer.concat([header, ...records])
}

function pcapng(frames: readonly Frame[], linkType: number, startUs: number, format: Format): Buffer {
  const little = format !== 'pcapng-be'
  const two = format === 'pcapng-two-interfaces'
  const u32 = (...values: number[]) => words(little, values)
  const block = (type: number, body: Buffer) => {
    const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)])
    const total = padded.length + 12
    return Buffer.concat([u32(type, total), padded, u32(total)])
  }
  const section = block(
    0x0a0d0d0a,
    Buffer.concat([u32(0x1a2b3c4d), halves(little, [1, 0]), u32(0xffffffff, 0xffffffff)]),
  )
  // The second interface counts nanoseconds: option if_tsresol (9), one octet, value 9.
  const resolution = Buffer.concat([halves(little, [9, 1]), Buffer.from([9, 0, 0, 0]), halves(little, [0, 0])])
  const anInterface = (options: Buffer) =>
    block(1, Buffer.concat([halves(little, [linkType, 0]), u32(262_144), options]))
  const blocks = [section, anInterface(Buffer.alloc(0)), ...(two ? [anInterface(resolution)] : [])]
  for (const [i, { timeNs, bytes }] of frames.entries()) {
    if (format === 'pcapng-simple') {
      blocks.push(block(3, Buffer.concat([u32(bytes.length), bytes])))
      continue
    }
    if (format === 'pcapng-strange-blocks') blocks.push(block(0x0bad0000 + i, Buffer.alloc(i * 3)))
    const number = two ? i % 2 : 0
    const us = BigInt(startUs) + BigInt(Math.floor(timeNs / 1000))
    const time = number === 1 ? BigInt(startUs) * 1000n + BigInt(Math.floor(timeNs)) : us
    const stamp = u32(number, Number(time >> 32n), Number(time & 0xffffffffn), bytes.length, bytes.length)
    blocks.push(block(6, Buffer.concat([stamp, bytes])))
  }
  return Buffer.concat(blocks)
}

function absolute(startUs: number, timeNs: number): { seconds: number; ns: number } {
  const seconds = Math.floor(startUs / 1e6)
  const ns = (startUs - seconds * 1e6) * 1000 + timeNs
  return { seconds: seconds + Math.floor(ns / 1e9), ns: ns % 1e9 }
}

function words(little: boolean, values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [i, value] of values.entries()) {
    if (little) bytes.writeUInt32LE(value >>> 0, i * 4)
    else bytes.writeUInt32BE(value >>> 0, i * 4)
  }
  return bytes
}

function halves(little: boolean, values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2)
  for (const [i, value] of values.entries()) {
    if (little) bytes.writeUInt16LE(value, i * 2)
    else bytes.writeUInt16BE(value, i * 2)
  }
  return bytes
}
