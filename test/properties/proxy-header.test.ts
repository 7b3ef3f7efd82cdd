// A PROXY header of any kind, at any cut, to any server: no false accusation, and commands lost after it are found.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findingLines, judgeBytes, toCapture } from '../support/judge.ts'
import { parseTranscript, type Shown, type Transcript } from '../support/transcript.ts'

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')

const line = fc.constantFrom(
  'PROXY UNKNOWN\r\n',
  'PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n',
  'PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n',
  'PROXY TCP6 2001:db8::7 2001:db8::25 56324 25\r\n',
)
/** Addresses and TLVs as they come: line feeds, dots and words among them. */
const octets = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.string({ maxLength: 80 }).map((text) => Uint8Array.from(Buffer.from(`\nQUIT\r\n${text}\nRSET\r\n.\r\n`))),
  fc.integer({ min: 301, max: 5000 }).map((length) => new Uint8Array(length).fill(0x0a)),
)
const binary = fc
  .record({ command: fc.constantFrom(0x20, 0x21), family: fc.constantFrom(0, 0x11, 0x21, 0x31), rest: octets })
  .map(({ command, family, rest }) =>
    Buffer.concat([SIGNATURE, Buffer.of(command, family, rest.length >> 8, rest.length & 255), rest]),
  )
const header = fc.oneof(
  line.map((text) => Buffer.from(text)),
  binary,
)

const LOST = `
  S> 220 mail.example.net ESMTP
  C> EHLO client.example.com
  S> 250-mail.example.net
  S| 250 PIPELINING
  C> MAIL FROM:<a@example.org>
  C| RCPT TO:<b@example.org>
  C| RSET
  C| QUIT
  S> 250 2.1.0 ok
  S| 221 bye`
const REFUSED = `
  S> 220 mail.example.net ESMTP
  C> EHLO client.example.com
  S> 502 5.5.1 not implemented
  C> HELO client.example.com
  S> 250 mail.example.net
  C> QUIT
  S> 221 bye`

const lost = parseTranscript(LOST)
const refused = parseTranscript(REFUSED)
const say = (like: Shown, side: Shown['side'], payload: Uint8Array): Shown => ({
  ...like,
  side,
  payload: Buffer.from(payload),
})
const [greeting, ...dialogue] = lost.shown as [Shown, ...Shown[]]

const lines = async (transcript: Transcript, segmentSize: number) =>
  findingLines(await judgeBytes(toCapture(transcript, { shape: { segmentSize } })))

test('to a server that expects it', async () => {
  const expected = await lines(lost, 1448)
  expect(expected).not.toEqual([])
  await fc.assert(
    fc.asyncProperty(header, fc.integer({ min: 1, max: 1448 }), async (bytes, segmentSize) => {
      for (const [transcript, findings] of [
        [lost, expected],
        [refused, []],
      ] as const) {
        const shown = [say(greeting, 'C', bytes), ...transcript.shown]
        expect(await lines({ ...transcript, shown }, segmentSize)).toEqual(findings)
      }
    }),
  )
})

/** How a server that does not expect it reads its lines. */
interface Style {
  readonly ends: 'LF' | 'CRLF'
  readonly skipsEmpty: boolean
  readonly obeysQuit: boolean
  readonly greetsFirst: boolean
  readonly most: number
  /** EHLO comes right behind the header, before anything is said to it. */
  readonly sendsEhlo: boolean
}
const style: fc.Arbitrary<Style> = fc.record({
  ends: fc.constantFrom('LF', 'CRLF'),
  skipsEmpty: fc.boolean(),
  obeysQuit: fc.boolean(),
  greetsFirst: fc.boolean(),
  most: fc.integer({ min: 1, max: 30 }),
  sendsEhlo: fc.boolean(),
})

/** What it says to the header, and what of it stands in front of the next command. */
function refusals(bytes: Buffer, { ends, skipsEmpty, obeysQuit, most }: Style) {
  const parts = bytes.toString('latin1').split(ends === 'LF' ? /\r?\n/ : '\r\n')
  const rest = parts.pop() ?? ''
  const said: string[] = []
  for (const part of parts) {
    if (part === '' && skipsEmpty) continue
    if (part === 'QUIT' && obeysQuit) return { said: [...said, '221 bye'], rest, closes: true }
    if (said.length === most) return { said: [...said, '421 too many errors'], rest, closes: true }
    said.push('500 5.5.2 what')
  }
  return { said, rest, closes: false }
}

test('to a server that does not expect it', async () => {
  await fc.assert(
    fc.asyncProperty(header, style, fc.integer({ min: 1, max: 1448 }), async (bytes, how, segmentSize) => {
      const { said, rest, closes } = refusals(bytes, how)
      const spoken = said.map((text) => say(greeting, 'S', Buffer.from(`${text}\r\n`)))
      const first = say(greeting, 'C', bytes)
      const opening = how.greetsFirst ? [greeting, first] : [first, greeting]
      // Its rest and EHLO are one line to it.
      const [ehlo] = dialogue as [Shown, ...Shown[]]
      const merged = rest === '' ? dialogue : [ehlo, say(greeting, 'S', Buffer.from('500 5.5.2 what\r\n'))]
      const behind = closes ? [] : merged
      const [sent, ...then] = behind
      const early = how.sendsEhlo && sent !== undefined ? [sent] : []
      const shown = [...opening, ...early, ...spoken, ...(early.length > 0 ? then : behind)]
      const transcript = { ...lost, shown, closer: 'S' as const }
      // Who says EHLO before the greeting does that, too.
      const found = (await lines(transcript, segmentSize)).filter((text) => !text.includes('talk-before-greeting'))
      // Behind a binary one it takes a while until replies can be counted.
      const isCounted = !closes && rest === ''
      const expected = isCounted && (bytes[0] !== SIGNATURE[0] || found.length > 0) ? await lines(lost, 1448) : []
      expect(found).toEqual(expected)
    }),
  )
})
