// The grounds of a finding: the units, replies and octets that prove it, and in which way. A rule yields its grounds;
// `proof.ts` converts them to sequence numbers and frames. "Unit" stands for a command line, message content or a line
// of an AUTH exchange throughout.
import type { Close, Command, Exchange, Reply, Withholding } from '../smtp/records.ts'
import type { Deadlock } from '../smtp/session/waiting.ts'

/**
 * - `acknowledgement`: units sent before the client had received the reply to the preceding unit.
 * - `count`: fewer replies than the server owed for the units of the group.
 * - `surplus`: replies that answer no unit of the group.
 * - `order`: replies of the group in another order than its units.
 * - `precedence`: a reply sent before the server had the whole unit.
 * - `release`: replies sent only when, after a long silence, more input arrived.
 * - `octets`: octets in a place where the standard forbids them.
 * - `windows`: both receive windows closed at once.
 * - `dialogue`: the commands and replies of the finding and the dialogue before them. The default.
 */
export type Grounds =
  | { readonly by: 'acknowledgement'; readonly sent: readonly Exchange[] }
  | {
      readonly by: 'count'
      /** Units that may have no reply; `missing` of them have none. */
      readonly unanswered: readonly Exchange[]
      readonly missing: number
      /** The later unit that was answered before them. */
      readonly overtaker?: Exchange
      /** The unit with a reply that no other unit can cause, when it is not the overtaker. */
      readonly witness?: Exchange
      /** How the server closed. */
      readonly close?: Close
    }
  | { readonly by: 'surplus'; readonly surplus: readonly Reply[] }
  | { readonly by: 'order' }
  | { readonly by: 'precedence'; readonly unit: Command; readonly reply: Reply }
  | { readonly by: 'release'; readonly withheld: readonly Withholding[] }
  | {
      readonly by: 'octets'
      readonly side: 'client' | 'server'
      /** What the octets are: `LF`, `CR`, `LF.LF`, `line`. */
      readonly what: string
      readonly start: number
      readonly end: number
      readonly frame: number
    }
  | { readonly by: 'windows'; readonly deadlock: Deadlock }
  | { readonly by: 'dialogue' }
