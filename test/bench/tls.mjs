// Decrypted bulk mail beside the bare cipher: one large message under TLS_AES_128_GCM_SHA256, as the segments that
// `TlsConnection` is handed, as a capture that `analyze` judges, and as the records that node:crypto opens one by one.
// Prints JSON: bytes per second of processor time, and the median ratios of runs in turn.
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { analyze } from '../../dist/analyze.js'
import { emptyChunk } from '../../dist/tcp/chunk.js'
import { suiteOf, trafficKeys } from '../../dist/tls/key-schedule.js'
import { Keyring } from '../../dist/tls/keyring.js'
import { TlsConnection } from '../../dist/tls/tls-connection.js'

const RECORDS = 3000
const FRAGMENT = 16_384
const SEGMENT = 1448
const RUNS = 11
const PIECE = 1 << 20
const FIN = 1
const SYN = 2
const ACK = 16
const suite = suiteOf(0x1301)
const RANDOM = 'c1'.repeat(32)
const secrets = {
  CLIENT_HANDSHAKE_TRAFFIC_SECRET: '11'.repeat(32),
  SERVER_HANDSHAKE_TRAFFIC_SECRET: '22'.repeat(32),
  CLIENT_TRAFFIC_SECRET_0: '33'.repeat(32),
  SERVER_TRAFFIC_SECRET_0: '44'.repeat(32),
}
const u16 = (n) => Buffer.from([n >> 8, n & 0xff])
const hex = (text) => Buffer.from(text, 'hex')

function nonceOf(iv, sequence) {
  const nonce = Buffer.from(iv)
  nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ sequence) >>> 0, 8)
  return nonce
}

function sealer(secret) {
  const { key, iv } = trafficKeys(suite, hex(secret))
  let sequence = 0
  return (content, type) => {
    const inner = Buffer.concat([content, Uint8Array.of(type)])
    const header = Buffer.concat([Uint8Array.of(23, 3, 3), u16(inner.length + 16)])
    const cipher = createCipheriv('aes-128-gcm', key, nonceOf(iv, sequence++)).setAAD(header)
    return Buffer.concat([header, cipher.update(inner), cipher.final(), cipher.getAuthTag()])
  }
}

const message = (type, body) => Buffer.concat([Uint8Array.of(type, 0), u16(body.length), body])
const record = (content) => Buffer.concat([Uint8Array.of(22, 3, 3), u16(content.length), content])
const hello = (type) => {
  const suites = hex(type === 1 ? '000213010100' : '130100')
  const versions = hex(type === 1 ? '0007002b0003020304' : '0006002b00020304')
  return record(message(type, Buffer.concat([hex('0303'), hex(RANDOM), hex('00'), suites, versions])))
}
const finished = message(20, Buffer.alloc(32))
const client = sealer(secrets.CLIENT_TRAFFIC_SECRET_0)
const text = Buffer.alloc(FRAGMENT, 'all work and no play makes jack a dull boy, and he is none the wiser\r\n')
const records = Array.from({ length: RECORDS }, () => client(text, 23))
const stream = Buffer.concat(records)
const keyLog = Object.entries(secrets)
  .map(([label, secret]) => `${label} ${RANDOM} ${secret}\n`)
  .join('')
const keyring = new Keyring()
keyring.add(keyLog)
const serverFlight = Buffer.concat([
  hello(2),
  sealer(secrets.SERVER_HANDSHAKE_TRAFFIC_SECRET)(Buffer.concat([message(8, u16(0)), finished]), 22),
])
const clientFinished = sealer(secrets.CLIENT_HANDSHAKE_TRAFFIC_SECRET)(finished, 22)

function decrypted() {
  let octets = 0
  const tls = new TlsConnection(0, [0, 0], keyring, 0, {
    preamble: (_side, _chunk, at) => at,
    plain: (_side, chunk) => {
      if (chunk.kind === 'bytes') octets += chunk.length
    },
    secured() {},
    opaque(reason) {
      throw new Error(reason)
    },
  })
  const chunk = emptyChunk()
  const positions = [0, 0]
  const say = (side, bytes, offset = 0, length = bytes.length) => {
    chunk.bytes = bytes
    chunk.offset = offset
    chunk.length = length
    chunk.position = positions[side]
    chunk.peerAcked = positions[1 - side]
    positions[side] += length
    tls.take(side, chunk)
  }
  say(0, hello(1))
  say(1, serverFlight)
  say(0, clientFinished)
  for (let at = 0; at < stream.length; at += SEGMENT) say(0, stream, at, Math.min(SEGMENT, stream.length - at))
  if (octets !== RECORDS * FRAGMENT) throw new Error(`${octets} octets came out`)
}

