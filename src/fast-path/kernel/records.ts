// The records of a pcap file, or the packet blocks of a pcapng section, as far as there is nothing to doubt about them:
// those that the reader of the capture would take without a second look. It reads all others itself.

import { noteTime } from './flows'
import { EXPIRES, LEFT, PASSED, TAKEN, take, UNREAD } from './index'
import { SIFTED, SIFTED_BYTES, SIFTED_MAX } from './memory'
import { mayBeSifted, Sifted, sift, siftedCount, siftedLast, siftedTo } from './share'

// Besides what `take` returns:
/** The reader has to look at the record. */
const DOUBTFUL: u32 = 8

// As in limits.ts: RESUME_SECONDS, CLOCK_BACK_NS, RESUME_BYTES.
const RESUME_SECONDS: i64 = 86_400
const CLOCK_BACK_NS: f64 = 1_000_000_000
const RESUME_BYTES: u32 = 66_000

const RECORD_HEADER: usize = 16

// An enhanced packet block: its type, what is in front of its packet, and all that is around it.
const ENHANCED_PACKET: u32 = 6
const BLOCK_HEADER: usize = 28
const AROUND_PACKET: u32 = 32
// An option of it that the reader counts.
const OPTION_END: u32 = 0
const DROP_COUNT: u32 = 4

/** Blocks of pcapng, and not records of pcap. */
let areBlocks: bool = false
let isBigEndian: bool = false
let nsPerUnit: f64 = 1000
let unitsPerSecond: u32 = 1_000_000
let lengthMax: u32 = 0
let baseSeconds: f64 = 0
let baseNs: f64 = 0
let interfaceIndex: u32 = 0
/** The latest second of the interface in units of time, and in seconds since the base. */
let secondUnits: u64 = 0
let secondSeconds: f64 = 0
let offsetSeconds: f64 = 0

/** Where the next record starts, and the one that was taken last. */
export let nextRecord: usize = 0
export let lastRecord: usize = 0
/** The latest packet that was taken, or that the host has to look at: its number, its time, and that in seconds. */
export let frame: f64 = 0
export let timeNs: f64 = 0
export let lastNs: f64 = 0
export let lastSeconds: u32 = 0

/** What the file header says, and the time of the first packet of the set. */
export function setFile(big: bool, ns: f64, units: u32, longest: u32, seconds: f64, nanoseconds: f64): void {
  areBlocks = false
  isBigEndian = big
  nsPerUnit = ns
  unitsPerSecond = units
  lengthMax = longest
  baseSeconds = seconds
  baseNs = nanoseconds
}

/** The same of a section, and the interface whose packets are read. */
export function setSection(
  big: bool,
  ns: f64,
  units: u32,
  index: u32,
  offset: f64,
  seconds: f64,
  nanoseconds: f64,
): void {
  setFile(big, ns, units, 0, seconds, nanoseconds)
  areBlocks = true
  interfaceIndex = index
  offsetSeconds = offset
  secondUnits = 0
  secondSeconds = offset - seconds
}

/**
 * Takes the records in `[at, end)` whose packets come before `untilNs` and the packet `untilFrame`. `before`: the number of
 * the packet in front, its time, and that in seconds. Returns why it stopped.
 */
export function walk(
  at: usize,
  end: usize,
  before: f64,
  beforeNs: f64,
  beforeSeconds: u32,
  untilNs: f64,
  untilFrame: f64,
): u32 {
  frame = before
  lastNs = beforeNs
  lastSeconds = beforeSeconds
  nextRecord = at
  let outcome = TAKEN
  if (untilNs == Infinity && !areBlocks && !isBigEndian && mayBeSifted()) {
    while (outcome == TAKEN) outcome = takeShare(end, untilFrame)
  } else if (areBlocks) while (outcome == TAKEN) outcome = frame + 1 < untilFrame ? takeBlock(end, untilNs) : DOUBTFUL
  else while (outcome == TAKEN) outcome = frame + 1 < untilFrame ? takeRecord(end, untilNs) : DOUBTFUL
  return outcome
}

function takeRecord(end: usize, untilNs: f64): u32 {
  const packet = nextRecord + RECORD_HEADER
  if (packet > end) return DOUBTFUL
  let seconds = load<u32>(nextRecord)
  let fraction = load<u32>(nextRecord, 4)
  let length = load<u32>(nextRecord, 8)
  let wireLength = load<u32>(nextRecord, 12)
  if (isBigEndian) {
    seconds = bswap<u32>(seconds)
    fraction = bswap<u32>(fraction)
    length = bswap<u32>(length)
    wireLength = bswap<u32>(wireLength)
  }
  if (length != wireLength || length == 0 || length > lengthMax || packet + length > end) return DOUBTFUL
  const away = <i64>seconds - <i64>lastSeconds
  if (fraction >= unitsPerSecond || away > RESUME_SECONDS || away < -RESUME_SECONDS) return DOUBTFUL
  timeNs = (<f64>seconds - baseSeconds) * 1e9 + (<f64>fraction * nsPerUnit - baseNs)
  const before = frame
  const outcome = takePacket(packet, length, packet + length, untilNs)
  if (frame != before) lastSeconds = seconds
  return outcome
}

