// RFC 793 section 3.4: a reset comes from an end point; one with another hop limit was sent by a box in the path.
import { defineRule } from '../rule.ts'

export const resetInPath = defineRule({
  id: 'reset-in-path',
  clauses: [
    {
      rfc: 793,
      section: '3.4',
      item: null,
      keyword: null,
      text: 'reset (RST) must be sent whenever a segment arrives which apparently is not intended for the current connection',
    },
  ],
  party: 'path',
  severity: 'info',
  title: 'The connection was reset by something between client and server',
  why: 'Neither side closed it: firewalls, intrusion prevention and load balancers do.',
  fix: 'Look for the box whose distance the hop limit tells, and at its log.',
  proof: 'The RST arrives with another hop limit than the first segment of the side in whose name it is sent.',
  excuses: 'A side of which nothing else was captured.',
  violates: `
    C> MAIL FROM:<a@example.org>
    S> [far] [rst]`,
  conforms: `
    C> MAIL FROM:<a@example.org>
    S> 250 ok
    C> QUIT
    S> 221 bye`,
  needs: ['greeting', 'end'],
  applies: () => true,

  *checkEnd({ close }) {
    if (close === null || !close.foreign) return
    yield {
      frames: [close.frame],
      certainty: 'proved',
      expected: `the hop limit of the ${close.by}`,
      actual: 'another hop limit',
      message: `a box in the path reset the connection in the name of the ${close.by}`,
      evidence: [
        `the RST in frame ${close.frame} arrives with another hop limit than the first segment of the ${close.by}`,
      ],
    }
  },
})
