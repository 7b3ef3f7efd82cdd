// Packets -> the bytes of captures, in the formats that the fast path and the readers in front of it take.
import { gzipSync } from 'node:zlib'
import type { CaptureInput } from '../../src/analyze.ts'
import { concat, pcapHeader, pcapRecord, SectionWriter } from '../capture/build.ts'
import type { Dice } from '../fuzz/dice.ts'
import { piped } from './both-ways.ts'
import type { Packet } from './traffic.ts'

export const FORMATS = ['le-us', 'le-ns', 'be-us', 'be-ns', 'pcapng-le', 'pcapng-be', 'pcapng-two'] as const
export type Format = (typeof FORMATS)[number]

const EPOCH_SECONDS = 1_290_930_428

export function fileOf(packets: readonly Packet[], linkType: number, format: Format = 'le-us'): Uint8Array {
  const littleEndian = !format.includes('be')
  if (format.startsWith('pcapng')) {
    const writer = new SectionWriter(littleEndian).interface(linkType)
    if (format === 'pcapng-two') writer.interface(linkType)
    for (const [i, { timeNs, bytes, wireLength }] of packets.entries()) {
      const ticks = BigInt(EPOCH_SECONDS) * 1_000_000n + BigInt(Math.floor(timeNs / 1000))
      // Every now and then another interface sees the same.
      const index = format === 'pcapng-two' && (i >> 5) % 8 === 1 ? 1 : 0
      writer.enhanced(index, ticks, bytes, wireLength)
    }
    return writer.bytes()
  }
  const nanoseconds = format.endsWith('ns')
  const records = packets.map(({ timeNs, bytes, wireLength }) => {
    const seconds = Math.floor(timeNs / 1e9)
    const ns = Math.floor(timeNs - seconds * 1e9)
    const fraction = nanoseconds ? ns : Math.floor(ns / 1000)
    return pcapRecord({ seconds: EPOCH_SECONDS + seconds, fraction, bytes, wireLength }, littleEndian)
  })
  return concat([pcapHeader({ littleEndian, nanoseconds, linkType }), ...records])
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
