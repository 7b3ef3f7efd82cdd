// Captures as an attacker would send them, written to standard output: each grows one thing without end. The same
// arguments give the same bytes.
//   node test/bench/hostile.mjs <name> [scale] | pipelint check -
import { createGzip } from 'node:zlib'

const FIN = 0x01
const SYN = 0x02
const RST = 0x04
const PSH = 0x08
const ACK = 0x10
const NONE = Buffer.alloc(0)
const SEGMENT = 1448
const MB = 1e6

/** Packets of raw IPv4 in one buffer that is handed on when it is full. */
class Wire {
  constructor(out) {
    this.out = out
    this.buffer = Buffer.alloc(4 << 20)
    this.used = 0
    this.micros = 0
    this.raw(fileHeader())
  }

  async packet(from, to, fields) {
    const { seq = 1, ack = 1, flags = ACK, payload = NONE, fragment = 0, id = 0, window = 64_240 } = fields
    const size = 40 + payload.length
    if (this.used + 16 + size > this.buffer.length) await this.flush()
    const b = this.buffer
    let at = this.used
    this.micros += fields.apart ?? 3
    b.writeUInt32LE(1_700_000_000 + Math.floor(this.micros / 1e6), at)
    b.writeUInt32LE(this.micros % 1e6, at + 4)
    b.writeUInt32LE(size, at + 8)
    b.writeUInt32LE(fields.wire ?? size, at + 12)
    at += 16
    b.writeUInt32BE(0x45000000 | (fields.wire ?? size), at)
    b.writeUInt32BE(((id << 16) | fragment) >>> 0, at + 4)
    b.writeUInt32BE(0x40060000, at + 8)
    b.writeUInt32BE(from.address >>> 0, at + 12)
    b.writeUInt32BE(to.address >>> 0, at + 16)
    b.writeUInt16BE(from.port, at + 20)
    b.writeUInt16BE(to.port, at + 22)
    b.writeUInt32BE(seq >>> 0, at + 24)
    b.writeUInt32BE(ack >>> 0, at + 28)
    b.writeUInt16BE(0x5000 | flags, at + 32)
    b.writeUInt16BE(window, at + 34)
    b.writeUInt32BE(0, at + 36)
    payload.copy(b, at + 40)
    this.used = at + size
  }

  raw(bytes) {
    bytes.copy(this.buffer, this.used)
    this.used += bytes.length
  }

  async flush() {
    const full = this.buffer.subarray(0, this.used)
    if (full.length > 0 && !this.out.write(full)) await new Promise((resolve) => this.out.once('drain', resolve))
    this.buffer = Buffer.alloc(this.buffer.length)
    this.used = 0
  }
}

function fileHeader() {
  const header = Buffer.alloc(24)
  header.writeUInt32LE(0xa1b2c3d4, 0)
  header.writeUInt16LE(2, 4)
  header.writeUInt16LE(4, 6)
  header.writeUInt32LE(262_144, 16)
  header.writeUInt32LE(101, 20)
  return header
}

/** One connection whose sides keep their own sequence numbers. */
class Peers {
  constructor(wire, number, { port = 25, servers = 200 } = {}) {
    this.wire = wire
    this.ends = [
      { address: 0x0a000000 + number, port: 1024 + (number % 60_000) },
      { address: 0xc6130000 + (number % servers), port },
    ]
    this.next = [1000, 5000]
  }

  async send(side, payload, fields = {}) {
    const { ends, next } = this
    await this.wire.packet(ends[side], ends[1 - side], { seq: next[side], ack: next[1 - side], payload, ...fields })
    next[side] += payload.length + ((fields.flags ?? 0) & (SYN | FIN) ? 1 : 0)
  }

  async open() {
    await this.send(0, NONE, { flags: SYN })
    await this.send(1, NONE, { flags: SYN | ACK })
    await this.send(0, NONE)
  }

  async greet() {
    await this.open()
    await this.send(1, text('220 mx.example.com ESMTP'))
    await this.send(0, text('EHLO client.example.org'))
    await this.send(1, text('250-mx.example.com', '250 PIPELINING'))
  }

  /** `megabytes` of what `pattern` repeats, from one side. */
  async pour(side, pattern, megabytes, segment = SEGMENT) {
    const many = Buffer.from(pattern.repeat(Math.ceil((segment + pattern.length) / pattern.length)), 'latin1')
    for (let done = 0; done < megabytes * MB; done += segment) {
      const from = done % pattern.length
      await this.send(side, many.subarray(from, from + segment))
      if ((done / segment) % 2 === 1) await this.send(1 - side, NONE)
    }
  }

  async close() {
    await this.send(1, NONE, { flags: FIN | ACK })
    await this.send(0, NONE, { flags: FIN | ACK })
    await this.send(1, NONE)
  }
}

const text = (...lines) => Buffer.from(lines.map((line) => `${line}\r\n`).join(''))

/** Something for each of `count` connections, `step` by step, so that all of them are open at once. */
async function together(wire, count, steps, options) {
  const all = Array.from({ length: count }, (_, number) => new Peers(wire, number, options))
  for (const step of steps) for (const peers of all) await step(peers)
}

