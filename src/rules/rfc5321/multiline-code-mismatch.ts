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
  title: 'The lines of one reply carry different codes',
  why: 'Some clients take the first code, some the last, and some see two replies.',
  fix: 'Repeat the same code on every line of a reply.',
  proof: 'A line with a hyphen behind its code is followed by a line with another code.',
  excuses: 'Lines behind lost bytes; whatever follows STARTTLS.',
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
      message: `a reply goes on with another code: "${shortened(first.text)}"`,
      evidence: [`the line in frame ${first.frame} follows one with a hyphen and another code`],
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
