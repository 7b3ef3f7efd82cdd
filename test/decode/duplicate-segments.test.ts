// Segments captured at two points, and checksums.
import { describe, expect, test } from 'vitest'
import { Decoded, SegmentDecoder } from '../../src/decode/decode.ts'
import { DuplicateSegments } from '../../src/decode/duplicate-segments.ts'
import { type Envelope, linkTypeOf, toFrames } from '../support/envelopes.ts'
import { toSegments } from '../support/packets.ts'
import { parseTranscript } from '../support/transcript.ts'
import { packetOf } from './build.ts'

const transcript = parseTranscript('C> MAIL FROM:<a@example.org>\nS> 250 ok\nC> QUIT\nS> 221 bye')
const framesIn = (envelope: Envelope) =>
  toFrames(toSegments(transcript), transcript, envelope).map(({ bytes }) => bytes)

describe('copies', () => {
  const decoder = new SegmentDecoder()
  /** Whether each segment is a copy: frame number, capture point, time in milliseconds. */
  const seen = (...sightings: readonly (readonly [frame: number | Uint8Array, tap: number, ms: number])[]) => {
    const frames = framesIn('ethernet')
    const copies = new DuplicateSegments()
    return sightings.map(([frame, tap, ms]) => {
      const bytes = typeof frame === 'number' ? (frames[frame] as Uint8Array) : frame
      decoder.decode({ ...packetOf(bytes, 1), tap, timeNs: ms * 1e6 })
      return copies.has(decoder.segment)
    })
  }

  test('the same segment at another point shortly after, in either order', () => {
    expect(seen([0, 0, 0], [1, 1, 1], [2, 0, 2], [2, 1, 3], [3, 1, 4], [3, 0, 5])).toEqual([
      ...[false, false, false],
      ...[true, false, true],
    ])
  })

  test('at the same point it is a retransmission', () => {
    expect(seen([0, 0, 0], [1, 1, 0], [2, 0, 1], [2, 0, 2], [2, 1, 3], [2, 1, 4])).toEqual([
      ...[false, false, false, false],
      ...[true, true],
    ])
  })

  test('much later it is no copy', () => {
    expect(seen([0, 0, 0], [1, 1, 0], [2, 0, 1], [2, 1, 150])).toEqual([false, false, false, false])
  })

  test('one octet or the identification makes another segment; the hop limit and the checksums do not', () => {
    const original = framesIn('ethernet')[2] as Uint8Array
    const changed = (at: number) => {
      const bytes = Uint8Array.from(original)
      bytes[at] = (bytes[at] as number) ^ 1
      return bytes
    }
    const last = original.length - 1
    for (const [at, isCopy] of [
      [last, false],
      [19, false],
      [49, false],
      [22, true],
      [24, true],
      [50, true],
      [5, true],
    ] as const) {
      expect(seen([0, 0, 0], [1, 1, 0], [2, 0, 1], [changed(at), 1, 2]).at(-1), `${at}`).toBe(isCopy)
    }
  })

  test('with a single capture point nothing is remembered', () => {
    expect(seen([0, 0, 0], [0, 0, 0], [1, 0, 1], [1, 0, 1])).toEqual([false, false, false, false])
  })
})

describe('checksums', () => {
  const outcomes = (envelope: Envelope, change: (bytes: Buffer) => void, verify = true) => {
    const decoder = new SegmentDecoder(verify)
    return framesIn(envelope).map((bytes) => {
      change(bytes)
      return decoder.decode(packetOf(bytes, linkTypeOf(envelope)))
    })
  }
  const flip = (at: number) => (bytes: Buffer) => {
    const place = at < 0 ? bytes.length + at : at
    bytes[place] = (bytes[place] as number) ^ 0x10
  }

  test.each(['ethernet', 'ipv6', 'ipv6-options', 'raw', 'fragments', 'fragments-ipv6', 'vxlan'] as const)(
    '%s: right ones pass, a wrong one does not, and none is checked unasked',
    (envelope) => {
      expect(new Set(outcomes(envelope, () => {}))).not.toContain(Decoded.BAD_CHECKSUM)
      expect(outcomes(envelope, flip(-1))).toContain(Decoded.BAD_CHECKSUM)
      expect(outcomes(envelope, flip(-1), false)).not.toContain(Decoded.BAD_CHECKSUM)
    },
  )

  test('the IPv4 header has its own', () => {
    expect(new Set(outcomes('ethernet', flip(22)))).toEqual(new Set([Decoded.BAD_CHECKSUM]))
  })

  test('a truncated segment cannot be checked', () => {
    const decoder = new SegmentDecoder(true)
    const bytes = framesIn('ethernet').find(({ length }) => length > 80) as Buffer
    const packet = packetOf(bytes.subarray(0, -4), 1, bytes.length)
    expect(decoder.decode(packet)).toBe(Decoded.SEGMENT)
  })
})
