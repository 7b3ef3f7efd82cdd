// The server closes, and the capture lacks what the client sent before it heard of that: how its dialogue ends is not known.
import { expect, test } from 'vitest'
import { linkTypeOf, toFrames } from '../support/envelopes.ts'
import { toFile } from '../support/files.ts'
import { judgeBytes } from '../support/judge.ts'
import { ACK, FIN, PSH, RST, type Segment } from '../support/packets.ts'
import { parseTranscript } from '../support/transcript.ts'
import { C, handshake, S } from '../tcp/segments.ts'

const transcript = parseTranscript('C> QUIT')
const REFUSAL = '500 5.5.1 Pipelining not supported\r\n'

/** The client sends `line` and then `more` before it has acknowledged the refusal; `end` is what the capture has behind that. */
async function judged(line: string, more: string, end: (client: number, server: number) => readonly Segment[]) {
  const greeted = 101 + 'EHLO c\r\n'.length
  const said = greeted + line.length
  const segments = [
    ...handshake(),
    S(501, 101, '220 a ESMTP\r\n'),
    C(101, 514, 'EHLO c\r\n'),
    S(514, greeted, '250 a\r\n'),
    C(greeted, 521, line + more),
    S(521, said + more.length, REFUSAL),
    ...end(said + more.length, 521 + REFUSAL.length),
  ]
  const frames = toFrames(segments, transcript, 'ethernet')
  const { sessions } = await judgeBytes(toFile(frames, linkTypeOf('ethernet'), transcript.startUs, 'pcap-le-us'))
  return { verdict: sessions[0]?.verdict, limits: sessions[0]?.limits.map(({ code }) => code) }
}

const MAIL = 'MAIL FROM:<a@example.org>\r\n'
const UNKNOWN = { verdict: 'inconclusive', limits: ['capture-end'] }
const KNOWN = { verdict: 'conforming', limits: [] }
const serverCloses = (client: number, server: number) => S(server, client, '', { flags: FIN | ACK })

test('a client that has not acknowledged all that the server said may have sent more', async () => {
  expect(await judged(MAIL, '', (c, s) => [serverCloses(c, s)])).toEqual(UNKNOWN)
  expect(await judged(MAIL, '', (c, s) => [C(c, s), serverCloses(c, s)])).toEqual(KNOWN)
  expect(await judged(MAIL, '', (c, s) => [serverCloses(c, s), C(c, s + 1)])).toEqual(KNOWN)
})

test('a line of a client that has no end goes on somewhere', async () => {
  for (const part of ['RC', 'RCPT TO:<b@example.org>\r', 'Q']) {
    expect(await judged(MAIL, part, (c, s) => [serverCloses(c, s), C(c, s + 1)])).toEqual(UNKNOWN)
  }
})

test('what the client closes or resets behind has no more of it', async () => {
  const closes = [FIN | ACK, FIN | PSH | ACK, RST | ACK]
  for (const flags of closes) {
    const { limits } = await judged(MAIL, '', (c, s) => [serverCloses(c, s), C(c, s, '', { flags })])
    expect(limits).toEqual([])
  }
})

test('a side that has said nothing when the capture ends is no direction that was not captured', async () => {
  const limitsOf = async (segments: readonly Segment[]) => {
    const frames = toFrames([...segments], transcript, 'ethernet')
    const { sessions } = await judgeBytes(toFile(frames, linkTypeOf('ethernet'), transcript.startUs, 'pcap-le-us'))
    return sessions[0]?.limits.map(({ code }) => code)
  }
  const greeted = [...handshake(), S(501, 101, '220 a ESMTP\r\n')]
  expect(await limitsOf(greeted)).toEqual(['capture-end'])
  expect(await limitsOf(greeted.filter(({ from }) => from === 'S'))).toContain('one-way-server')
  const early = [...handshake(), C(101, 501, 'EHLO c\r\n')]
  expect(await limitsOf(early)).toEqual(['capture-end'])
  expect(await limitsOf(early.filter(({ from }) => from === 'C'))).toContain('one-way-client')
})
