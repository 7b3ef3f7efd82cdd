// Connections of many transactions, and of long messages: the kernel follows them to their end, and hands them over from a
// checkpoint when something happens in the middle.
import { describe, expect, test } from 'vitest'
import { Dice } from '../fuzz/dice.ts'
import { ACK, FIN, RST } from '../support/packets.ts'
import { bothWays, difference, piped } from './both-ways.ts'
import { Capture } from './capture.ts'
import { fileOf } from './files.ts'

const CONTENT = `Subject: figures\r\n\r\n${'a line of text\r\n'.repeat(20)}`

/** A transaction, pipelined, its content in two segments. */
function mail(capture: Capture, n: number): void {
  capture
    .says(1, 0, 'MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n')
    .says(1, 1, '250 2.1.0 sender ok\r\n250 2.1.5 recipient ok\r\n354 go ahead\r\n')
    .says(1, 0, CONTENT)
    .put(1, 1, ACK)
    .says(1, 0, '.\r\n')
    .says(1, 1, `250 2.0.0 queued as ${n}\r\n`)
}

function reset(capture: Capture): void {
  capture.says(1, 0, 'MAIL FROM:<a@example.org>\r\nRSET\r\n').says(1, 1, '250 2.1.0 sender ok\r\n250 2.0.0 flushed\r\n')
}

/** `happens`: behind so many transactions. */
function session(mails: number, at: number, happens: (capture: Capture) => void = () => {}): Capture {
  const capture = new Capture().open(1).hello(1)
  for (let n = 0; n < mails; n++) {
    if (n === at) happens(capture)
    if (n % 7 === 3) reset(capture)
    else mail(capture, n)
  }
  return capture.quit(1)
}

async function sameBothWays(capture: Capture, every = 1, chunk = Number.POSITIVE_INFINITY) {
  const bytes = fileOf(capture.packets, 1)
  const ways = await bothWays(() => [piped(bytes, 'test.pcap', chunk)], {}, every)
  expect(difference(ways)).toBe('')
  return ways
}

describe('a long connection', () => {
  test.each([1, 32])('is followed to its end, a checkpoint every %i packets', async (every) => {
    const capture = session(2000, -1)
    expect(capture.packets.length).toBeGreaterThan(2 * 4096)
    expect((await sameBothWays(capture, every)).taken).toBe(1)
  })

  test('with a long message is followed to its end, windows are used again', async () => {
    const capture = session(40, 20, (capture) => {
      capture.says(1, 0, 'MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n')
      capture.says(1, 1, '250 2.1.0 sender ok\r\n250 2.1.5 recipient ok\r\n354 go ahead\r\n')
      for (let n = 0; n < 900; n++)
        capture.says(1, 0, `${'x'.repeat(76)}\r\n`.repeat(n % 3 === 0 ? 400 : 15)).put(1, 1, ACK)
      capture.says(1, 0, '\r\n.\r\n').says(1, 1, '250 2.0.0 queued\r\n')
    })
    expect((await sameBothWays(capture, 32)).taken).toBe(1)
    expect((await sameBothWays(capture, 32, 100_000)).taken).toBe(1)
  })
})

/** Recipients that servers may take for several lines. */
const SPLIT: Readonly<Record<string, string>> = {
  'a NUL': 'RCPT TO:<b@example.com>\0',
  'a vertical tab': 'RCPT\vTO:<b@example.com>',
  DEL: 'RCPT TO:<b\x7f@example.com>',
  'more octets than a line may have': `RCPT TO:<${'b'.repeat(600)}@example.com>`,
}

test.each(Object.entries(SPLIT))('a line with %s leaves the transaction unknown', async (_, line) => {
  const capture = session(8, 4, (capture) => {
    capture.asks(1, 'MAIL FROM:<a@example.org>', '250 ok').asks(1, line, '250 ok')
    for (let n = 0; n < 10; n++) capture.asks(1, 'RCPT TO:<c@example.com>', '250 ok')
  })
  await sameBothWays(capture, 1)
})

