// Flows: pairs of end points, the same for both directions, in a hash table. Each is followed here, followed by the
// engine, or over: then late segments of it are kept apart from a new connection.

import { ASKED, CLOSED, CLOSED_MAX, PLACES, PLACES_MAX, ROW_BYTES, ROWS, ROWS_MAX } from './memory'

// States of a row.
export const HERE: u32 = 1
export const ELSEWHERE: u32 = 2
export const OVER: u32 = 3
/** Open, and of another protocol: only its end is of interest. */
export const OTHER: u32 = 4

@unmanaged
export class Row {
  /** Address and port of the side that opened it, and of the other. An IPv6 address is folded. */
  client: u64
  server: u64
  /** Addresses as on the wire, 16 bytes each; of IPv4 the first 4 of them. */
  clientAddressLow: u64
  clientAddressHigh: u64
  serverAddressLow: u64
  serverAddressHigh: u64
  hash: u32
  state: u32
  /** HERE: the number of its connection. OTHER: which sides have sent a FIN. */
  connection: u32
  isIpv6: u32
  // OVER: its last packet, what each side had sent, and the sequence number behind it.
  isSession: u32
  entry: u32
  lastNs: f64
  lastFrame: f64
  clientNext: f64
  serverNext: f64
  clientNextSeq: u32
  serverNextSeq: u32
}

// A place of the table: the number of a row, and some bits of its hash, so that few rows are looked at in vain.
const NUMBER: u32 = (1 << 19) - 1
const TAG: u32 = ~NUMBER

const K1: u64 = 0x9e3779b97f4a7c15
const K2: u64 = 0xc2b2ae3d27d4eb4f
const FOUR: u64 = (<u64>4) << 48
const SIX: u64 = (<u64>6) << 48

let used: u32 = 0
let free: u32 = 0
let kept: u32 = 0
let mask: u32 = 4095

/** The side of the flow found last that sent the segment. */
export let sender: u32 = 0

// The end points of the segment that was looked up last, the source first.
let source: u64 = 0
let target: u64 = 0
let addresses: usize = 0
let hash: u32 = 0
let isSix: bool = false

/** The row of the flow between the addresses at `at` and these ports; 0 when there is none. */
export function find(at: usize, isIpv6: bool, ports: u32): u32 {
  let from = <u64>(ports & 0xffff)
  let to = <u64>(ports >> 16)
  if (isIpv6) {
    from |= fold(at)
    to |= fold(at + 16)
  } else {
    const both = load<u64>(at)
    from |= FOUR | ((both & 0xffffffff) << 16)
    to |= FOUR | ((both >> 32) << 16)
  }
  const mixed = ((from ^ to) * K1) ^ ((from + to) * K2)
  const hashed = <u32>(mixed ^ (mixed >> 32))
  // Locals up to here: what is written to memory and read again takes longer.
  addresses = at
  isSix = isIpv6
  source = from
  target = to
  hash = hashed
  let place = hashed & mask
  let entry = load<u32>(PLACES + (place << 2))
  while (entry != 0) {
    const number = entry & NUMBER
    if (((entry ^ hashed) & TAG) == 0) {
      const row = rowAt(number)
      const isForward = ((row.client ^ from) | (row.server ^ to)) == 0
      const isBack = ((row.client ^ to) | (row.server ^ from)) == 0
      if ((u32(isForward) | u32(isBack)) != 0 && (!isIpv6 || hasAddresses(row, at, isForward))) {
        sender = u32(isBack)
        return number
      }
    }
    place = (place + 1) & mask
    entry = load<u32>(PLACES + (place << 2))
  }
  return 0
}

/** The place of the connections between these end points, which says of what share they are: as in tcp/share.ts. */
export function placeOf(at: usize, isIpv6: bool, ports: u32): u32 {
  let both: u32
  if (isIpv6) {
    const all = load<u64>(at) ^ load<u64>(at, 8) ^ (load<u64>(at, 16) ^ load<u64>(at, 24))
    both = <u32>all ^ <u32>(all >> 32)
  } else both = load<u32>(at) ^ load<u32>(at, 4)
  // As numbers in network byte order: both ports are in the low half.
  both = bswap<u32>(both) ^ <u32>bswap<u16>(<u16>(ports ^ (ports >> 16)))
  return (both * 0x9e3779b1) >> 16
}

