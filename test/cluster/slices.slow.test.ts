// A run tells what one machine tells, byte for byte: whatever captures there are, however they are cut, and whatever
// runs across the borders of slices. What could not be read is reported, and the rest is analysed.
import { mkdtempSync, readdirSync, readFileSync, rmSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { analyze } from '../../src/analyze.ts'
import { FrameMap } from '../../src/capture/frame-map.ts'
import { SLICE_BYTES_MIN } from '../../src/limits.ts'
import { generate } from '../bench/generate.mjs'
import { scene } from '../parallel/traffic.ts'
import { linkTypeOf } from '../support/envelopes.ts'
import { toFile } from '../support/files.ts'
import { sampleOf } from '../support/sample.ts'
import { type Choice, runHere } from './here.ts'
import { rotated, starts } from './rotate.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const SMALL = { bytes: 4000, packets: 64 }
let folder = ''
let large: Buffer
let largePath = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pipelint-slices-'))
  largePath = join(folder, 'large.pcap')
  generate(largePath, { seed: 3, bytes: 2_000_000, mails: 3, size: 400, open: 64, faulty: 5, lossy: 1 })
  large = readFileSync(largePath)
})
afterAll(() => rmSync(folder, { recursive: true }))

function put(name: string, bytes: Uint8Array): string {
  writeFileSync(join(folder, name), bytes)
  return join(folder, name)
}

async function expectTheSame(names: readonly string[], choice: Choice = {}): Promise<number> {
  const { profile = 'rfc', verifyChecksums = false } = choice.task ?? {}
  const keepSessions = choice.keeps ?? 'all'
  const { analysis, plan, frames } = await runHere(names, choice)
  const single = new FrameMap()
  const expected = await analyze(names, {
    keepSessions,
    profile,
    verifyChecksums,
    hash: choice.hash === true,
    frames: single,
  })
  expect(JSON.stringify(analysis, null, 1)).toBe(JSON.stringify(expected, null, 1))
  const { read } = expected.summary.packets
  expect(frames.names).toEqual(expected.captures.map(({ path }) => path))
  expect(frames.runs(1, read)).toEqual(single.runs(1, read))
  return plan.slices.length
}

describe('captures', () => {
  const files = ['samples', 'test/captures'].flatMap((part) =>
    readdirSync(join(root, part))
      .filter((name) => /\.pcap(ng)?$/.test(name))
      .map((name) => join(part, name)),
  )
  for (const path of sampleOf(files, 'in slices')) {
    test(path, async () => {
      await expectTheSame([join(root, path)], { batch: SMALL })
      await expectTheSame([join(root, path)], { keeps: 'notable' })
    })
  }
})

