// Captures that are read in batches draw the same analysis, byte for byte, and the same reports in the same order, as
// when they are read at once: whatever the size of the batches, and whatever runs across their borders.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { type AnalyzeOptions, analyze, type SessionReport } from '../../src/analyze.ts'
import type { BatchSize } from '../../src/cluster/kept-packets.ts'
import { WINDOW_BYTES } from '../../src/limits.ts'
import type { ThreadedOptions } from '../../src/parallel/analyze-on-threads.ts'
import { generate } from '../bench/generate.mjs'
import { scene } from '../parallel/traffic.ts'
import { analyzeInBatches } from '../support/batches.ts'
import { linkTypeOf } from '../support/envelopes.ts'
import { toFile } from '../support/files.ts'
import { sampleOf } from '../support/sample.ts'
import { fileOf } from '../support/shares.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const SIZES: readonly BatchSize[] = [
  { bytes: 600, packets: 4 },
  { bytes: 4000, packets: 64 },
  { bytes: 30_000, packets: 1000 },
]
const OPTIONS: readonly ThreadedOptions[] = [
  {},
  { keepSessions: 'notable' },
  { keepSessions: 'none', verifyChecksums: true, profile: 'postfix' },
]

type Input = Parameters<typeof analyze>[0][number]
type Captures = () => readonly Input[]

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

async function expectTheSame(every: readonly ThreadedOptions[], captures: Captures): Promise<void> {
  for (const options of every) {
    const expected = await told((each) => analyze(captures(), each), options)
    for (const size of SIZES) {
      const inBatches = (each: ThreadedOptions) => analyzeInBatches(captures(), each, size)
      expect(await told(inBatches, options), `${size.bytes} octets, ${JSON.stringify(options)}`).toBe(expected)
    }
  }
}

describe('captures', () => {
  const files = ['samples', 'test/captures', 'test/fuzz/regressions'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => /\.pcap(ng)?$/.test(name))
      .map((name) => join(folder, name)),
  )
  for (const path of sampleOf(files, 'in batches')) {
    test(path, () => expectTheSame(OPTIONS, () => [join(root, path)]))
  }
})

describe('connections that run across borders', () => {
  for (const envelope of ['ethernet', 'fragments', 'gre', 'fragments-of-vxlan'] as const) {
    test(envelope, async () => {
      for (let seed = 1; seed <= 3; seed++) {
        const file = toFile(scene(seed, envelope), linkTypeOf(envelope), 0)
        await expectTheSame(sampleOf(OPTIONS, `${envelope} ${seed}`), () => [fileOf('scene.pcap', file)])
      }
    })
  }

  test('with clocks that jump back and ahead', async () => {
    const frames = scene(7, 'ethernet').map((frame, i) => ({
      ...frame,
      timeNs: frame.timeNs + (Math.floor(i / 40) % 3) * 90_000_000_000,
    }))
    const file = toFile(frames, 1, 0)
    await expectTheSame(sampleOf(OPTIONS, 'jumps'), () => [fileOf('jumps.pcap', file)])
  })

  test('seen by two taps', async () => {
    const files = [8, 8, 9].map((seed) => toFile(scene(seed, 'ethernet'), 1, 0))
    await expectTheSame(sampleOf(OPTIONS, 'taps'), () => files.map((file, i) => fileOf(`tap-${i}.pcap`, file)))
    const two = toFile(scene(10, 'ethernet'), 1, 0, 'pcapng-two-interfaces')
    await expectTheSame(sampleOf(OPTIONS, 'two interfaces'), () => [fileOf('two-interfaces.pcapng', two)])
  })
})

test('a capture that is cut off', async () => {
  const file = readFileSync(join(root, 'samples/five-dialogues.pcap'))
  await expectTheSame(sampleOf(OPTIONS, 'cut'), () => [
    fileOf('cut.pcap', file.subarray(0, file.length - 7)),
    fileOf('empty.pcap', new Uint8Array(0)),
  ])
})

test('that come in pieces of any size', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'pipelint-batches-')), 'large.pcap')
  generate(path, { seed: 11, bytes: 5_000_000, mails: 3, size: 400, open: 64, faulty: 5 })
  const file = readFileSync(path)
  rmSync(dirname(path), { recursive: true })
  // As much as the window holds; then so little at a time that no piece is a packet.
  const pieces = [file.subarray(0, WINDOW_BYTES)]
  for (let at = WINDOW_BYTES; at < file.length; at += 50) pieces.push(file.subarray(at, at + 50))
  const inputs = () => [fileOf('large', ...pieces)]
  const expected = JSON.stringify(await analyze(inputs()))
  expect(JSON.stringify(await analyzeInBatches(inputs(), {}))).toBe(expected)
})

test('with sessions that lost packets, of which many wait to be delivered, in the order of closing', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'pipelint-batches-')), 'lossy.pcap')
  generate(path, { seed: 5, bytes: 2_000_000, mails: 3, size: 400, open: 64, faulty: 5, lossy: 1 })
  const file = readFileSync(path)
  rmSync(dirname(path), { recursive: true })
  const inputs = () => [fileOf('lossy', file)]
  const expected = await told((options) => analyze(inputs(), options), {})
  const size = { bytes: 1 << 18, packets: 100_000 }
  expect(await told((each) => analyzeInBatches(inputs(), each, size), {})).toBe(expected)
})