/** A row for the end points that were looked up last, the source as its client; 0 when there is no room. */
export function addRow(): u32 {
  let number = free
  if (number != 0) free = rowAt(number).connection
  else if (used < ROWS_MAX - 1) number = ++used
  else return 0
  if (kept * 4 >= mask) widen()
  const row = rowAt(number)
  memory.fill(changetype<usize>(row), 0, ROW_BYTES)
  row.hash = hash
  orient(row)
  insert(number)
  kept++
  return number
}

/** Another connection between the end points that were looked up last: the source is its client. */
export function orient(row: Row): void {
  row.client = source
  row.server = target
  row.isIpv6 = isSix ? 1 : 0
  if (isSix) {
    row.clientAddressLow = load<u64>(addresses)
    row.clientAddressHigh = load<u64>(addresses, 8)
    row.serverAddressLow = load<u64>(addresses, 16)
    row.serverAddressHigh = load<u64>(addresses, 24)
  } else {
    row.clientAddressLow = load<u32>(addresses)
    row.serverAddressLow = load<u32>(addresses, 4)
  }
}

export function removeRow(number: u32): void {
  let hole = rowAt(number).hash & mask
  while ((load<u32>(PLACES + (hole << 2)) & NUMBER) != number) hole = (hole + 1) & mask
  // Later rows of the same run move into the hole, so that no search ends too early.
  let place = (hole + 1) & mask
  let other = load<u32>(PLACES + (place << 2))
  while (other != 0) {
    const distance = (place - (rowAt(other & NUMBER).hash & mask)) & mask
    if (distance >= ((place - hole) & mask)) {
      store<u32>(PLACES + (hole << 2), other)
      hole = place
    }
    place = (place + 1) & mask
    other = load<u32>(PLACES + (place << 2))
  }
  store<u32>(PLACES + (hole << 2), 0)
  const row = rowAt(number)
  row.state = 0
  row.entry = 0
  row.connection = free
  free = number
  kept--
}

export function rowAt(number: u32): Row {
  return changetype<Row>(ROWS + number * ROW_BYTES)
}

export function rowsUsed(): u32 {
  return used
}

/** The row of the end points that the host has written to ASKED: addresses, and behind 32 bytes the ports. */
export function findAsked(isIpv6: bool): u32 {
  return find(ASKED, isIpv6, load<u32>(ASKED, 32))
}

export function clearFlows(): void {
  memory.fill(PLACES, 0, (<usize>mask + 1) << 2)
  used = 0
  free = 0
  kept = 0
  closedFrom = 0
  closedTo = 0
}

function insert(number: u32): void {
  const hash = rowAt(number).hash
  let place = hash & mask
  while (load<u32>(PLACES + (place << 2)) != 0) place = (place + 1) & mask
  store<u32>(PLACES + (place << 2), (hash & TAG) | number)
}

function widen(): void {
  if (mask + 1 == PLACES_MAX) return
  memory.fill(PLACES, 0, (<usize>mask + 1) << 2)
  mask = mask * 2 + 1
  memory.fill(PLACES, 0, (<usize>mask + 1) << 2)
  for (let number: u32 = 1; number <= used; number++) if (rowAt(number).state != 0) insert(number)
}

function fold(at: usize): u64 {
  const mixed = (load<u64>(at) * K1) ^ (load<u64>(at, 8) * K2)
  return SIX | ((mixed >> 32) << 16)
}

function hasAddresses(row: Row, at: usize, isForward: bool): bool {
  const client = isForward ? at : at + 16
  const server = isForward ? at + 16 : at
  return (
    row.clientAddressLow == load<u64>(client) &&
    row.clientAddressHigh == load<u64>(client, 8) &&
    row.serverAddressLow == load<u64>(server) &&
    row.serverAddressHigh == load<u64>(server, 8)
  )
}

