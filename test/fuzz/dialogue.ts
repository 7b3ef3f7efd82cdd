// Frames -> what the two sides of a connection said, turn by turn; and such turns -> frames, sent in one of many ways.
import type { Dice } from './dice.ts'
import type { Frame, Frames } from './frames.ts'
import { placeOf } from './segment.ts'

/** What one side says before the other speaks. Side 0 opened the connection. */
export interface Turn {
  readonly side: 0 | 1
  readonly bytes: Uint8Array
}

const FIN = 0x01
const SYN = 0x02
const RST = 0x04
const ACK = 0x10
const OCTETS_MAX = 64 << 10

/** The turns of the connection that the first SYN, or else the first payload, belongs to. */
export function turnsOf({ linkType, frames }: Frames): Turn[] {
  let ports = ''
  const turns: { side: 0 | 1; bytes: Uint8Array }[] = []
  let octets = 0
  for (const frame of frames) {
    const place = placeOf(frame, linkType)
    if (place === null || octets > OCTETS_MAX) continue
    const view = new DataView(frame.bytes.buffer, frame.bytes.byteOffset)
    const [from, to] = [view.getUint16(place.tcpAt), view.getUint16(place.tcpAt + 2)]
    if (ports === '') ports = `${from} ${to}`
    const side = ports === `${from} ${to}` ? 0 : ports === `${to} ${from}` ? 1 : null
    if (side === null || place.end === place.payloadAt) continue
    const bytes = frame.bytes.slice(place.payloadAt, place.end)
    octets += bytes.length
    const last = turns.at(-1)
    if (last?.side === side) last.bytes = new Uint8Array(Buffer.concat([last.bytes, bytes]))
    else turns.push({ side, bytes })
  }
  return turns
}

/** How turns become segments. */
export interface Manner {
  /** Octets of a segment at most. */
  readonly segmentBytes: number
  /** Every so many segments one does not acknowledge what was said before it; 0 for none. */
  readonly blindEvery: number
  readonly handshake: boolean
  readonly close: 'fin' | 'rst' | 'none'
  readonly port: number
  readonly apartUs: number
}

export function anyManner(dice: Dice): Manner {
  return {
    segmentBytes: dice.pick([1, 7, 100, 536, 1448, 1448, 1448, 16_000]),
    blindEvery: dice.pick([0, 0, 1, 2, 5]),
    handshake: !dice.once(5),
    close: dice.pick(['fin', 'fin', 'rst', 'none']),
    port: dice.pick([25, 25, 25, 587, 24, 2525, 465, 4711]),
    apartUs: dice.pick([10, 1000, 1000, 300_000, 6_000_000]),
  }
}

export function toFrames(turns: readonly Turn[], manner: Manner): Frames {
  const wire = new Wire(manner)
  if (manner.handshake) {
    wire.send(0, SYN)
    wire.send(1, SYN | ACK)
    wire.send(0, ACK)
  }
  for (const { side, bytes } of turns) {
    for (let at = 0; at < bytes.length; at += manner.segmentBytes) {
      wire.send(side, ACK, bytes.subarray(at, at + manner.segmentBytes))
    }
  }
  if (manner.close === 'rst') wire.send(1, RST | ACK)
  if (manner.close === 'fin') {
    wire.send(0, FIN | ACK)
    wire.send(1, FIN | ACK)
    wire.send(0, ACK)
  }
  return { linkType: 101, frames: wire.frames }
}

class Wire {
  readonly frames: Frame[] = []
  private readonly manner: Manner
  private readonly next = [0xfffffff0, 1000]
  private readonly said: [number, number] = [1000, 0xfffffff0]
  private timeUs = 1_290_930_428e6

  constructor(manner: Manner) {
    this.manner = manner
  }

  send(side: 0 | 1, flags: number, payload: Uint8Array = new Uint8Array(0)): void {
    const { blindEvery, port, apartUs } = this.manner
    const bytes = new Uint8Array(40 + payload.length)
    const view = new DataView(bytes.buffer)
    view.setUint16(0, 0x4500)
    view.setUint16(2, bytes.length)
    view.setUint16(8, 0x4006)
    view.setUint32(12, side === 0 ? 0xc0000201 : 0xcb007119)
    view.setUint32(16, side === 0 ? 0xcb007119 : 0xc0000201)
    view.setUint16(20, side === 0 ? 49_152 : port)
    view.setUint16(22, side === 0 ? port : 49_152)
    const isBlind = blindEvery > 0 && this.frames.length % blindEvery === 0 && payload.length > 0
    if (!isBlind) this.said[side] = this.next[1 - side] as number
    view.setUint32(24, (this.next[side] as number) >>> 0)
    view.setUint32(28, (flags & ACK) === 0 ? 0 : this.said[side] >>> 0)
    view.setUint16(32, 0x5000 | flags)
    view.setUint16(34, 64_240)
    bytes.set(payload, 40)
    this.next[side] = ((this.next[side] as number) + payload.length + ((flags & (SYN | FIN)) === 0 ? 0 : 1)) >>> 0
    this.timeUs += apartUs
    this.frames.push({ bytes, timeUs: this.timeUs, wireLength: bytes.length })
  }
}
