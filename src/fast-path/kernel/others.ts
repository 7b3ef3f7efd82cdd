// The first payloads of a connection on a port where no SMTP is spoken: whether they are certainly of another protocol. As
// `detect-protocol.ts` says; where that needs more thought the engine looks.

import { hasKeys } from './host'

// Types of TLS records.
const HANDSHAKE: u32 = 0x16
const ALERT: u32 = 0x15
const LF: u8 = 0x0a

/** As RECOGNISE_BYTES_MAX of limits.ts: so many bytes of a side are looked at. */
const LOOKED_AT_MAX: u32 = 2048

export const UNDECIDED: u32 = 0
export const OTHER_PROTOCOL: u32 = 1
export const MAY_BE_SMTP: u32 = 2

/** The payload at `position` of the stream of a side, all in front of which was UNDECIDED. */
export function lookAt(at: usize, length: u32, position: i64): u32 {
  if (position == 0) {
    const first = <u32>load<u8>(at)
    // A TLS record: on these ports it is read only with keys.
    if (first == HANDSHAKE || first == ALERT) {
      const isRecord = length >= 3 && load<u8>(at, 1) == 3 && load<u8>(at, 2) <= 4
      return isRecord && !hasKeys() ? OTHER_PROTOCOL : MAY_BE_SMTP
    }
    if (mayBegin(first)) return MAY_BE_SMTP
  }
  const isEnough = position + <i64>length >= <i64>LOOKED_AT_MAX
  return isEnough || hasLine(at, length) ? OTHER_PROTOCOL : UNDECIDED
}

/** Whether a command, a reply or a PROXY header may begin with this byte, or a blank line. */
function mayBegin(byte: u32): bool {
  const letter = byte | 0x20
  const isLetter = letter >= 0x61 && letter <= 0x7a
  const isDigit = byte >= 0x30 && byte <= 0x39
  return isLetter || isDigit || byte == 0x0d || byte == 0x0a || byte == 0x20 || byte == 0x09
}

function hasLine(at: usize, length: u32): bool {
  const end = at + length
  for (let i = at; i < end; i++) if (load<u8>(i) == LF) return true
  return false
}
