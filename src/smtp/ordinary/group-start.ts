// The state of an ordinary session when a group begins: all that the engine needs to go on from there.
import { NO_TIME_NS } from '../../capture/packet.ts'
import type { UnremarkableSequences } from '../pairing/command-sequence.ts'
import type { Software } from '../session/software.ts'
import type { BegunContent } from './content.ts'
import type { RawReply } from './reparse.ts'
import type { CachedText } from './text-cache.ts'

/** The latest EHLO or HELO that was accepted, and the reply to it. */
export interface Hello {
  readonly verb: 'EHLO' | 'HELO'
  readonly line: CachedText
  /** Null if it is not needed. */
  readonly heard: RawReply | null
  readonly pipelining: boolean
  /** Which program the reply sounds like. */
  readonly software: Software | null
}

/** What the fast path hands over. */
export interface Past {
  readonly groupStart: GroupStart
  readonly greeting: RawReply | null
  readonly lastReply: RawReply
  /** Bytes of the other side that each side has acknowledged. */
  readonly clientAcked: number
  readonly serverAcked: number
  /** When bytes last came, and the packet, as far as that is known. */
  readonly lastNs: number
  readonly lastFrame: number
  readonly content: BegunContent | null
  /** Counts its groups, where sequences of commands are counted. */
  countGroups(shapes: UnremarkableSequences): void
}

export class GroupStart {
  /** Command lines, complete replies with the greeting, settled groups, accepted messages so far. */
  commands = 0
  replies = 0
  groups = 0
  messages = 0
  /** Whether a command was ever sent before the reply to the one in front. */
  used = false
  hello: Hello | null = null
  /** The mail transaction, and its accepted recipients. */
  open = false
  recipients = 0
  /** Message content comes next; QUIT was sent. */
  content = false
  quit = false
  /** The latest reply: `[replyAt, replyTo)` of the replay buffer's bytes, and what its segment said. */
  replyAt = 0
  replyTo = 0
  replyStart = 0
  replyFrame = 0
  replyNs = NO_TIME_NS
  replySeen = 0

  clear(): void {
    this.copy(NOTHING)
  }

  copy(other: GroupStart): void {
    this.commands = other.commands
    this.replies = other.replies
    this.groups = other.groups
    this.messages = other.messages
    this.used = other.used
    this.hello = other.hello
    this.open = other.open
    this.recipients = other.recipients
    this.content = other.content
    this.quit = other.quit
    this.replyAt = other.replyAt
    this.replyTo = other.replyTo
    this.replyStart = other.replyStart
    this.replyFrame = other.replyFrame
    this.replyNs = other.replyNs
    this.replySeen = other.replySeen
  }
}

const NOTHING = new GroupStart()
