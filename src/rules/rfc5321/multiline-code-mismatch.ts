// RFC 5321 section 4.2.1: all lines of a reply have the same code.
import { defineRule } from '../rule.ts'
import { shortened } from '../wording.ts'

export const multilineCodeMismatch = defineRule({
  id: 'multiline-code-mismatch',
  clauses: [
    {
      rfc: 5321,
      section: '4.2.1',
      item: null,
      keyword: 'MUST',
      text: 'In a multiline reply, the reply code on each of the lines MUST be the same.',
    },
  ],
  party: 'server',
  severity: 'error',
  title: 'The server sent different codes on the lines of one reply',
  headline: 'sent a reply with different codes on its lines',
  why: 'Some clients use the first code, some the last, and some see two replies.',
  fix: 'Repeat the same code on every line of a reply.',
  proof: 'A line with a hyphen after its code is followed by a line with another code.',
  excuses: 'Lines after lost bytes; anything after STARTTLS.',
  violates: `
    C> VRFY a
    S> 250-first
    S| 550 second
    C> QUIT
    S> 221 bye`,
  conforms: `
    C> VRFY a
    S> 550-first
    S| 550 second
    C> QUIT
    S> 221 bye`,
  needs: ['server-bytes'],
  onlyRemarkable: true,
  endTraits: ['malformed'],
  applies: () => true,

  *checkEnd(session) {
    const found = session.malformed.filter(({ fault }) => fault === 'code-mismatch')
    const [first] = found
    if (first === undefined) return
    yield {
      replies: first.reply === null ? [] : [first.reply],
      frames: found.map(({ frame }) => frame),
      certainty: 'proved',
      expected: 'the code of the first line on every line of the reply',
      actual: `"${shortened(first.text)}"`,
      message: `the server sent a reply with different codes on its lines: "${shortened(first.text)}" continues a reply with another code`,
      evidence: [
        `the line in frame ${first.frame} follows a line with another code and a hyphen, which says that the reply continues`,
      ],
      grounds: {
        by: 'octets',
        side: 'server',
        what: 'line',
        start: first.start,
        end: first.end,
        frame: first.firstFrame,
      },
    }
  },
})
