// Several captures as one timeline: rotated sets in whatever order, captures that overlap, what can be read only once.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MergedCaptures } from '../../src/capture/merge.ts'
import { type CaptureInput, inOrderOfTime } from '../../src/capture/sort-captures.ts'
import { concat, pcap, pcapHeader, SectionWriter } from './build.ts'

let directory = ''
const at = (name: string) => join(directory, name)

/** Packets at these tenths of seconds; their one octet is the file's. */
const file = (octet: number, ...tenths: readonly number[]) =>
  pcap(
    tenths.map((time) => ({
      seconds: Math.floor(time / 10),
      fraction: (time % 10) * 100_000,
      bytes: Uint8Array.of(octet),
    })),
  )
const stream = (name: string, bytes: Uint8Array): CaptureInput => ({
  name,
  bytes: (async function* () {
    yield bytes
  })(),
})

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pipelint-'))
  await writeFile(at('one'), file(1, 100, 101, 102))
  await writeFile(at('two'), gzipSync(file(2, 200, 201)))
  await writeFile(at('three'), file(3, 300, 301))
  await writeFile(at('empty'), pcapHeader())
  await writeFile(at('nothing'), '')
  await writeFile(at('over'), file(9, 101, 101, 201, 300))
  await writeFile(at('simple'), new SectionWriter().interface().simple(Uint8Array.of(5)).bytes())
})
afterAll(() => rm(directory, { recursive: true }))

async function read(...inputs: readonly CaptureInput[]) {
  const timeline = new MergedCaptures(await inOrderOfTime(inputs))
  const packets: { octet: number; tenth: number; frame: number; tap: number }[] = []
  while (await timeline.refill()) {
    while (timeline.next()) {
      const { bytes, offset, timeNs, frame, tap } = timeline.packet
      packets.push({ octet: bytes[offset] as number, tenth: Math.round(timeNs / 1e8), frame, tap })
    }
  }
  expect(await timeline.refill()).toBe(false)
  expect(packets.map(({ frame }) => frame)).toEqual(packets.map((_, i) => i + 1))
  return {
    timeline,
    packets,
    octets: packets.map(({ octet }) => octet),
    paths: timeline.captures.map(({ path }) => path),
  }
}

describe('a rotated set', () => {
  test('is read in the order of time, whatever the order of its names', async () => {
    for (const names of [
      ['one', 'two', 'three'],
      ['three', 'one', 'two'],
      ['two', 'three', 'one'],
    ]) {
      const { octets, paths, packets, timeline } = await read(...names.map(at))
      expect(octets).toEqual([1, 1, 1, 2, 2, 3, 3])
      expect(paths).toEqual([at('one'), at('two'), at('three')])
      expect(packets.map(({ tenth }) => tenth)).toEqual([0, 1, 2, 100, 101, 200, 201])
      expect(packets.every(({ tap }) => tap === 0)).toBe(true)
      expect(timeline.base).toEqual({ seconds: 10, nanoseconds: 0 })
    }
  })

  test('files without packets stay where they are, and are listed', async () => {
    const { octets, paths, timeline } = await read(at('two'), at('empty'), at('nothing'), at('one'))
    expect(octets).toEqual([1, 1, 1, 2, 2])
    expect(paths).toEqual([at('one'), at('two'), at('empty'), at('nothing')])
    expect(timeline.captures.map(({ error }) => error?.problem.code)).toEqual([
      undefined,
      undefined,
      undefined,
      'empty',
    ])
  })

  test('a file that cannot be opened does not keep the others from being read', async () => {
    const { octets, timeline } = await read(at('missing'), at('one'))
    expect(octets).toEqual([1, 1, 1])
    expect(timeline.captures[0]).toMatchObject({ reader: null, error: { problem: { code: 'unreadable' } } })
  })
})

describe('captures that overlap', () => {
  test('are read packet by packet; of equal times the one that began first comes first', async () => {
    for (const names of [
      ['one', 'over', 'two', 'three'],
      ['over', 'three', 'two', 'one'],
    ]) {
      const { octets, packets } = await read(...names.map(at))
      expect(octets).toEqual([1, 1, 9, 9, 1, 2, 9, 2, 9, 3, 3])
      // Places on the network are told apart, and files of one set that follow each other are one place.
      expect(new Set(packets.filter(({ octet }) => octet < 9).map(({ tap }) => tap))).toEqual(new Set([0]))
      expect(new Set(packets.filter(({ octet }) => octet === 9).map(({ tap }) => tap))).toEqual(new Set([65_536]))
    }
  })

  test('one that is damaged ends, the others go on', async () => {
    await writeFile(at('cut'), file(4, 100, 101, 250, 251).subarray(0, -1))
    const { octets, timeline } = await read(at('cut'), at('one'), at('three'))
    expect(octets).toEqual([4, 1, 4, 1, 1, 4, 3, 3])
    expect(timeline.captures.map(({ error }) => error?.problem.code)).toEqual(['cut-off', undefined, undefined])
  })

  test('interfaces of one capture are places of their own', async () => {
    const section = new SectionWriter().interface().interface()
    await writeFile(
      at('two-interfaces'),
      section.enhanced(0, 1n, Uint8Array.of(1)).enhanced(1, 2n, Uint8Array.of(2)).bytes(),
    )
    expect((await read(at('two-interfaces'))).packets.map(({ tap }) => tap)).toEqual([0, 1])
  })

  test('no more than are allowed; the rest is reported', async () => {
    const names = Array.from({ length: 66 }, (_, i) => at(`cpu${i}`))
    await Promise.all(names.map((name, i) => writeFile(name, file(i, 100 + i, 900))))
    const { packets, timeline } = await read(...names)
    expect(packets).toHaveLength(64 * 2)
    const errors = timeline.captures.flatMap(({ error }) => (error === null ? [] : [error.problem]))
    expect(errors).toMatchObject([
      { code: 'unsupported', path: at('cpu64'), accordingTo: 'more than 64 captures overlap in time' },
      { code: 'unsupported', path: at('cpu65') },
    ])
  })
})

describe('what can be read only once', () => {
  test('keeps its place among the words', async () => {
    const inputs = () => [at('three'), at('one'), stream('-', file(7, 50, 400)), at('two')]
    const { octets, paths } = await read(...inputs())
    expect(octets).toEqual([1, 1, 1, 3, 3, 7, 7, 2, 2])
    expect(paths).toEqual([at('one'), at('three'), '-', at('two')])
  })

  test('times before the first packet are negative', async () => {
    const { packets } = await read(stream('-', file(7, 200)), at('one'))
    expect(packets.map(({ tenth }) => tenth)).toEqual([0, -100, -99, -98])
  })
})

test('packets without times do not keep others from being read', async () => {
  const { octets } = await read(at('simple'), at('one'), stream('-', concat([file(7, 1)])))
  expect(octets).toEqual([5, 1, 1, 1, 7])
})

test('closing before the end', async () => {
  const timeline = new MergedCaptures(await inOrderOfTime([at('one'), at('over')]))
  await timeline.refill()
  expect(timeline.next()).toBe(true)
  await timeline.close()
})

test('nothing at all', async () => {
  expect((await read()).packets).toEqual([])
})
