import { describe, expect, test } from 'vitest'
import { concat, numbers, pcap, pcapHeader, pcapRecord } from './build.ts'
import { readAll, sourceOf } from './read.ts'

const ONE = {
  seconds: 1_700_000_000,
  fraction: 999_999,
  bytes: Uint8Array.of(1, 2, 3),
}
const TWO = {
  seconds: 1_700_000_001,
  fraction: 1,
  bytes: Uint8Array.of(4),
  wireLength: 1500,
}

describe('classic pcap', () => {
  for (const littleEndian of [true, false]) {
    for (const nanoseconds of [true, false]) {
      const unit = nanoseconds ? 1 : 1000
      test(`${littleEndian ? 'little' : 'big'}-endian, ${nanoseconds ? 'nanoseconds' : 'microseconds'}`, async () => {
        const { packets, problem, reader } = await readAll(sourceOf(pcap([ONE, TWO], { littleEndian, nanoseconds })))
        expect(problem).toBeNull()
        expect(packets).toEqual([
          {
            bytes: ONE.bytes,
            offset: 0,
            length: 3,
            wireLength: 3,
            frame: 1,
            timeNs: 0,
            fileOffset: 24,
            linkType: 1,
            tap: 0,
          },
          {
            bytes: TWO.bytes,
            offset: 0,
            length: 1,
            wireLength: 1500,
            frame: 2,
            timeNs: 1_000_000_000 - 999_998 * unit,
            fileOffset: 43,
            linkType: 1,
            tap: 0,
          },
        ])
        expect(reader?.base).toEqual({
          seconds: 1_700_000_000,
          nanoseconds: 999_999 * unit,
        })
        expect(reader).toMatchObject({
          format: 'pcap',
          packets: 2,
          bytes: 60,
          linkTypes: ['ETHERNET'],
        })
        expect(reader).toMatchObject({
          firstNs: 0,
          lastNs: packets[1]?.timeNs,
          droppedByCapture: null,
        })
      })
    }
  }

  test('a later capture of a set goes on counting frames and time', async () => {
    const base = { seconds: 1_699_999_999, nanoseconds: 500_000_000 }
    const { packets, reader } = await readAll(sourceOf(pcap([ONE, TWO])), undefined, base, 8)
    expect(packets.map((packet) => [packet.frame, packet.timeNs])).toEqual([
      [8, 1_499_999_000],
      [9, 1_500_001_000],
    ])
    expect(reader?.base).toEqual(base)
  })

  test('a clock that jumps back gives negative times', async () => {
    const { packets } = await readAll(sourceOf(pcap([TWO, ONE])))
    expect(packets.map((packet) => packet.timeNs)).toEqual([0, -2000])
  })

  test('the frame check sequence bits are no part of the link type', async () => {
    const { reader } = await readAll(sourceOf(pcap([ONE], { linkType: 0x24000000 + 113 })))
    expect(reader?.linkTypes).toEqual(['LINUX_SLL'])
  })

  test('an unknown link type keeps its number', async () => {
    const { reader } = await readAll(sourceOf(pcap([], { linkType: 4321 })))
    expect(reader?.linkTypes).toEqual(['LINKTYPE_4321'])
    expect(reader).toMatchObject({
      packets: 0,
      firstNs: null,
      lastNs: null,
      base: null,
    })
  })

  test('before version 2.3, and in AIX, the wire length stands first', async () => {
    const record = numbers(true, '4 4 4 4', 5, 6, 99, 2)
    const aix = { version: [543, 0], linkType: 6 } as const
    for (const options of [{ version: [2, 2] }, aix] as const) {
      const file = concat([pcapHeader(options), record, Uint8Array.of(7, 8)])
      const { packets, problem, reader } = await readAll(sourceOf(file))
      expect(problem).toBeNull()
      expect(packets).toMatchObject([{ bytes: Uint8Array.of(7, 8), wireLength: 99, linkType: 1 }])
      expect(reader?.base?.nanoseconds).toBe(options === aix ? 6 : 6000)
    }
  })

  test('in version 2.3 either may: the smaller one is what was captured', async () => {
    for (const lengths of [[99, 2] as const, [2, 99] as const]) {
      const record = numbers(true, '4 4 4 4', 5, 6, ...lengths)
      const file = concat([pcapHeader({ version: [2, 3] }), record, Uint8Array.of(7, 8)])
      const { packets, problem } = await readAll(sourceOf(file))
      expect(problem).toBeNull()
      expect(packets).toMatchObject([{ bytes: Uint8Array.of(7, 8), wireLength: 99 }])
    }
  })

  for (const littleEndian of [true, false]) {
    test(`the patch of 1999 has eight octets more in each record, ${littleEndian ? 'little' : 'big'}-endian`, async () => {
      const header = pcapHeader({ littleEndian })
      header.set(numbers(littleEndian, '4', 0xa1b2cd34))
      const record = (second: number) =>
        concat([numbers(littleEndian, '4 4 4 4 4 2 1 1', second, 6, 2, 99, 3, 0x800, 4, 0), Uint8Array.of(7, second)])
      const { packets, problem, reader } = await readAll(sourceOf(concat([header, record(1), record(2)])), 32)
      expect(problem).toBeNull()
      expect(packets).toMatchObject([
        { bytes: Uint8Array.of(7, 1), wireLength: 99, timeNs: 0, fileOffset: 24 },
        { bytes: Uint8Array.of(7, 2), wireLength: 99, timeNs: 1e9, fileOffset: 50 },
      ])
      expect(reader?.format).toBe('pcap')
    })
  }

  test('times that jump far are read, as long as records follow', async () => {
    const seconds = [5, 2_000_000_000, 6, 1_700_000_000, 0]
    const file = pcap(seconds.map((second) => ({ ...ONE, seconds: second })))
    const { packets, problem } = await readAll(sourceOf(file))
    expect(problem).toBeNull()
    expect(packets.map(({ timeNs }) => timeNs / 1e9)).toEqual(seconds.map((second) => second - 5))
  })

  test('nanoseconds in a file that promises microseconds are read as what they are', async () => {
    const seconds = 1_278_472_579
    const records = [466_743_000, 488_369_000, 600].map((fraction) => ({ seconds, fraction, bytes: ONE.bytes }))
    const { packets, problem } = await readAll(sourceOf(pcap(records)))
    expect(problem).toBeNull()
    expect(packets.map(({ timeNs }) => timeNs)).toEqual([0, 21_626_000, -466_742_400])
  })

  test('one impossible fraction does not change the unit of the others', async () => {
    const seconds = 1_278_472_579
    const records = [1, 1_000_007, 3, 4_000_000_000, 5].map((fraction) => ({ seconds, fraction, bytes: ONE.bytes }))
    const { packets, problem } = await readAll(sourceOf(pcap(records)))
    expect(problem).toBeNull()
    expect(packets.map(({ timeNs }) => timeNs).filter((_, i) => i % 2 === 0)).toEqual([0, 2000, 4000])
  })
})

