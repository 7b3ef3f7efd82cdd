// The part of a session's state that its report is made of, and the same of an ordinary session.
import type { GroupStart, Hello } from '../ordinary/group-start.ts'
import type { CachedText } from '../ordinary/text-cache.ts'
import type { Command } from '../records.ts'
import type { SessionState } from './session.ts'
import type { Software } from './software.ts'

/** What the report of a session needs. The dialogue of an ordinary session is not kept. */
export type SessionSummary = Pick<
  SessionState,
  | 'serverName'
  | 'software'
  | 'clientName'
  | 'protocol'
  | 'offered'
  | 'used'
  | 'encryption'
  | 'greeting'
  | 'proxyHeader'
  | 'close'
  | 'closedBy'
  | 'commands'
  | 'replies'
  | 'unanswered'
  | 'withoutReply'
  | 'terminal'
  | 'groups'
  | 'messages'
>

const NONE: readonly Command[] = []

/** What was counted of it. */
type Counted = Pick<GroupStart, 'commands' | 'replies' | 'groups' | 'messages' | 'used' | 'hello'>

/** The summary of an ordinary session: greeted, everything answered, ended by QUIT. */
export class OrdinarySummary implements SessionSummary {
  readonly commands: number
  readonly replies: number
  readonly groups: number
  readonly messages: number
  readonly used: boolean
  readonly unanswered = 0
  readonly withoutReply = NONE
  readonly terminal = null
  readonly encryption = 'none'
  readonly greeting = null
  readonly proxyHeader = null
  readonly close = null
  readonly closedBy: 'client-fin' | 'server-fin'
  private readonly greetingText: CachedText
  private readonly hello: Hello | null

  constructor(groupStart: Counted, greeting: CachedText, closedBy: 'client-fin' | 'server-fin') {
    this.commands = groupStart.commands
    this.replies = groupStart.replies
    this.groups = groupStart.groups
    this.messages = groupStart.messages
    this.used = groupStart.used
    this.hello = groupStart.hello
    this.greetingText = greeting
    this.closedBy = closedBy
  }

  get serverName(): string | null {
    return this.greetingText.serverName
  }

  get software(): Software | null {
    return this.greetingText.software ?? this.hello?.software ?? null
  }

  get clientName(): string | null {
    return this.hello?.line.clientName ?? null
  }

  get offered(): boolean {
    return this.hello?.pipelining ?? false
  }

  get protocol(): 'smtp' | 'esmtp' | 'unknown' {
    if (this.hello === null) return 'unknown'
    return this.hello.verb === 'EHLO' ? 'esmtp' : 'smtp'
  }
}
