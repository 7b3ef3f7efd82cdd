// A proxy in front of the server says whose connection it is: the PROXY header, version 1 or 2, in some segments, before
// anything else of the client (HAProxy's proxy-protocol.txt, sections 2.1 and 2.2).
import { ACK, FIN, PSH, RST, SYN } from '../../support/packets.ts'
import type { Dice } from '../dice.ts'
import { bare, has, insertBehind, nextOf, type Segment, type Segments, SIDES, statesOf } from './segment.ts'

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')
const FAMILY_IPV4 = 0x11
const FAMILY_IPV6 = 0x21
const TLV_NOOP = 4
const TLV_UNIQUE_ID = 5
const SEGMENT_BYTES = 1448

export function proxyHeader(segments: Segments, dice: Dice): Segments {
  const first = segments.findIndex((segment) => segment.from === 'C' && !has(segment, SYN))
  const syn = segments.find((segment) => segment.from === 'C' && has(segment, SYN))
  const opened = segments[first]
  if (syn === undefined || opened === undefined || has(opened, FIN | RST) || !has(opened, ACK)) return segments
  if (segments.slice(0, first + 1).some(({ length }) => length > 0) || startsWithHeader(segments)) return segments
  const header = anyHeader(dice)
  const start = (nextOf(syn) - header.length) >>> 0
  const moved = segments.map((segment, i) => beforeHeader(segment, i, first, header.length, nextOf(syn)))
  const ends = [...cutsOf(header, dice), header.length]
  const acknowledges = dice.once(3)
  const server = statesOf(segments)[first]?.S.next ?? opened.ack
  const pieces = ends.flatMap((end, i): Segment[] => {
    const from = ends[i - 1] ?? 0
    const fields = { seq: (start + from) >>> 0, ack: opened.ack, flags: ACK | PSH, payload: header.subarray(from, end) }
    const piece = bare(moved, first, 'C', fields)
    if (!acknowledges) return [piece]
    return [piece, bare(moved, first, 'S', { seq: server, ack: (start + end) >>> 0 })]
  })
  return insertBehind(moved, first, pieces)
}

/** The client's first number comes earlier by the length of the header; everything behind the header stays. */
function beforeHeader(segment: Segment, i: number, first: number, length: number, start: number): Segment {
  if (segment.from === 'C' && (has(segment, SYN) || i <= first))
    return { ...segment, seq: (segment.seq - length) >>> 0 }
  if (segment.from === 'S' && segment.ack === start && i <= first) return { ...segment, ack: (start - length) >>> 0 }
  return segment
}

function startsWithHeader(segments: Segments): boolean {
  const data = segments.find(({ from, length }) => from === 'C' && length > 0)
  return data !== undefined && /^(?:PROXY|\r\n\r\n)/.test(Buffer.from(data.payload.subarray(0, 5)).toString('latin1'))
}

function cutsOf(header: Buffer, dice: Dice): number[] {
  const cuts = new Set<number>()
  for (let at = SEGMENT_BYTES; at < header.length; at += SEGMENT_BYTES) cuts.add(at)
  for (let n = dice.pick([0, 1, 1, 2, 5]); n > 0; n--) cuts.add(1 + dice.below(header.length - 1))
  return [...cuts].sort((a, b) => a - b)
}

function anyHeader(dice: Dice): Buffer {
  switch (dice.below(6)) {
    case 0:
      return Buffer.from('PROXY TCP4 203.0.113.7 198.51.100.25 56324 25\r\n')
    case 1:
      return Buffer.from('PROXY TCP6 2001:db8::7 2001:db8::25 56324 25\r\n')
    case 2:
      return Buffer.from('PROXY UNKNOWN\r\n')
    // A connection of the proxy itself, as for a health check.
    case 3:
      return version2(0x20, 0, Buffer.alloc(0))
    default: {
      const family = dice.pick([FAMILY_IPV4, FAMILY_IPV6])
      const addresses = Buffer.alloc(family === FAMILY_IPV4 ? 12 : 36, dice.pick([0, 10, 13, 46, 192]))
      return version2(0x21, family, Buffer.concat([addresses, ...SIDES.map(() => anyTlv(dice))]))
    }
  }
}

function version2(command: number, family: number, rest: Buffer): Buffer {
  return Buffer.concat([SIGNATURE, Buffer.from([command, family, rest.length >> 8, rest.length & 0xff]), rest])
}

/** What stands in a TLV is anything, lines of SMTP too. */
function anyTlv(dice: Dice): Buffer {
  const length = dice.pick([-1, -1, 0, 17, 128, 300, 2000])
  if (length < 0) return Buffer.alloc(0)
  const value = Buffer.alloc(length, dice.pick(['\0', 'x', 'QUIT\r\n', '\r\n']))
  return Buffer.concat([Buffer.from([dice.pick([TLV_NOOP, TLV_UNIQUE_ID]), length >> 8, length & 0xff]), value])
}
