// RFC 5321 sections 4.2 and 4.3.2: a reply line consists of three digits, a space or hyphen, text and CRLF.
import type { Malformed } from '../../smtp/records.ts'
import type { Severity } from '../analysis.ts'
import { defineRule, type Violation } from '../rule.ts'
import { shortened } from '../wording.ts'

const WORDS: Readonly<Record<Malformed['fault'], string>> = {
  'no-code': 'does not begin with three digits and a blank or hyphen',
  'code-range': 'begins with a code that is out of range',
  'second-digit': 'begins with a code whose second digit is above 5',
  'code-mismatch': 'has another code than the line before it',
  'bare-newline': 'ends in a bare LF',
  'no-line-end': 'has no line end',
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
  title: 'A line of the server is none of a reply',
  why: 'Clients skip it, count it as a reply, or give up: from there on they may be one reply off.',
  fix: 'Send nothing but reply lines: a code of three digits, the first from 2 to 5 and the second from 0 to 5, a blank (or a hyphen on all but the last), text, CRLF.',
  proof:
    'The line stands in the bytes of the server, with nothing missing around it. Of a line without its end: the server closed behind it, or began another reply. Where the client waited for it for at least 10 seconds before it left, or replies are missing and another seems to stand within the line, it is suspected.',
  excuses:
    'Lines behind lost bytes, in the midst of which reading began; whatever follows STARTTLS. A second digit above 5 is told for information: only the grammar forbids it, and the reply is one like others.',
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
  applies: () => true,

  *checkEnd(session) {
    const found = session.malformed.filter(({ fault }) => fault !== 'code-mismatch')
    const errors = found.filter(({ fault }) => fault !== 'second-digit')
    yield* told(
      errors.filter(({ certain }) => certain),
      'error',
    )
    yield* told(
      errors.filter(({ certain }) => !certain),
      'error',
    )
    yield* told(
      found.filter(({ fault }) => fault === 'second-digit'),
      'info',
    )
  },
})

/** One finding for all lines of one severity and certainty. */
function* told(found: readonly Malformed[], severity: Severity): Iterable<Violation> {
  const [first] = found
  if (first === undefined) return
  yield {
    replies: first.reply === null ? [] : [first.reply],
    frames: found.map(({ frame }) => frame),
    certainty: first.certain ? 'proved' : 'suspected',
    severity,
    expected: 'three digits, a blank or a hyphen, text, CRLF',
    actual: `"${shortened(first.text)}"`,
    message: `a line of the server ${WORDS[first.fault]}: "${shortened(first.text)}"`,
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
