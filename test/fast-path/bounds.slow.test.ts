// At every bound of the fast path the result stays that of the engine alone: more than a window, a connection, a table or
// a text cache can hold.
import { afterEach, describe, expect, inject, test } from 'vitest'
import { FastPath } from '../../src/fast-path/fast-path.ts'
import { Dice } from '../fuzz/dice.ts'
import { ACK, FIN, RST, SYN } from '../support/packets.ts'
import { bothWays, difference, piped } from './both-ways.ts'
import { Capture } from './capture.ts'
import { fileOf, inputsOf } from './files.ts'
import { FAIR, traffic, type Weather } from './traffic.ts'

const { all, seed } = inject('scope')
const { next } = FastPath.prototype

afterEach(() => {
  FastPath.prototype.next = next
})

/** Windows of so many bytes: then few packets need many of them. */
function narrow(bytes: number): void {
  FastPath.prototype.next = function () {
    return next.call(this).subarray(0, bytes)
  }
}

describe('windows', () => {
  const ROUGH: Weather = { odd: 100, network: 30, close: 10, clock: 0, headers: 1000 }

  // The first is too small to be read ahead into, the second has room for a few packets behind what is left of the first.
  test.each([10_000, 135_000, 160_000])('of %i bytes', async (bytes) => {
    narrow(bytes)
    let taken = 0
    for (let n = 0; n < (all ? 100 : 6); n++) {
      const dice = new Dice(seed + n)
      const weather = dice.once(2) ? FAIR : ROUGH
      const packets = traffic(dice, {
        sessions: 60,
        weather,
        link: 'ethernet',
        hosts: 40,
        spanNs: dice.pick([1e7, 1e9]),
      })
      const inputs = inputsOf(new Dice(n), packets, 1, n % 2 === 0)
      const ways = await bothWays(inputs)
      expect(difference(ways), `seed ${seed + n}`).toBe('')
      taken += ways.taken
    }
    expect(taken).toBeGreaterThan(0)
  })

  test('that all are used again while a connection is open', async () => {
    const capture = new Capture().open(1).hello(1).open(2).hello(2)
    for (let n = 0; n < 14_000; n++) {
      if (n === 7000) capture.asks(1, 'NOOP', '250 ok')
      if (n % 500 === 0)
        capture
          .open(100 + n)
          .hello(100 + n)
          .quit(100 + n)
      capture.put(3, 1, ACK, Buffer.alloc(1400, n), 443)
    }
    const ways = await capture.asks(2, 'NOOP', '999 what').quit(1).quit(2).both()
    expect(difference(ways)).toBe('')
    // All but the one with the strange reply.
    expect(ways.taken).toBe(29)
  })
})