async function transaction(peers, lines, replies) {
  await peers.send(0, text(...lines), { flags: PSH | ACK })
  await peers.send(1, text(...replies))
}

const MAIL = ['MAIL FROM:<a@example.org>', 'RCPT TO:<b@example.com>', 'DATA']
const GREETED = [(peers) => peers.greet()]
const AT_DATA = [(peers) => peers.greet(), (peers) => peers.send(0, text(...MAIL))]

export const HOSTILE = {
  'syn-flood': async (wire, scale) => {
    for (let n = 0; n < 10e6 * scale; n++) await new Peers(wire, n).send(0, NONE, { flags: SYN })
  },
  'one-octet-each': async (wire, scale) => {
    for (let n = 0; n < 10e6 * scale; n++) await new Peers(wire, n, { servers: 65_536 }).send(0, Buffer.from('E'))
  },
  'half-lines': async (wire, scale) => {
    for (let n = 0; n < 10e6 * scale; n++) {
      const peers = new Peers(wire, n)
      await peers.open()
      await peers.send(0, Buffer.from('EHLO client.exam'), { flags: PSH | ACK })
    }
  },
  'answered-by-reset': async (wire, scale) => {
    for (let n = 0; n < 10e6 * scale; n++) {
      const peers = new Peers(wire, n)
      await peers.send(0, NONE, { flags: SYN })
      await peers.send(1, NONE, { flags: RST | ACK })
    }
  },
  'no-last-acknowledgement': async (wire, scale) => {
    for (let n = 0; n < 10e6 * scale; n++) {
      const peers = new Peers(wire, n)
      await peers.open()
      await peers.send(1, NONE, { flags: FIN | ACK })
      await peers.send(0, NONE, { flags: FIN | ACK })
    }
  },
  servers: async (wire, scale) => {
    for (let n = 0; n < 3e6 * scale; n++) {
      const peers = new Peers(wire, n, { servers: 3e6 })
      await peers.greet()
      await transaction(peers, ['QUIT'], ['221 bye'])
      await peers.close()
    }
  },
  'content-without-end': async (wire, scale) => {
    const peers = new Peers(wire, 1)
    await peers.greet()
    await transaction(peers, MAIL, ['250 ok', '250 ok', '354 go'])
    await peers.pour(0, `${'a message that never ends '.repeat(3)}\r\n`, 1000 * scale)
  },
  'line-without-end': async (wire, scale) => {
    const peers = new Peers(wire, 1)
    await peers.greet()
    await peers.pour(0, 'NOOP', 1000 * scale)
  },
  'reply-without-end': async (wire, scale) => {
    const peers = new Peers(wire, 1)
    await peers.greet()
    await peers.pour(1, `250-${'x'.repeat(60)}\r\n`, 1000 * scale)
  },
  'replies-to-nothing': async (wire, scale) => {
    const peers = new Peers(wire, 1)
    await peers.greet()
    await peers.pour(1, '250 ok\r\n', 200 * scale)
  },
  'commands-without-reply': async (wire, scale) => {
    const peers = new Peers(wire, 1)
    await peers.greet()
    await peers.pour(0, 'RCPT TO:<b@example.com>\r\n', 100 * scale)
  },
  'long-lines-without-reply': async (wire, scale) => {
    const peers = new Peers(wire, 1)
    await peers.greet()
    await peers.pour(0, `NOOP ${'x'.repeat(16_000)}\r\n`, 300 * scale)
  },
  'undecided-octet-by-octet': async (wire, scale) => {
    const peers = new Peers(wire, 1)
    await peers.greet()
    for (let n = 0; n < 3 * scale; n++) {
      await transaction(peers, MAIL, ['250 ok', '250 ok'])
      await peers.pour(0, 'x', 1, 1)
      await transaction(peers, ['.'], ['503 no'])
    }
  },
  'data-refused-one-by-one': async (wire, scale) => {
    const peers = new Peers(wire, 1)
    await peers.greet()
    await peers.pour(0, 'DATA\r\n', 0.9 * scale)
    await peers.pour(1, '503 no\r\n', 1.2 * scale)
  },
  'hole-at-the-start': async (wire, scale) => {
    const peers = new Peers(wire, 1)
    await peers.greet()
    peers.next[0] += 100
    for (let n = 0; n < 700_000 * scale; n++) await peers.send(0, Buffer.alloc(SEGMENT, 0x61))
  },
  'hole-and-octets-backwards': async (wire, scale) => {
    const peers = new Peers(wire, 1)
    await peers.greet()
    peers.next[0] += 3e6
    for (let n = 0; n < 3e6 * scale; n++) {
      await peers.send(0, Buffer.from('a'))
      peers.next[0] -= 2
    }
  },
  'hole-and-headers-only': async (wire, scale) => {
    const peers = new Peers(wire, 1)
    await peers.greet()
    for (let n = 0; n < 3e6 * scale; n++) {
      peers.next[0] += 200
      await peers.send(0, NONE, { wire: 140 })
    }
  },
  'holes-everywhere': async (wire, scale) => {
    const octets = Buffer.alloc(1000, 0x61)
    const ahead = async (peers) => {
      peers.next[0] += 50
      await peers.send(0, octets, { apart: 1 })
    }
    await together(wire, 300e3 * scale, [...GREETED, ahead, ahead])
  },
  'undecided-everywhere': async (wire, scale) => {
    const octets = Buffer.alloc(1000, 0x61)
    const more = (peers) => peers.send(0, octets, { apart: 1 })
    await together(wire, 300e3 * scale, [...AT_DATA, more, more])
  },
  'acknowledged-and-never-seen': async (wire, scale) => {
    const octets = Buffer.alloc(1000, 0x61)
    const held = (peers) => peers.send(0, octets, { ack: peers.next[1] + 1e6, apart: 0 })
    await together(wire, 300e3 * scale, [...GREETED, held, held])
  },
  fragments: async (wire, scale) => {
    const [from, to] = new Peers(wire, 1).ends
    for (let n = 0; n < 10e6 * scale; n++) {
      const sender = { address: from.address + (n >> 16), port: 1 }
      await wire.packet(sender, to, { id: n & 0xffff, fragment: 0x2000, payload: Buffer.alloc(4) })
    }
  },
  'nothing-but-windows': async (wire, scale) => {
    const peers = new Peers(wire, 1, { port: 4711 })
    await peers.open()
    await peers.send(0, Buffer.from('E'))
    for (let n = 0; n < 5e6 * scale; n++) await peers.send(1, NONE, { window: n % 2 === 0 ? 0 : 1000 })
  },
  'gaps-before-anything': async (wire, scale) => {
    const peers = new Peers(wire, 1, { port: 4711 })
    await peers.open()
    await peers.send(0, Buffer.from('E'))
    for (let n = 0; n < 1e6 * scale; n++) {
      peers.next[1] += 1000
      await peers.send(0, NONE, { apart: 1_100_000 })
    }
  },
  'findings-without-end': async (wire, scale) => {
    const peers = new Peers(wire, 1)
    await peers.greet()
    for (let n = 0; n < 1e6 * scale; n++) {
      await peers.send(0, text('NOOP', 'RSET'))
      await peers.send(1, text('250 ok', '250 ok'))
    }
  },
  'violations-everywhere': async (wire, scale) => {
    for (let n = 0; n < 1e6 * scale; n++) {
      const peers = new Peers(wire, n, { servers: 60_000 })
      await peers.greet()
      await peers.send(0, text('NOOP', 'RSET'))
      await peers.send(1, text('250 ok', '250 ok'))
      await peers.close()
    }
  },
  'one-group-in-doubt': async (wire, scale) => {
    for (let n = 0; n < 10 * scale; n++) {
      const peers = new Peers(wire, n)
      await peers.greet()
      const at = '@'.repeat(500)
      await peers.send(0, text('MAIL FROM:<a@example.org>'))
      await peers.send(1, text(`354 ${at}`))
      for (let i = 0; i < 2000; i++) await peers.send(0, text(`RCPT TO:<${i}@example.com>`))
      for (let i = 0; i < 1990; i++) await peers.send(1, text(`250 ${i} ${at}`), { ack: peers.next[0] })
      await peers.close()
    }
  },
}

