// Damage in the middle of a capture: what follows is read if it is certain, and every gap is reported.
import { describe, expect, test } from 'vitest'
import { CaptureReader } from '../../src/capture/reader.ts'
import { problemsOf } from '../../src/capture/warnings.ts'
import { concat, pcap, pcapHeader, pcapRecord, SectionWriter } from './build.ts'
import { readAll, sourceOf } from './read.ts'

const packets = Array.from({ length: 40 }, (_, i) => ({
  seconds: 1_700_000_000 + i,
  fraction: i,
  bytes: Uint8Array.from({ length: 60 + i }, (_, k) => (k * 7 + i) & 0xff),
}))
const seconds = async (bytes: Uint8Array, windowBytes?: number) => {
  const read = await readAll(sourceOf(bytes), windowBytes)
  return { ...read, seconds: read.packets.map(({ timeNs }) => timeNs / 1e9) }
}
const all = packets.map((_, i) => i + i / 1e6)
const without = (...gone: readonly number[]) => all.filter((_, i) => !gone.includes(i))

describe('pcap', () => {
  const file = pcap(packets)
  const startOf = (index: number) => 24 + packets.slice(0, index).reduce((sum, { bytes }) => sum + 16 + bytes.length, 0)
  const patched = (at: number, octets: readonly number[]) => {
    const bytes = file.slice()
    bytes.set(octets, at)
    return bytes
  }

  test('a length that is absurd', async () => {
    const { seconds: read, problem, reader } = await seconds(patched(startOf(10) + 8, [0, 0, 0, 0xff]))
    expect(read).toEqual(without(10))
    expect(problem).toEqual({
      code: 'corrupt',
      path: 'test.pcap',
      fileOffset: startOf(10),
      needed: null,
      available: null,
      accordingTo: `pcap record length 4278190080 is above 262144; reading continues at byte ${startOf(11)}`,
    })
    expect(reader?.damages).toHaveLength(1)
  })

  test('a length that is wrong and possible: no more than its record is lost', async () => {
    for (const length of [0, 1, 50, 62, 500, 2001]) {
      const { packets: read, reader } = await seconds(patched(startOf(10) + 8, [length & 0xff, length >> 8, 0, 0]))
      expect(reader?.damages).toHaveLength(1)
      expect(read.map(({ fileOffset }) => fileOffset)).toEqual(packets.map((_, i) => startOf(i)))
    }
  })

  test('a length that reaches beyond the end', async () => {
    const { seconds: read, problem } = await seconds(patched(startOf(10) + 8, [0, 0, 2, 0]))
    expect(read).toEqual(without(10))
    expect(problem).toMatchObject({ code: 'corrupt', fileOffset: startOf(10), needed: 131_088 })
    expect(problem?.accordingTo).toContain('pcap record length needs 131088 bytes, but')
  })

  test('a whole region of zeros, as a file system leaves it', async () => {
    const bytes = file.slice()
    bytes.fill(0, startOf(10) + 3, startOf(20) + 5)
    const { packets: read, reader } = await seconds(bytes)
    const rest = packets.map((_, i) => startOf(i)).filter((_, i) => i < 10 || i > 20)
    // The record that begins with three sound octets has no packet: its time is strange, and none follows it.
    expect(read.map(({ fileOffset }) => fileOffset)).toEqual(rest)
    expect(reader?.damages).toHaveLength(1)
  })

  describe('in a capture that is longer than a packet', () => {
    const long = Array.from({ length: 3000 }, (_, i) => ({
      seconds: 1_700_000_000 + i,
      fraction: 0,
      bytes: new Uint8Array(84).fill(7),
    }))
    const at = (index: number) => 24 + index * 100
    const damaged = (cut = 0) => {
      const bytes = pcap(long)
      for (const index of [5, 900, 2990]) bytes.set([0, 0, 0, 0xff], at(index) + 8)
      return bytes.subarray(0, bytes.length - cut)
    }
    const rest = long.map((_, i) => i).filter((i) => ![5, 900, 2990].includes(i))

    test('several places, in any window', async () => {
      for (const windowBytes of [48, 1000, 1 << 20]) {
        const { seconds: read, reader } = await seconds(damaged(), windowBytes)
        expect(read).toEqual(rest)
        expect(reader?.damages.map(({ fileOffset }) => fileOffset)).toEqual([at(5), at(900), at(2990)])
      }
    })

    test('a cut tail as well: what lies between it and the last damage is too little to be certain', async () => {
      const { seconds: read, reader } = await seconds(damaged(30))
      expect(read).toEqual(rest.filter((i) => i < 2990))
      expect(reader?.damages).toHaveLength(2)
      await expect(reader?.refill()).rejects.toMatchObject({ problem: { code: 'corrupt', fileOffset: at(2990) } })
    })
  })

  test('a capture inside a packet is no continuation', async () => {
    const inner = pcap(packets.slice(0, 20)).subarray(24)
    const last = {
      seconds: 1_700_000_050,
      fraction: 0,
      bytes: concat([Uint8Array.of(1, 2, 3), inner, Uint8Array.of(9)]),
    }
    const bytes = concat([pcap(packets.slice(0, 3)), pcapRecord(last)])
    bytes.set([0, 0, 0, 0xff], startOf(3) + 8)
    const { packets: read, problem } = await seconds(bytes)
    expect(problem).toMatchObject({ code: 'corrupt', fileOffset: startOf(3) })
    expect(read).toHaveLength(3)
  })

  test('nothing certain behind it: reading stops', async () => {
    const bytes = concat([pcapHeader(), pcapRecord(packets[0] as (typeof packets)[0]), new Uint8Array(5000).fill(0xaa)])
    const { packets: read, problem } = await seconds(bytes)
    expect(read).toHaveLength(1)
    expect(problem).toMatchObject({ code: 'corrupt' })
    expect(problem?.accordingTo).not.toContain('reading goes on')
  })

  test('more places than a capture can have', async () => {
    const many = Array.from({ length: 66 * 4 }, (_, i) => ({
      seconds: 5,
      fraction: i,
      bytes: new Uint8Array(33_000).fill(7),
    }))
    const bytes = pcap(many)
    for (let i = 0; i < 66; i += 1) bytes.set([0xff, 0xff, 0xff, 0xff], 24 + (i * 4 + 1) * 33_016 + 8)
    const { packets: read, problem, reader } = await seconds(bytes)
    expect(reader?.damages).toHaveLength(64)
    expect(read).toHaveLength(64 * 3 + 1)
    expect(problem).toMatchObject({ code: 'corrupt' })
  })

  test('false beginnings end the search', async () => {
    // Every sixteen octets look like the header of an empty wire; none is followed by anything else than its like.
    const one = new Uint8Array(16)
    one.set([5, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0])
    const bytes = concat([
      pcap([{ seconds: 5, fraction: 0, bytes: one }]),
      Uint8Array.of(5, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff),
      ...Array.from({ length: 40_000 }, () => one),
    ])
    const started = performance.now()
    await seconds(bytes)
    expect(performance.now() - started).toBeLessThan(10_000)
  })
})

