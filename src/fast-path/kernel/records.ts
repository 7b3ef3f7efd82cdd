// The records of a pcap file, or the packet blocks of a pcapng section, as far as there is nothing to doubt about them:
// those that the reader of the capture would take without a second look. It reads all others itself.

import { noteTime } from './flows'
import { LAST_TAKEN, TAKEN, take } from './index'
import { SIFTED, SIFTED_BYTES, SIFTED_MAX, WALKED } from './memory'
import { mayBeSifted, Sifted, sift, siftedCount, siftedLast, siftedTo } from './share'

// Besides what `take` returns:
/** The reader has to look at the record. */
const DOUBTFUL: u32 = 8

// As in limits.ts: RESUME_SECONDS, CLOCK_BACK_NS, RESUME_BYTES.
const RESUME_SECONDS: u64 = 86_400
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
let nextRecord: usize = 0
let lastRecord: usize = 0
/** The latest packet that was taken, or that the host has to look at: its number, its time, and that in seconds. */
let frame: f64 = 0
let timeNs: f64 = 0
let lastNs: f64 = 0
let lastSeconds: u32 = 0

/** How far the records have been taken, for the host: it reads memory in less time than what is exported. */
@unmanaged
class Walked {
  frame: f64
  lastNs: f64
  timeNs: f64
  lastSeconds: u32
  lastRecord: usize
  nextRecord: usize
}

/** Tells the host how far the records have been taken. */
export function noteWalked(): void {
  const walked = changetype<Walked>(WALKED)
  walked.frame = frame
  walked.lastNs = lastNs
  walked.timeNs = timeNs
  walked.lastSeconds = lastSeconds
  walked.lastRecord = lastRecord
  walked.nextRecord = nextRecord
}

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
  } else while (outcome == TAKEN) outcome = takeNext(end, untilNs, untilFrame)
  noteWalked()
  return outcome
}

/** Takes the next record or block. Returns why it was not taken, or why it is to be the last for now. */
function takeNext(end: usize, untilNs: f64, untilFrame: f64): u32 {
  const at = nextRecord
  const number = frame + 1
  if (number >= untilFrame || !(areBlocks ? readBlock(at, end) : readRecord(at, end))) return DOUBTFUL
  const time = timeNs
  if (time < lastNs - CLOCK_BACK_NS || time >= untilNs) return DOUBTFUL
  const outcome = take(at + (areBlocks ? BLOCK_HEADER : RECORD_HEADER), packetLength, number, time)
  if (outcome > LAST_TAKEN) return outcome
  frame = number
  lastNs = time
  lastSeconds = packetSeconds
  lastRecord = at
  nextRecord = behindRecord
  return outcome
}

// What `readRecord` and `readBlock` find, and `timeNs`:
let packetLength: u32 = 0
let packetSeconds: u32 = 0
let behindRecord: usize = 0

/** Reads the header of the record at `at`. False when the reader has to look at it. */
function readRecord(at: usize, end: usize): bool {
  const packet = at + RECORD_HEADER
  if (packet > end) return false
  let seconds = load<u32>(at)
  let fraction = load<u32>(at, 4)
  let length = load<u32>(at, 8)
  let wireLength = load<u32>(at, 12)
  if (isBigEndian) {
    seconds = bswap<u32>(seconds)
    fraction = bswap<u32>(fraction)
    length = bswap<u32>(length)
    wireLength = bswap<u32>(wireLength)
  }
  // Less 1, a length of 0 is the largest number.
  if (length != wireLength || length - 1 >= lengthMax || packet + length > end || fraction >= unitsPerSecond)
    return false
  if (<u64>seconds - <u64>lastSeconds + RESUME_SECONDS > 2 * RESUME_SECONDS) return false
  packetLength = length
  packetSeconds = seconds
  behindRecord = packet + length
  timeNs = (<f64>seconds - baseSeconds) * 1e9 + (<f64>fraction * nsPerUnit - baseNs)
  return true
}

/** The same of a block. */
function readBlock(at: usize, end: usize): bool {
  const packet = at + BLOCK_HEADER
  if (packet > end || word(at) != ENHANCED_PACKET) return false
  const total = word(at + 4)
  const behind = at + total
  const length = word(at + 20)
  if (total < AROUND_PACKET || (total & 3) != 0 || total > RESUME_BYTES || behind > end) return false
  if (word(behind - 4) != total || word(at + 8) != interfaceIndex) return false
  if (length == 0 || length > total - AROUND_PACKET || word(at + 24) != length) return false
  if (countsLost(packet + ((length + 3) & ~3), behind - 4)) return false
  packetLength = length
  packetSeconds = lastSeconds
  behindRecord = behind
  timeNs = timeOf(((<u64>word(at + 12)) << 32) | <u64>word(at + 16))
  return true
}

/** Takes a record, and of some more those that are to be taken by a share. Returns why it stopped. */
function takeShare(end: usize, untilFrame: f64): u32 {
  let outcome = takeNext(end, Infinity, untilFrame)
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
  if (outcome != TAKEN && outcome <= LAST_TAKEN) passTo(at, packet + length, frame + 1)
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
