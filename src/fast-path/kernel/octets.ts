// Bytes, 16 to 64 at a time. Addresses are of the kernel's memory; up to 64 bytes behind every end may be read, and have
// no effect.

import { LINES } from './memory'

const LF: i8 = 0x0a
const CR: i8 = 0x0d
const DOT: i8 = 0x2e
const AT: i8 = 0x40
const TAB: i8 = 0x09
const DEL: i8 = 0x7f

/** Whether the bytes that `indexLines` read had an `@`. */
export let hadAt: bool = false

/**
 * Writes where the lines of `[from, end)` end, behind each LF, to `LINES`. Returns how many there are; -1 when there is a
 * bare CR or LF, or when the last line has no end.
 */
export function indexLines(from: usize, end: usize): i32 {
  const crs = i8x16.splat(CR)
  const lfs = i8x16.splat(LF)
  const ats = i8x16.splat(AT)
  let to = LINES
  let crBefore: u32 = 0
  let seenAts: u32 = 0
  for (let at = from; at < end; at += 32) {
    const a = v128.load(at)
    const b = v128.load(at, 16)
    let cr = bitsOf(i8x16.eq(a, crs), i8x16.eq(b, crs))
    let lf = bitsOf(i8x16.eq(a, lfs), i8x16.eq(b, lfs))
    let seen = bitsOf(i8x16.eq(a, ats), i8x16.eq(b, ats))
    const left = <u32>(end - at)
    if (left < 32) {
      const inside = ((<u32>1) << left) - 1
      cr &= inside
      lf &= inside
      seen &= inside
    }
    seenAts |= seen
    // Then LINES has room: each line has two bytes at least.
    if (lf != ((cr << 1) | crBefore)) return -1
    crBefore = cr >> 31
    for (; lf != 0; lf &= lf - 1) {
      store<u32>(to, <u32>(at + <usize>ctz(lf) + 1))
      to += 4
    }
  }
  hadAt = seenAts != 0
  if (crBefore != 0 || to == LINES || load<u32>(to - 4) != <u32>end) return -1
  return <i32>((to - LINES) >> 2)
}

/** Whether a byte of `[from, end)` is a control character other than CR, LF and tab. */
export function hasControls(from: usize, end: usize): bool {
  for (let at = from; at < end; at += 16) {
    const bytes = v128.load(at)
    const ends = v128.or(i8x16.eq(bytes, i8x16.splat(CR)), i8x16.eq(bytes, i8x16.splat(LF)))
    const allowed = v128.or(ends, i8x16.eq(bytes, i8x16.splat(TAB)))
    const low = v128.andnot(i8x16.lt_u(bytes, i8x16.splat(0x20)), allowed)
    let found = <u32>i8x16.bitmask(v128.or(low, i8x16.eq(bytes, i8x16.splat(DEL))))
    const rest = <u32>(end - at)
    if (rest < 16) found &= ((<u32>1) << rest) - 1
    if (found != 0) return true
  }
  return false
}

function bitsOf(a: v128, b: v128): u32 {
  return <u32>i8x16.bitmask(a) | ((<u32>i8x16.bitmask(b)) << 16)
}

export function hasAt(from: usize, end: usize): bool {
  for (let at = from; at < end; at++) if (load<i8>(at) == AT) return true
  return false
}

// What precedes the next byte of message content. START: a line begins. The last two end the search.
export const TEXT: u32 = 0
export const CR_SEEN: u32 = 1
export const START: u32 = 2
export const DOT_SEEN: u32 = 3
export const DOT_CR_SEEN: u32 = 4
export const ENDED: u32 = 5
export const BARE: u32 = 6

/** Where the content ended, or had a bare CR or LF. */
export let contentEnd: usize = 0

/** Searches `[from, end)` for the end of content, CRLF.CRLF. Returns the state behind it. */
export function searchContent(from: usize, end: usize, before: u32): u32 {
  let state = before
  let at = from
  while (at < end) {
    if (state < DOT_SEEN && end - at > 16) {
      const next = plainEnd(at, end, state)
      if (next > at) {
        at = next
        const last = load<i8>(at - 1)
        state = last == CR ? CR_SEEN : last == LF ? START : TEXT
        if (at == end) return state
      }
    }
    state = step(load<i8>(at++), state)
    if (state >= ENDED) {
      contentEnd = at
      return state
    }
  }
  return state
}

/**
 * From `from`, a byte of content, to the first that is a bare LF, stands behind a bare CR, or is a dot that begins a
 * line. There are more than 16 bytes.
 */
function plainEnd(from: usize, end: usize, state: u32): usize {
  const first = load<i8>(from)
  const isPlain = (first == LF) == (state == CR_SEEN) && (first != DOT || state != START)
  if (!isPlain) return from
  let at = from + 1
  while (at + 64 <= end) {
    const odd = v128.or(v128.or(oddIn(at), oddIn(at + 16)), v128.or(oddIn(at + 32), oddIn(at + 48)))
    if (v128.any_true(odd)) break
    at += 64
  }
  while (at + 16 <= end) {
    const odd = oddIn(at)
    if (v128.any_true(odd)) return at + <usize>ctz(i8x16.bitmask(odd))
    at += 16
  }
  if (at == end) return end
  const odd = oddIn(end - 16)
  return v128.any_true(odd) ? end - 16 + <usize>ctz(i8x16.bitmask(odd)) : end
}

/** Marks each of the 16 bytes that is an LF without a CR in front, has a CR without an LF behind, or is a dot behind LF. */
function oddIn(at: usize): v128 {
  const bytes = v128.load(at)
  const before = v128.load(at - 1)
  const newline = v128.xor(i8x16.eq(bytes, i8x16.splat(LF)), i8x16.eq(before, i8x16.splat(CR)))
  return v128.or(newline, v128.and(i8x16.eq(bytes, i8x16.splat(DOT)), i8x16.eq(before, i8x16.splat(LF))))
}

function step(byte: i8, state: u32): u32 {
  if (byte == LF) return state == CR_SEEN ? START : state == DOT_CR_SEEN ? ENDED : BARE
  if (state == CR_SEEN || state == DOT_CR_SEEN) return BARE
  if (byte == CR) return state == DOT_SEEN ? DOT_CR_SEEN : CR_SEEN
  return byte == DOT && state == START ? DOT_SEEN : TEXT
}

export function isSame(a: usize, b: usize, length: u32): bool {
  let i: u32 = 0
  for (; i + 8 <= length; i += 8) if (load<u64>(a + i) != load<u64>(b + i)) return false
  for (; i < length; i++) if (load<u8>(a + i) != load<u8>(b + i)) return false
  return true
}

const MULTIPLIER: u64 = 0x9e3779b97f4a7c15

export function hashOf(at: usize, length: u32, seed: u32): u32 {
  let hash: u64 = ((<u64>seed) << 32) | length
  let i: u32 = 0
  for (; i + 8 <= length; i += 8) {
    hash = (hash ^ load<u64>(at + i)) * MULTIPLIER
    hash ^= hash >> 29
  }
  for (; i < length; i++) hash = (hash ^ load<u8>(at + i)) * MULTIPLIER
  return <u32>(hash ^ (hash >> 32))
}
