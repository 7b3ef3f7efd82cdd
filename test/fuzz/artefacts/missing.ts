// What a capture has of the payload of a session, and whether its own sequence numbers show that something is missing.
import { FIN, RST, SYN } from '../../support/packets.ts'
import { distance, has, type Segment, type Segments, SIDES, type SideName, statesOf } from './segment.ts'

const IP_HEADER = { 4: 20, 6: 40 }
const TCP_HEADER = 20
const VLAN_TAG = 4

/** Octets of headers in front of TCP's, without a tag. */
export interface Headers {
  readonly link: number
  readonly ipVersion: 4 | 6
}

/** Octets of both sides that the capture holds, each counted once. */
export function heldBytes(segments: Segments, headers: Headers): number {
  return SIDES.reduce((sum, side) => sum + heldOf(segments, side, headers), 0)
}

/** Whether octets, the beginning or the end are missing, as anybody can see who reads the numbers. */
export function showsHole(segments: Segments, headers: Headers): boolean {
  if (!segments.some((segment) => has(segment, FIN | RST))) return true
  const last = statesOf(segments).at(-1)
  return SIDES.some((side) => {
    const mine = segments.filter(({ from }) => from === side)
    const first = mine.find((segment) => has(segment, SYN))
    const { next = null, acked = null } = last?.[side] ?? {}
    if (first === undefined || next === null) return true
    const sent = Math.max(distance(next, first.seq), acked === null ? 0 : distance(acked, first.seq))
    const ends = mine.some((segment) => has(segment, FIN)) ? 1 : 0
    return sent > heldOf(segments, side, headers) + 1 + ends
  })
}

function heldOf(segments: Segments, side: SideName, headers: Headers): number {
  const mine = segments.filter(({ from }) => from === side).sort((a, b) => distance(a.seq, b.seq))
  const origin = mine[0]?.seq ?? 0
  let upTo = 0
  let sum = 0
  for (const segment of mine) {
    const from = distance(segment.seq, origin) + (has(segment, SYN) ? 1 : 0)
    const end = from + keptOf(segment, headers)
    sum += Math.max(0, end - Math.max(from, upTo))
    upTo = Math.max(upTo, end)
  }
  return sum
}

/** Octets of the payload that the frame keeps. */
function keptOf({ payload, options, snap, vlan, fragments }: Segment, { link, ipVersion }: Headers): number {
  if (fragments !== undefined && fragments.lost !== 'none') return 0
  if (snap === undefined) return payload.length
  const headers = link + (vlan === undefined ? 0 : VLAN_TAG) + IP_HEADER[ipVersion] + TCP_HEADER + options.length
  return Math.max(0, Math.min(payload.length, snap - headers))
}
