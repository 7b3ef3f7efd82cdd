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

/** One connection as a list of steps: [fromClient, payload]. */
class Connection {
  constructor(writer, number, steps) {
    this.writer = writer
    this.client = {
      address: 0xc6120000 + (number % 60000) + 1,
      port: 10000 + (number % 50000),
    }
    this.server = { address: 0xc6130000 + (number % 200) + 1, port: 25 }
    this.seq = [Math.imul(number, 2654435761) >>> 0, Math.imul(number, 40503) >>> 0]
    this.steps = steps
    this.at = -3
  }

  send(fromClient, flags, payload = NONE) {
    const [me, peer] = fromClient ? [0, 1] : [1, 0]
    const [from, to] = fromClient ? [this.client, this.server] : [this.server, this.client]
    this.writer.packet(from, to, this.seq[me], flags === SYN ? 0 : this.seq[peer], flags, payload)
    this.seq[me] += payload.length + (flags & (SYN | FIN) ? 1 : 0)
  }

  /** Sends the next packet; false when the connection is over. */
  next() {
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

/** A session of `mails` messages of about `size` octets, pipelined as Postfix does it. */
function session(random, mails, size) {
  const steps = [
    [false, text('220 mail.example.net ESMTP Postfix')],
    [true, text('EHLO client.example.com')],
    [
      false,
      text('250-mail.example.net', '250-PIPELINING', '250-SIZE 10240000', '250-ENHANCEDSTATUSCODES', '250 8BITMIME'),
    ],
  ]
  for (let mail = 0; mail < mails; mail++) {
    const id = random(1e9).toString(36)
    steps.push(
      [true, text(`MAIL FROM:<sender${random(1e4)}@example.org>`, `RCPT TO:<user${random(1e5)}@example.com>`, 'DATA')],
      [false, text('250 2.1.0 Ok', '250 2.1.5 Ok', '354 End data with <CR><LF>.<CR><LF>')],
    )
    const body = message(random, size)
    for (let at = 0, n = 0; at < body.length; at += 1460, n++) {
      steps.push([true, body.subarray(at, at + 1460)])
      if (n % 2 === 1) steps.push([false, NONE])
    }
    steps.push([true, text('.')], [false, text(`250 2.0.0 Ok: queued as ${id}`)])
  }
  steps.push([true, text('QUIT')], [false, text('221 2.0.0 Bye')])
  return steps
}

/** Writes a capture of about `bytes` octets: sessions of `mails` messages of `size` octets, `open` at a time. */
export function generate(path, { seed, bytes, mails, size, open }) {
  const random = numbers(seed)
  const writer = new Writer(path)
  const templates = Array.from({ length: 64 }, () => session(random, mails, size))
  let number = 0
  let written = 0
  const start = () => new Connection(writer, number++, templates[random(64)])
  const active = Array.from({ length: open }, start)
  while (active.length > 0) {
    const i = random(active.length)
    const before = writer.used
    if (!active[i].next()) {
      if (written < bytes) active[i] = start()
      else active.splice(i, 1)
    }
    written += Math.max(0, writer.used - before)
  }
  writer.close()
  return { packets: writer.packets, sessions: number }
}
