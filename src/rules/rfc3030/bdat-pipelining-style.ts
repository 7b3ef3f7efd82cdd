// RFC 3030 section 2: BDAT should wait for the replies to MAIL and RCPT.

import { isLastChunk } from '../../smtp/pairing/transaction.ts'
import type { Exchange } from '../../smtp/records.ts'
import { defineRule } from '../rule.ts'
import { blindEvidence, certaintyOf, surestOf } from '../send-before-reply.ts'
import { nameOf } from '../wording.ts'

export const bdatPipeliningStyle = defineRule({
  id: 'bdat-pipelining-style',
  clauses: [
    {
      rfc: 3030,
      section: '2',
      item: null,
      keyword: null,
      text: 'After all MAIL and RCPT responses are collected and processed, the message is sent using a series of BDAT commands.',
    },
  ],
  party: 'client',
  severity: 'info',
  title: 'The client sent BDAT in one group with the commands around it',
  headline: 'pipelined BDAT with the commands around it',
  why: 'Common servers accept this. RFC 3030 describes a client that first waits for the replies to MAIL and RCPT.',
  fix: 'No change is needed. A client that waits does not send a message for which no recipient was accepted.',
  proof: 'BDAT was sent before the reply to MAIL or RCPT, or another command before the reply to the last chunk.',
  excuses: 'A chunk sent before the reply to the chunk in front of it.',
  violates: `
    S> 220 mail.example.net ESMTP
    C> EHLO client.example.com
    S> 250-mail.example.net
    S| 250-PIPELINING
    S| 250 CHUNKING
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    C| BDAT 10 LAST
    C| {10 bytes}
    S> 250 2.1.0 ok
    S| 250 2.1.5 ok
    S| 250 2.0.0 queued
    C> QUIT
    S> 221 bye`,
  conforms: `
    S> 220 mail.example.net ESMTP
    C> EHLO client.example.com
    S> 250-mail.example.net
    S| 250-PIPELINING
    S| 250 CHUNKING
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    S> 250 2.1.0 ok
    S| 250 2.1.5 ok
    C> BDAT 10 LAST
    C| {10 bytes}
    S> 250 2.0.0 queued
    C> QUIT
    S> 221 bye`,
  needs: ['client-bytes'],
  onlyRemarkable: true,
  groupTraits: ['chunk'],
  applies: () => true,

  *checkGroup(group) {
    const [found] = surestOf(group.exchanges.filter(isAroundChunk))
    if (found?.blind == null) return
    const { after } = found.blind
    yield {
      commands: [after, found.command],
      certainty: certaintyOf(found.blind),
      expected: `the reply to ${nameOf(after)} before ${nameOf(found.command)}`,
      actual: `${nameOf(found.command)} followed before that reply`,
      message: `the client sent ${nameOf(found.command)} after ${nameOf(after)} without waiting for the reply to ${nameOf(after)}`,
      evidence: blindEvidence(found),
      grounds: { by: 'acknowledgement', sent: [found] },
    }
  },
})

function isAroundChunk({ blind, command }: Exchange): boolean {
  if (blind === null) return false
  const { after } = blind
  if (command.verb === 'BDAT') return after.verb === 'MAIL' || after.verb === 'RCPT'
  return after.verb === 'BDAT' && isLastChunk(after)
}
