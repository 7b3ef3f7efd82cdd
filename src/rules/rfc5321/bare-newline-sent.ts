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
  title: 'The client sent a CR or LF that is no line end',
  why: 'Where two servers disagree about the end of a line they disagree about the end of a message, and mail text becomes commands.',
  fix: 'End every line with CRLF, and convert or refuse stray CR and LF in messages.',
  proof: 'An LF without CR in front, or a CR without LF behind, in a command line or in message content.',
  excuses:
    'The payload of BDAT. In content only the beginning, and the bytes around dots that begin a line, are looked at.',
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
  applies: () => true,

  *checkEnd(session) {
    const command = session.bare
    if (command?.bare == null) return
    const { octet, position, frame } = command.bare
    yield {
      commands: [command],
      frames: [frame],
      certainty: 'proved',
      expected: 'CRLF at the end of lines, CR and LF nowhere else',
      actual: `a bare ${octet} in ${whereIn(command)}`,
      message: `a bare ${octet} was sent in ${whereIn(command)}, the first of the session`,
      evidence: [
        octet === 'LF' ? `frame ${frame} has an LF without CR in front` : `frame ${frame} has a CR without LF behind`,
      ],
      grounds: { by: 'octets', side: 'client', what: octet, start: position, end: position + 1, frame },
    }
  },
})

function whereIn(command: Command): string {
  return command.kind === 'content' ? 'message content' : `the line of ${nameOf(command)}`
}
