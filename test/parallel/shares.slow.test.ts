// Captures that several threads read, each for its share of the connections, draw the same analysis, byte for byte, and
// the same reports in the same order, as when one thread judges all of them, with and without the fast path.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { type AnalyzeOptions, analyze, type SessionReport } from '../../src/analyze.ts'
import type { CaptureInput } from '../../src/capture/sort-captures.ts'
import { fastPathSetting } from '../../src/fast-path/setting.ts'
import { OPEN_SESSIONS_MAX, SILENT_CONNECTIONS_MAX } from '../../src/limits.ts'
import type { ThreadedOptions } from '../../src/parallel/analyze-on-threads.ts'
import { ShareReading, type ShareStep } from '../../src/parallel/read-share.ts'
import { PLACES } from '../../src/tcp/share.ts'
import { generate } from '../bench/generate.mjs'
import { concat, numbers, SectionWriter } from '../capture/build.ts'
import { type Frame, linkTypeOf } from '../support/envelopes.ts'
import { toFile } from '../support/files.ts'
import { sampleOf } from '../support/sample.ts'
import { analyzeSharesHere, fileOf } from '../support/shares.ts'
import { scene } from './traffic.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const COUNTS = [2, 3]
const OPTIONS: readonly ThreadedOptions[] = [
  {},
  { keepSessions: 'notable' },
  { keepSessions: 'none', verifyChecksums: true, profile: 'postfix' },
]

/** All output. */
async function told(read: (options: AnalyzeOptions) => Promise<unknown>, options: AnalyzeOptions): Promise<string> {
  const reports: unknown[] = []
  const onSession = (report: SessionReport) => {
    const { id, server, serverName, verdict, opaque, findings, limits } = report
    const { firstFrame, closedFrame, lastFrame, startNs, endNs, packets, record } = report
    reports.push([id, server, serverName, verdict, opaque, findings, limits, record])
    reports.push([firstFrame, closedFrame, lastFrame, startNs, endNs, packets])
  }
  const silent = await read(options)
  return JSON.stringify([silent, await read({ ...options, onSession }), reports], null, 1)
}

async function expectTheSame(every: readonly ThreadedOptions[], captures: readonly CaptureInput[]): Promise<void> {
  for (const options of every) {
    const expected = await told((each) => analyze(captures, each), options)
    for (const count of COUNTS) {
      for (const isOff of [false, true]) {
        fastPathSetting.isOff = isOff
        const inShares = (each: ThreadedOptions) => analyzeSharesHere(captures, each, count)
        expect(await told(inShares, options), `${count}, ${isOff}, ${JSON.stringify(options)}`).toBe(expected)
      }
      fastPathSetting.isOff = false
    }
  }
}

afterEach(() => {
  fastPathSetting.isOff = false
})

describe('captures', () => {
  const files = ['samples', 'test/captures', 'test/fuzz/regressions'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => /\.pcap(ng)?$/.test(name))
      .map((name) => join(folder, name)),
  )
  for (const path of sampleOf(files, 'in shares')) {
    test(path, () => expectTheSame(OPTIONS, [join(root, path)]))
  }

  test('one after the other, and at the same time', async () => {
    const some = sampleOf(files, 'sets in shares').map((path) => join(root, path))
    await expectTheSame(sampleOf(OPTIONS, 'sets'), some)
  })
})

describe('connections', () => {
  for (const envelope of ['ethernet', 'fragments', 'gre', 'fragments-of-vxlan'] as const) {
    test(envelope, async () => {
      for (let seed = 1; seed <= 3; seed++) {
        const file = toFile(scene(seed, envelope), linkTypeOf(envelope), 0)
        await expectTheSame(sampleOf(OPTIONS, `${envelope} ${seed} shares`), [fileOf('scene.pcap', file)])
      }
    })
  }

  test('with clocks that jump back and ahead', async () => {
    const frames = scene(7, 'ethernet').map((frame, i) => ({
      ...frame,
      timeNs: frame.timeNs + (Math.floor(i / 40) % 3) * 90_000_000_000,
    }))
    await expectTheSame(sampleOf(OPTIONS, 'jumps'), [fileOf('jumps.pcap', toFile(frames, 1, 0))])
  })

  test('seen by two taps', async () => {
    const files = [8, 8, 9].map((seed) => toFile(scene(seed, 'ethernet'), 1, 0))
    await expectTheSame(
      sampleOf(OPTIONS, 'taps'),
      files.map((file, i) => fileOf(`tap-${i}.pcap`, file)),
    )
    const two = toFile(scene(10, 'ethernet'), 1, 0, 'pcapng-two-interfaces')
    await expectTheSame(sampleOf(OPTIONS, 'two interfaces'), [fileOf('two-interfaces.pcapng', two)])
  })
})

