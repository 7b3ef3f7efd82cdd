// RFC 793 section 3.4: an endpoint sends a reset. A reset with another hop limit may come from a box in the path; one
// whose supposed sender goes on sending certainly does.
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
  proof:
    'A side goes on behind an RST that was sent in its name, and the other side then resets the connection. Suspected: an RST arrives with another hop limit than the first segment of its side, which a change of route explains as well.',
  excuses: 'A side of which nothing else was captured. An RST that its receiver ignored.',
  violates: `
    C> MAIL FROM:<a@example.org>
    S> [far] [rst]`,
  conforms: `
    C> MAIL FROM:<a@example.org>
    S> 250 ok
    C> QUIT
    S> 221 bye`,
  needs: ['greeting', 'end'],
  onlyRemarkable: true,
  applies: () => true,

  *checkEnd({ close }) {
    if (close === null || !close.foreign) return
    const { by, frame, forgedBy } = close
    const peer = by === 'client' ? 'server' : 'client'
    if (forgedBy > 0) {
      yield {
        frames: [forgedBy, frame],
        certainty: 'proved',
        expected: `no RST in the name of the ${peer}, which goes on`,
        actual: `an RST, and the ${by} dropped the connection`,
        message: `a box in the path reset the connection in the name of the ${peer}`,
        evidence: [
          `the ${peer} goes on in frame ${forgedBy}, behind an RST in its name`,
          `the ${by} answers that with the RST in frame ${frame}`,
        ],
      }
      return
    }
    yield {
      frames: [frame],
      certainty: 'suspected',
      expected: `the hop limit of the ${by}`,
      actual: 'another hop limit',
      message: `a box in the path may have reset the connection in the name of the ${by}`,
      evidence: [
        `the RST in frame ${frame} arrives with another hop limit than the first segment of the ${by}; a change of route explains that, too`,
      ],
    }
  },
})