function takeBlock(end: usize, untilNs: f64): u32 {
  const packet = nextRecord + BLOCK_HEADER
  if (packet > end || word(nextRecord) != ENHANCED_PACKET) return DOUBTFUL
  const total = word(nextRecord + 4)
  const behind = nextRecord + total
  const length = word(nextRecord + 20)
  if (total < AROUND_PACKET || (total & 3) != 0 || total > RESUME_BYTES || behind > end) return DOUBTFUL
  if (word(behind - 4) != total || word(nextRecord + 8) != interfaceIndex) return DOUBTFUL
  if (length == 0 || length > total - AROUND_PACKET || word(nextRecord + 24) != length) return DOUBTFUL
  if (countsLost(packet + ((length + 3) & ~3), behind - 4)) return DOUBTFUL
  timeNs = timeOf(((<u64>word(nextRecord + 12)) << 32) | <u64>word(nextRecord + 16))
  return takePacket(packet, length, behind, untilNs)
}

/** `behind`: where the next record starts. */
function takePacket(packet: usize, length: u32, behind: usize, untilNs: f64): u32 {
  if (timeNs < lastNs - CLOCK_BACK_NS || timeNs >= untilNs) return DOUBTFUL
  const outcome = take(packet, length, frame + 1, timeNs)
  if (!isTaken(outcome)) return outcome
  frame += 1
  lastNs = timeNs
  lastRecord = nextRecord
  nextRecord = behind
  return outcome
}

/** Whether the packet was taken, by what `take` has returned. */
function isTaken(outcome: u32): bool {
  return outcome != EXPIRES && outcome != UNREAD && outcome != PASSED && outcome != LEFT
}

/** Takes a record, and of some more those that are to be taken by a share. Returns why it stopped. */
function takeShare(end: usize, untilFrame: f64): u32 {
  let outcome = frame + 1 < untilFrame ? takeRecord(end, Infinity) : DOUBTFUL
  if (outcome != TAKEN) return outcome
  const before = frame
  const most = <u32>min(<f64>SIFTED_MAX, untilFrame - before - 1)
  const number = <u32>(<i64>before) + 1
  const listEnd = sift(nextRecord, end, lastRecord, number, most, lengthMax, unitsPerSecond)
  for (let at = SIFTED; at != listEnd && outcome == TAKEN; at += SIFTED_BYTES) {
    outcome = takeSifted(changetype<Sifted>(at), before)
  }
  if (outcome != TAKEN || siftedCount == 0) return outcome
  passTo(siftedLast, siftedTo, before + <f64>siftedCount)
  // Times do not go back, so that it is enough to note the last one.
  noteTime(lastNs)
  return outcome
}

/** `before`: the number of the packet in front of those that were sifted. */
function takeSifted(record: Sifted, before: f64): u32 {
  const at = <usize>record.at
  const packet = at + RECORD_HEADER
  const length = load<u32>(at, 8)
  passTo(record.before, at, before + <f64>record.passed)
  timeNs = timeAt(at)
  const outcome = take(packet, length, frame + 1, timeNs)
  if (outcome != TAKEN && isTaken(outcome)) passTo(at, packet + length, frame + 1)
  return outcome
}

/** Everything up to the record has been taken, or is of other shares. */
function passTo(record: usize, behind: usize, number: f64): void {
  frame = number
  lastNs = timeAt(record)
  lastSeconds = load<u32>(record)
  lastRecord = record
  nextRecord = behind
}

/** The time of a little-endian record, in nanoseconds since the base. */
function timeAt(record: usize): f64 {
  return (<f64>load<u32>(record) - baseSeconds) * 1e9 + (<f64>load<u32>(record, 4) * nsPerUnit - baseNs)
}

/** Nanoseconds since the base. A time is mostly in the same second as the one before. */
function timeOf(units: u64): f64 {
  const each = <u64>unitsPerSecond
  if (units - secondUnits >= each) {
    const seconds = units / each
    secondUnits = seconds * each
    secondSeconds = <f64>seconds + offsetSeconds - baseSeconds
  }
  return secondSeconds * 1e9 + (<f64>(units - secondUnits) * nsPerUnit - baseNs)
}

/** Whether the options of a packet block in `[from, end)` count lost packets. The reader skips all others. */
function countsLost(from: usize, end: usize): bool {
  let at = from
  while (at + 4 <= end) {
    const code = half(at)
    if (code == DROP_COUNT) return true
    if (code == OPTION_END) return false
    at += 4 + ((half(at + 2) + 3) & ~3)
  }
  return false
}

function word(at: usize): u32 {
  const value = load<u32>(at)
  return isBigEndian ? bswap<u32>(value) : value
}

function half(at: usize): u32 {
  const value = load<u16>(at)
  return <u32>(isBigEndian ? bswap<u16>(value) : value)
}
