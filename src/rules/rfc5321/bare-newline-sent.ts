// RFC 5321 section 2.3.8: lines end in CRLF, and CR and LF may not occur elsewhere.
import type { Command } from '../../smtp/records.ts'
import { defineRule } from '../rule.ts'
import { nameOf } from '../wording.ts'

export const bareNewlineSent = defineRule({
  id: 'bare-newline-sent',
  clauses: [
    {
      rfc: 5321,
      section: '2.3.8',
      item: null,
      keyword: 'MUST NOT',
      text: 'SMTP client implementations MUST NOT transmit these characters except when they are intended as line terminators',
    },
    {
      rfc: 5321,
      section: '2.3.8',
      item: null,
      keyword: 'MUST NOT',
      text: 'Conforming implementations MUST NOT recognize or generate any other character or character sequence as a line terminator.',
    },
  ],
  party: 'client',
  severity: 'error',
  title: 'The client sent a CR or LF that is not part of a CRLF',
  headline: 'sent a CR or LF that is not part of a CRLF',
  why: 'If two servers disagree about the end of a line, they disagree about the end of a message, and message text is read as commands.',
  fix: 'End every line with CRLF, and convert or refuse single CR and LF in messages.',
  proof:
    'An LF without a CR before it, or a CR without an LF after it, in a command line or in message content. Reported once per session.',
  excuses:
    'The content of BDAT chunks. In message content only the first 16 KiB and the bytes around dots at the start of a line are examined.',
  violates: `
    C> MAIL FROM:<a@example.org><LF>
    S> 250 ok
    C> QUIT
    S> 221 bye`,
  conforms: `
    C> MAIL FROM:<a@example.org>
    S> 250 ok
    C> QUIT
    S> 221 bye`,
  needs: ['client-bytes', 'content'],
  onlyRemarkable: true,
  endTraits: ['bare-newline'],
  applies: () => true,

  *checkEnd(session) {
    const command = session.bare
    if (command?.bare == null) return
    const { octet, position, frame } = command.bare
    yield {
      commands: [command],
      frames: [frame],
      certainty: 'proved',
      expected: 'CRLF at the end of each line, CR and LF nowhere else',
      actual: `a bare ${octet} in ${whereIn(command)}`,
      headline: `sent a bare ${octet} in ${whereIn(command)}`,
      message: `the client sent a bare ${octet} in ${whereIn(command)}, the first of the session`,
      evidence: [
        octet === 'LF'
          ? `frame ${frame} has an LF without a CR before it`
          : `frame ${frame} has a CR without an LF after it`,
      ],
      grounds: { by: 'octets', side: 'client', what: octet, start: position, end: position + 1, frame },
    }
  },
})

function whereIn(command: Command): string {
  const name = nameOf(command)
  return command.kind === 'content' || /^an? /.test(name) ? name : `the line of ${name}`
}