/** The bytes of a generated capture. */
function generated(options: Record<string, number>): Buffer {
  const path = join(mkdtempSync(join(tmpdir(), 'pipelint-shares-')), 'generated.pcap')
  generate(path, options)
  const file = readFileSync(path)
  rmSync(dirname(path), { recursive: true })
  return file
}

test('a capture that is cut off', async () => {
  const file = readFileSync(join(root, 'samples/five-dialogues.pcap'))
  await expectTheSame(sampleOf(OPTIONS, 'cut'), [
    fileOf('cut.pcap', file.subarray(0, file.length - 7)),
    fileOf('empty.pcap', new Uint8Array(0)),
  ])
})

test('sessions that lost packets, of which many wait to be delivered, in the order of closing', async () => {
  const file = generated({ seed: 5, bytes: 2_000_000, mails: 3, size: 400, open: 64, faulty: 5, lossy: 1 })
  // Small pieces are as many steps.
  const pieces = Array.from({ length: 40 }, (_, i) => file.subarray(i * 50_000, (i + 1) * 50_000))
  await expectTheSame([{}], [fileOf('lossy', ...pieces, file.subarray(2_000_000))])
})

describe('what all connections share', () => {
  /** Ethernet, IPv4, TCP. */
  const syn = (n: number): Frame => {
    const bytes = Buffer.alloc(54)
    bytes.writeUInt16BE(0x0800, 12)
    bytes.set([0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, n >> 16, (n >> 8) & 0xff, n & 0xff, 192, 0, 2, 25], 14)
    bytes.writeUInt16BE(40_000, 34)
    bytes.writeUInt16BE(25, 36)
    bytes.set([0x50, 2, 0xff, 0xff], 46)
    return { timeNs: n * 1000, bytes }
  }

  /** One octet of a session whose beginning was not captured. */
  const octet = (n: number): Frame => {
    const { bytes, timeNs } = syn(n)
    const longer = Buffer.concat([bytes, Buffer.from('E')])
    longer.writeUInt16BE(41, 16)
    longer[47] = 0x10
    return { timeNs, bytes: longer }
  }

  test('is bounded as with one thread: more silent connections than are followed', async () => {
    const flood = Array.from({ length: SILENT_CONNECTIONS_MAX + 1000 }, (_, n) => syn(n))
    const lastNs = flood.length * 1000
    const sessions = scene(11, 'ethernet').map((frame) => ({ ...frame, timeNs: frame.timeNs + lastNs }))
    const early = scene(12, 'ethernet').slice(0, 60)
    const all = [...early.map((frame, i) => ({ ...frame, timeNs: i })), ...flood, ...sessions]
    await expectTheSame([{ keepSessions: 'notable' }], [fileOf('flood.pcap', toFile(all, 1, 0))])
  })

  test('is bounded as with one thread: more open sessions than are followed', async () => {
    const flood = Array.from({ length: OPEN_SESSIONS_MAX + 500 }, (_, n) => octet(n))
    const early = scene(14, 'ethernet').slice(0, 60)
    const lastNs = flood.length * 1000
    const sessions = scene(15, 'ethernet').map((frame) => ({ ...frame, timeNs: frame.timeNs + lastNs }))
    const all = [...early.map((frame, i) => ({ ...frame, timeNs: i })), ...flood, ...sessions]
    await expectTheSame([{ keepSessions: 'notable' }], [fileOf('flood.pcap', toFile(all, 1, 0))])
  })

  test('are secrets in the capture, which sessions may resume', async () => {
    const text = new TextEncoder().encode(`CLIENT_RANDOM ${'00'.repeat(32)} ${'11'.repeat(48)}\n`)
    const keyLog = concat([numbers(false, '4 4', 0x544c534b, text.length), text, new Uint8Array(-text.length & 3)])
    const section = new SectionWriter(false).interface()
    for (const { bytes, timeNs } of scene(13, 'ethernet')) section.enhanced(0, BigInt(Math.floor(timeNs / 1000)), bytes)
    await expectTheSame([{}], [fileOf('keyed.pcapng', section.block(10, keyLog).bytes())])
  })
})

test('a step does not change later', async () => {
  const file = readFileSync(join(root, 'samples/five-dialogues.pcap'))
  const pieces = Array.from({ length: 80 }, (_, i) => file.subarray(i * 250, i === 79 ? undefined : (i + 1) * 250))
  const placed = [{ input: fileOf('pieces', ...pieces), first: null }]
  const steps: ShareStep[] = []
  const then: number[] = []
  await new ShareReading(placed, { tellsAll: true }, { from: 0, to: PLACES }).read({ begins: () => true }, (step) => {
    steps.push(step)
    then.push(step.reports.length)
  })
  expect(steps.map(({ reports }) => reports.length)).toEqual(then)
  expect(then.filter((count) => count === 0).length).toBeGreaterThan(1)
  expect(new Set(steps.flatMap(({ reports }) => reports.map(({ id }) => id))).size).toBe(5)
})
