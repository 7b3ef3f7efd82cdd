import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concat, pcap, SectionWriter } from './build.ts'
import { readAll, sourceOf } from './read.ts'

/** Within a day: larger steps are looked at twice. */
const packet = fc.record({
  seconds: fc.integer({ min: 1_700_000_000, max: 1_700_086_400 }),
  fraction: fc.nat(999_999),
  bytes: fc.uint8Array({ maxLength: 200 }),
  wireLength: fc.nat(70_000),
})
const someSettings = fc.record({
  littleEndian: fc.boolean(),
  nanoseconds: fc.boolean(),
  linkType: fc.constantFrom(0, 1, 101, 113, 276),
})

const pcapBytes = fc
  .tuple(fc.array(packet, { maxLength: 12 }), someSettings)
  .map(([packets, settings]) => pcap(packets, settings))

const sectionBytes = fc
  .tuple(
    fc.array(fc.tuple(packet, fc.constantFrom('enhanced', 'simple', 'older', 'unknown', 'statistics')), {
      maxLength: 12,
    }),
    someSettings,
  )
  .map(([packets, { littleEndian, nanoseconds, linkType }]) => {
    const section = new SectionWriter(littleEndian).interface(linkType).interfaceWithResolution(nanoseconds ? 9 : 6)
    for (const [{ seconds, fraction, bytes, wireLength }, kind] of packets) {
      const ticks = BigInt(seconds) * 1_000_000n + BigInt(fraction)
      if (kind === 'enhanced') section.enhanced(seconds % 2, ticks, bytes, wireLength)
      else if (kind === 'older') section.older(seconds % 2, ticks, bytes, wireLength)
      else if (kind === 'simple') section.simple(bytes)
      else if (kind === 'statistics') section.statistics(seconds % 2, ticks)
      else section.block(0x0badf00d, bytes)
    }
    return section.bytes()
  })

const captureBytes = fc.oneof(
  pcapBytes,
  fc.array(sectionBytes, { minLength: 1, maxLength: 3 }).map((sections) => concat(sections)),
)

const mutation = fc.oneof(
  fc.record({
    at: fc.nat(3000),
    value: fc.nat(255),
    kind: fc.constant('set' as const),
  }),
  fc.record({
    at: fc.nat(3000),
    value: fc.nat(40),
    kind: fc.constantFrom('insert' as const, 'remove' as const),
  }),
  fc.record({
    at: fc.nat(3000),
    value: fc.constant(0),
    kind: fc.constant('cut' as const),
  }),
)

function mutate(
  bytes: Uint8Array,
  change: {
    at: number
    value: number
    kind: 'set' | 'insert' | 'remove' | 'cut'
  },
) {
  const at = change.at % (bytes.length + 1)
  if (change.kind === 'cut') return bytes.slice(0, at)
  if (change.kind === 'insert') return concat([bytes.subarray(0, at), new Uint8Array(change.value), bytes.subarray(at)])
  if (change.kind === 'remove') return concat([bytes.subarray(0, at), bytes.subarray(at + change.value)])
  const changed = bytes.slice()
  changed[at] = change.value
  return changed
}

test('however the bytes arrive and however small the window, the packets are the same', async () => {
  await fc.assert(
    fc.asyncProperty(captureBytes, fc.integer({ min: 32, max: 400 }), async (bytes, windowBytes) => {
      const whole = await readAll(sourceOf(bytes))
      expect(whole.problem).toBeNull()
      for (const chunk of [1, 7, 65_536]) {
        const { packets, problem, reader } = await readAll(sourceOf(bytes, chunk), windowBytes)
        expect(problem).toBeNull()
        expect(packets).toEqual(whole.packets)
        expect(reader?.bytes).toBe(bytes.length)
      }
    }),
    { numRuns: 60 },
  )
})

test('whatever is changed: packets, then perhaps a CaptureError, in linear time', async () => {
  await fc.assert(
    fc.asyncProperty(captureBytes, fc.array(mutation, { minLength: 1, maxLength: 3 }), async (bytes, changes) => {
      const changed = changes.reduce(mutate, bytes)
      const whole = await readAll(sourceOf(changed))
      const small = await readAll(sourceOf(changed, 7), 48)
      expect(small.packets).toEqual(whole.packets)
      expect(small.problem).toEqual(whole.problem)
      // A record takes at most two refills, for its header and for all of it; the shortest has 12 bytes.
      expect(small.refills).toBeLessThanOrEqual(2 + changed.length / 6)
      for (const [i, { fileOffset }] of whole.packets.entries()) {
        expect(fileOffset).toBeLessThan(changed.length)
        expect(fileOffset).toBeGreaterThan(whole.packets[i - 1]?.fileOffset ?? 0)
      }
    }),
    { numRuns: 400 },
  )
}, 60_000)

test('any bytes behind a magic number', async () => {
  const magic = fc.constantFrom('d4c3b2a1', 'a1b2c3d4', '4d3cb2a1', 'a1b23c4d', '0a0d0d0a', '1f8b')
  await fc.assert(
    fc.asyncProperty(magic, fc.uint8Array({ maxLength: 300 }), async (start, rest) => {
      const { packets, problem } = await readAll(sourceOf(concat([Buffer.from(start, 'hex'), rest])), 32)
      expect(packets.length).toBeLessThanOrEqual(rest.length / 12)
      if (problem !== null) expect(problem.fileOffset).toBeLessThanOrEqual(rest.length + 4)
    }),
    { numRuns: 400 },
  )
})
