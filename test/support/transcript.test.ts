// The notation itself: what a line of a transcript puts on the wire.
import { describe, expect, test } from 'vitest'
import { ACK, FIN, PSH, RST, type Segment, type Shape, toSegments } from './packets.ts'
import { mailText, parseCases, parseTranscript, type SideName } from './transcript.ts'

const GREETING = 'S> 220 mail.example.net ESMTP\n'
const latin = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')
const segmentsOf = (text: string, shape: Shape = {}) => toSegments(parseTranscript(GREETING + text), shape)
const payloads = (text: string, side: SideName) =>
  segmentsOf(text)
    .filter(({ from, payload }) => from === side && payload.length > 0)
    .map(({ payload }) => latin(payload))

/** What a receiver makes of one direction: bytes by sequence number, the first copy of each. */
function streamOf(segments: readonly Segment[], side: SideName): string {
  const own = segments.filter(({ from }) => from === side)
  const base = own[0]?.seq ?? 0
  const bytes: string[] = []
  for (const { seq, payload } of own) {
    for (const [i, byte] of payload.entries()) bytes[((seq + i - base) >>> 0) - 1] ??= String.fromCharCode(byte)
  }
  return bytes.join('')
}

describe('lines', () => {
  test('C> begins a segment, C| joins it, and both end in CRLF', () => {
    expect(payloads('C> NOOP\nC| RSET\nC> QUIT', 'C')).toEqual(['NOOP\r\nRSET\r\n', 'QUIT\r\n'])
  })

  test('<|> cuts a segment anywhere', () => {
    expect(payloads('C> A\nC| NO<|>OP<CR><|><LF>\nC> QU<|>\nC> IT', 'C')).toEqual([
      'A\r\nNO',
      'OP\r',
      '\n',
      'QU',
      'IT\r\n',
    ])
  })

  test('odd bytes stand for themselves, and then nothing is added', () => {
    expect(payloads('C> a<LF>\nC> \\x00\\xff<nothing>\nC> \\x3cLF>\nC> ', 'C')).toEqual([
      'a\n',
      '\x00\xff',
      '<LF>\r\n',
      '\r\n',
    ])
  })

  test('message text has exactly the size asked for, and ends its last line', () => {
    for (const size of [2, 3, 79, 80, 81, 812, 5000]) {
      expect(mailText(size)).toHaveLength(size)
      expect(mailText(size)).toMatch(/\r\n$/)
      expect(
        mailText(size)
          .split('\r\n')
          .every((line) => line.length <= 78 && !line.startsWith('.')),
      ).toBe(true)
    }
    expect(payloads('C> {200 bytes}\nC| .', 'C')).toEqual([`${mailText(200)}.\r\n`])
  })

  test('a greeting and EHLO are supplied where the transcript has none, whatever its indentation', () => {
    const first = (text: string) => latin(parseTranscript(text).shown[0]?.payload ?? new Uint8Array(0))
    expect(parseTranscript('C> NOOP').shown).toHaveLength(4)
    expect(first('C> NOOP')).toBe('220 mail.example.net ESMTP\r\n')
    expect(first('\n    S> 554 no\n    C> QUIT')).toBe('554 no\r\n')
    expect(first('C> LHLO x')).toBe('LHLO x\r\n')
  })
})

describe('tags', () => {
  test('a segment acknowledges all that is shown above it, unless it is blind', () => {
    for (const gap of ['', ' [+80ms]']) {
      const segments = segmentsOf(`C> NOOP\nS> 250 ok\nC> [blind]${gap} RSET\nC> QUIT`)
      const acks = ['NOOP', 'RSET', 'QUIT'].map((verb) => segments.find((s) => latin(s.payload).startsWith(verb))?.ack)
      expect(acks[1]).toBe(acks[0])
      expect(acks[2]).toBe((acks[0] ?? 0) + '250 ok\r\n'.length)
    }
  })

  test('[lost] is sent and acknowledged, but not captured', () => {
    const segments = segmentsOf('C> [lost] NOOP\nS> 250 ok')
    const reply = segments.find(({ payload }) => latin(payload) === '250 ok\r\n')
    expect(segments.some(({ payload }) => latin(payload) === 'NOOP\r\n')).toBe(false)
    expect(reply?.ack).toBe(1_000_001 + 'NOOP\r\n'.length)
  })

  test('[late] comes after the next segment, [again] twice', () => {
    expect(payloads('C> [late] A\nC> B\nC> [again] C', 'C')).toEqual(['B\r\n', 'A\r\n', 'C\r\n', 'C\r\n'])
  })

  test('a receiver acknowledges after 40 ms of silence', () => {
    const segments = segmentsOf('C> NOOP\nS> [+80ms] 250 ok')
    const command = segments.findIndex(({ payload }) => latin(payload) === 'NOOP\r\n')
    const [sent, bare, reply] = segments.slice(command, command + 3)
    expect([bare?.from, bare?.flags, bare?.payload.length]).toEqual(['S', ACK, 0])
    expect((bare?.timeNs ?? 0) - (sent?.timeNs ?? 0)).toBe(40e6)
    expect((reply?.timeNs ?? 0) - (sent?.timeNs ?? 0)).toBe(80e6)
  })

  test('FIN and RST', () => {
    const last = (text: string) => segmentsOf(text).filter(({ flags }) => (flags & (FIN | RST)) !== 0)
    expect(last('C> [fin] QU<|>IT').map(({ from, flags }) => [from, flags])).toEqual([
      ['C', FIN | ACK | PSH],
      ['S', FIN | ACK],
    ])
    expect(last('S> [rst]').map(({ flags }) => flags)).toEqual([RST | ACK])
    expect(last('S> [rst-]').map(({ flags, ack }) => [flags, ack])).toEqual([[RST, 0]])
  })

  test('who is supplied as the one that closes', () => {
    const closer = (text: string) => segmentsOf(text).find(({ flags }) => (flags & FIN) !== 0)?.from
    expect(closer('C> QUIT\nS> 221<|> bye')).toBe('S')
    expect(closer('C> NOOP\nS> 250 221 is not it')).toBe('C')
  })
})

