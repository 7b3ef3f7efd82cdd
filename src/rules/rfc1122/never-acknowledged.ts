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
  headline: 'never acknowledged bytes that were sent',
  why: 'The other side did not receive these bytes and cannot answer them. The cause is the network path or a host that is gone, not an error of the client or the server in SMTP.',
  fix: 'Check whether the MTU of the path is smaller than the largest packets while the ICMP messages that report this are dropped. If not, the host is gone.',
  proof:
    'The same bytes were captured at least three times, from a side that retransmits what is not acknowledged, and no acknowledgement from the other side covers them. Suspected if the connection was reset and only sequence numbers show that the bytes were sent: the bytes and their acknowledgement may be missing from the capture.',
  excuses:
    'A closed receive window; a capture that ends before the third transmission; a side of which no packet was captured.',
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
  endTraits: ['unacknowledged'],
  isListed: true,
  applies: () => true,

  *checkEnd({ unacknowledged: { client, server } }) {
    if (client !== null) yield violation('client', 'server', client)
    if (server !== null) yield violation('server', 'client', server)
  },
})

function violation(side: string, peer: string, what: Unacknowledged): Violation {
  const { timesSent, firstFrame, lastFrame } = what
  const bytes = `${count(what.bytes, 'byte')} from the ${side}`
  const expected = `an acknowledgement from the ${peer}`
  if (timesSent === 0) {
    return {
      frames: [firstFrame],
      certainty: 'suspected',
      expected,
      actual: 'no acknowledgement, and the bytes are not in the capture',
      message: `${bytes} were never acknowledged by the ${peer} and are not in the capture: only sequence numbers show that they were sent`,
      evidence: [`the sequence numbers of the ${side} count these bytes in frame ${firstFrame} or earlier`],
    }
  }
  const seconds = ((what.lastNs - what.firstNs) / 1e9).toFixed(1)
  return {
    frames: [firstFrame, lastFrame],
    certainty: 'proved',
    expected,
    actual: `no acknowledgement, although they were sent ${timesSent} times`,
    message: `${bytes} were never acknowledged by the ${peer}: sent ${timesSent} times in ${seconds} s, first in frame ${firstFrame}`,
    evidence: [
      `first sent in frame ${firstFrame}, last in frame ${lastFrame}`,
      `no acknowledgement from the ${peer} covers them`,
    ],
  }
}
