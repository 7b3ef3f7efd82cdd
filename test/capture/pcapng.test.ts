import { describe, expect, test } from 'vitest'
import { concat, numbers, SectionWriter } from './build.ts'
import { readAll, sourceOf } from './read.ts'

const BYTES = Uint8Array.of(1, 2, 3, 4, 5)
const SECOND = 1_700_000_000n

async function times(section: SectionWriter) {
  const { packets, problem, reader } = await readAll(sourceOf(section.bytes()))
  expect(problem).toBeNull()
  return {
    base: reader?.base,
    timesNs: packets.map((packet) => packet.timeNs),
  }
}

describe('pcapng', () => {
  for (const littleEndian of [true, false]) {
    test(`all packet blocks, ${littleEndian ? 'little' : 'big'}-endian`, async () => {
      const section = new SectionWriter(littleEndian)
        .interface(1, 4)
        .interface(276)
        .enhanced(1, SECOND * 1_000_000n + 7n, BYTES, 99)
        .simple(BYTES.subarray(0, 4), 60)
        .older(0, SECOND * 1_000_000n + 9n, BYTES)
      const { packets, problem, reader } = await readAll(sourceOf(section.bytes()))
      expect(problem).toBeNull()
      expect(packets).toMatchObject([
        {
          bytes: BYTES,
          wireLength: 99,
          frame: 1,
          timeNs: 0,
          fileOffset: 68,
          linkType: 276,
        },
        {
          bytes: BYTES.subarray(0, 4),
          wireLength: 60,
          frame: 2,
          timeNs: 0,
          fileOffset: 108,
          linkType: 1,
        },
        {
          bytes: BYTES,
          wireLength: 5,
          frame: 3,
          timeNs: 2000,
          fileOffset: 128,
          linkType: 1,
        },
      ])
      expect(reader).toMatchObject({
        format: 'pcapng',
        linkTypes: ['ETHERNET', 'LINUX_SLL2'],
        droppedByCapture: null,
      })
      expect(reader?.base).toEqual({
        seconds: 1_700_000_000,
        nanoseconds: 7000,
      })
    })
  }

  test('a section may change the byte order, and forgets the interfaces', async () => {
    const first = new SectionWriter(true).interface(1).interface(101).enhanced(1, 1n, BYTES)
    const second = new SectionWriter(false).interface(113).enhanced(0, 2n, BYTES)
    const whole = await readAll(sourceOf(concat([first.bytes(), second.bytes()])))
    expect(whole.problem).toBeNull()
    expect(whole.packets.map((packet) => [packet.linkType, packet.timeNs])).toEqual([
      [101, 0],
      [113, 1000],
    ])
    const { problem } = await readAll(sourceOf(concat([first.bytes(), second.enhanced(1, 3n, BYTES).bytes()])))
    expect(problem).toMatchObject({ code: 'corrupt' })
    expect(problem?.accordingTo).toContain('pcapng interface 1 of 1; reading continues at byte')
  })

  test('a simple packet first: the base is the first time that is known', async () => {
    const { base, timesNs } = await times(new SectionWriter().interface().simple(BYTES).enhanced(0, 5_000_001n, BYTES))
    expect(timesNs).toEqual([0, 0])
    expect(base).toEqual({ seconds: 5, nanoseconds: 1000 })
  })

  for (const exponent of [0, 1, 3, 6, 9, 12]) {
    test(`times in 10^-${exponent} s`, async () => {
      const perSecond = 10n ** BigInt(exponent)
      // 64 bits of picoseconds end in July 1970.
      const start = exponent === 12 ? 1_000_000n : SECOND
      const section = new SectionWriter()
        .interfaceWithResolution(exponent)
        .enhanced(0, start * perSecond, BYTES)
        .enhanced(0, (start + 86_400n) * perSecond + perSecond - 1n, BYTES)
      const { base, timesNs } = await times(section)
      const fraction = Number(((perSecond - 1n) * 1_000_000_000n) / perSecond)
      expect(base).toEqual({ seconds: Number(start), nanoseconds: 0 })
      expect(timesNs).toEqual([0, 86_400e9 + fraction])
    })
  }

  for (const exponent of [0, 10, 32]) {
    test(`times in 2^-${exponent} s`, async () => {
      const perSecond = 1n << BigInt(exponent)
      const section = new SectionWriter()
        .interfaceWithResolution(0x80 | exponent)
        .enhanced(0, 1_000n * perSecond, BYTES)
        .enhanced(0, 1_001n * perSecond + perSecond / 2n, BYTES)
      const { timesNs } = await times(section)
      expect(timesNs).toEqual([0, 1e9 + (exponent === 0 ? 0 : 5e8)])
    })
  }

  test('if_tsoffset is signed and counts seconds', async () => {
    for (const littleEndian of [true, false]) {
      const section = new SectionWriter(littleEndian)
      section.interfaceWithResolution(6, section.option(14, section.wide(-3n)))
      const { base } = await times(section.enhanced(0, 10_000_000n, BYTES))
      expect(base).toEqual({ seconds: 7, nanoseconds: 0 })
    }
  })

  test('lost packets: the latest statistics of every interface, summed over interfaces and sections', async () => {
    const first = new SectionWriter(true).interface().interface().statistics(0, 2n).statistics(1, 3n).statistics(0, 5n)
    const second = new SectionWriter(false).interface().statistics(0, 100n)
    const { reader } = await readAll(sourceOf(concat([first.bytes(), second.bytes()])))
    expect(reader?.droppedByCapture).toBe(108)
  })

  test('lost packets, as packets tell: older ones and the option of newer ones; and the system behind the interface', async () => {
    for (const littleEndian of [true, false]) {
      const section = new SectionWriter(littleEndian).interface()
      const drops = (count: bigint) => [section.option(1, BYTES), section.option(4, section.wide(count))]
      section
        .older(0, 1n, BYTES, 5, 3)
        .older(0, 2n, BYTES, 5, 0xffff)
        .enhanced(0, 3n, BYTES, 5, ...drops(4n))
      expect((await readAll(sourceOf(section.bytes()))).reader?.droppedByCapture).toBe(7)
      const both = [section.option(5, section.wide(6n)), section.option(7, section.wide(5n))]
      section.block(5, concat([new Uint8Array(12), ...both]))
      const { reader, problem } = await readAll(sourceOf(section.bytes()))
      expect(problem).toBeNull()
      expect(reader?.droppedByCapture).toBe(11)
    }
  })

  test('decryption secrets: TLS key logs are kept, others not', async () => {
    const text = new TextEncoder().encode('CLIENT_RANDOM 00 11\n')
    const section = new SectionWriter(false).interface()
    const secrets = (type: number, length = text.length) =>
      concat([numbers(false, '4 4', type, length), text, new Uint8Array(-text.length & 3), section.option(1, BYTES)])
    section
      .block(10, secrets(0x544c534b))
      .enhanced(0, 1n, BYTES)
      .block(10, secrets(0x57474b4c))
      .block(10, secrets(0x544c534b))
    const { packets, problem, reader } = await readAll(sourceOf(section.bytes()), 32)
    expect(problem).toBeNull()
    expect(packets).toHaveLength(1)
    expect(reader?.keyLogs).toEqual(['CLIENT_RANDOM 00 11\n', 'CLIENT_RANDOM 00 11\n'])
    const wrong = await readAll(sourceOf(section.block(10, secrets(0x544c534b, 999)).bytes()))
    expect(wrong.problem?.accordingTo).toContain('pcapng secrets of 999 bytes do not fit their block')
  })

  test('more key logs than are kept', async () => {
    const section = new SectionWriter().interface()
    const secrets = concat([numbers(true, '4 4', 0x544c534b, 6 << 20), new Uint8Array(6 << 20)])
    section.block(10, secrets).block(10, secrets).block(10, secrets).enhanced(0, 1n, BYTES)
    const { packets, problem, reader } = await readAll(sourceOf(section.bytes()))
    expect(packets).toHaveLength(1)
    expect(reader?.keyLogs).toHaveLength(2)
    expect(problem?.accordingTo).toContain('pcapng secrets of more than 16777216 bytes')
  })

  test('names, comments, journals and custom blocks are passed over', async () => {
    const section = new SectionWriter().interface()
    section.block(
      4,
      concat([numbers(true, '2 2', 1, 8), Uint8Array.of(192, 0, 2, 1, 97, 46, 98, 0), numbers(true, '2 2', 0, 0)]),
    )
    for (const type of [9, 0xbad, 0x40000bad, 0x80000001]) section.block(type, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))
    section.enhanced(0, 1n, BYTES, 5, section.option(1, new TextEncoder().encode('a comment')))
    const { packets, problem } = await readAll(sourceOf(section.bytes()))
    expect(problem).toBeNull()
    expect(packets).toMatchObject([{ bytes: BYTES, wireLength: 5 }])
  })

  test('unknown blocks are passed over, those beyond the window too, without making it grow', async () => {
    const section = new SectionWriter()
      .interface()
      .block(0xbad, new Uint8Array(8))
      .enhanced(0, 1n, BYTES)
      .block(0xbad, new Uint8Array(1_000_000))
      .enhanced(0, 2n, BYTES)
    const { packets, problem, reader } = await readAll(sourceOf(section.bytes(), 1000), 256)
    expect(problem).toBeNull()
    expect(packets.map((packet) => packet.timeNs)).toEqual([0, 1000])
    expect(reader?.packet.bytes.length).toBe(256)
    expect(reader?.bytes).toBe(section.bytes().length)
  })
})

