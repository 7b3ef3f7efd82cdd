// RFC 793 section 2.6: acknowledged bytes were received. When they are not in the capture, the capture lost them.
import { defineRule } from '../rule.ts'
import { count } from '../wording.ts'

export const captureLoss = defineRule({
  id: 'capture-loss',
  clauses: [
    {
      rfc: 793,
      section: '2.6',
      item: null,
      keyword: null,
      text: 'An acknowledgment by TCP does not guarantee that the data has been delivered to the end user, but only that the receiving TCP has taken the responsibility to do so.',
    },
  ],
  party: 'path',
  severity: 'info',
  title: 'The capture lacks bytes that were delivered',
  headline: 'lost bytes that were delivered',
  why: 'What was not captured cannot be judged.',
  fix: 'Capture with a larger buffer (tcpdump -B), on one interface and to a fast disk.',
  proof: 'An acknowledgement covers bytes that are not in the capture.',
  excuses: 'Packets cut by the snapshot length, which are reported as such.',
  violates: `
    C> RSET
    S> [lost] 250 ok
    C> QUIT
    S> 221 bye`,
  conforms: `
    C> RSET
    S> 250 ok
    C> QUIT
    S> 221 bye`,
  needs: ['client-bytes', 'server-bytes'],
  onlyRemarkable: true,
  endTraits: ['missing'],
  applies: () => true,

  *checkEnd({ missing }) {
    const { client, server, frame } = missing
    if (client + server === 0) return
    const lacking = [
      ...(client > 0 ? [`${count(client, 'byte')} from the client`] : []),
      ...(server > 0 ? [`${count(server, 'byte')} from the server`] : []),
    ].join(' and ')
    yield {
      frames: [frame],
      certainty: 'proved',
      expected: 'all bytes that were acknowledged',
      actual: `${lacking} missing`,
      message: `the capture lacks ${lacking}, which were acknowledged`,
      evidence: [`frame ${frame} is the first that shows that bytes are missing`],
    }
  },
})
