// Packets -> the bytes of captures, in the formats that the fast path and the readers in front of it take.
import { gzipSync } from 'node:zlib'
import type { CaptureInput } from '../../src/analyze.ts'
import { concat, numbers, pcapHeader, pcapRecord, SectionWriter } from '../capture/build.ts'
import type { Dice } from '../fuzz/dice.ts'
import { piped } from './both-ways.ts'
import type { Packet } from './traffic.ts'

export const FORMATS = [
  ...(['le-us', 'le-ns', 'be-us', 'be-ns', 'pcapng-le', 'pcapng-be', 'pcapng-two'] as const),
  ...(['pcapng-ns', 'pcapng-be-100ns', 'pcapng-binary', 'pcapng-options', 'pcapng-kinds'] as const),
] as const
export type Format = (typeof FORMATS)[number]

const EPOCH_SECONDS = 1_290_930_428

export function fileOf(packets: readonly Packet[], linkType: number, format: Format = 'le-us'): Uint8Array {
  const littleEndian = !format.includes('be')
  if (format.startsWith('pcapng')) return sectionOf(packets, linkType, format, littleEndian)
  const nanoseconds = format.endsWith('ns')
  const records = packets.map(({ timeNs, bytes, wireLength }) => {
    const seconds = Math.floor(timeNs / 1e9)
    const ns = Math.floor(timeNs - seconds * 1e9)
    const fraction = nanoseconds ? ns : Math.floor(ns / 1000)
    return pcapRecord({ seconds: EPOCH_SECONDS + seconds, fraction, bytes, wireLength }, littleEndian)
  })
  return concat([pcapHeader({ littleEndian, nanoseconds, linkType }), ...records])
}

/** if_tsresol, by format: microseconds where it is not said. */
const RESOLUTIONS: Partial<Record<Format, number>> = {
  'pcapng-ns': 9,
  'pcapng-be-100ns': 7,
  'pcapng-binary': 0x80 | 20,
}
/** if_tsoffset, in seconds. */
const OFFSET = -7200n

function sectionOf(packets: readonly Packet[], linkType: number, format: Format, littleEndian: boolean): Uint8Array {
  const writer = new SectionWriter(littleEndian)
  const resolution = RESOLUTIONS[format] ?? 6
  const shifted = format === 'pcapng-ns' ? OFFSET : 0n
  const options = [writer.option(9, Uint8Array.of(resolution)), writer.option(14, writer.wide(shifted))]
  writer.interface(linkType, 0, ...(resolution === 6 ? [] : options))
  if (format === 'pcapng-two') writer.interface(linkType)
  const perSecond = resolution < 0x80 ? 10n ** BigInt(resolution) : 2n ** BigInt(resolution & 0x7f)
  for (const [i, { timeNs, bytes, wireLength }] of packets.entries()) {
    const ns = BigInt(EPOCH_SECONDS) * 1_000_000_000n + BigInt(Math.floor(timeNs))
    const ticks = (ns * perSecond) / 1_000_000_000n - shifted * perSecond
    // Every now and then another interface sees the same.
    const index = format === 'pcapng-two' && (i >> 5) % 8 === 1 ? 1 : 0
    if (format === 'pcapng-kinds' && i % 90 === 80) writer.simple(bytes, wireLength)
    else if (format === 'pcapng-kinds' && i % 90 === 81) writer.older(index, ticks, bytes, wireLength)
    else
      writer.enhanced(index, ticks, bytes, wireLength, ...(format === 'pcapng-options' ? packetOptions(writer, i) : []))
    // Statistics, and a block of an unknown type.
    if (format === 'pcapng-kinds' && i % 70 === 7) writer.statistics(0, BigInt(i)).block(0x0bad, bytes.subarray(0, 8))
  }
  return writer.bytes()
}

/** Flags, lost packets here and there, and options that do not fit their block. */
function packetOptions(writer: SectionWriter, i: number): readonly Uint8Array[] {
  const flags = writer.option(2, numbers(writer.littleEndian, '4', 1))
  if (i % 60 === 11) return [flags, writer.option(4, writer.wide(BigInt(i)))]
  return i % 60 === 33 ? [numbers(writer.littleEndian, '2 2', 7, 9000)] : [flags, writer.option(0, new Uint8Array(0))]
}

/**
 * The packets in one capture or several, in sequence or overlapping, whole or in small reads, compressed or not.
 * `isPlain`: in one pcap file.
 */
export function inputsOf(
  dice: Dice,
  packets: readonly Packet[],
  linkType: number,
  isPlain = false,
): () => CaptureInput[] {
  if (isPlain) return () => [piped(fileOf(packets, linkType))]
  const parts = dice.once(3) ? split(dice, packets) : [packets]
  const files = parts.map((part) => {
    const bytes = fileOf(part, linkType, dice.pick(FORMATS))
    return dice.once(6) ? gzipSync(bytes, { level: 1 }) : bytes
  })
  const chunk = dice.once(3) ? dice.pick([1000, 4096, 70_000]) : Number.POSITIVE_INFINITY
  return () => files.map((bytes, i) => piped(bytes, `${i}.pcap`, chunk))
}

function split(dice: Dice, packets: readonly Packet[]): (readonly Packet[])[] {
  const at = dice.below(packets.length)
  const isLeft = packets.map(() => dice.once(2))
  switch (dice.below(4)) {
    case 0:
      return [packets.slice(0, at), packets.slice(at)]
    case 1:
      // Two taps, each with a part of the packets.
      return [packets.filter((_, i) => isLeft[i]), packets.filter((_, i) => !isLeft[i])]
    case 2:
      // Two taps that both see all packets for a time.
      return [packets.slice(0, at + 40), packets.slice(Math.max(0, at - 40))]
    default: {
      const further = packets
        .slice(at)
        .map((packet) => ({ ...packet, timeNs: packet.timeNs + dice.pick([0, 3000, -2e9]) }))
      return [packets, further]
    }
  }
}