describe('a large capture', () => {
  test('in slices', async () => {
    expect(await expectTheSame([largePath], { sliceBytes: SLICE_BYTES_MIN })).toBeGreaterThan(6)
    expect(await expectTheSame([largePath], { sliceBytes: 300_001, batch: { bytes: 60_000, packets: 500 } })).toBe(7)
    await expectTheSame([largePath], { sliceBytes: 400_000, keeps: 'offending' })
  })

  test('that is cut off, in slices all the same', async () => {
    const cut = put('cut.pcap', large.subarray(0, large.length - 30))
    expect(await expectTheSame([cut], { sliceBytes: SLICE_BYTES_MIN })).toBeGreaterThan(5)
  })

  test('with odd packets in several slices', async () => {
    const odd = Buffer.from(large)
    const places = starts(odd)
    for (const share of [0.3, 0.31, 0.7]) {
      const at = places[Math.floor(share * places.length)] as number
      odd.writeUInt32LE(odd.readUInt32LE(at + 12) + 9, at + 12)
      odd.writeUInt32LE(odd.readUInt32LE(at) - 5, at)
    }
    expect(await expectTheSame([put('odd.pcap', odd)], { sliceBytes: SLICE_BYTES_MIN })).toBeGreaterThan(6)
  })

  test('whose clock jumps back where a slice begins', async () => {
    const jump = Buffer.from(large)
    for (const at of starts(jump).slice(0, -1)) {
      if (at >= SLICE_BYTES_MIN) jump.writeUInt32LE(jump.readUInt32LE(at) - 7, at)
    }
    expect(await expectTheSame([put('jump.pcap', jump)], { sliceBytes: SLICE_BYTES_MIN })).toBeGreaterThan(6)
  })

  test('damaged in the middle is one slice', async () => {
    const damaged = Buffer.from(large)
    const places = starts(damaged)
    damaged.writeUInt32LE(0x7fffffff, (places[Math.floor(places.length / 2)] as number) + 8)
    expect(await expectTheSame([put('damaged.pcap', damaged)], { sliceBytes: SLICE_BYTES_MIN })).toBe(1)
  })

  test('whose times leap over a day is one slice', async () => {
    const leap = Buffer.from(large)
    for (const at of starts(leap).slice(0, -1)) {
      if (at >= 700_000) leap.writeUInt32LE(leap.readUInt32LE(at) + 200_000, at)
    }
    expect(await expectTheSame([put('leap.pcap', leap)], { sliceBytes: SLICE_BYTES_MIN })).toBe(1)
  })

  test('compressed, or with its hash, is one slice', async () => {
    expect(await expectTheSame([put('large.pcap.gz', gzipSync(large))], { sliceBytes: SLICE_BYTES_MIN })).toBe(1)
    expect(await expectTheSame([largePath], { sliceBytes: SLICE_BYTES_MIN, hash: true })).toBe(1)
  })
})

describe('several captures', () => {
  test('of a rotated set, in whatever order', async () => {
    const files = rotated(folder, 'rotated', large, 12)
    expect(await expectTheSame(files.toReversed())).toBe(12)
    expect(await expectTheSame(files, { keeps: 'notable' })).toBe(12)
  })

  test('some of them empty, some no captures', async () => {
    const files = rotated(folder, 'some', large, 3)
    const none = [put('empty.pcap', new Uint8Array(0)), put('none.pcap', Buffer.from('no capture at all'))]
    await expectTheSame([none[0] as string, ...files, none[1] as string])
    await expectTheSame(none)
  })

  test('of several taps, one after the other and at once', async () => {
    const taps = [8, 8, 9].map((seed) => put(`tap-${seed}.pcap`, toFile(scene(seed, 'ethernet'), 1, 0)))
    expect(await expectTheSame([...new Set(taps)], { batch: SMALL })).toBe(1)
    const later = put('later.pcap', toFile(scene(10, 'ethernet'), 1, 3_600_000_000))
    expect(await expectTheSame([...new Set(taps), later])).toBe(2)
  })

  describe('of several hosts, each rotated, all at the same time', () => {
    /** Hosts that see different sessions, and two that see the same. */
    const hosts = () =>
      [20, 21, 22, 22].flatMap((seed, host) => {
        const file = toFile(scene(seed, 'ethernet'), 1, host === 3 ? 0 : host * 7_000_000)
        return rotated(folder, `host-${host}`, file, 3 + host)
      })

    for (const overlapPackets of [1, 400]) {
      test(`in windows of ${overlapPackets} packets`, async () => {
        expect(await expectTheSame(hosts(), { overlapPackets, batch: SMALL })).toBeGreaterThan(3)
      })
    }

    test('with clocks that jump, odd packets, one compressed, one cut off, one empty, one damaged', async () => {
      const files = hosts()
      const change = (n: number, how: (file: Buffer) => Uint8Array) => {
        const path = files[n] as string
        writeFileSync(path, how(readFileSync(path)))
      }
      change(1, (file) => {
        for (const at of starts(file).slice(40, 60)) file.writeUInt32LE(file.readUInt32LE(at) - 30, at)
        return file
      })
      change(4, (file) => {
        for (const at of starts(file).slice(20, 30)) file.writeUInt32LE(file.readUInt32LE(at + 12) + 5, at + 12)
        return file
      })
      change(6, (file) => gzipSync(file))
      change(8, (file) => file.subarray(0, file.length - 9))
      change(10, () => new Uint8Array(0))
      change(12, (file) => {
        file.writeUInt32LE(0x7fffffff, (starts(file)[30] as number) + 8)
        return file
      })
      for (const overlapPackets of [150]) {
        expect(await expectTheSame(files, { overlapPackets, batch: SMALL })).toBeGreaterThan(3)
      }
    })
  })

  test('with fragments', async () => {
    const first = put('f1.pcap', toFile(scene(4, 'fragments'), linkTypeOf('fragments'), 0))
    const second = put('f2.pcap', toFile(scene(5, 'fragments'), linkTypeOf('fragments'), 500_000_000))
    expect(await expectTheSame([first, second], { batch: SMALL })).toBe(2)
  })

  test('with secrets of TLS in one of them', async () => {
    const keyed = join(root, 'test/captures/exim-starttls-with-secrets.pcapng')
    await expectTheSame([keyed, join(root, 'samples/five-dialogues.pcap'), largePath], { batch: SMALL })
  })
})