/** What may happen between two transactions. */
const HAPPENS: Readonly<Record<string, (capture: Capture) => void>> = {
  'a reply too many': (capture) => capture.says(1, 1, '250 2.0.0 and again\r\n'),
  'a refused command': (capture) => capture.asks(1, 'XYZZY', '500 what'),
  'two commands, one reply': (capture) => capture.says(1, 0, 'MAIL FROM:<c@d>\r\nNOOP\r\n').says(1, 1, '250 ok\r\n'),
  'a pipelined command behind DATA': (capture) => {
    capture.says(1, 0, 'MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.com>\r\nDATA\r\nQUIT\r\n')
    capture.says(1, 1, '250 2.1.0 sender ok\r\n250 2.1.5 recipient ok\r\n354 go ahead\r\n')
  },
  'a bare newline in content': (capture) => {
    capture.says(1, 0, 'MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n')
    capture.says(1, 1, '250 2.1.0 sender ok\r\n250 2.1.5 recipient ok\r\n354 go ahead\r\n')
    for (const text of [CONTENT, CONTENT, 'one\ntwo\r\n', CONTENT, '.\r\n']) capture.says(1, 0, text)
    capture.says(1, 1, '250 2.0.0 queued\r\n')
  },
  'EHLO again, then something': (capture) => capture.hello(1, 'another', '250 SIZE').asks(1, 'XYZZY', '500 what'),
  'a reset': (capture) => capture.put(1, 1, RST | ACK),
  'a FIN': (capture) => capture.put(1, 1, FIN | ACK),
  'half a reply': (capture) => capture.says(1, 0, 'NOOP\r\n').says(1, 1, '250 o'),
  'content that is never acknowledged': (capture) => {
    capture.says(1, 0, 'MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n')
    capture.says(1, 1, '250 2.1.0 sender ok\r\n250 2.1.5 recipient ok\r\n354 go ahead\r\n')
    for (const text of [CONTENT, CONTENT]) capture.says(1, 0, text)
    const last = capture.packets.at(-1)
    for (const wait of [1e8, 1e9, 3e9])
      if (last !== undefined) capture.packets.push({ ...last, timeNs: last.timeNs + wait })
  },
}

describe.each(Object.entries(HAPPENS))('in a long connection, %s', (_name, happens) => {
  test.each([0, 1, 2, 4, 5, 11, 30])('behind %i transactions', async (at) => {
    await sameBothWays(session(31, at, happens))
  })

  test('and the capture ends', async () => {
    const capture = session(31, 30, happens)
    const from = session(30, -1).packets.length - 5
    for (let length = from; length < Math.min(from + 16, capture.packets.length); length++) {
      const short = new Capture()
      short.packets.push(...capture.packets.slice(0, length))
      await sameBothWays(short)
    }
  })
})

describe('in a long connection, a packet from in front of the checkpoint', () => {
  test('that comes again changes nothing', async () => {
    const capture = session(20, -1)
    const dice = new Dice(20)
    for (let n = 0; n < 20; n++) {
      const at = 60 + dice.below(40)
      const again = capture.packets[at - 1 - dice.below(50)]
      const before = capture.packets[at]
      if (again === undefined || before === undefined) continue
      const packets = [...capture.packets]
      packets.splice(at, 0, { ...again, timeNs: before.timeNs - 1 })
      const one = new Capture()
      one.packets.push(...packets)
      await sameBothWays(one)
    }
  })

  test('that comes again with other bytes', async () => {
    const capture = session(20, -1)
    const dice = new Dice(21)
    for (let n = 0; n < 40; n++) {
      const at = 60 + dice.below(40)
      const again = capture.packets[at - 1 - dice.below(20)]
      const before = capture.packets[at]
      if (again === undefined || before === undefined || again.bytes.length < 60) continue
      const bytes = Buffer.from(again.bytes)
      bytes[54 + dice.below(bytes.length - 54)] = 0x58
      const one = new Capture()
      one.packets.push(...capture.packets)
      one.packets.splice(at, 0, { ...again, bytes, timeNs: before.timeNs - 1 })
      await sameBothWays(one)
    }
  })
})
