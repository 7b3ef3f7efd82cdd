// Captures for benchmarks, by seed: the same arguments give the same bytes. Classic pcap, Ethernet, IPv4; checksums are
// left out, as with offload.
import { closeSync, openSync, renameSync, writeSync } from 'node:fs'

const FIN = 0x01
const SYN = 0x02
const PSH = 0x08
const ACK = 0x10

/** A small generator of numbers in [0, n): xorshift32, so that no run depends on the runtime. */
function numbers(seed) {
  let state = seed >>> 0 || 1
  return (n) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % n
  }
}

class Writer {
  constructor(path) {
    this.path = path
    this.fd = openSync(`${path}.part`, 'w')
    this.buffer = Buffer.alloc(8 << 20)
    this.used = 0
    this.packets = 0
    this.written = 0
    this.micros = 0
    const header = this.buffer
    header.writeUInt32LE(0xa1b2c3d4, 0)
    header.writeUInt16LE(2, 4)
    header.writeUInt16LE(4, 6)
    header.writeUInt32LE(262144, 16)
    header.writeUInt32LE(1, 20)
    this.used = 24
  }

  packet(from, to, seq, ack, flags, payload) {
    const size = 54 + payload.length
    if (this.used + 16 + size > this.buffer.length) this.flush()
    const b = this.buffer
    let at = this.used
    this.micros += 3
    b.writeUInt32LE(1_700_000_000 + Math.floor(this.micros / 1e6), at)
    b.writeUInt32LE(this.micros % 1e6, at + 4)
    b.writeUInt32LE(size, at + 8)
    b.writeUInt32LE(size, at + 12)
    at += 16
    b.fill(2, at, at + 12)
    b.writeUInt16BE(0x0800, at + 12)
    at += 14
    b[at] = 0x45
    b[at + 1] = 0
    b.writeUInt16BE(40 + payload.length, at + 2)
    b.writeUInt32BE(0x00004000, at + 4)
    b[at + 8] = 64
    b[at + 9] = 6
    b.writeUInt16BE(0, at + 10)
    b.writeUInt32BE(from.address, at + 12)
    b.writeUInt32BE(to.address, at + 16)
    at += 20
    b.writeUInt16BE(from.port, at)
    b.writeUInt16BE(to.port, at + 2)
    b.writeUInt32BE(seq >>> 0, at + 4)
    b.writeUInt32BE(ack >>> 0, at + 8)
    b[at + 12] = 0x50
    b[at + 13] = flags
    b.writeUInt16BE(64240, at + 14)
    b.writeUInt32BE(0, at + 16)
    payload.copy(b, at + 20)
    this.used = at + 20 + payload.length
    this.packets++
    this.written += 16 + size
  }

  flush() {
    writeSync(this.fd, this.buffer, 0, this.used)
    this.used = 0
  }

  close() {
    this.flush()
    closeSync(this.fd)
    renameSync(`${this.path}.part`, this.path)
  }
}

const NONE = Buffer.alloc(0)

/** One connection: what is said first, so many transactions, what is said last; as steps of [fromClient, payload]. */
class Connection {
  constructor(writer, number, { opening, mails, closing, repeat }, port) {
    this.writer = writer
    this.client = {
      address: 0xc6120000 + (number % 60000) + 1,
      port: 10000 + (number % 50000),
    }
    this.server = { address: 0xc6130000 + (number % 200) + 1, port }
    this.seq = [Math.imul(number, 2654435761) >>> 0, Math.imul(number, 40503) >>> 0]
    this.steps = opening
    this.mails = mails
    this.closing = closing
    this.left = repeat
    this.at = -3
  }

  send(fromClient, flags, payload = NONE) {
    const [me, peer] = fromClient ? [0, 1] : [1, 0]
    const [from, to] = fromClient ? [this.client, this.server] : [this.server, this.client]
    this.writer.packet(from, to, this.seq[me], flags === SYN ? 0 : this.seq[peer], flags, payload)
    this.seq[me] = (this.seq[me] + payload.length + (flags & (SYN | FIN) ? 1 : 0)) >>> 0
  }

  /** Sends the next packet; false when the connection is over. */
  next() {
    if (this.at === this.steps.length && this.steps !== this.closing) {
      this.steps = this.left > 0 ? this.mails[this.left % this.mails.length] : this.closing
      this.left--
      this.at = 0
    }
    const { at, steps } = this
    this.at++
    if (at === -3) this.send(true, SYN)
    else if (at === -2) this.send(false, SYN | ACK)
    else if (at === -1) this.send(true, ACK)
    else if (at < steps.length) this.send(steps[at][0], steps[at][1].length > 0 ? PSH | ACK : ACK, steps[at][1])
    else if (at === steps.length) this.send(false, FIN | ACK)
    else if (at === steps.length + 1) this.send(true, FIN | ACK)
    else {
      this.send(false, ACK)
      return false
    }
    return true
  }
}

const text = (...lines) => Buffer.from(lines.map((line) => `${line}\r\n`).join(''))

