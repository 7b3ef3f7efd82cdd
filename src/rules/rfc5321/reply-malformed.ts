// RFC 5321 sections 4.2 and 4.3.2: a reply line consists of three digits, a space or hyphen, text and CRLF.
import type { Malformed } from '../../smtp/records.ts'
import type { Severity } from '../analysis.ts'
import { defineRule, type Violation } from '../rule.ts'
import { shortened } from '../wording.ts'

const WORDS: Readonly<Record<Malformed['fault'], string>> = {
  'no-code': 'does not begin with three digits and a space or hyphen',
  'code-range': 'begins with a code whose first digit is not 2, 3, 4 or 5',
  'second-digit': 'begins with a code whose second digit is above 5',
  'code-mismatch': 'has another code than the line before it',
  'bare-newline': 'ends in a bare LF',
  'no-line-end': 'has no line end',
  'no-final-line':
    'has a hyphen after its code, so the reply should continue, but what follows seems to be the reply to another command',
}

export const replyMalformed = defineRule({
  id: 'reply-malformed',
  clauses: [
    {
      rfc: 5321,
      section: '4.3.2',
      item: null,
      keyword: 'MUST NOT',
      text: 'SMTP servers MUST NOT transmit reply codes to an SMTP client that are other than three digits',
    },
    {
      rfc: 5321,
      section: '4.2',
      item: null,
      keyword: null,
      text: 'Reply-code     = %x32-35 %x30-35 %x30-39',
    },
  ],
  party: 'server',
  severity: 'error',
  title: 'The server sent a line that is not a valid SMTP reply',
  headline: 'sent a line that is not a valid SMTP reply',
  why: 'Clients skip the line, count it as a reply, or give up: from then on they may be one reply off.',
  fix: 'Send only reply lines: a three-digit code (first digit 2 to 5, second digit 0 to 5), a space (a hyphen on all lines but the last), text, CRLF.',
  proof:
    'The line is in the byte stream of the server, and no bytes are missing around it. For a line without a line end: the server closed after it, or began another reply. Suspected if the client waited at least 10 s for the rest of the line before it left, or if replies are missing and another reply seems to be inside the line.',
  excuses:
    'Lines after lost bytes, where reading began in the middle; anything after STARTTLS; a last line without its end where the receive window of the client was closed. A second digit above 5 is reported as info: only the grammar forbids it, and clients read such a reply like any other.',
  violates: `
    C> RSET
    S> DEBUG: 0.02 s
    S| 250 ok
    C> QUIT
    S> 221 bye`,
  conforms: `
    C> RSET
    S> 250-DEBUG: 0.02 s
    S| 250 ok
    C> QUIT
    S> 221 bye`,
  needs: ['server-bytes'],
  onlyRemarkable: true,
  endTraits: ['malformed'],
  applies: () => true,

  *checkEnd(session) {
    const found = session.malformed.filter(({ fault }) => fault !== 'code-mismatch')
    const errors = found.filter(({ fault }) => fault !== 'second-digit')
    yield* findingFor(
      errors.filter(({ certain }) => certain),
      'error',
    )
    yield* findingFor(
      errors.filter(({ certain }) => !certain),
      'error',
    )
    yield* findingFor(
      found.filter(({ fault }) => fault === 'second-digit'),
      'info',
    )
  },
})

/** One finding for all lines of one severity and certainty. */
function* findingFor(found: readonly Malformed[], severity: Severity): Iterable<Violation> {
  const [first] = found
  if (first === undefined) return
  yield {
    replies: first.reply === null ? [] : [first.reply],
    frames: found.map(({ frame }) => frame),
    certainty: first.certain ? 'proved' : 'suspected',
    severity,
    expected: 'three digits, a space or hyphen, text, CRLF',
    actual: `"${shortened(first.text)}"`,
    message: `the server sent a line that is not a valid SMTP reply: "${shortened(first.text)}" ${WORDS[first.fault]}`,
    evidence: found
      .slice(0, 3)
      .map(({ fault, text, frame }) => `the line "${shortened(text)}" in frame ${frame} ${WORDS[fault]}`),
    grounds: {
      by: 'octets',
      side: 'server',
      what: 'line',
      start: first.start,
      end: first.end,
      frame: first.firstFrame,
    },
  }
}
