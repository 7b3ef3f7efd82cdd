// Greetings, EHLO lines and EHLO replies: the same ones come again and again. Each is kept once, compared byte for byte,
// and read once by the host. A text stays while a session refers to it.

import { readText } from './host'
import { TEXT_BYTES, TEXTS, TEXTS_MAX } from './memory'
import { hashOf, isSame } from './octets'

export const GREETING: u32 = 1
export const HELLO_LINE: u32 = 2
export const HELLO_REPLY: u32 = 3

// What the host says of a text.
export const IS_ORDINARY: u32 = 1
export const OFFERS_PIPELINING: u32 = 2
export const NAMES_SERVER: u32 = 4

/** Places that are tried for a text. */
const TRIES: u32 = 8

@unmanaged
class Text {
  hash: u32
  length: u32
  kind: u32
  flags: u32
  /** Sessions that refer to it. */
  users: u32
  /** The analysis in which it was read: the host knows no others. */
  analysis: u32
}

let analysis: u32 = 0
/** What the host said of the text that `keepText` found. */
export let textFlags: u32 = 0

/** The place of the text `[at, at + length)`, for one more session; 0 when there is no room for it. */
export function keepText(at: usize, length: u32, kind: u32): u32 {
  if (length > TEXT_BYTES - <u32>offsetof<Text>()) return 0
  const hash = hashOf(at, length, kind)
  let free: u32 = 0
  for (let i: u32 = 0; i < TRIES; i++) {
    const place = (hash + i) & (TEXTS_MAX - 1)
    // Place 0 stands for none.
    if (place == 0) continue
    const text = textAt(place)
    const isSuch = text.hash == hash && text.length == length && text.kind == kind && text.analysis == analysis
    if (isSuch && isSame(at, changetype<usize>(text) + offsetof<Text>(), length)) {
      text.users++
      textFlags = text.flags
      return place
    }
    if (free == 0 && (text.users == 0 || text.analysis != analysis)) free = place
  }
  if (free == 0) return 0
  const text = textAt(free)
  memory.copy(changetype<usize>(text) + offsetof<Text>(), at, length)
  text.hash = hash
  text.length = length
  text.kind = kind
  text.flags = readText(free, at, length, kind)
  text.users = 1
  text.analysis = analysis
  textFlags = text.flags
  return free
}

/** One more session, or a sum, refers to it. */
export function useText(place: u32): void {
  textAt(place).users++
}

export function textFlagsOf(place: u32): u32 {
  return textAt(place).flags
}

export function releaseText(place: u32): void {
  if (place != 0) textAt(place).users--
}

/** Another analysis: the host knows no text any more. */
export function clearTexts(): void {
  analysis++
}

function textAt(place: u32): Text {
  return changetype<Text>(TEXTS + place * TEXT_BYTES)
}