describe('more than there is room for', () => {
  test('packets of a group', async () => {
    for (const count of [4000, 4090, 4096, 5000]) {
      const capture = new Capture().open(1).hello(1)
      while (capture.packets.length < count - 6) capture.put(1, 0, ACK)
      const ways = await capture.quit(1).both()
      expect(difference(ways), `${count} packets`).toBe('')
      expect(ways.taken, `${count} packets`).toBe(count > 4096 ? 0 : 1)
    }
  })

  test('texts', async () => {
    const capture = new Capture()
    for (let n = 0; n < 6000; n++) {
      capture.open(n, `220 mx${n}.example.net ESMTP\r\n`).hello(n, `client-${n}.example.com`, `250 SIZE ${n}`)
      if (n % 3 > 0) capture.quit(n)
    }
    for (let n = 0; n < 6000; n += 3) capture.quit(n)
    const ways = await capture.both()
    expect(difference(ways)).toBe('')
    expect(ways.taken).toBeGreaterThan(3000)
  })

  test('texts that are long', async () => {
    const capture = new Capture()
    for (let n = 0; n < 60; n++) {
      capture.open(n, `220-${'x'.repeat(1900 + 4 * n)}\r\n220 mail.example.net\r\n`).hello(n)
      capture.quit(n)
    }
    const ways = await capture.both()
    expect(difference(ways)).toBe('')
    expect(ways.taken).toBeGreaterThan(10)
    expect(ways.taken).toBeLessThan(60)
  })

  test('command sequences', async () => {
    const dice = new Dice(seed)
    const capture = new Capture()
    const COMMANDS = [...['RSET', 'NOOP', 'NOOP hello', 'MAIL FROM:<a@example.org>', 'RCPT TO:<b@example.com>']]
    for (let n = 0; n < 800; n++) {
      capture.open(n).hello(n)
      for (let groups = 0; groups < 1 + (n % 14); groups++) {
        const commands = ['RSET']
        for (let left = dice.below(14); left > 0; left--) {
          // RFC 2920: NOOP ends a group.
          if (commands.at(-1)?.startsWith('NOOP') !== true) commands.push(dice.pick(COMMANDS))
        }
        const replies = commands.map((command) => {
          if (command.startsWith('MAIL')) return '451 not now'
          return command.startsWith('RCPT') ? '550 no' : `250 ${command.toLowerCase()}`
        })
        capture.says(n, 0, commands.map((line) => `${line}\r\n`).join(''))
        capture.says(n, 1, replies.map((line) => `${line}\r\n`).join(''))
      }
      capture.quit(n)
    }
    const ways = await capture.both()
    expect(difference(ways)).toBe('')
    expect(ways.taken).toBeGreaterThan(100)
  })

  test('commands without a reply, and of a group', async () => {
    for (const count of [30, 31, 32, 33, 127, 128, 129, 200]) {
      const capture = new Capture().open(1).hello(1)
      for (const at of [0, 1]) {
        const size = Math.ceil(count / (1 + at))
        for (let sent = 0; sent < count; sent += size) {
          const some = Array.from({ length: Math.min(size, count - sent) }, (_, i) => i)
          capture.says(1, 0, some.map((i) => `RCPT TO:<user${i}@example.com>\r\n`).join(''))
          capture.says(1, 1, some.map((i) => `550 no user ${i}\r\n`).join(''))
        }
      }
      const ways = await capture.quit(1).both()
      expect(difference(ways), `${count} commands`).toBe('')
    }
  })

  test('payload of a segment', async () => {
    for (const size of [60_000, 65_400, 65_535, 65_536, 100_000, 200_000]) {
      const capture = new Capture().open(1).hello(1)
      capture.asks(1, 'MAIL FROM:<a@example.org>', '250 sender ok').asks(1, 'RCPT TO:<b@example.com>', '250 ok')
      capture.asks(1, 'DATA', '354 go on')
      capture.says(1, 0, `${`${'x'.repeat(62)}\r\n`.repeat(size / 64)}${'y'.repeat(size % 64)}\r\n.\r\nQUIT\r\n`)
      capture.says(1, 1, '250 queued\r\n221 Bye\r\n')
      const ways = await capture
        .put(1, 1, FIN | ACK)
        .put(1, 0, FIN | ACK)
        .put(1, 1, ACK)
        .both()
      expect(difference(ways), `${size} bytes`).toBe('')
    }
  })
})