/** A classic capture of an SMTP dialogue inside TLS on port 465, whose message is the same text. */
function capture() {
  const parts = [Buffer.from(Uint32Array.of(0xa1b2c3d4, 0x00040002, 0, 0, 262_144, 1).buffer)]
  const seqs = [1000, 2000]
  let microseconds = 0
  const segment = (side, flags, payload = Buffer.alloc(0)) => {
    const head = Buffer.alloc(70)
    microseconds += 20
    head.writeUInt32LE(1_600_000_000 + Math.floor(microseconds / 1e6), 0)
    head.writeUInt32LE(microseconds % 1e6, 4)
    head.writeUInt32LE(54 + payload.length, 8)
    head.writeUInt32LE(54 + payload.length, 12)
    head.writeUInt16BE(0x0800, 28)
    head[30] = 0x45
    head.writeUInt16BE(40 + payload.length, 32)
    head.set([64, 6], 38)
    head.set(side === 0 ? [192, 0, 2, 1, 203, 0, 113, 25] : [203, 0, 113, 25, 192, 0, 2, 1], 42)
    head.writeUInt16BE(side === 0 ? 49_152 : 465, 50)
    head.writeUInt16BE(side === 0 ? 465 : 49_152, 52)
    head.writeUInt32BE(seqs[side], 54)
    head.writeUInt32BE(flags === SYN ? 0 : seqs[1 - side], 58)
    head.set([0x50, flags], 62)
    head.writeUInt16BE(64_000, 64)
    parts.push(head, payload)
    seqs[side] += payload.length + (flags & (SYN | FIN) ? 1 : 0)
  }
  const say = (side, bytes) => {
    for (let at = 0, n = 1; at < bytes.length; at += SEGMENT, n++) {
      segment(side, ACK, bytes.subarray(at, at + SEGMENT))
      if (n % 2 === 0) segment(1 - side, ACK)
    }
  }
  const seal = [sealer(secrets.CLIENT_TRAFFIC_SECRET_0), sealer(secrets.SERVER_TRAFFIC_SECRET_0)]
  const inside = (side, words) => say(side, seal[side](Buffer.from(words), 23))
  segment(0, SYN)
  segment(1, SYN | ACK)
  segment(0, ACK)
  say(0, hello(1))
  say(1, serverFlight)
  say(0, clientFinished)
  inside(1, '220 mail.example.net ESMTP\r\n')
  inside(0, 'EHLO client.example.com\r\n')
  inside(1, '250-mail.example.net\r\n250 PIPELINING\r\n')
  inside(0, 'MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n')
  inside(1, '250 ok\r\n250 ok\r\n354 go ahead\r\n')
  say(0, Buffer.concat(records.map(() => seal[0](text, 23))))
  inside(0, '\r\n.\r\n')
  inside(1, '250 queued\r\n')
  inside(0, 'QUIT\r\n')
  inside(1, '221 bye\r\n')
  segment(1, FIN | ACK)
  segment(0, FIN | ACK)
  segment(1, ACK)
  return Buffer.concat(parts)
}
const file = capture()

async function* pieces() {
  for (let at = 0; at < file.length; at += PIECE) yield file.subarray(at, at + PIECE)
}

async function judged() {
  const { summary, sessions } = await analyze([{ name: 'bulk.pcap', bytes: pieces() }], { keyLogs: [keyLog] })
  if (summary.conforming !== 1) throw new Error(JSON.stringify(sessions))
}

function bare() {
  const { key, iv } = trafficKeys(suite, hex(secrets.CLIENT_TRAFFIC_SECRET_0))
  for (const [sequence, whole] of records.entries()) {
    const end = whole.length - 16
    const decipher = createDecipheriv('aes-128-gcm', key, nonceOf(iv, sequence))
    decipher.setAuthTag(whole.subarray(end)).setAAD(whole.subarray(0, 5))
    decipher.update(whole.subarray(5, end))
    decipher.final()
  }
}

/** Of processor time: others may use the machine meanwhile. */
async function seconds(run) {
  const before = process.cpuUsage()
  await run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1]

const jobs = { decrypted, judged, cipher: bare }
const rows = []
// The first run is for the compiler.
for (let run = 0; run <= RUNS; run++) {
  const row = {}
  for (const [name, job] of Object.entries(jobs)) row[name] = await seconds(job)
  if (run > 0) rows.push(row)
}
const perSecond = (name) => Math.round((RECORDS * FRAGMENT) / median(rows.map((row) => row[name])))
const ratio = (name) => median(rows.map((row) => row[name] / row.cipher))
console.log(
  JSON.stringify({
    ...{ decrypted: perSecond('decrypted'), judged: perSecond('judged'), cipher: perSecond('cipher') },
    ratio: { decrypted: ratio('decrypted'), judged: ratio('judged') },
  }),
)
