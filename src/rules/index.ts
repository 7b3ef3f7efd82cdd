// The catalogue: all rules, in the order of the standards. To add a rule, write its file and list it here.

import { captureLoss } from './rfc793/capture-loss.ts'
import { resetInPath } from './rfc793/reset-in-path.ts'
import { neverAcknowledged } from './rfc1122/never-acknowledged.ts'
import { lmtpReplyCount } from './rfc2033/lmtp-reply-count.ts'
import { commandAfterSyncCommand } from './rfc2920/command-after-sync-command.ts'
import { contentWithoutRecipients } from './rfc2920/content-without-recipients.ts'
import { dataAcceptedWithoutRecipients } from './rfc2920/data-accepted-without-recipients.ts'
import { dataRefusedWithRecipients } from './rfc2920/data-refused-with-recipients.ts'
import { emptyMessageAccepted } from './rfc2920/empty-message-accepted.ts'
import { extensionCommandNotLast } from './rfc2920/extension-command-not-last.ts'
import { inputLost } from './rfc2920/input-lost.ts'
import { partialReplyActedOn } from './rfc2920/partial-reply-acted-on.ts'
import { repliesNotBatched } from './rfc2920/replies-not-batched.ts'
import { repliesWithheld } from './rfc2920/replies-withheld.ts'
import { replyBeforeCommand } from './rfc2920/reply-before-command.ts'
import { replyOutOfOrder } from './rfc2920/reply-out-of-order.ts'
import { replyTextAmbiguous } from './rfc2920/reply-text-ambiguous.ts'
import { syncReplyBuffered } from './rfc2920/sync-reply-buffered.ts'
import { unrecognizedReplyBuffered } from './rfc2920/unrecognized-reply-buffered.ts'
import { windowDeadlock } from './rfc2920/window-deadlock.ts'
import { bdatAfterFailedBdat } from './rfc3030/bdat-after-failed-bdat.ts'
import { bdatChunkNotConsumed } from './rfc3030/bdat-chunk-not-consumed.ts'
import { bdatPipeliningStyle } from './rfc3030/bdat-pipelining-style.ts'
import { bdatSizeMismatch } from './rfc3030/bdat-size-mismatch.ts'
import { chunkingNotAdvertised } from './rfc3030/chunking-not-advertised.ts'
import { plaintextAfterStarttls } from './rfc3207/plaintext-after-starttls.ts'
import { starttlsInputAnswered } from './rfc3207/starttls-input-answered.ts'
import { tlsOnPlainPort } from './rfc3207/tls-on-plain-port.ts'
import { authNotLast } from './rfc4954/auth-not-last.ts'
import { advertisedButUnimplemented } from './rfc5321/advertised-but-unimplemented.ts'
import { bannerMasked } from './rfc5321/banner-masked.ts'
import { bareNewlineAccepted } from './rfc5321/bare-newline-accepted.ts'
import { bareNewlineSent } from './rfc5321/bare-newline-sent.ts'
import { capabilitiesMasked } from './rfc5321/capabilities-masked.ts'
import { clientGaveUp } from './rfc5321/client-gave-up.ts'
import { closedWithoutQuitByClient } from './rfc5321/closed-without-quit-by-client.ts'
import { closedWithoutQuitByServer } from './rfc5321/closed-without-quit-by-server.ts'
import { contentWithout354 } from './rfc5321/content-without-354.ts'
import { mailBeforeEhlo } from './rfc5321/mail-before-ehlo.ts'
import { mailWithoutReset } from './rfc5321/mail-without-reset.ts'
import { multilineCodeMismatch } from './rfc5321/multiline-code-mismatch.ts'
import { pipeliningNotAdvertised } from './rfc5321/pipelining-not-advertised.ts'
import { pipeliningRejected } from './rfc5321/pipelining-rejected.ts'
import { prematureClose } from './rfc5321/premature-close.ts'
import { proxyHeaderUnexpected } from './rfc5321/proxy-header-unexpected.ts'
import { replyMalformed } from './rfc5321/reply-malformed.ts'
import { replyMissing } from './rfc5321/reply-missing.ts'
import { replyUnexpected } from './rfc5321/reply-unexpected.ts'
import { talkBeforeGreeting } from './rfc5321/talk-before-greeting.ts'
import type { Rule } from './rule.ts'

export const RULES: readonly Rule[] = [
  // RFC 2920 section 3.1, client
  commandAfterSyncCommand,
  extensionCommandNotLast,
  contentWithoutRecipients,
  partialReplyActedOn,
  windowDeadlock,
  // RFC 2920 section 3.2, server
  replyOutOfOrder,
  repliesNotBatched,
  dataAcceptedWithoutRecipients,
  dataRefusedWithRecipients,
  emptyMessageAccepted,
  syncReplyBuffered,
  unrecognizedReplyBuffered,
  repliesWithheld,
  replyBeforeCommand,
  inputLost,
  replyTextAmbiguous,
  // RFC 5321 sections 2.3.8 to 4.3.2
  bareNewlineSent,
  bareNewlineAccepted,
  contentWithout354,
  mailBeforeEhlo,
  mailWithoutReset,
  replyMalformed,
  multilineCodeMismatch,
  replyMissing,
  replyUnexpected,
  advertisedButUnimplemented,
  pipeliningRejected,
  pipeliningNotAdvertised,
  talkBeforeGreeting,
  // RFC 5321 sections 3.8 and 4.1.1.10
  prematureClose,
  closedWithoutQuitByServer,
  closedWithoutQuitByClient,
  clientGaveUp,
  // RFC 2033, LMTP
  lmtpReplyCount,
  // RFC 3030, CHUNKING
  chunkingNotAdvertised,
  bdatAfterFailedBdat,
  bdatChunkNotConsumed,
  bdatPipeliningStyle,
  bdatSizeMismatch,
  // RFC 3207, STARTTLS
  plaintextAfterStarttls,
  starttlsInputAnswered,
  tlsOnPlainPort,
  // RFC 4954, AUTH
  authNotLast,
  // The path
  bannerMasked,
  capabilitiesMasked,
  proxyHeaderUnexpected,
  captureLoss,
  neverAcknowledged,
  resetInPath,
]
