// Findings do not depend on whether TLS carries the dialogue, and damaged TLS records cause none.
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findingLines, judgeBytes, toCapture } from '../support/judge.ts'
import { sampleOf } from '../support/sample.ts'
import { sealed } from '../support/sealed.ts'
import { parseCases, parseTranscript, type Transcript } from '../support/transcript.ts'

const folder = new URL('../transcripts/', import.meta.url)
/** Dialogues without their start, with missing bytes, or with other protocols inside. */
const isOutside = ({ shown, handshake }: Transcript) => {
  const text = shown.map(({ payload }) => Buffer.from(payload).toString('latin1'))
  const begins = (word: string) => text.some((one) => one.includes(word))
  return (
    !handshake ||
    shown.some(({ lost }) => lost) ||
    ['STARTTLS', 'X-ANONYMOUSTLS', 'PROXY', '\x16\x03', '\0\r\nQUIT\n'].some(begins)
  )
}

const cases = readdirSync(folder)
  .filter((name) => name.endsWith('.md'))
  .flatMap((file) => parseCases(readFileSync(new URL(file, folder), 'utf8')).map((one) => ({ file, ...one })))

describe('the same dialogue inside TLS', () => {
  for (const { file, title, transcript } of cases.filter((one) => !isOutside(one.transcript))) {
    test(`${file}: ${title}`, async () => {
      const plain = await judgeBytes(toCapture(transcript))
      const { transcript: inside, keyLog } = sealed(transcript)
      for (const segmentSize of sampleOf([10_000, 16, 1], title)) {
        const opened = await judgeBytes(toCapture(inside, { shape: { segmentSize } }), [keyLog])
        expect(findingLines(opened), `in segments of ${segmentSize}`).toEqual(findingLines(plain))
        // Other protocols are not read further, and nothing is reported about their carrier.
        if ((plain.sessions[0]?.commands ?? 0) > 0) expect(opened.sessions[0]?.encryption).toBe('decrypted')
        expect(opened.sessions[0]?.commands).toBe(plain.sessions[0]?.commands)
        expect(opened.sessions[0]?.replies).toBe(plain.sessions[0]?.replies)
        expect(opened.sessions[0]?.limits.map(({ code }) => code)).toEqual(
          plain.sessions[0]?.limits.map(({ code }) => code),
        )
      }
    })
  }
})

test('TLS from the start, after a PROXY header in plaintext', async () => {
  const lost = parseTranscript(`
    C> PROXY TCP4 192.0.2.10 198.51.100.25 56324 25
    S> 220 mail.example.net ESMTP
    C> EHLO client.example.com
    S> 250-mail.example.net
    S| 250 PIPELINING
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    C| QUIT
    S> 250 ok
    S| 221 bye`)
  const { transcript, keyLog } = sealed(lost, 1)
  for (const segmentSize of [10_000, 16, 1]) {
    const opened = await judgeBytes(toCapture(transcript, { shape: { segmentSize } }), [keyLog])
    expect(findingLines(opened), `in segments of ${segmentSize}`).toEqual(
      findingLines(await judgeBytes(toCapture(lost))),
    )
    expect(opened.sessions[0]?.encryption).toBe('decrypted')
    const closed = await judgeBytes(toCapture(transcript, { shape: { segmentSize } }))
    expect(findingLines(closed)).toEqual([])
    expect(closed.sessions[0]?.encryption).toBe('opaque')
  }
})

