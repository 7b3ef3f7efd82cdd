// The share of a connection: the same for both directions, the same in the kernel, and all shares of about one size.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { emptySegment } from '../../src/decode/decode.ts'
import { Kernel } from '../../src/fast-path/kernel.ts'
import { PLACES, placeOf, sharesOf } from '../../src/tcp/share.ts'

interface Ends {
  readonly addresses: readonly [Uint8Array, Uint8Array]
  readonly ports: readonly [number, number]
}

const port = fc.integer({ min: 0, max: 0xffff })
const address = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const ends = fc.constantFrom(4, 16).chain((length) =>
  fc.record({
    addresses: fc.tuple(address(length), address(length)),
    ports: fc.tuple(port, port),
  }),
)

function segmentOf({ addresses: [source, target], ports: [sourcePort, targetPort] }: Ends) {
  const bytes = Uint8Array.of(...source, ...target)
  const addressLength = source.length
  return { ...emptySegment(), bytes, sourceAt: 0, targetAt: addressLength, addressLength, sourcePort, targetPort }
}

function turned({ addresses: [source, target], ports: [sourcePort, targetPort] }: Ends): Ends {
  return { addresses: [target, source], ports: [targetPort, sourcePort] }
}

test('is the same in both directions, and in the kernel', () => {
  const kernel = Kernel.take({
    readText: () => 0,
    noteOpening: () => {},
    hasKeys: () => true,
    readPackets: () => true,
    wantsDialogue: () => true,
  })
  const { bytes, exports } = kernel
  const at = exports.ASKED.value
  const asked = ({ addresses: [source, target], ports: [sourcePort, targetPort] }: Ends) => {
    bytes.set([...source, ...target], at)
    bytes.set([sourcePort >> 8, sourcePort & 0xff, targetPort >> 8, targetPort & 0xff], at + 32)
    return exports.placeOfAsked(source.length === 16)
  }
  fc.assert(
    fc.property(ends, (some) => {
      const place = placeOf(segmentOf(some))
      expect(place).toBeGreaterThanOrEqual(0)
      expect(place).toBeLessThan(PLACES)
      expect(placeOf(segmentOf(turned(some)))).toBe(place)
      expect(asked(some)).toBe(place)
      expect(asked(turned(some))).toBe(place)
    }),
    { numRuns: 1000 },
  )
  kernel.release()
})

test('of the connections of one client to one server is about one of so many', () => {
  for (const count of [2, 3, 8]) {
    const shares = sharesOf(new Array<number>(count).fill(1))
    const sizes = new Array<number>(count).fill(0)
    for (let port = 32_768; port < 61_000; port++) {
      const addresses = [Uint8Array.of(192, 0, 2, 1), Uint8Array.of(198, 51, 100, 7)] as const
      const place = placeOf(segmentOf({ addresses, ports: [port, 25] }))
      const share = shares.findIndex(({ from, to }) => from <= place && place < to)
      sizes[share] = (sizes[share] as number) + 1
    }
    for (const size of sizes) expect(Math.abs((size * count) / 28_232 - 1)).toBeLessThan(0.1)
  }
})

test('and the shares are all of the connections, each once', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 1, maxLength: 256 }), (parts) => {
      const shares = sharesOf(parts)
      expect(shares[0]?.from).toBe(0)
      expect(shares.at(-1)?.to).toBe(PLACES)
      for (const [i, { from, to }] of shares.entries()) {
        expect(from).toBeLessThanOrEqual(to)
        if (i > 0) expect(from).toBe(shares[i - 1]?.to)
      }
    }),
  )
})