// Closed flows, in the order of closing. Entry numbers tell those whose row was used again.
let closedFrom: u32 = 0
let closedTo: u32 = 0

// As in limits.ts: OVER_NS, OVER_FRAMES, CLOCK_SLACK_NS, STREAM_REACH.
const OVER_NS: f64 = 60_000_000_000
const OVER_FRAMES: f64 = 262_144
export const CLOCK_SLACK_NS: f64 = 1_000_000_000
const STREAM_REACH: i64 = 1 << 24

/** The latest time, and the packet, at which what was over was ended. */
export let passedNs: f64 = -Infinity
export let passedFrame: f64 = 0

/** Remembers that the flow is over. */
export function closeRow(number: u32): void {
  const row = rowAt(number)
  row.state = OVER
  row.connection = 0
  if (closedTo - closedFrom == CLOSED_MAX - 1) dropOldest()
  row.entry = ++closedTo
  const at = CLOSED + ((closedTo & (CLOSED_MAX - 1)) << 3)
  store<u32>(at, number)
  store<u32>(at, closedTo, 4)
}

/** Removes the rows of closed flows to which no late segment can belong any more. */
export function passTime(nowNs: f64, frame: f64): void {
  if (nowNs > passedNs) passedNs = nowNs
  passedFrame = frame
  while (closedFrom != closedTo) {
    const at = CLOSED + (((closedFrom + 1) & (CLOSED_MAX - 1)) << 3)
    const number = load<u32>(at)
    const row = rowAt(number)
    if (row.state == OVER && row.entry == load<u32>(at, 4)) {
      if (!isPast(row, nowNs - CLOCK_SLACK_NS, frame)) return
      removeRow(number)
    }
    closedFrom++
  }
}

function dropOldest(): void {
  const at = CLOSED + ((++closedFrom & (CLOSED_MAX - 1)) << 3)
  const number = load<u32>(at)
  const row = rowAt(number)
  if (row.state == OVER && row.entry == load<u32>(at, 4)) removeRow(number)
}

/** Whether a segment that comes now is too late to belong to the flow that is over. */
export function isForgotten(row: Row, nowNs: f64, frame: f64): bool {
  return isPast(row, nowNs, frame) || isPast(row, passedNs - CLOCK_SLACK_NS, passedFrame)
}

function isPast(row: Row, nowNs: f64, frame: f64): bool {
  return nowNs - row.lastNs >= OVER_NS || frame - row.lastFrame >= OVER_FRAMES
}

/** Whether a SYN opens another connection between the end points of a flow that is over. */
export function opensAnew(row: Row, side: u32, seq: u32): bool {
  const next = side == 0 ? row.clientNext : row.serverNext
  return next > 0 || away(row, side, seq) != -1
}

/** The same of a segment that is no SYN of a client. */
export function startsAnew(row: Row, side: u32, seq: u32, isSyn: bool, isReset: bool, hasPayload: bool): bool {
  if (isReset) return false
  const distance = away(row, side, seq)
  if (isSyn) return (side == 0 ? row.clientNext : row.serverNext) + <f64>distance != -1
  return hasPayload && (distance > STREAM_REACH || distance < -STREAM_REACH)
}

function away(row: Row, side: u32, seq: u32): i64 {
  return <i64>(<i32>(seq - (side == 0 ? row.clientNextSeq : row.serverNextSeq)))
}

export function clearTime(): void {
  passedNs = -Infinity
  passedFrame = 0
  earliestNs = Infinity
  latestNs = -Infinity
  isSteady = true
}

/** The earliest and the latest time of a packet. */
export let earliestNs: f64 = Infinity
export let latestNs: f64 = -Infinity
/** Whether the clock has never stepped back by more than is usual. */
export let isSteady: bool = true

/** The time of a packet, in the order of the capture. */
export function noteTime(timeNs: f64): void {
  if (timeNs > latestNs) latestNs = timeNs
  else if (timeNs < latestNs - CLOCK_SLACK_NS) isSteady = false
  if (timeNs < earliestNs) earliestNs = timeNs
}
