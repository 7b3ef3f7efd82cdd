// A transcript -> the same dialogue inside TLS 1.3, with the key log that opens it: every payload becomes one record.
import { createCipheriv } from 'node:crypto'
import { nextSecret, suiteOf, trafficKeys } from '../../src/tls/key-schedule.ts'
import { closerOf } from './packets.ts'
import type { Shown, SideName, Transcript } from './transcript.ts'

export interface Sealed {
  readonly transcript: Transcript
  readonly keyLog: string
}

const NUMBER = 0x1301
const RANDOM = 'c1'.repeat(32)
const SECRETS = {
  CLIENT_HANDSHAKE_TRAFFIC_SECRET: '11'.repeat(32),
  SERVER_HANDSHAKE_TRAFFIC_SECRET: '22'.repeat(32),
  CLIENT_TRAFFIC_SECRET_0: '33'.repeat(32),
  SERVER_TRAFFIC_SECRET_0: '44'.repeat(32),
} as const
export const HANDSHAKE = 22
export const APPLICATION_DATA = 23
const FRAGMENT_BYTES_MAX = 16_384

const octets = (hex: string) => Buffer.from(hex, 'hex')
const u16 = (n: number) => Buffer.from([n >> 8, n & 0xff])

/** One direction under one secret. */
export class Sealer {
  private secret: Uint8Array
  private sequence = 0

  constructor(hex: string) {
    this.secret = octets(hex)
  }

  seal(content: Uint8Array, type = APPLICATION_DATA, padding = 0): Buffer {
    const suite = suiteOf(NUMBER)
    if (suite === null) throw new Error('the suite of the tests is not known')
    const { key, iv } = trafficKeys(suite, this.secret)
    const nonce = Buffer.from(iv)
    nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ this.sequence++) >>> 0, 8)
    const inner = Buffer.concat([content, Uint8Array.of(type), Buffer.alloc(padding)])
    const header = Buffer.concat([Uint8Array.of(APPLICATION_DATA, 3, 3), u16(inner.length + 16)])
    const cipher = createCipheriv('aes-128-gcm', key, nonce).setAAD(header)
    return Buffer.concat([header, cipher.update(inner), cipher.final(), cipher.getAuthTag()])
  }

  /** A KeyUpdate message; what follows is under the next secret. */
  update(): Buffer {
    const record = this.seal(octets('1800000100'), HANDSHAKE)
    const suite = suiteOf(NUMBER)
    if (suite !== null) this.secret = nextSecret(suite, this.secret)
    this.sequence = 0
    return record
  }
}

function plainRecord(type: number, content: Uint8Array): Buffer {
  return Buffer.concat([Uint8Array.of(type, 3, 3), u16(content.length), content])
}

function message(type: number, body: Uint8Array): Buffer {
  return Buffer.concat([Uint8Array.of(type, 0), u16(body.length), body])
}

function hello(type: 1 | 2): Buffer {
  const suites =
    type === 1 ? Buffer.concat([u16(2), u16(NUMBER), octets('0100')]) : Buffer.concat([u16(NUMBER), octets('00')])
  const version = type === 1 ? octets('002b0003020304') : octets('002b00020304')
  const random = octets(type === 1 ? RANDOM : '5e'.repeat(32))
  return message(type, Buffer.concat([octets('0303'), random, octets('00'), suites, u16(version.length), version]))
}

const quiet = {
  lost: false,
  late: false,
  again: false,
  unheard: false,
  blind: false,
  closed: false,
  far: false,
  fin: false,
  rst: 'none',
} as const
const say = (side: SideName, payload: Uint8Array): Shown => ({ side, payload, gapNs: 1_000_000, ...quiet })

/** The dialogue inside TLS: from its first byte, or behind so many payloads in the clear. */
export function sealed(transcript: Transcript, clear = 0): Sealed {
  const handshake = {
    C: new Sealer(SECRETS.CLIENT_HANDSHAKE_TRAFFIC_SECRET),
    S: new Sealer(SECRETS.SERVER_HANDSHAKE_TRAFFIC_SECRET),
  }
  const text = { C: new Sealer(SECRETS.CLIENT_TRAFFIC_SECRET_0), S: new Sealer(SECRETS.SERVER_TRAFFIC_SECRET_0) }
  const finished = message(20, Buffer.alloc(32))
  const serverFlight = [
    plainRecord(HANDSHAKE, hello(2)),
    plainRecord(20, Uint8Array.of(1)),
    handshake.S.seal(Buffer.concat([message(8, u16(0)), finished]), HANDSHAKE),
  ]
  const shown: Shown[] = [
    ...transcript.shown.slice(0, clear),
    say('C', plainRecord(HANDSHAKE, hello(1))),
    say('S', Buffer.concat(serverFlight)),
    say('C', Buffer.concat([plainRecord(20, Uint8Array.of(1)), handshake.C.seal(finished, HANDSHAKE)])),
  ]
  for (const one of transcript.shown.slice(clear)) {
    const records: Buffer[] = []
    for (let at = 0; at < one.payload.length; at += FRAGMENT_BYTES_MAX)
      records.push(text[one.side].seal(one.payload.subarray(at, at + FRAGMENT_BYTES_MAX)))
    shown.push({ ...one, payload: Buffer.concat(records) })
  }
  const keyLog = Object.entries(SECRETS).map(([label, secret]) => `${label} ${RANDOM} ${secret}\n`)
  return { transcript: { ...transcript, shown, closer: closerOf(transcript) }, keyLog: keyLog.join('') }
}
