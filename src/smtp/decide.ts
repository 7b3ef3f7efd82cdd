// A unit whose reply decides what the client's next bytes are, and that reply -> what they are.
import type { Verb } from './commands.ts'

/** What the bytes behind a unit can be. */
export type Decision = 'command' | 'content' | 'octets' | 'auth' | 'opaque'

/** Mechanisms that can put a security layer over what follows (RFC 4422 section 3.7). */
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
    default:
      return code === 334 ? 'auth' : 'command'
  }
}

/** Whether the code is one that only this unit, of all that may be open, can have drawn. */
export function isItsOwn(verb: Verb, code: number): boolean {
  switch (verb) {
    case 'DATA':
    case 'XEXCH50':
      return code === 354
    case 'STARTTLS':
    case 'X-ANONYMOUSTLS':
      return code === 220
    default:
      return code === 334 || code === 235
  }
}

/** Whether what follows a successful AUTH may be hidden by the mechanism. */
export function mayBeLayered(mechanism: string): boolean {
  return LAYERED.test(mechanism)
}