describe('pcapng', () => {
  const section = new SectionWriter().interface()
  for (const { seconds: second, fraction, bytes } of packets) {
    section.enhanced(0, BigInt(second) * 1_000_000n + BigInt(fraction), bytes)
  }
  const file = section.bytes()
  const startOf = (index: number) => section.blocks.slice(0, index + 2).reduce((sum, block) => sum + block.length, 0)
  const patched = (at: number, octets: readonly number[]) => {
    const bytes = file.slice()
    bytes.set(octets, at)
    return bytes
  }

  test('a length in front, a length behind', async () => {
    for (const [at, octets] of [
      [startOf(10) + 4, [0xff, 0xff, 0xff, 0xff]],
      [startOf(10) + 4, [0xf0, 0, 2, 0]],
      [startOf(10) + 4, [20, 0, 0, 0]],
      [startOf(11) - 4, [1, 2, 3, 4]],
    ] as const) {
      const { packets: read, problem } = await seconds(patched(at, octets))
      expect(read.map(({ fileOffset }) => fileOffset)).toEqual(
        packets.map((_, i) => startOf(i)).filter((_, i) => i !== 10),
      )
      expect(problem).toMatchObject({ code: 'corrupt', fileOffset: startOf(10) })
      expect(problem?.accordingTo).toContain(`reading continues at byte ${startOf(11)}`)
    }
  })

  test('a type that is none: the block is passed over', async () => {
    const { seconds: read, problem } = await seconds(patched(startOf(10), [0x99, 9, 9, 9]))
    expect(read).toEqual(without(10))
    expect(problem).toBeNull()
  })

  test('a section of the other byte order behind it', async () => {
    const other = new SectionWriter(false).interface(101).enhanced(0, 1_700_000_100_000_000n, Uint8Array.of(1))
    const bytes = concat([patched(startOf(39) + 4, [0xff, 0xff, 0xff, 0xff]), other.bytes()])
    const { packets: read } = await seconds(bytes)
    expect(read).toHaveLength(40)
    expect(read[39]).toMatchObject({ linkType: 101, timeNs: 100e9 })
  })

  test('an interface that follows damage has no certain number', async () => {
    const late = new SectionWriter().interface(101).blocks[1] as Uint8Array
    const { packets: read, problem, reader } = await seconds(concat([patched(startOf(3) + 4, [3]), late]))
    expect(read).toHaveLength(39)
    expect(problem).toMatchObject({ fileOffset: startOf(3) })
    await expect(reader?.refill()).rejects.toMatchObject({ problem: { code: 'corrupt', fileOffset: file.length } })
  })

  test('noise behind it: reading stops', async () => {
    const noise = new Uint8Array(5000).fill(0xaa)
    const { packets: read, problem } = await seconds(concat([file, noise]))
    expect(read).toHaveLength(40)
    expect(problem).toMatchObject({ code: 'corrupt', fileOffset: file.length })
  })

  test('noise that begins like a long block: reading stops, in whatever pieces it comes', async () => {
    const noise = new Uint8Array(300_000).fill(0xaa)
    noise.set([5, 0, 0, 0, 0, 0, 4, 0], 8)
    const bytes = concat([file, noise])
    for (const chunk of [bytes.length, 100_000, 70_000]) {
      const { problem } = await readAll(sourceOf(bytes, chunk), 65_536)
      expect(problem?.accordingTo, `${chunk}`).toBe('pcapng block length 2863311530')
    }
  })
})

