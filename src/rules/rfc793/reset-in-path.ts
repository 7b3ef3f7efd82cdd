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
  title: 'The connection was reset by a device between client and server',
  headline: 'reset the connection in the name of another',
  why: 'Neither side closed the connection: firewalls, intrusion prevention systems and load balancers send such resets.',
  fix: 'Find the device at the distance that the hop limit (TTL) of the RST shows, and check its log.',
  proof:
    'A side continues after an RST that was sent in its name, and the other side then resets the connection. Suspected if an RST arrives with a different hop limit (TTL) than the first segment of its sender, which a change of route would also explain.',
  excuses: 'A side of which nothing else was captured; an RST that its receiver ignored.',
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
  endTraits: ['foreign-reset'],
  applies: () => true,

  *checkEnd({ close }) {
    if (close === null || !close.foreign) return
    const { by, frame, forgedBy } = close
    const peer = by === 'client' ? 'server' : 'client'
    if (forgedBy > 0) {
      yield {
        frames: [forgedBy, frame],
        certainty: 'proved',
        expected: `no RST in the name of the ${peer}, which continues`,
        actual: `an RST, after which the ${by} dropped the connection`,
        message: `a device on the path reset the connection in the name of the ${peer}`,
        evidence: [
          `the ${peer} continues in frame ${forgedBy}, after an RST in its name`,
          `the ${by} answers frame ${forgedBy} with the RST in frame ${frame}`,
        ],
      }
      return
    }
    yield {
      frames: [frame],
      certainty: 'suspected',
      expected: `the hop limit of the ${by}`,
      actual: 'a different hop limit',
      message: `a device on the path may have reset the connection in the name of the ${by}`,
      evidence: [
        `the RST in frame ${frame} arrives with a different hop limit than the first segment of the ${by}; a change of route also explains that`,
      ],
    }
  },
})