describe('what cannot be read', () => {
  test('is a problem of its capture; the rest is judged', async () => {
    const files = rotated(folder, 'gone', large, 4)
    const [, second = ''] = files
    const { analysis } = await runHere(files, { counted: () => unlinkSync(second) })
    const record = analysis.captures[1]
    expect(record).toMatchObject({ path: second, complete: false, packets: 0, error: { code: 'unreadable' } })
    expect(record?.error?.accordingTo).toMatch(/^ENOENT: no such file or directory, open /)
    expect(analysis.captures.filter(({ complete }) => complete)).toHaveLength(3)
    expect(analysis.summary.sessions).toBeGreaterThan(50)
  })

  test('before it is counted: as one machine tells it', async () => {
    const files = rotated(folder, 'away', large, 3)
    unlinkSync(files[1] as string)
    await expectTheSame(files)
  })

  test('a second time, when slices are joined', async () => {
    const taps = [11, 12].map((seed) => put(`second-${seed}.pcap`, toFile(scene(seed, 'ethernet'), 1, 0)))
    const { analysis } = await runHere([...taps, largePath], { mapped: () => unlinkSync(taps[0] as string) })
    const [one, other, large] = analysis.captures
    expect([one, other].map((record) => record?.complete)).toEqual([false, false])
    expect(one?.error?.accordingTo).toMatch(/^ENOENT: no such file or directory, open /)
    expect(large?.complete).toBe(true)
    expect(analysis.summary.sessions).toBeGreaterThan(50)
  })

  test('changed while it was read', async () => {
    const files = rotated(folder, 'changed', large, 3)
    const [first = ''] = files
    const { analysis } = await runHere(files, { counted: () => put('changed-000.pcap', large) })
    expect(analysis.captures[0]).toMatchObject({
      path: first,
      error: { accordingTo: 'the file changed while it was read' },
    })
  })

  test('written anew with as many packets', async () => {
    const files = rotated(folder, 'anew', large, 3)
    const [, second = ''] = files
    const { analysis } = await runHere(files, { counted: () => utimesSync(second, 1, 1) })
    expect(analysis.captures.map(({ error }) => error?.accordingTo ?? null)).toEqual([
      ...[null, 'the file changed while it was read', null],
    ])
  })

  test('accuses no party: a missing slice is a gap', async () => {
    const { findings } = await analyze([largePath])
    const all = new Set(findings.map(({ session, rule }) => `${session} ${rule}`))
    const { analysis: torn } = await runHere(rotated(folder, 'torn', large, 8), {
      counted: () => unlinkSync(join(folder, 'torn-003.pcap')),
    })
    const made = torn.findings.filter(
      ({ session, rule, severity }) => severity !== 'info' && !all.has(`${session} ${rule}`),
    )
    expect(made).toEqual([])
  })
})
