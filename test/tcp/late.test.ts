// Segments that are captured late or not at all: late ones are used, and missing ones are always reported.
import { expect, test } from 'vitest'
import { toFrames } from '../support/envelopes.ts'
import { toFile } from '../support/files.ts'
import { findingLines, judgeBytes } from '../support/judge.ts'
import { FIN, type Segment, SYN, toSegments } from '../support/packets.ts'
import { parseTranscript } from '../support/transcript.ts'

const session = parseTranscript(`
C> MAIL FROM:<a@example.org>
C| RCPT TO:<b@example.org>
C| DATA
S> 250 ok
S| 250 ok
S| 354 go
C> hello
C> .
S> 250 2.0.0 queued
C> RSET
S> 250 ok
C> MAIL FROM:<a@example.org>
S> 250 ok
C> QUIT
S> 221 bye`)
const segments = toSegments(session)
const withBytes = segments.flatMap(({ payload }, i) => (payload.length > 0 ? [i] : []))

async function judged(captured: readonly Segment[]) {
  let last = 0
  const timed = captured.map((segment) => {
    last = Math.max(segment.timeNs, last + 1000)
    return { ...segment, timeNs: last }
  })
  const analysis = await judgeBytes(toFile(toFrames(timed, session), 1, session.startUs, 'pcap-le-us'))
  const [{ verdict, commands, replies } = { verdict: null, commands: 0, replies: 0 }] = analysis.sessions
  return { sessions: analysis.sessions.length, verdict, commands, replies, found: findingLines(analysis) }
}

/** The number of peer bytes sent so far, which a retransmission acknowledges. */
function newestAck(segment: Segment, before: readonly Segment[]): number {
  let { ack } = segment
  for (const { from, seq, payload, flags } of before) {
    const end = seq + payload.length + ((flags & (SYN | FIN)) === 0 ? 0 : 1)
    if (from !== segment.from && ((end - ack) | 0) > 0) ack = end >>> 0
  }
  return ack
}

test('a late segment changes nothing, be it the original or a retransmission', async () => {
  for (const i of withBytes) {
    for (const places of [1, 3, 20]) {
      const others = segments.toSpliced(i, 1)
      const at = Math.min(others.length, i + places)
      const segment = segments[i] as Segment
      const { timeNs } = others[at - 1] as Segment
      for (const ack of [segment.ack, newestAck(segment, others.slice(0, at))]) {
        const told = await judged(others.toSpliced(at, 0, { ...segment, ack, timeNs }))
        const expected = { sessions: 1, verdict: 'conforming', commands: 7, replies: 9, found: [] }
        expect(told, `segment ${i}, ${places} places later`).toEqual(expected)
      }
    }
  }
})

test('a missing data segment causes no finding, but the session is not conforming', async () => {
  for (const i of withBytes) {
    const { found, verdict } = await judged(segments.toSpliced(i, 1))
    expect(found, `without segment ${i}`).toEqual([])
    // Also in message content, which may have contained a bare newline.
    expect(verdict, `without segment ${i}`).toBe('inconclusive')
  }
})

test('nor does the end of the capture, wherever it is', async () => {
  for (let count = 4; count < segments.length; count++) {
    const { found, verdict } = await judged(segments.slice(0, count))
    expect(found, `${count} segments`).toEqual([])
    const isOver = segments.slice(0, count).some(({ from, flags }) => from === 'S' && (flags & FIN) !== 0)
    expect(verdict, `${count} segments`).toBe(isOver ? 'conforming' : 'inconclusive')
  }
})