describe('connections', () => {
  test('without payload, more than may be open', async () => {
    const capture = new Capture()
    for (let n = 0; n < 70_000; n++) {
      if (n % 5000 === 0) capture.open(200_000 + n).hello(200_000 + n)
      capture.put(n, 0, SYN)
      if (n % 5000 === 4000) capture.quit(200_000 + n - 4000)
    }
    // Some of them go on after all.
    for (const n of [10, 33_000, 36_000, 37_231, 37_300, 69_000]) {
      capture
        .put(n, 1, SYN | ACK)
        .put(n, 0, ACK)
        .says(n, 1, '220 mail.example.net\r\n')
        .hello(n)
        .quit(n)
    }
    const ways = await capture.both()
    expect(difference(ways)).toBe('')
    expect(ways.taken).toBeGreaterThan(5)
  })

  test('without payload and closed but for the last acknowledgement, more than may be open', async () => {
    const capture = new Capture()
    for (let n = 0; n < 50_000; n++) {
      if (n % 5000 === 0) capture.open(200_000 + n).hello(200_000 + n)
      capture
        .open(n, '')
        .put(n, 0, FIN | ACK)
        .put(n, 1, FIN | ACK)
      if (n % 5000 === 4000) capture.quit(200_000 + n - 4000)
    }
    // The acknowledgement comes late, the ports are used again, and there is payload after all.
    for (const n of [10, 17_000, 18_000, 30_000, 49_000]) capture.put(n, 0, ACK)
    for (const n of [11, 17_001, 18_001, 30_001, 49_001]) capture.open(n).hello(n).quit(n)
    for (const n of [12, 17_002, 18_002, 30_002, 49_002]) capture.says(n, 1, '220 mail.example.net\r\n')
    const ways = await capture.both()
    expect(difference(ways)).toBe('')
    expect(ways.taken).toBeGreaterThan(5)
  })

  // More than KEPT_BYTES_MAX can hold.
  test('with payload, more than may be open', async () => {
    for (const count of all ? [9000, 12_000, 16_384, 18_000] : [18_000]) {
      const capture = new Capture()
      for (let n = 0; n < count; n++) capture.open(n)
      for (let n = 0; n < count; n += 50) capture.hello(n).quit(n)
      expect(difference(await capture.both()), `${count} connections`).toBe('')
    }
  })

  // More than OPEN_SESSIONS_MAX.
  const FLOODS: readonly (readonly [string, (capture: Capture, n: number) => void])[] = [
    ['half a command line each', (capture, n) => capture.open(n, '').says(n, 0, 'EHLO client.exam')],
    ['half a line behind the greeting', (capture, n) => capture.open(n).says(n, 0, 'MAIL FR')],
    ['one packet each, without a SYN', (capture, n) => capture.says(n, 0, 'E')],
    ['one packet each, without a SYN, from the server', (capture, n) => capture.says(n, 1, '2')],
    ['a greeting, closed but for the last acknowledgement', (capture, n) => halfClosed(capture.open(n), n)],
  ]

  function halfClosed(capture: Capture, n: number): void {
    capture.put(n, 1, FIN | ACK).put(n, 0, FIN | ACK)
  }

  test.each(FLOODS)('with %s, more than may be open', async (_, flood) => {
    const capture = new Capture()
    for (let n = 0; n < 12_000; n++) {
      if (n % 1000 === 0) capture.open(200_000 + n).hello(200_000 + n)
      flood(capture, n)
      if (n % 1000 === 500) capture.quit(200_000 + n - 500)
      // One that says something, and one that is no client of SMTP.
      if (n % 1000 === 700)
        capture
          .open(300_000 + n)
          .hello(300_000 + n)
          .asks(300_000 + n, 'NOOP', '999 what')
      if (n % 1000 === 701) capture.put(400_000 + n, 1, ACK, '\x16\x03\x01', 465)
    }
    // Some of them go on after all: they were given up, or they are still open.
    for (const n of [10, 1500, 4000, 9000, 11_000]) capture.hello(n).quit(n)
    for (const n of [11, 1501, 4001, 9001, 11_001]) capture.open(n).hello(n).quit(n)
    for (const n of [12, 1502, 4002, 9002, 11_002]) capture.put(n, 1, RST)
    const ways = await capture.both()
    expect(difference(ways)).toBe('')
    expect(ways.sessions).toBeGreaterThan(12_000)
  })

  test('without payload and reset, more than may be open', async () => {
    const capture = new Capture()
    for (let n = 0; n < 50_000; n++) {
      if (n % 5000 === 0) capture.open(200_000 + n).hello(200_000 + n)
      if (n % 3 === 0) capture.put(n, 0, SYN).put(n, 1, RST | ACK)
      else if (n % 3 === 1) capture.open(n, '').put(n, 1, RST | ACK)
      else capture.put(n, 0, RST)
      if (n % 5000 === 4000) capture.quit(200_000 + n - 4000)
    }
    for (const n of [9, 10, 11, 30_000, 30_001, 30_002, 49_998]) capture.open(n).hello(n).quit(n)
    for (const n of [12, 13, 14, 30_003, 30_004, 30_005, 49_995]) capture.says(n, 1, '220 mail.example.net\r\n')
    for (const n of [15, 16, 17, 30_006, 30_007, 30_008, 49_992]) capture.put(n, 1, SYN | ACK)
    const ways = await capture.both()
    expect(difference(ways)).toBe('')
  })

  test('of which only the table of flows knows that they are over', async () => {
    const capture = new Capture()
    for (let n = 0; n < 3000; n++) capture.open(n).quit(n)
    // Late segments, and others between the same end points.
    for (let n = 0; n < 3000; n += 7) capture.put(n, n % 2 === 0 ? 0 : 1, ACK)
    for (let n = 0; n < 3000; n += 11) capture.open(n).hello(n).quit(n)
    const ways = await capture.both()
    expect(difference(ways)).toBe('')
    expect(ways.taken).toBeGreaterThan(3000)
  })
})

describe('several analyses', () => {
  test('at the same time do not see each other', async () => {
    const captures = [1, 2, 3].map((n) => {
      const packets = traffic(new Dice(seed + n), { sessions: 40, weather: FAIR, link: 'ethernet' })
      return fileOf(packets, 1)
    })
    const { analyze } = await import('../../src/analyze.ts')
    const alone: unknown[] = []
    for (const bytes of captures) alone.push(await analyze([piped(bytes, 'test.pcap', 4096)]))
    const together = await Promise.all(captures.map((bytes) => analyze([piped(bytes, 'test.pcap', 4096)])))
    expect(together).toEqual(alone)
  })
})
