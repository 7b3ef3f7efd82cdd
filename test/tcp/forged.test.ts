// A single forged packet must cause no finding against either side.
import { expect, test } from 'vitest'
import { linkTypeOf, toFrames } from '../support/envelopes.ts'
import { toFile } from '../support/files.ts'
import { findingLines, judgeBytes } from '../support/judge.ts'
import { ACK, FIN, RST, type Segment, SYN } from '../support/packets.ts'
import { parseTranscript } from '../support/transcript.ts'
import { collect, said } from './collect.ts'
import { C, handshake, S, segment } from './segments.ts'

const transcript = parseTranscript('C> QUIT')

async function judged(segments: readonly Segment[]) {
  const frames = toFrames(segments, transcript, 'ethernet')
  return judgeBytes(toFile(frames, linkTypeOf('ethernet'), transcript.startUs, 'pcap-le-us'))
}

/** A capture that starts inside a session, without its handshake. */
const MAIL = 'MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.com>\r\n'
const midstream = () => [
  C(1000, 5000, MAIL),
  S(5000, 1000 + MAIL.length, '250 ok\r\n250 ok\r\n'),
  C(1000 + MAIL.length, 5016, 'QUIT\r\n'),
  S(5016, 1006 + MAIL.length, '221 bye\r\n'),
]

const forged = {
  'a SYN of the client, just before its bytes': () => segment({ seq: 999, flags: SYN }),
  'a SYN-ACK of the server, just before its bytes': () => S(4999, 1000, '', { flags: SYN | ACK }),
  'a SYN-ACK of the client in its stream': () => C(1010, 5000, '', { flags: SYN | ACK }),
  'a SYN-ACK behind what the client sent': () => C(1100, 5016, '', { flags: SYN | ACK }),
}
for (const [what, syn] of Object.entries(forged)) {
  for (const at of [0, 1, 2]) {
    test(`${what}: begins no stream before segment ${at}`, async () => {
      const segments = midstream()
      const analysis = await judged([...segments.slice(0, at), syn(), ...segments.slice(at)])
      expect(findingLines(analysis).filter((line) => line.startsWith('error'))).toEqual([])
      const proved = analysis.findings.filter(
        ({ severity, certainty }) => severity === 'error' && certainty === 'proved',
      )
      expect(proved).toEqual([])
    })
  }
}

test('a SYN-ACK beyond captured bytes is ignored', () => {
  const [first, ...rest] = midstream()
  const [seen = []] = collect([first as Segment, C(1009, 5000, '', { flags: SYN | ACK }), ...rest])
  expect([said(seen, 0), said(seen, 1)]).toEqual([`${MAIL}QUIT\r\n`, '250 ok\r\n250 ok\r\n221 bye\r\n'])
})

test("bytes after the number of their own side's reset are in conflict with it, unless they are acknowledged", () => {
  const opening = [...handshake(), S(501, 101, 'hello'), C(101, 506, 'QUIT')]
  const close = [S(506, 105, '', { flags: FIN | ACK }), C(105, 507, '', { flags: RST | ACK })]
  const kinds = (segments: readonly Segment[]) => (collect(segments)[0] ?? []).map(({ kind }) => kind)
  expect(kinds([...opening, C(105, 506, 'more'), ...close])).toContain('conflict')
  expect(kinds([...opening, C(105, 506, 'more'), ...close, S(507, 109)])).not.toContain('conflict')
  expect(kinds([...opening, ...close])).not.toContain('conflict')
})