describe('what can be wrong with a pcapng', () => {
  const good = () => new SectionWriter().interface().enhanced(0, 1n, BYTES)
  /** Section header 28, interface 20, packet 40. */
  const BAD = 88

  /** `good`, a block that is patched at an offset, another packet: the first packet comes, the bad block is reported. */
  async function provoke(section: SectionWriter, patchAt = 0, patch: readonly number[] = []) {
    const bytes = section.bytes()
    bytes.set(patch, BAD + patchAt)
    const { packets, problem } = await readAll(sourceOf(bytes))
    expect(packets).toHaveLength(1)
    expect(problem?.fileOffset).toBe(BAD)
    return problem && { ...problem, accordingTo: problem.accordingTo.replace(/; reading continues at byte \d+$/, '') }
  }

  test('a block length that is no multiple of 4', async () => {
    expect(await provoke(good().enhanced(0, 1n, BYTES), 4, [41])).toMatchObject({
      code: 'corrupt',
      accordingTo: 'pcapng block length 41',
    })
  })

  test('a block length below 12', async () => {
    expect(await provoke(good().enhanced(0, 1n, BYTES), 4, [8])).toMatchObject({
      code: 'corrupt',
      accordingTo: 'pcapng block length 8',
    })
  })

  test('a block that is too short for its type', async () => {
    for (const type of [6, 2, 3, 5, 1]) {
      const problem = await provoke(good().block(type, new Uint8Array(0)))
      expect(problem).toMatchObject({
        code: 'corrupt',
        accordingTo: `pcapng block length 12 in a block of type ${type}`,
      })
    }
  })

  test('a length behind that differs', async () => {
    expect(await provoke(good().enhanced(0, 1n, BYTES), 36, [44])).toMatchObject({
      code: 'corrupt',
      accordingTo: 'pcapng block length is 40 in front and 44 behind',
    })
  })

  test('a length behind that differs, in a block beyond the window', async () => {
    const bytes = good().block(0xbad, new Uint8Array(1000)).bytes()
    bytes.set([0, 0, 0, 0], bytes.length - 4)
    const { problem } = await readAll(sourceOf(bytes), 64)
    expect(problem).toMatchObject({ code: 'corrupt', fileOffset: BAD })
  })

  test('a known block that no window should hold', async () => {
    expect(await provoke(good().enhanced(0, 1n, BYTES), 4, [0, 0, 0, 2])).toMatchObject({ code: 'corrupt' })
  })

  test('a packet that is longer than its block', async () => {
    expect(await provoke(good().enhanced(0, 1n, BYTES), 20, [9])).toMatchObject({
      code: 'corrupt',
      accordingTo: 'pcapng captured length 9 in a block of 40 bytes',
    })
    expect(await provoke(good().older(0, 1n, BYTES), 20, [9])).toMatchObject({
      code: 'corrupt',
    })
    expect(await provoke(good().simple(BYTES), 8, [99])).toMatchObject({
      code: 'corrupt',
    })
  })

  test('a packet of an interface that was not declared', async () => {
    expect(await provoke(good().enhanced(1, 1n, BYTES))).toMatchObject({
      code: 'corrupt',
      accordingTo: 'pcapng interface 1 of 1',
    })
    expect(await provoke(good().older(2, 1n, BYTES))).toMatchObject({
      code: 'corrupt',
    })
    expect(await provoke(good().statistics(3, 1n))).toMatchObject({
      code: 'corrupt',
    })
    const { problem } = await readAll(sourceOf(new SectionWriter().simple(BYTES).bytes()))
    expect(problem).toMatchObject({ code: 'corrupt', fileOffset: 28 })
    expect(problem?.accordingTo).toContain('pcapng interface 0 of 0')
  })

  test('options that do not fit', async () => {
    const writer = good()
    expect(await provoke(good().interface(1, 0, writer.option(9, BYTES)))).toMatchObject({
      accordingTo: 'if_tsresol of 5 bytes',
    })
    expect(await provoke(good().interface(1, 0, writer.option(14, BYTES)))).toMatchObject({
      accordingTo: 'if_tsoffset of 5 bytes',
    })
    expect(await provoke(good().interface(1, 0, writer.option(2, BYTES)), 18, [200])).toMatchObject({
      accordingTo: 'pcapng option 2 of 200 bytes does not fit its block',
    })
    const statistics = concat([new Uint8Array(12), writer.option(5, BYTES)])
    expect(await provoke(good().block(5, statistics))).toMatchObject({
      accordingTo: 'isb_ifdrop of 5 bytes',
    })
  })

  test('another version', async () => {
    const bytes = concat([good().bytes(), new SectionWriter(false, 2).bytes()])
    const { packets, problem } = await readAll(sourceOf(bytes))
    expect(packets).toHaveLength(1)
    expect(problem).toMatchObject({
      code: 'unsupported',
      fileOffset: BAD,
      accordingTo: 'pcapng version 2.0',
    })
    const minor = await readAll(sourceOf(new SectionWriter(true, 1, 1).bytes()))
    expect(minor.problem).toMatchObject({
      code: 'unsupported',
      fileOffset: 0,
      accordingTo: 'pcapng version 1.1',
    })
    expect((await readAll(sourceOf(new SectionWriter(true, 1, 2).bytes()))).problem).toBeNull()
  })

  test('no byte-order magic', async () => {
    expect(await provoke(good().block(0x0a0d0d0a, new Uint8Array(16)))).toMatchObject({
      code: 'corrupt',
      accordingTo: 'pcapng byte-order magic',
    })
  })

  test('a block is cut', async () => {
    const bytes = good().enhanced(0, 1n, BYTES).bytes()
    const header = await readAll(sourceOf(bytes.subarray(0, BAD + 11)))
    expect(header.problem).toMatchObject({
      code: 'cut-off',
      fileOffset: BAD,
      needed: 12,
      available: 11,
    })
    expect(header.problem?.accordingTo).toBe('pcapng block header')
    const body = await readAll(sourceOf(bytes.subarray(0, BAD + 39)))
    expect(body.problem).toMatchObject({
      code: 'cut-off',
      fileOffset: BAD,
      needed: 40,
      available: 39,
    })
    expect(body.problem?.accordingTo).toBe('pcapng block length')
    expect(body.packets).toHaveLength(1)
  })

  test('a block that is passed over is cut', async () => {
    const bytes = good().block(0xbad, new Uint8Array(1000)).bytes()
    for (const available of [12, 500, 1008, 1011]) {
      const { problem, packets, reader } = await readAll(sourceOf(bytes.subarray(0, BAD + available)), 64)
      expect(packets).toHaveLength(1)
      expect(problem).toMatchObject({
        code: 'cut-off',
        fileOffset: BAD,
        needed: 1012,
        available,
      })
      await expect(reader?.refill()).rejects.toMatchObject({ problem })
    }
  })

  test('more interfaces than any machine has', async () => {
    const writer = new SectionWriter()
    const one = new SectionWriter().interface().blocks[1] ?? new Uint8Array(0)
    for (let index = 0; index < 65_537; index += 1) writer.blocks.push(one)
    const { problem } = await readAll(sourceOf(writer.bytes()))
    expect(problem).toMatchObject({
      code: 'unsupported',
      fileOffset: 28 + 65_536 * 20,
    })
  })
})