/** Blocks of pcapng: a section, and then `block` again and again. */
function blocks(section, block, count) {
  return async (wire, scale) => {
    wire.used = 0
    wire.raw(section)
    for (let n = 0; n < count * scale; n++) {
      if (wire.used + block.length > wire.buffer.length) await wire.flush()
      wire.raw(block)
    }
  }
}

function block(type, ...words) {
  const bytes = Buffer.alloc(12 + words.length * 4)
  for (const [i, word] of [type, bytes.length, ...words, bytes.length].entries()) bytes.writeUInt32LE(word >>> 0, i * 4)
  return bytes
}

const SECTION = block(0x0a0d0d0a, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff)
HOSTILE.interfaces = blocks(SECTION, block(1, 101, 262_144), 65_000)
HOSTILE['sections-with-interfaces'] = blocks(SECTION, Buffer.concat([SECTION, block(1, 101, 262_144)]), 10e6)
HOSTILE.names = blocks(SECTION, block(4, 0x00080001, 0x0a000001, 0x61006100), 10e6)
HOSTILE['gzip-bomb'] = async (wire, scale, stream) => {
  const gzip = createGzip()
  gzip.pipe(stream)
  const zeros = Buffer.alloc(1 << 20)
  wire.used = 0
  gzip.write(fileHeader())
  for (let n = 0; n < 1000 * scale; n++) {
    if (!gzip.write(zeros)) await new Promise((resolve) => gzip.once('drain', resolve))
  }
  gzip.end()
  await new Promise((resolve) => gzip.once('end', resolve))
}

const [name, scale = '1'] = process.argv.slice(2)
if (name !== undefined) {
  const make = HOSTILE[name]
  if (make === undefined) {
    console.error(`hostile: no ${name}; there are ${Object.keys(HOSTILE).join(', ')}`)
    process.exit(2)
  }
  const wire = new Wire(process.stdout)
  await make(wire, Number(scale), process.stdout)
  await wire.flush()
}
