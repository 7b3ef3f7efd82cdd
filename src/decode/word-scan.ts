// Copies and searches bytes four at a time. Callers must have checked the ranges. A loop over single octets takes 2 to
// 3 ns each; reading 32 bits through a DataView, with one expression for the test of four octets, 0.6 ns.
//
// The test: a 32-bit x has an octet below n (n up to 128) if (x - n·0x01010101) & ~x & 0x80808080 is not zero, and one
// equal to c if x ^ c·0x01010101 has an octet below 1.

import { indexOfOctets } from '../host/octets.ts'

const CR = 0x0d
const LF = 0x0a
const DOT = 0x2e

const BELOW_14 = 0x0e0e0e0e
const BELOW_1 = 0x01010101
const EACH_LF = 0x0a0a0a0a
const HIGH = 0x80808080

let latest: Uint8Array = new Uint8Array(0)
let view: DataView = new DataView(latest.buffer)
let other = latest
let otherView = view

/** A DataView of the bytes. The latest two are cached: nearly always the read buffer of the capture and one more. */
function viewOf(bytes: Uint8Array): DataView {
  if (bytes !== latest) turnTo(bytes, null)
  return view
}

function turnTo(bytes: Uint8Array, its: DataView | null): void {
  const before = latest
  const viewBefore = view
  view = bytes === other ? otherView : (its ?? new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  latest = bytes
  other = before
  otherView = viewBefore
}

/** Copies `[from, from + count)` of `bytes` to the index `at` of `target`. */
export function copyOctets(bytes: Uint8Array, from: number, target: DataView, at: number, count: number): void {
  const source = viewOf(bytes)
  let i = 0
  for (; i + 4 <= count; i += 4) target.setInt32(at + i, source.getInt32(from + i))
  for (; i < count; i++) target.setUint8(at + i, bytes[from + i] as number)
}

/** The index of the next CR or LF in `[from, end)`, or `end`. */
export function nextBreak(bytes: Uint8Array, from: number, end: number): number {
  const octets = viewOf(bytes)
  let at = from
  for (;;) {
    for (; at + 8 <= end; at += 8) {
      const a = octets.getInt32(at)
      const b = octets.getInt32(at + 4)
      if (((((a - BELOW_14) & ~a) | ((b - BELOW_14) & ~b)) & HIGH) !== 0) break
    }
    const stop = Math.min(at + 8, end)
    for (; at < stop; at++) {
      const octet = bytes[at] as number
      if (octet === CR || octet === LF) return at
    }
    if (at === end) return end
  }
}

const LINE_DOT = Uint8Array.of(LF, DOT)
/** From this length on a search by the engine is worth its call. */
const LONG = 512
/**
 * Octets after the end that such a search may examine needlessly, since it has no end argument. A decrypted record ends
 * in its type.
 */
const BEHIND = 64
/** A buffer of this size contains many packets: it is searched once for all of them. */
const MANY = 1 << 18

/** Start and result of the latest search of such a buffer. The result is its length when nothing was found. */
let searched: Uint8Array = latest
let searchedFrom = 0
let found = 0

/**
 * The index of the next LF followed by a dot, or the length. Relies on bytes never changing while they are in the same
 * object.
 */
function nextLineDot(bytes: Uint8Array, from: number): number {
  if (bytes !== searched || from < searchedFrom || from > found) {
    const next = indexOfOctets(bytes, LINE_DOT, from)
    searched = bytes
    searchedFrom = from
    found = next < 0 ? bytes.length : next
  }
  return found
}

/** The index of the first dot after an LF, both in `[from, end)`, or -1. */
export function lineDot(bytes: Uint8Array, from: number, end: number): number {
  // Four times as fast as the loop below: 10 GB/s.
  if (bytes.length >= MANY || (end - from >= LONG && bytes.length - end <= BEHIND)) {
    const at = bytes.length >= MANY ? nextLineDot(bytes, from) : indexOfOctets(bytes, LINE_DOT, from)
    return at >= 0 && at + 1 < end ? at + 1 : -1
  }
  const octets = viewOf(bytes)
  let at = from
  for (;;) {
    for (; at + 8 <= end; at += 8) {
      const a = octets.getInt32(at) ^ EACH_LF
      const b = octets.getInt32(at + 4) ^ EACH_LF
      if (((((a - BELOW_1) & ~a) | ((b - BELOW_1) & ~b)) & HIGH) !== 0) break
    }
    const stop = Math.min(at + 8, end)
    for (; at < stop; at++) if (bytes[at] === LF && at + 1 < end && bytes[at + 1] === DOT) return at + 1
    if (at === end) return -1
  }
}
