// A TCP segment of a session as the artefacts change it: what was on the wire, and how much of it the capture has. And
// what each side has sent, acknowledged and ended at any point of a list of such segments.
import { ACK, FIN, RST, SYN } from '../../support/packets.ts'
import type { SideName } from '../../support/transcript.ts'

export type { SideName } from '../../support/transcript.ts'

export interface Segment {
  readonly from: SideName
  /** Microseconds; the beginning of the session is somewhere near 0. */
  readonly timeUs: number
  readonly seq: number
  readonly ack: number
  readonly flags: number
  readonly window: number
  readonly options: Uint8Array
  /** What the capture has of the payload, and how many octets it was on the wire. */
  readonly payload: Uint8Array
  readonly length: number
  readonly hopLimit: number
  readonly vlan?: number
  /** Which of its neighbours the capturing host hears it from, or sends it to. */
  readonly neighbour?: number
  /** Octets of the frame that the capture keeps. */
  readonly snap?: number
  readonly fragments?: Fragments
}

export interface Fragments {
  /** Octets of the first one behind the IP header: a multiple of eight. */
  readonly size: number
  readonly order: 'as-sent' | 'backwards' | 'again'
  /** The one that the capture lacks. */
  readonly lost: 'none' | 'first' | 'last'
}

export type Segments = readonly Segment[]

export const SIDES: readonly SideName[] = ['C', 'S']
export const MS = 1000
const NONE = new Uint8Array(0)
const WINDOW = 502

export function peerOf(side: SideName): SideName {
  return side === 'C' ? 'S' : 'C'
}

/** The sequence number behind a segment. */
export function nextOf({ seq, length, flags }: Segment): number {
  return (seq + length + ((flags & SYN) === 0 ? 0 : 1) + ((flags & FIN) === 0 ? 0 : 1)) >>> 0
}

/** How far the sequence number `a` is behind `b`. */
export function distance(a: number, b: number): number {
  return (a - b) | 0
}

export function has({ flags }: Segment, flag: number): boolean {
  return (flags & flag) !== 0
}

/** Whether all of a segment is there, and nothing in it but payload. */
export function isPlainData({ flags, length, payload }: Segment): boolean {
  return length > 0 && payload.length === length && (flags & (SYN | RST)) === 0
}

export interface Sent {
  /** The next sequence number of this side; null before its first segment. */
  readonly next: number | null
  /** What its peer has acknowledged of it; null before it has acknowledged anything. */
  readonly acked: number | null
  readonly window: number
  readonly ended: boolean
}

export type State = Readonly<Record<SideName, Sent>>

/** What is true behind each segment. */
export function statesOf(segments: Segments): State[] {
  const none: Sent = { next: null, acked: null, window: WINDOW, ended: false }
  let state: State = { C: none, S: none }
  return segments.map((segment) => {
    const { from, ack, window } = segment
    const [mine, others] = [state[from], state[peerOf(from)]]
    const sent = {
      ...mine,
      next: later(mine.next, nextOf(segment)),
      window,
      ended: mine.ended || has(segment, FIN | RST),
    }
    const heard = has(segment, ACK) ? { ...others, acked: later(others.acked, ack) } : others
    state = from === 'C' ? { C: sent, S: heard } : { C: heard, S: sent }
    return state
  })
}

function later(a: number | null, b: number): number {
  return a === null || distance(b, a) > 0 ? b : a
}

/** A side of an open connection: it has sent something, its peer has acknowledged something, and it has not ended. */
export interface OpenSide {
  readonly next: number
  readonly acked: number
  readonly window: number
}

/** Both sides of a connection that is open; null of one that is not. */
export function openSides(state: State | undefined): Readonly<Record<SideName, OpenSide>> | null {
  if (state === undefined) return null
  const [C, S] = [openSide(state.C), openSide(state.S)]
  return C === null || S === null ? null : { C, S }
}

function openSide({ next, acked, window, ended }: Sent): OpenSide | null {
  return next === null || acked === null || ended ? null : { next, acked, window }
}

/** What may differ in a segment that is added to a session. */
export type Fields = Partial<Omit<Segment, 'from' | 'timeUs'>>

/** A segment of a side without payload: hop limit, window and options as that side has them around segment `i`. */
export function bare(segments: Segments, i: number, from: SideName, fields: Fields): Segment {
  const mine = (segment: Segment) => segment.from === from
  const like = segments.slice(0, i + 1).findLast(mine) ?? segments.find(mine)
  const scaled = segments.find((segment) => mine(segment) && !has(segment, SYN))
  const { hopLimit = 64, options = NONE, timeUs = 0 } = like ?? segments[i] ?? {}
  return {
    ...{ from, timeUs, seq: 0, ack: 0, flags: ACK, window: scaled?.window ?? WINDOW, payload: NONE, hopLimit },
    ...{ options: onlyTimestamps(options), length: fields.payload?.length ?? 0 },
    ...fields,
  }
}

/** Puts segments behind segment `i`, evenly into the time before the next one. */
export function insertBehind(segments: Segments, i: number, more: Segments): Segments {
  const before = segments[i]
  if (before === undefined) return segments
  const room = roomBehind(segments, i)
  const timed = more.map((one, k) => ({ ...one, timeUs: before.timeUs + (room * (k + 1)) / (more.length + 1) }))
  return [...segments.slice(0, i + 1), ...timed, ...segments.slice(i + 1)]
}

/** Microseconds from a segment to the next one. */
export function roomBehind(segments: Segments, i: number): number {
  const [one, next] = [segments[i], segments[i + 1]]
  if (one === undefined || next === undefined) return 10
  return Math.max(0, next.timeUs - one.timeUs)
}

/** The octets [from, to) of the payload of a plain segment, as a segment. */
export function partOf(segment: Segment, from: number, to: number): Segment {
  const flags = to < segment.length ? segment.flags & ~FIN : segment.flags
  const payload = segment.payload.subarray(from, to)
  return { ...segment, seq: (segment.seq + from) >>> 0, payload, length: to - from, flags }
}

/** The same from other initial sequence numbers. */
export function renumbered(segments: Segments, by: Readonly<Record<SideName, number>>): Segment[] {
  return segments.map((segment) => ({
    ...segment,
    seq: (segment.seq + by[segment.from]) >>> 0,
    ack: has(segment, ACK) ? (segment.ack + by[peerOf(segment.from)]) >>> 0 : segment.ack,
  }))
}

const TIMESTAMPS = 8
const TIMESTAMPS_LENGTH = 10

/** Where the timestamps stand in TCP options, or -1. */
export function timestampsAt(options: Uint8Array): number {
  for (let at = 0; at < options.length; ) {
    const kind = options[at] as number
    if (kind === 0) break
    if (kind === TIMESTAMPS) return at + TIMESTAMPS_LENGTH <= options.length ? at : -1
    at += kind === 1 ? 1 : Math.max(2, options[at + 1] ?? 2)
  }
  return -1
}

function onlyTimestamps(options: Uint8Array): Uint8Array {
  const at = timestampsAt(options)
  if (at < 0) return NONE
  return Uint8Array.from([1, 1, ...options.subarray(at, at + TIMESTAMPS_LENGTH)])
}