describe('what only TLS shows', () => {
  const judged = async (text: string, clear: number) => {
    const { transcript, keyLog } = sealed(parseTranscript(text), clear)
    return judgeBytes(toCapture(transcript), [keyLog])
  }
  const PLAIN = `
    S> 220 mail.example.net ESMTP
    C> EHLO client.example.com
    S> 250-mail.example.net
    S| 250-PIPELINING
    S| 250 STARTTLS
    C> STARTTLS`
  const GROUP = `
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    S> 250 ok
    S| 250 ok
    C> QUIT
    S> 221 bye`

  test('a dialogue that starts over correctly', async () => {
    const text = `${PLAIN}
    S> 220 go ahead
    C> EHLO client.example.com
    S> 250-mail.example.net
    S| 250 PIPELINING${GROUP}`
    const analysis = await judged(text, 5)
    expect(findingLines(analysis)).toEqual([])
    expect(analysis.sessions[0]).toMatchObject({ commands: 6, replies: 7, encryption: 'decrypted', limits: [] })
  })

  test('the same after X-ANONYMOUSTLS', async () => {
    const text = `${PLAIN.replaceAll('STARTTLS', 'X-ANONYMOUSTLS')}
    S> 220 2.0.0 SMTP server ready
    C> EHLO client.example.com
    S> 250-mail.example.net
    S| 250 PIPELINING${GROUP}`
    const analysis = await judged(text, 5)
    expect(findingLines(analysis)).toEqual([])
    expect(analysis.sessions[0]).toMatchObject({ commands: 6, replies: 7, encryption: 'decrypted', limits: [] })
  })

  test('TLS from the first byte, on the submissions port and on any other', async () => {
    for (const port of [465, 40_025]) {
      const text = `S> 220 mail.example.net ESMTP
      C> EHLO client.example.com
      S> 250 mail.example.net${GROUP}`
      const { transcript, keyLog } = sealed(parseTranscript(text, [`server-port ${port}`]))
      const analysis = await judgeBytes(toCapture(transcript), [keyLog])
      expect(analysis.sessions[0]?.server).toMatch(new RegExp(`:${port}$`))
      const lines = findingLines(analysis).map((line) => line.split(':')[0])
      expect(lines).toEqual(['error pipelining-not-advertised client proved'])
      const opaque = await judgeBytes(toCapture(transcript))
      expect(opaque.sessions.map(({ encryption }) => encryption)).toEqual(port === 465 ? ['opaque'] : [])
    }
  })

  test('PIPELINING is not offered again', async () => {
    const text = `${PLAIN}
    S> 220 go ahead
    C> EHLO client.example.com
    S> 250 mail.example.net${GROUP}`
    const lines = findingLines(await judged(text, 5)).map((line) => line.split(':')[0])
    expect(lines).toEqual(['error pipelining-not-advertised client proved'])
  })

  test('the EHLO before TLS is used inside TLS', async () => {
    const text = `${PLAIN}
    S> 220 go ahead${GROUP}`
    const lines = findingLines(await judged(text, 5)).map((line) => line.split(':')[0])
    expect(lines).toContain('error mail-before-ehlo client proved')
    expect(lines).toContain('error pipelining-not-advertised client proved')
  })

  const INJECTED = `${PLAIN}
    C| RSET
    S> 220 go ahead`
  test('plaintext after STARTTLS is answered inside TLS', async () => {
    const text = `${INJECTED}
    S> 250 reset
    C> EHLO client.example.com
    S> 250-mail.example.net
    S| 250 PIPELINING${GROUP}`
    const lines = findingLines(await judged(text, 5))
    expect(lines).toContain('error starttls-input-answered server proved: "250 reset" inside TLS')
    expect(lines.map((line) => line.split(' ')[2]).filter((party) => party === 'server').length).toBe(1)
  })

  test('plaintext after STARTTLS is discarded', async () => {
    const text = `${INJECTED}
    C> EHLO client.example.com
    S> 250-mail.example.net
    S| 250 PIPELINING${GROUP}`
    const lines = findingLines(await judged(text, 5))
    expect(lines.filter((line) => line.includes(' server '))).toEqual([])
  })
})

const DIALOGUE = parseTranscript(`
  C> MAIL FROM:<a@example.org>
  C| RCPT TO:<b@example.org>
  C| DATA
  S> 250 ok
  S| 250 ok
  S| 354 go ahead
  C> Subject: x
  C|
  C| {3000 bytes}
  C| .
  S> 250 queued
  C> MAIL FROM:<a@example.org>
  S> 250 ok
  C> RCPT TO:<b@example.org>
  S> 250 ok
  C> NOOP
  S> 250 ok
  C> RSET
  S> 250 ok
  C> QUIT
  S> 221 bye`)

const errors = (lines: readonly string[]) => lines.filter((line) => line.startsWith('error'))

describe('records that are damaged, truncated or lost', () => {
  const { transcript, keyLog } = sealed(DIALOGUE)
  const packets = toCapture(transcript, { shape: { segmentSize: 400 } })
  const starts: number[] = []
  for (let at = 24; at < packets.length; at += 16 + packets.readUInt32LE(at + 8)) starts.push(at)

  test('undamaged records give no finding', async () => {
    expect(findingLines(await judgeBytes(packets, [keyLog]))).toEqual([])
  })

  test('a flipped bit causes no finding', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(starts.length - 1), fc.nat(1000), fc.nat(7), async (packet, offset, bit) => {
        const start = starts[packet] ?? 24
        const length = packets.readUInt32LE(start + 8)
        const payload = start + 16 + 54
        if (length <= 54) return
        const damaged = Buffer.from(packets)
        const at = payload + (offset % (length - 54))
        damaged[at] = (damaged[at] ?? 0) ^ (1 << bit)
        const analysis = await judgeBytes(damaged, [keyLog])
        expect(errors(findingLines(analysis))).toEqual([])
      }),
      { numRuns: 150 },
    )
  })

  test('lost packets cause no finding', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(starts.length - 1), { minLength: 1, maxLength: 4 }), async (lost) => {
        const kept = starts
          .filter((_, i) => !lost.includes(i))
          .map((start) => packets.subarray(start, start + 16 + packets.readUInt32LE(start + 8)))
        const analysis = await judgeBytes(Buffer.concat([packets.subarray(0, 24), ...kept]), [keyLog])
        expect(errors(findingLines(analysis))).toEqual([])
      }),
      { numRuns: 150 },
    )
  })

  test('truncation at any place causes no finding', async () => {
    for (const start of starts)
      expect(errors(findingLines(await judgeBytes(packets.subarray(0, start), [keyLog])))).toEqual([])
  })

  test('after one lost record the dialogue is read again', async () => {
    const whole = toCapture({
      ...transcript,
      shown: transcript.shown.map((one, i) => (i === 11 ? { ...one, lost: true } : one)),
    })
    const analysis = await judgeBytes(whole, [keyLog])
    const [session] = analysis.sessions
    expect(errors(findingLines(analysis))).toEqual([])
    expect(session?.limits.map(({ code }) => code)).not.toContain('tls')
    expect(session?.closedBy).toBe('server-fin')
  })
})
