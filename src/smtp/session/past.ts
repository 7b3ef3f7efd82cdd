// A session in which nothing was remarkable up to the beginning of a group, or up to some place in the message content
// that a group begins with: all that the engine needs to go on from there.
import type { UnremarkableSequences } from '../pairing/command-sequence.ts'
import type { ContentSoFar } from '../parse/body.ts'
import type { RawReply } from '../parse/reparse.ts'

/** The latest EHLO or HELO that was accepted, and the reply to it. */
export interface Hello {
  readonly verb: 'EHLO' | 'HELO'
  readonly argument: string
  readonly reply: RawReply
}

export interface Past {
  /** Command lines, complete replies with the greeting, settled groups, accepted messages so far. */
  readonly commands: number
  readonly replies: number
  readonly groups: number
  readonly messages: number
  /** Whether a command was ever sent before the reply to the one in front. */
  readonly used: boolean
  readonly hello: Hello | null
  /** The mail transaction, and its accepted recipients. */
  readonly open: boolean
  readonly recipients: number
  readonly greeting: RawReply
  readonly lastReply: RawReply
  /** Bytes of the other side that each side has acknowledged. */
  readonly clientAcked: number
  readonly serverAcked: number
  /** When bytes last came, and in which packet. */
  readonly lastFrame: number
  readonly lastNs: number
  /** Message content comes next; the content that the group begins with, as far as it came. */
  readonly expectsContent: boolean
  readonly content: ContentSoFar | null
  /** Counts its groups, where sequences of commands are counted. */
  countGroups(shapes: UnremarkableSequences): void
}
