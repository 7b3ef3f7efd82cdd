// The part of a session's state that its report is made of.
import type { SessionState } from './session.ts'

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
