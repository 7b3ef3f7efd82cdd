// tshark reassembles the same bytes of every connection, and sees the same first close.
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { CaptureReader } from '../../src/capture/reader.ts'
import { openFile } from '../../src/capture/source.ts'
import { Decoded, SegmentDecoder } from '../../src/decode/decode.ts'
import { FlowTracker } from '../../src/tcp/flow-tracker.ts'
import { needsPeer } from '../support/peer.ts'
import { sampleOf } from '../support/sample.ts'

const folder = new URL('../captures/', import.meta.url)
// A cut snapshot and a capture that starts in mid-stream are pieced together differently on purpose.
const files = readdirSync(folder).filter((name) => /\.pcap(?:ng)?$/.test(name) && !/snapshot|midstream/.test(name))

interface Streamed {
  readonly hex: [string, string]
  close: string
}

async function ours(path: string): Promise<Streamed[]> {
  const streams: Streamed[] = []
  const source = await openFile(path)
  const reader = await CaptureReader.open(source)
  const decoder = new SegmentDecoder()
  const connections = new FlowTracker(() => {
    const streamed: Streamed = { hex: ['', ''], close: '' }
    streams.push(streamed)
    return {
      chunk(side, { kind, bytes, offset, length }) {
        if (kind === 'bytes') streamed.hex[side] += Buffer.from(bytes.subarray(offset, offset + length)).toString('hex')
        if ((kind === 'fin' || kind === 'rst') && streamed.close === '') streamed.close = `${kind} ${side}`
        return true
      },
      end: () => true,
    }
  })
  do {
    while (reader.next()) if (decoder.decode(reader.packet) === Decoded.SEGMENT) connections.segment(decoder.segment)
  } while (await reader.refill())
  connections.finish()
  await source.close()
  return streams
}

/** The bytes of both sides of so many streams. */
function theirs(path: string, count: number): [string, string][] {
  const follow = Array.from({ length: count }, (_, i) => ['-z', `follow,tcp,raw,${i}`]).flat()
  const output = execFileSync('tshark', ['-r', path, '-q', ...follow], { encoding: 'utf8', maxBuffer: 1 << 28 })
  const streams = Array.from({ length: count }, (): [string, string] => ['', ''])
  for (const followed of output.split('Filter: tcp.stream eq ').slice(1)) {
    const rows = followed
      .split('\n')
      .slice(1)
      .filter((line) => /^\t?[0-9a-f]+$/.test(line))
    const of = (tab: boolean) => rows.filter((line) => line.startsWith('\t') === tab).map((line) => line.trim())
    streams[Number.parseInt(followed, 10)] = [of(false).join(''), of(true).join('')]
  }
  return streams
}

function tsharkCloses(path: string): Map<number, string> {
  const fields = [
    '-e',
    'tcp.stream',
    '-e',
    'tcp.flags.fin',
    '-e',
    'tcp.flags.reset',
    '-e',
    'tcp.srcport',
    '-e',
    'ip.src',
    '-e',
    'ipv6.src',
  ]
  const output = execFileSync('tshark', ['-r', path, '-Y', 'tcp', '-T', 'fields', ...fields], { encoding: 'utf8' })
  const closes = new Map<number, string>()
  const openers = new Map<number, string>()
  for (const line of output.split('\n').filter((row) => row !== '')) {
    const [stream, fin, reset, ...sender] = line.split('\t')
    const who = sender.join(' ')
    const number = Number(stream)
    if (!openers.has(number)) openers.set(number, who)
    const side = openers.get(number) === who ? 0 : 1
    const set = (flag: string | undefined) => flag === '1' || flag === 'True'
    if (!closes.has(number) && (set(fin) || set(reset))) closes.set(number, `${set(reset) ? 'rst' : 'fin'} ${side}`)
  }
  return closes
}

describe.runIf(needsPeer('tshark'))('tshark', () => {
  for (const file of sampleOf(files, 'streams of tshark')) {
    test(`${file}: bytes and first close of every connection`, async () => {
      const path = new URL(file, folder).pathname
      const streams = await ours(path)
      const followed = theirs(path, streams.length)
      const closes = tsharkCloses(path)
      for (const [i, { hex, close }] of streams.entries()) {
        expect(hex, `stream ${i}`).toEqual(followed[i])
        expect(close, `stream ${i}`).toBe(closes.get(i) ?? '')
      }
    })
  }
})
