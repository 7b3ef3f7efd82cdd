// What a finding rests on, in the terms of the dialogue: the units, replies and octets that a stranger has to look at, and
// in which way they prove it. A rule yields its grounds; `proof.ts` makes numbers of them.
import type { Close, Command, Exchange, Reply, Withholding } from '../smtp/records.ts'
import type { Deadlock } from '../smtp/session/window-deadlock.ts'

/**
 * - `acknowledgement`: units sent before the reply to the unit in front had reached the client.
 * - `count`: fewer replies than the units of the group earned.
 * - `surplus`: replies that no unit of the group earned.
 * - `order`: replies of the group in another order than its units.
 * - `precedence`: a reply sent before the server had the whole unit.
 * - `release`: replies that came only when, after long silence, something more arrived.
 * - `octets`: octets that may not stand where they stand.
 * - `windows`: both receive windows closed at once.
 * - `dialogue`: the commands and replies of the finding, and what was said before them. Where a rule says nothing else.
 */
export type Grounds =
  | { readonly by: 'acknowledgement'; readonly sent: readonly Exchange[] }
  | {
      readonly by: 'count'
      /** Units that may be meant, and how many of them have no reply. */
      readonly unanswered: readonly Exchange[]
      readonly missing: number
      /** The unit whose reply overtook them. */
      readonly overtaker?: Exchange
      /** The unit whose reply no other can draw, where that is another. */
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
      /** What they are: `LF`, `CR`, `LF.LF`, `line`. */
      readonly what: string
      readonly start: number
      readonly end: number
      readonly frame: number
    }
  | { readonly by: 'windows'; readonly deadlock: Deadlock }
  | { readonly by: 'dialogue' }
