// Decrypted bulk mail beside the bare cipher: `TlsConnection` is handed the segments of one large message under
// TLS_AES_128_GCM_SHA256, and node:crypto the same records one by one. Prints JSON: bytes per second of both, and their ratio.
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { emptyChunk } from '../../dist/stream/chunk.js'
import { TlsConnection } from '../../dist/tls/connection.js'
import { trafficKeys } from '../../dist/tls/derive.js'
import { Keyring } from '../../dist/tls/keyring.js'
import { suiteOf } from '../../dist/tls/suites.js'

const RECORDS = 4000
const FRAGMENT = 16_384
const SEGMENT = 1448
const RUNS = 7
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
const text = Buffer.alloc(FRAGMENT, 'all work and no play makes jack a dull boy, and\r\n')
const records = Array.from({ length: RECORDS }, () => client(text, 23))
const stream = Buffer.concat(records)
const keyring = new Keyring()
keyring.add(
  Object.entries(secrets)
    .map(([label, secret]) => `${label} ${RANDOM} ${secret}\n`)
    .join(''),
)

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
  say(
    1,
    Buffer.concat([
      hello(2),
      sealer(secrets.SERVER_HANDSHAKE_TRAFFIC_SECRET)(Buffer.concat([message(8, u16(0)), finished]), 22),
    ]),
  )
  say(0, sealer(secrets.CLIENT_HANDSHAKE_TRAFFIC_SECRET)(finished, 22))
  for (let at = 0; at < stream.length; at += SEGMENT) say(0, stream, at, Math.min(SEGMENT, stream.length - at))
  if (octets !== RECORDS * FRAGMENT) throw new Error(`${octets} octets came out`)
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

function seconds(run) {
  const start = process.hrtime.bigint()
  run()
  return Number(process.hrtime.bigint() - start) / 1e9
}
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1]

decrypted()
bare()
const rows = Array.from({ length: RUNS }, () => [seconds(decrypted), seconds(bare)])
const perSecond = (column) => Math.round((RECORDS * FRAGMENT) / median(rows.map((row) => row[column])))
console.log(
  JSON.stringify({ decrypted: perSecond(0), cipher: perSecond(1), ratio: median(rows.map(([a, b]) => a / b)) }),
)
