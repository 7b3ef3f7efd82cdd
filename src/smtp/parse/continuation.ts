// Determines what the client's bytes after a unit are: from the reply to it, or from their look when no reply tells.

import { latin1 } from '../../host/octets.ts'
import type { PendingCommand } from '../pending-command.ts'
import type { Reply } from '../records.ts'
import type { ReusableArray } from '../reusable-array.ts'
import type { Verb } from './commands.ts'
import type { LineView } from './lines.ts'
import { printable } from './text.ts'

type Decision = 'command' | 'content' | 'octets' | 'auth' | 'opaque' | 'reversed'

/** Command lines that are unlikely to occur by chance in message text. */
const PLAUSIBLE =
  /^(?:(?:EHLO|HELO|LHLO) \S+|MAIL FROM:.*|RCPT TO:.*|DATA|RSET|QUIT|NOOP|STARTTLS|AUTH \S+.*|BDAT \d+( LAST)?)\s*$/i

/** Mechanisms that can encrypt what follows (RFC 4422 section 3.7). */
const LAYERED = /^(?:GSSAPI|DIGEST-MD5|KERBEROS_V4|GS2-\S+)/i

export function whatFollows(verb: Verb, code: number): Decision {
  switch (verb) {
    case 'DATA':
      return code === 354 ? 'content' : 'command'
    case 'XEXCH50':
      return code === 354 ? 'octets' : 'command'
    case 'STARTTLS':
    case 'X-ANONYMOUSTLS':
      return code === 220 ? 'opaque' : 'command'
    case 'TURN':
    case 'ATRN':
      return code === 250 ? 'reversed' : 'command'
    default:
      return code === 334 ? 'auth' : 'command'
  }
}

/** Whether the server announces that it will close. */
export function isGoodbye({ code }: Reply): boolean {
  return code === 221 || code === 421
}

/** Whether the mechanism of the latest AUTH of the open group may encrypt what follows. */
export function mayBeLayered(open: ReusableArray<PendingCommand>): boolean {
  for (let i = open.length - 1; i >= 0; i--) if (open.at(i).verb === 'AUTH') return LAYERED.test(open.at(i).argument)
  return false
}

export function readsLikeCommand({ bytes, from, to }: LineView): boolean {
  return PLAUSIBLE.test(printable(bytes, from, to))
}

/** A line of a SASL exchange (RFC 4954 section 4), which may be empty, or its cancellation. */
const SASL_LINE = /^(?:[A-Za-z0-9+/]*={0,2}|\*)$/

function textOf(line: Uint8Array): string {
  return latin1(line, 0, line.length).replace(/\r+$/, '')
}

/** Whether a line (without its line feed) looks like a command. */
export function isPlausible(line: Uint8Array): boolean {
  return PLAUSIBLE.test(textOf(line))
}

/** What the bytes buffered after a unit look like, judging by their first line. */
export function guessByLook(
  first: Uint8Array,
  { verb }: PendingCommand,
): 'command' | 'content' | 'octets' | 'auth' | 'opaque' | 'reversed' {
  if (isPlausible(first)) return verb === 'BDAT' ? 'octets' : 'command'
  const line = textOf(first)
  switch (verb) {
    case 'DATA':
      return 'content'
    case 'BDAT':
      return 'octets'
    case 'STARTTLS':
    case 'X-ANONYMOUSTLS':
      return 'opaque'
    case 'AUTH':
    case 'X-EXPS':
    case 'AUTH-RESPONSE':
      return SASL_LINE.test(line) ? 'auth' : 'command'
    case 'TURN':
    case 'ATRN':
      // After TURN the client takes the role of the server and sends the greeting (RFC 2645 section 5.2.1).
      return /^220[ -]/.test(line) ? 'reversed' : 'command'
    default:
      return 'command'
  }
}

/** Whether the octet does not occur in text, so that waiting for a line end would be pointless. */
export function isBinary(octet: number): boolean {
  return octet > 0x7e || isControl(octet)
}

/** Whether the octet is a control character other than a tab or a part of a line end. */
export function isControl(octet: number): boolean {
  return octet < 0x20 && octet !== 0x09 && octet !== 0x0a && octet !== 0x0d
}
