// The records of a pcap file, as far as there is nothing to doubt about them: those that the reader of the capture would
// take without a second look. It reads all others itself.

import { EXPIRES, LEFT, PASSED, TAKEN, take, UNREAD } from './index'

// Besides what `take` returns:
/** The reader has to look at the record. */
const DOUBTFUL: u32 = 8

// As in limits.ts: RESUME_SECONDS, CLOCK_BACK_NS.
const RESUME_SECONDS: i64 = 86_400
const CLOCK_BACK_NS: f64 = 1_000_000_000

const RECORD_HEADER: usize = 16

let isBigEndian: bool = false
let nsPerUnit: f64 = 1000
let unitsPerSecond: u32 = 1_000_000
let lengthMax: u32 = 0
let baseSeconds: f64 = 0
let baseNs: f64 = 0

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
  isBigEndian = big
  nsPerUnit = ns
  unitsPerSecond = units
  lengthMax = longest
  baseSeconds = seconds
  baseNs = nanoseconds
}

/**
 * Takes the records in `[at, end)` whose packets come before `untilNs`. `before`: the number of the packet in front, its
 * time, and that in seconds. Returns why it stopped.
 */
export function walk(at: usize, end: usize, before: f64, beforeNs: f64, beforeSeconds: u32, untilNs: f64): u32 {
  frame = before
  lastNs = beforeNs
  lastSeconds = beforeSeconds
  nextRecord = at
  let outcome = TAKEN
  while (outcome == TAKEN) outcome = takeRecord(end, untilNs)
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
  if (timeNs < lastNs - CLOCK_BACK_NS || timeNs >= untilNs) return DOUBTFUL
  const outcome = take(packet, length, frame + 1, timeNs)
  if (outcome == EXPIRES || outcome == UNREAD || outcome == PASSED || outcome == LEFT) return outcome
  frame += 1
  lastNs = timeNs
  lastSeconds = seconds
  lastRecord = nextRecord
  nextRecord = packet + length
  return outcome
}
