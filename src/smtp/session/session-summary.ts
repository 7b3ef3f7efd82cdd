// What a session comes to as a whole, in a few numbers and words: all that its record needs.

import type { Hello, Standing } from '../ordinary/group-start.ts'
import type { Phrase } from '../ordinary/text-cache.ts'
import type { SessionState } from './session.ts'
import type { Software } from './software.ts'

/** The part of a session's state that its record is made of. */
export type SessionOutline = Pick<
  SessionState,
  | 'serverName'
  | 'software'
  | 'clientName'
  | 'protocol'
  | 'offered'
  | 'used'
  | 'closedBy'
  | 'commands'
  | 'replies'
  | 'unanswered'
  | 'groups'
  | 'messages'
>

/** Of an ordinary session: it was greeted, everything was answered, QUIT was the last of it. */
export class OrdinaryOutline implements SessionOutline {
  readonly commands: number
  readonly replies: number
  readonly groups: number
  readonly messages: number
  readonly used: boolean
  readonly unanswered = 0
  readonly closedBy: 'client-fin' | 'server-fin'
  private readonly greeting: Phrase
  private readonly hello: Hello | null

  constructor(standing: Standing, greeting: Phrase, closedBy: 'client-fin' | 'server-fin') {
    this.commands = standing.commands
    this.replies = standing.replies
    this.groups = standing.groups
    this.messages = standing.messages
    this.used = standing.used
    this.hello = standing.hello
    this.greeting = greeting
    this.closedBy = closedBy
  }

  get serverName(): string | null {
    return this.greeting.serverName
  }

  get software(): Software | null {
    return this.greeting.software ?? this.hello?.software ?? null
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