describe('packets that are odd', () => {
  const odd = async (bytes: Uint8Array) => {
    const reader = await CaptureReader.open(sourceOf(bytes))
    do while (reader.next());
    while (await reader.refill())
    return problemsOf(reader.odd, 'test.pcap')
  }

  test('nothing is odd about the usual', async () => {
    expect(await odd(pcap(packets))).toEqual([])
  })

  test('time that goes back, but not by what processors swap', async () => {
    const times = [10, 9.5, 11, 9.9, 12, 3]
    const file = pcap(
      times.map((time) => ({
        ...packets[0],
        seconds: Math.floor(time),
        fraction: (time % 1) * 1e6,
        bytes: Uint8Array.of(1),
      })),
    )
    expect(await odd(file)).toEqual([
      {
        code: 'clock-back',
        path: 'test.pcap',
        fileOffset: 24 + 3 * 17,
        needed: null,
        available: null,
        accordingTo: '2 packets are more than 1 s earlier than the one before',
      },
    ])
  })

  test('packets of no bytes, packets that were cut', async () => {
    const one = { seconds: 1, fraction: 0 }
    const file = pcap([
      { ...one, bytes: Uint8Array.of(1) },
      { ...one, bytes: Uint8Array.of(1), wireLength: 1500 },
      { ...one, bytes: new Uint8Array(0), wireLength: 60 },
      { ...one, bytes: new Uint8Array(0) },
    ])
    expect(await odd(file)).toMatchObject([
      {
        code: 'snapped',
        fileOffset: 41,
        needed: 1500,
        available: 1,
        accordingTo: '2 packets are cut by the snapshot length',
      },
      { code: 'empty-packet', fileOffset: 58, needed: null, accordingTo: '2 packets have no captured bytes' },
    ])
  })
})
