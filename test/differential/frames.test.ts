// The reader and the decoder against two independent witnesses, on captures of real servers.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import pcapParser from 'pcap-parser'
import { describe, expect, test } from 'vitest'
import type { PacketView } from '../../src/capture/packet.ts'
import { CaptureReader } from '../../src/capture/reader.ts'
import { openFile } from '../../src/capture/source.ts'
import { Decoded, SegmentDecoder } from '../../src/decode/decode.ts'
import type { SegmentView } from '../../src/decode/segment.ts'
import { readAll } from '../capture/read.ts'
import { needsPeer } from '../support/peer.ts'

const directory = new URL('../captures/', import.meta.url)
const captures = readdirSync(directory).filter((name) => /\.pcap(ng)?$/.test(name))
const pathOf = (name: string) => new URL(name, directory).pathname

const FIELDS = [
  ...['frame.number', 'frame.time_epoch', 'frame.len', 'frame.cap_len', 'ip.src', 'ip.dst', 'ipv6.src', 'ipv6.dst'],
  ...['ip.ttl', 'ip.id', 'ipv6.hlim', 'tcp.srcport', 'tcp.dstport', 'tcp.seq_raw', 'tcp.ack_raw', 'tcp.len'],
  ...['tcp.flags', 'tcp.window_size_value'],
] as const
const OPTIONS = ['-o', 'ip.defragment:FALSE', '-o', 'ipv6.defragment:FALSE', '-o', 'tcp.desegment_tcp_streams:FALSE']

/** One row per frame, its fields separated by tabs. */
function accordingToTshark(path: string): readonly string[] {
  const words = FIELDS.flatMap((field) => ['-e', field])
  const { stdout } = spawnSync('tshark', ['-n', '-r', path, ...OPTIONS, '-T', 'fields', ...words], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  return stdout.split('\n').slice(0, -1)
}

/** The same rows from our reader and decoder. */
async function accordingToUs(path: string): Promise<readonly string[]> {
  const source = await openFile(path)
  const reader = await CaptureReader.open(source)
  const decoder = new SegmentDecoder()
  const rows: string[] = []
  do {
    while (reader.next()) {
      const segment =
        decoder.decode(reader.packet) === Decoded.SEGMENT ? segmentFields(decoder.segment) : Array(14).fill('')
      rows.push([...frameFields(reader), ...segment].join('\t'))
    }
  } while (await reader.refill())
  await source.close()
  return rows
}

function frameFields({ packet, base }: CaptureReader): readonly string[] {
  return [
    String(packet.frame),
    epoch(packet, base ?? { seconds: 0, nanoseconds: 0 }),
    String(packet.wireLength),
    String(packet.length),
  ]
}

function epoch(packet: PacketView, base: { seconds: number; nanoseconds: number }): string {
  const whole = BigInt(base.seconds) * 1_000_000_000n + BigInt(base.nanoseconds) + BigInt(packet.timeNs)
  return `${whole / 1_000_000_000n}.${String(whole % 1_000_000_000n).padStart(9, '0')}`
}

function segmentFields(segment: SegmentView): readonly string[] {
  const { bytes, addressLength, ttl, ipId, flags } = segment
  const addresses = [segment.sourceAt, segment.targetAt].map((at) => bytes.subarray(at, at + addressLength))
  const four = addressLength === 4
  return [
    ...(four ? addresses.map((address) => address.join('.')) : ['', '']),
    ...(four ? ['', ''] : addresses.map(ipv6Text)),
    ...(four ? [String(ttl), `0x${ipId.toString(16).padStart(4, '0')}`, ''] : ['', '', String(ttl)]),
    ...[segment.sourcePort, segment.targetPort, segment.seq, segment.ack, segment.wireLength].map(String),
    `0x${flags.toString(16).padStart(4, '0')}`,
    String(segment.window),
  ]
}

/** RFC 5952, by way of the URL parser. */
function ipv6Text(address: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, index) =>
    Buffer.from(address)
      .readUInt16BE(index * 2)
      .toString(16),
  )
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}

function accordingToPcapParser(path: string): Promise<readonly pcapParser.Packet[]> {
  return new Promise((resolve, reject) => {
    const packets: pcapParser.Packet[] = []
    pcapParser
      .parse(path)
      .on('packet', (packet) => packets.push(packet))
      .on('error', reject)
      .on('end', () => resolve(packets))
  })
}

test('there are captures to compare', () => {
  expect(captures.length).toBeGreaterThanOrEqual(8)
})

describe('tshark sees the same frames and the same TCP fields', () => {
  // It counts no more octets than 2^31 - 1.
  for (const name of captures.filter((name) => name !== 'wire-length-32-bits.pcap')) {
    test.runIf(needsPeer('tshark'))(name, async () => {
      const path = pathOf(name)
      const rows = await accordingToUs(path)
      expect(rows.length).toBeGreaterThan(0)
      expect(rows).toEqual(accordingToTshark(path))
    })
  }
})

describe('pcap-parser sees the same packets', () => {
  // It knows neither pcapng nor nanoseconds.
  const isNano = (name: string) => readFileSync(pathOf(name)).readUInt32LE(0) === 0xa1b23c4d
  for (const name of captures.filter((name) => name.endsWith('.pcap') && !isNano(name))) {
    test(name, async () => {
      const source = await openFile(pathOf(name))
      const { packets, problem, reader } = await readAll(source)
      await source.close()
      expect(problem).toBeNull()
      const base = reader?.base ?? { seconds: 0, nanoseconds: 0 }
      const theirs = await accordingToPcapParser(pathOf(name))
      expect(
        packets.map((packet) => [packet.wireLength, Buffer.from(packet.bytes).toString('hex'), epoch(packet, base)]),
      ).toEqual(
        theirs.map(({ header, data }) => [
          header.originalLength,
          Buffer.from(data).toString('hex'),
          `${header.timestampSeconds}.${String(header.timestampMicroseconds).padStart(6, '0')}000`,
        ]),
      )
    })
  }
})
