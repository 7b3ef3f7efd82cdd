// The commands of an ordinary session, and the replies that they draw there.

export const EHLO: u32 = 1
export const HELO: u32 = 2
export const MAIL: u32 = 3
export const RCPT: u32 = 4
export const DATA: u32 = 5
/** Message content, which is no command and is answered like one. */
export const CONTENT: u32 = 6
export const RSET: u32 = 7
export const NOOP: u32 = 8
export const QUIT: u32 = 9

const LOWER: u32 = 0x20202020
const SPACE: u8 = 0x20
const TAB: u8 = 0x09

/** The verb of the command line `[at, end)`, without its line end; 0 for any other. */
export function verbOf(at: usize, end: usize): u32 {
  const length = <u32>(end - at)
  if (length < 4) return 0
  if (length > 4) {
    const behind = load<u8>(at, 4)
    if (behind != SPACE && behind != TAB) return 0
  }
  switch (load<u32>(at) | LOWER) {
    case 0x6f6c6865:
      return EHLO
    case 0x6f6c6568:
      return HELO
    case 0x6c69616d:
      return MAIL
    case 0x74706372:
      return RCPT
    case 0x61746164:
      return DATA
    case 0x74657372:
      return RSET
    case 0x706f6f6e:
      return NOOP
    case 0x74697571:
      return QUIT
    default:
      return 0
  }
}

/** `y=bi`, as of BODY=BINARYMIME. */
const BINARY: u32 = 0x69623d79

/** Whether a line of MAIL may declare a binary message (RFC 3030 section 3), which the engine reads. */
export function maySayBinary(at: usize, end: usize): bool {
  for (let i = at + 4; i + 4 <= end; i++) if ((load<u32>(i) | LOWER) == BINARY) return true
  return false
}

/** Whether this code is what the verb draws where nothing is remarkable. */
export function isOrdinaryCode(verb: u32, code: u32): bool {
  if (verb == MAIL || verb == RCPT) {
    if (code == 250) return true
    if (code == 251) return verb == RCPT
    return code >= 400 && code != 421 && code != 458 && code != 459 && code != 500 && code != 503 && code != 554
  }
  if (verb == DATA) return code == 354
  return code == <u32>(verb == QUIT ? 221 : 250)
}

/** RFC 2920 section 3.1: what may be followed by another command before it is answered. */
export function mayBeFollowed(verb: u32): bool {
  return verb == MAIL || verb == RCPT || verb == RSET || verb == CONTENT
}
