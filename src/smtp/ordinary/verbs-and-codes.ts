// The ordinary words of SMTP as small integers: verbs that need no table, reply codes that need no thought. What is not
// here is not wrong, only rare: it goes the long way.
import type { Verb } from '../parse/commands.ts'

export const EHLO = 1
export const HELO = 2
export const MAIL = 3
export const RCPT = 4
export const DATA = 5
export const CONTENT = 6
export const RSET = 7
export const NOOP = 8
export const QUIT = 9

/** Their names, by these numbers. */
export const ORDINARY_VERBS: readonly Verb[] = [
  ...(['OTHER', 'EHLO', 'HELO', 'MAIL', 'RCPT', 'DATA', 'CONTENT', 'RSET', 'NOOP', 'QUIT'] as const),
]

const CASE = 0x20
const SPACE = 0x20
const TAB = 0x09

/** The verb of the command line `[from, to)`, its line end left out; 0 for any other. */
export function ordinaryVerb(bytes: Uint8Array, from: number, to: number): number {
  const length = to - from
  if (length < 4) return 0
  const behind = length > 4 ? (bytes[from + 4] as number) : SPACE
  if (behind !== SPACE && behind !== TAB) return 0
  const word =
    (((bytes[from] as number) | CASE) << 24) |
    (((bytes[from + 1] as number) | CASE) << 16) |
    (((bytes[from + 2] as number) | CASE) << 8) |
    ((bytes[from + 3] as number) | CASE)
  switch (word) {
    case 0x65686c6f:
      return EHLO
    case 0x68656c6f:
      return HELO
    case 0x6d61696c:
      return MAIL
    case 0x72637074:
      return RCPT
    case 0x64617461:
      return DATA
    case 0x72736574:
      return RSET
    case 0x6e6f6f70:
      return NOOP
    case 0x71756974:
      return QUIT
    default:
      return 0
  }
}

/**
 * Whether this code is what the verb draws where nothing is remarkable: `isPlainReply` and `isPossible` say so, too.
 */
export function isOrdinaryCode(verb: number, code: number): boolean {
  switch (verb) {
    case MAIL:
    case RCPT:
      if (code === 250) return true
      if (code === 251) return verb === RCPT
      return code >= 400 && code !== 421 && code !== 458 && code !== 459 && code !== 500 && code !== 503 && code !== 554
    case DATA:
      return code === 354
    case QUIT:
      return code === 221
    default:
      return code === 250
  }
}

/** RFC 2920 section 3.1: what may be sent behind it before it is answered. */
export function mayBeFollowed(verb: number): boolean {
  return verb === MAIL || verb === RCPT || verb === RSET || verb === CONTENT
}