function message(random, size) {
  const words = ['report', 'invoice', 'meeting', 'team.', 'figures', 'update', 'notes', 'v1.2', 'agenda', 'thanks']
  let body = `From: <a${random(1000)}@example.org>\r\nSubject: ${words[random(10)]}\r\n\r\n`
  while (body.length < size) {
    let line = ''
    while (line.length < 64) line += `${words[random(10)]} `
    body += `${line}\r\n`
  }
  return Buffer.from(body)
}

/** One transaction, pipelined as Postfix does it. `loses`: the server never answers RCPT. */
function transaction(random, size, loses) {
  const id = random(1e9).toString(36)
  const replies = ['250 2.1.0 Ok', '250 2.1.5 Ok', '354 End data with <CR><LF>.<CR><LF>']
  if (loses) replies.splice(1, 1)
  const steps = [
    [true, text(`MAIL FROM:<sender${random(1e4)}@example.org>`, `RCPT TO:<user${random(1e5)}@example.com>`, 'DATA')],
    [false, text(...replies)],
  ]
  const body = message(random, size)
  for (let at = 0, n = 0; at < body.length; at += 1460, n++) {
    steps.push([true, body.subarray(at, at + 1460)])
    if (n % 2 === 1) steps.push([false, NONE])
  }
  steps.push([true, text('.')], [false, text(`250 2.0.0 Ok: queued as ${id}`)])
  return steps
}

/** A session of `mails` messages of about `size` octets. */
function session(random, { mails, size, repeat = mails }, loses) {
  return {
    opening: [
      [false, text('220 mail.example.net ESMTP Postfix')],
      [true, text('EHLO client.example.com')],
      [
        false,
        text('250-mail.example.net', '250-PIPELINING', '250-SIZE 10240000', '250-ENHANCEDSTATUSCODES', '250 8BITMIME'),
      ],
    ],
    mails: Array.from({ length: mails }, (_, i) => transaction(random, size, loses && i === 0)),
    closing: [
      [true, text('QUIT')],
      [false, text('221 2.0.0 Bye')],
    ],
    repeat,
  }
}

/** Something that is no mail: large segments of a server on another port. */
function otherTraffic(random) {
  const payload = Buffer.alloc(1200)
  for (let i = 0; i < payload.length; i++) payload[i] = random(256)
  const steps = Array.from({ length: 30 }, (_, i) => [i % 3 === 2, i % 3 === 2 ? NONE : payload])
  return { opening: [[true, payload.subarray(0, 300)]], mails: [steps], closing: [], repeat: 4 }
}

/** Packets on their way: of a hundred, `percent` arrive later than they left, or arrive twice. */
class Network {
  constructor(writer, random, percent) {
    this.writer = writer
    this.random = random
    this.percent = percent
    this.late = []
  }

  packet(...what) {
    const { writer, random, late } = this
    const fate = random(200)
    if (fate < this.percent) late.push([random(200) + 1, what])
    else writer.packet(...what)
    // Retransmitted though it had arrived.
    if (fate >= 200 - this.percent) late.push([random(2000) + 1, what])
    for (let i = late.length - 1; i >= 0; i--) {
      if (--late[i][0] > 0) continue
      writer.packet(...late[i][1])
      late.splice(i, 1)
    }
  }

  finish() {
    for (const [, what] of this.late.splice(0)) this.writer.packet(...what)
  }
}

/**
 * Writes a capture: sessions of `mails` messages of `size` octets, `open` at a time, until it has about `bytes` octets or
 * `sessions` of them. `faulty`: percent of the sessions in which a server loses a command; `lossy`: percent of the packets
 * that are lost or come again; `others`: packets of other traffic for each of mail.
 */
export function generate(path, options) {
  const { seed, bytes = Infinity, sessions = Infinity, open, faulty = 0, lossy = 0, others = 0 } = options
  const random = numbers(seed)
  const writer = new Writer(path)
  const network = lossy > 0 ? new Network(writer, random, lossy) : writer
  const templates = Array.from({ length: 64 }, () => session(random, options, false))
  const broken = Array.from({ length: 8 }, () => session(random, options, true))
  const noise = otherTraffic(random)
  let number = 0
  let written = 0
  const start = () => {
    const lost = faulty > 0 && random(100) < faulty
    return new Connection(network, number++, lost ? broken[random(8)] : templates[random(64)], 25)
  }
  // Each has end points of its own, as two open connections must.
  let beyond = 1_000_000
  const further = () => new Connection(network, beyond++, noise, 443)
  const active = Array.from({ length: open }, start)
  const beside = Array.from({ length: others > 0 ? open : 0 }, further)
  while (active.length > 0) {
    const i = random(active.length)
    const before = writer.written
    if (!active[i].next()) {
      if (written < bytes && number < sessions) active[i] = start()
      else active.splice(i, 1)
    }
    for (let n = 0; n < others; n++) {
      const k = random(beside.length)
      if (!beside[k].next()) beside[k] = further()
    }
    written += writer.written - before
  }
  network.finish?.()
  writer.close()
  return { packets: writer.packets, sessions: number }
}
