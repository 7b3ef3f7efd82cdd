// RFC 1122 section 4.2.3.5: bytes that are retransmitted several times and never acknowledged did not arrive. The cause
// is a path that drops large packets, or a host that is gone.
import type { Unacknowledged } from '../../tcp/half-stream.ts'
import { defineRule, type Violation } from '../rule.ts'
import { count } from '../wording.ts'

export const neverAcknowledged = defineRule({
  id: 'never-acknowledged',
  clauses: [
    {
      rfc: 1122,
      section: '4.2.3.5',
      item: null,
      keyword: null,
      text: 'Excessive retransmission of the same segment by TCP indicates some failure of the remote host or the Internet path.',
    },
  ],
  party: 'path',
  severity: 'info',
  title: 'Bytes were sent and never acknowledged',
  why: 'They did not arrive: whoever waits for them, or for the reply to them, waits in vain, and neither side is to blame.',
  fix: 'Look at the path: is the MTU smaller than the largest packets, and are the ICMP messages that say so dropped? Else the host is gone.',
  proof:
    'The same bytes were captured three times or more, from a side that sends again what is not acknowledged, and no acknowledgement of its peer covers them. Suspected where the connection was reset and only the sequence numbers of a side show that it sent them: the capture may lack them, and their acknowledgement.',
  excuses:
    'A receive window that is closed; a capture that ends before they were sent three times; a peer of which nothing was captured.',
  violates: `
    C> RSET
    S> 250 ok
    C> [unheard] NOOP
    C> [rst]`,
  conforms: `
    C> RSET
    S> 250 ok
    C> [again] NOOP
    S> 250 ok
    C> QUIT
    S> 221 bye`,
  needs: ['end'],
  onlyRemarkable: true,
  isListed: true,
  applies: () => true,

  *checkEnd({ unacknowledged: { client, server } }) {
    if (client !== null) yield violation('client', 'server', client)
    if (server !== null) yield violation('server', 'client', server)
  },
})

function violation(side: string, peer: string, what: Unacknowledged): Violation {
  const { sendings, firstFrame, lastFrame } = what
  const bytes = `${count(what.bytes, 'byte')} of the ${side}`
  const expected = `an acknowledgement of the ${peer}`
  if (sendings === 0) {
    return {
      frames: [firstFrame],
      certainty: 'suspected',
      expected,
      actual: 'none, and the bytes are not in the capture, either',
      message: `${bytes} were never acknowledged, and are not in the capture: only sequence numbers show that they were sent`,
      evidence: [`the ${side} counts them in frame ${firstFrame} or before`],
    }
  }
  const seconds = ((what.lastNs - what.firstNs) / 1e9).toFixed(1)
  return {
    frames: [firstFrame, lastFrame],
    certainty: 'proved',
    expected,
    actual: `none, though they were sent ${sendings} times`,
    message: `${bytes} were never acknowledged: sent ${sendings} times within ${seconds} s, since frame ${firstFrame}`,
    evidence: [
      `first sent in frame ${firstFrame}, last in frame ${lastFrame}`,
      `no acknowledgement of the ${peer} covers them`,
    ],
  }
}