describe('mistakes are reported', () => {
  test.each([
    ['X> what', /not a line/],
    ['C> [losst] NOOP', /not a tag: \[losst\]/],
    ['C> NOOP\nC| [blind] RSET', /tags belong to the first line/],
    ['C> {1 bytes}', /no line/],
  ])('%s', (text, message) => {
    expect(() => parseTranscript(text)).toThrow(message)
  })

  test('options and cases', () => {
    expect(parseTranscript('C> NOOP', ['server-port 2525']).server).toBe('203.0.113.25:2525')
    expect(() => parseTranscript('C> NOOP', ['sever 1.2.3.4:25'])).toThrow(/not an option/)
    expect(() => parseCases('## a\n```smtp\nC> NOOP\n```\n')).toThrow(/block is missing/)
    expect(parseCases('# F\n\n## a\n```smtp\nC> [lost] A\n```\n```findings\n```\n')).toMatchObject([
      { title: 'a', findings: [], disturbed: true },
    ])
  })
})

describe('shapes keep the streams', () => {
  const text =
    'C> MAIL FROM:<a@example.org>\nC| DATA\nS> 250 ok\nS| 354 go\nC> {500 bytes}\nC| .\nS> 250 ok\nC> QUIT\nS> 221 x'
  const plain = segmentsOf(text)

  test.each<[string, Shape]>([
    ['cut', { segmentSize: 3 }],
    ['wrapped', { initial: [0xffffffff - 40, 0xffffffff - 20] }],
    ...[1, 2, 3].map((n): [string, Shape] => [`shuffled ${n}`, { segmentSize: 16, shuffle: n }]),
    ...[1, 2, 3].map((n): [string, Shape] => [`duplicated ${n}`, { segmentSize: 24, duplicate: n }]),
  ])('%s', (_, shape) => {
    const segments = segmentsOf(text, shape)
    for (const side of ['C', 'S'] as const) expect(streamOf(segments, side)).toBe(streamOf(plain, side))
    expect(segments).not.toEqual(plain)
    const times = segments.map(({ timeNs }) => timeNs)
    expect(times).toEqual([...times].sort((a, b) => a - b))
  })

  test('pieces of one payload carry one acknowledgement number', () => {
    const pieces = segmentsOf('C> MAIL FROM:<a@example.org>\nS> 250 ok', { segmentSize: 4 })
    const acks = pieces.filter(({ from, payload }) => from === 'C' && payload.length > 0).map(({ ack }) => ack)
    expect(new Set(acks).size).toBe(1)
  })

  test('shuffled segments are out of order, a retransmission may acknowledge more', () => {
    const client = (shape: Shape) =>
      segmentsOf(text, shape).filter(({ from, payload }) => from === 'C' && payload.length > 0)
    const order = client({ segmentSize: 16, shuffle: 1 }).map(({ seq }) => seq)
    expect(order).not.toEqual([...order].sort((a, b) => a - b))
    const newer = [1, 2, 3, 4, 5, 6].flatMap((duplicate) => {
      const first = new Map<number, number>()
      return client({ duplicate }).filter(({ seq, ack }) => {
        if (!first.has(seq)) first.set(seq, ack)
        return ack > (first.get(seq) ?? ack)
      })
    })
    expect(newer.length).toBeGreaterThan(0)
  })
})