describe('what can be wrong with a pcap', () => {
  test('the file header is cut', async () => {
    const { problem } = await readAll(sourceOf(pcapHeader().subarray(0, 23)))
    expect(problem).toEqual({
      code: 'cut-off',
      path: 'test.pcap',
      fileOffset: 0,
      needed: 24,
      available: 23,
      accordingTo: 'pcap file header',
    })
  })

  test('a record header is cut', async () => {
    const { packets, problem } = await readAll(sourceOf(pcap([ONE, TWO]).subarray(0, 43 + 15)))
    expect(packets).toHaveLength(1)
    expect(problem).toMatchObject({
      code: 'cut-off',
      fileOffset: 43,
      needed: 16,
      available: 15,
    })
    expect(problem?.accordingTo).toBe('pcap record header')
  })

  test('a packet is cut', async () => {
    const { packets, problem } = await readAll(sourceOf(pcap([TWO, ONE]).subarray(0, 41 + 18)))
    expect(packets).toHaveLength(1)
    expect(problem).toMatchObject({
      code: 'cut-off',
      fileOffset: 41,
      needed: 19,
      available: 18,
    })
    expect(problem?.accordingTo).toBe('pcap record length')
  })

  test('a record length that nothing writes', async () => {
    const record = pcapRecord({ ...TWO, bytes: new Uint8Array(262_145) })
    const { packets, problem } = await readAll(sourceOf(concat([pcap([ONE]), record])))
    expect(packets).toHaveLength(1)
    expect(problem).toMatchObject({
      code: 'corrupt',
      fileOffset: 43,
      needed: null,
      available: null,
    })
    expect(problem?.accordingTo).toBe('pcap record length 262145 is above 262144')
  })

  test('the same length is read where the snapshot length announces it', async () => {
    const large = { ...TWO, bytes: new Uint8Array(262_145).fill(9) }
    const { packets, problem } = await readAll(sourceOf(pcap([ONE, large, ONE], { snapshotLength: 1 << 24 })), 64)
    expect(problem).toBeNull()
    expect(packets.map((packet) => packet.length)).toEqual([3, 262_145, 3])
    expect(Buffer.compare(packets[1]?.bytes ?? Buffer.of(), large.bytes)).toBe(0)
  })

  test('no snapshot length announces more than the bound', async () => {
    const file = concat([
      pcapHeader({ snapshotLength: 0xffffffff }),
      pcapRecord({ ...ONE, bytes: new Uint8Array(16 * 1024 * 1024) }),
    ])
    const { problem } = await readAll(sourceOf(file))
    expect(problem).toMatchObject({ code: 'corrupt', fileOffset: 24 })
  }, 30_000)

  test('another version', async () => {
    const { problem } = await readAll(sourceOf(pcapHeader({ version: [1, 0] })))
    expect(problem).toMatchObject({
      code: 'unsupported',
      fileOffset: 0,
      accordingTo: 'pcap version 1.0',
    })
  })

  test('asked again, the reader says the same', async () => {
    const { reader } = await readAll(sourceOf(pcap([ONE]).subarray(0, 30)))
    expect(reader?.next()).toBe(false)
    await expect(reader?.refill()).rejects.toMatchObject({
      problem: { code: 'cut-off', fileOffset: 24 },
    })
  })
})
