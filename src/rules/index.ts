// The catalogue: every rule, in the order of the standards. A new rule is one file and one line here.
import { commandAfterSyncCommand } from './rfc2920/command-after-sync-command.ts'
import { dataAcceptedWithoutRecipients } from './rfc2920/data-accepted-without-recipients.ts'
import { inputLost } from './rfc2920/input-lost.ts'
import { replyOutOfOrder } from './rfc2920/reply-out-of-order.ts'
import { closedWithoutQuitByServer } from './rfc5321/closed-without-quit-by-server.ts'
import { pipeliningNotAdvertised } from './rfc5321/pipelining-not-advertised.ts'
import { prematureClose } from './rfc5321/premature-close.ts'
import { replyMissing } from './rfc5321/reply-missing.ts'
import { replyUnexpected } from './rfc5321/reply-unexpected.ts'
import { talkBeforeGreeting } from './rfc5321/talk-before-greeting.ts'
import type { Rule } from './rule.ts'

export const RULES: readonly Rule[] = [
  // RFC 2920 section 3.1, client
  commandAfterSyncCommand,
  // RFC 2920 section 3.2, server
  replyOutOfOrder,
  dataAcceptedWithoutRecipients,
  inputLost,
  // RFC 5321 sections 4.2 and 4.3.1
  replyMissing,
  replyUnexpected,
  pipeliningNotAdvertised,
  talkBeforeGreeting,
  // RFC 5321 sections 3.8 and 4.1.1.10
  prematureClose,
  closedWithoutQuitByServer,
]
