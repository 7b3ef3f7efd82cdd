// Connections between few hosts, by dice -> frames in the order of capture, with what networks, stacks and clocks do.
import type { Dice } from '../fuzz/dice.ts'
import { ACK, FIN, PSH, RST, SYN } from '../support/packets.ts'
import { others, Talk } from './dialogues.ts'

export const LINKS = ['ethernet', 'vlan', 'qinq', 'cooked-v1', 'cooked-v2', 'raw', 'null', 'loop'] as const
export type Link = (typeof LINKS)[number]

const LINK_TYPES: Readonly<Record<Link, number>> = {
  ethernet: 1,
  vlan: 1,
  qinq: 1,
  'cooked-v1': 113,
  'cooked-v2': 276,
  raw: 101,
  null: 0,
  loop: 108,
}

export const linkTypeOf = (link: Link) => LINK_TYPES[link]

export interface Packet {
  timeNs: number
  readonly bytes: Buffer
  /** Longer than `bytes` where the capture cut it. */
  readonly wireLength: number
}

/** How much of each kind there is: once in so many choices; 0: never. */
export interface Weather {
  /** Something in the dialogue that is not ordinary. */
  readonly odd: number
  /** A segment is lost, comes again, late, in other pieces, or with other bytes. */
  readonly network: number
  /** A connection is reset, never closed, or closes in an unusual way. */
  readonly close: number
  /** The clock jumps, or stands still. */
  readonly clock: number
  /** A packet is cut short, is no TCP, or has other headers. */
  readonly headers: number
}

export const FAIR: Weather = { odd: 0, network: 0, close: 0, clock: 0, headers: 0 }

export interface Segment {
  timeNs: number
  readonly side: 0 | 1
  readonly seq: number
  readonly ack: number
  readonly flags: number
  readonly window: number
  readonly payload: Buffer
}

interface Ends {
  readonly isIpv6: boolean
  readonly addresses: readonly [number, number]
  readonly ports: readonly [number, number]
}

const NONE = Buffer.alloc(0)
const latin1 = (text: string) => Buffer.from(text, 'latin1')

/** One connection, as both stacks send it. */
class Wire {
  readonly segments: Segment[] = []
  private readonly dice: Dice
  private readonly next: [number, number]
  private readonly acked: [number, number] = [0, 0]
  private now: number
  private readonly isSlow: boolean

  /** `isSlow`: a side waits for seconds, now and then. */
  constructor(dice: Dice, startNs: number, initial: readonly [number, number], isSlow: boolean) {
    this.dice = dice
    this.isSlow = isSlow
    this.now = startNs
    this.next = [initial[0], initial[1]]
    this.put(0, SYN)
    this.hears(1)
    this.put(1, SYN | ACK)
    this.hears(0)
    if (!dice.once(8)) this.put(0, ACK)
  }

  hears(side: 0 | 1): void {
    this.acked[side] = this.next[side ^ 1] as number
  }

  put(side: 0 | 1, flags: number, payload: Buffer = NONE, window = 502): void {
    const { dice } = this
    this.now += this.isSlow && dice.once(100) ? 7e9 : dice.pick([1000, 20_000, 300_000, 300_000, 2_000_000])
    const seq = this.next[side]
    const ack = (flags & ACK) === 0 ? 0 : this.acked[side]
    this.segments.push({ timeNs: this.now, side, seq, ack, flags, window, payload })
    const length = payload.length + ((flags & (SYN | FIN)) === 0 ? 0 : 1)
    this.next[side] = (seq + length) >>> 0
  }

  say(side: 0 | 1, payload: Buffer, size: number, isEarly: boolean, isLast: boolean): void {
    const { dice } = this
    if (!isEarly) this.hears(side)
    for (let at = 0; at < payload.length; at += size) {
      const piece = payload.subarray(at, at + size)
      const isEnd = isLast && at + size >= payload.length
      this.put(side, ACK | PSH | (isEnd ? FIN : 0), piece)
      if (dice.once(3)) {
        const peer = (side ^ 1) as 0 | 1
        this.hears(peer)
        this.put(peer, ACK)
      }
    }
  }

  close(first: 0 | 1, isFinished: boolean): void {
    const second = (first ^ 1) as 0 | 1
    this.hears(first)
    if (!isFinished) this.put(first, FIN | ACK)
    if (this.dice.once(3)) {
      this.hears(second)
      this.put(second, ACK)
    }
    this.hears(second)
    this.put(second, FIN | ACK)
    this.hears(first)
    if (!this.isSlow) this.put(first, ACK)
  }

  reset(side: 0 | 1, hasAck: boolean): void {
    this.hears(side)
    this.put(side, hasAck ? RST | ACK : RST, NONE, 0)
  }
}

const SIZES = [1460, 1460, 1460, 1460, 1448, 536, 100, 7]

/** The segments of one connection. */
function connection(
  dice: Dice,
  weather: Weather,
  startNs: number,
  initial: readonly [number, number],
  isOther: boolean,
  mails: number | null,
): Segment[] {
  const wire = new Wire(dice, startNs, initial, weather.close > 0 && dice.once(4))
  const said = isOther ? others(dice) : new Talk(dice, weather.odd, mails).said
  // In fair weather a line is not cut: a server writes its reply whole.
  const size = weather.odd > 0 && dice.once(4) ? dice.pick(SIZES) : 1460
  const how = weather.close > 0 && dice.once(weather.close) ? dice.below(7) : 7
  const first = dice.once(3) ? 0 : 1
  if (how === 0) said.length = dice.below(said.length)
  const joinsFin = dice.once(4) && said.at(-1)?.side === 1 && said.length > 0
  for (const [i, { side, text, isEarly }] of said.entries()) {
    const isContent = side === 0 && text.length > 500
    const contentSize = text.length > 20_000 ? 1460 : dice.pick(SIZES)
    wire.say(side, latin1(text), isContent ? contentSize : size, isEarly, joinsFin && i === said.length - 1)
  }
  if (how === 1) wire.reset(dice.once(2) ? 0 : 1, dice.once(2))
  else if (how === 2) {
    wire.close(joinsFin ? 1 : first, joinsFin)
    wire.reset(dice.once(2) ? 0 : 1, dice.once(2))
  } else if (how === 3) wire.put(1, FIN | ACK)
  else if (how > 4) wire.close(joinsFin ? 1 : first, joinsFin)
  return wire.segments
}

/** What the network makes of it. */
function disturbed(segments: readonly Segment[], dice: Dice, odds: number): Segment[] {
  const result: Segment[] = []
  for (const [i, segment] of segments.entries()) {
    if (!dice.once(odds)) {
      result.push(segment)
      continue
    }
    const { payload, seq } = segment
    const later = (ns: number) => segment.timeNs + ns
    const soon = dice.pick([1000, 50_000, 3_000_000, 250_000_000, 2_500_000_000, 70_000_000_000])
    switch (dice.below(13)) {
      case 0:
        break
      case 1:
      case 2:
        result.push(segment, { ...segment, timeNs: later(soon) })
        break
      case 3:
        result.push({ ...segment, timeNs: later(soon) })
        break
      case 4: {
        // Sent again together with what came behind it.
        const more = segments.slice(i + 1).find(({ side, payload }) => side === segment.side && payload.length > 0)
        const joined = { ...segment, payload: Buffer.concat([payload, more?.payload ?? NONE]), timeNs: later(soon) }
        result.push(segment, joined)
        break
      }
      case 5: {
        const at = dice.below(payload.length + 1)
        const part = { ...segment, seq: (seq + at) >>> 0, payload: payload.subarray(at), timeNs: later(soon) }
        result.push(segment, part)
        break
      }
      case 6:
        result.push(segment, {
          ...segment,
          payload: payload.subarray(0, dice.below(payload.length + 1)),
          timeNs: later(soon),
        })
        break
      case 7: {
        const other = Buffer.from(payload)
        if (other.length > 0) other[dice.below(other.length)] = dice.pick([0, 0x0a, 0x20, 0x58])
        result.push(...(dice.once(2) ? [segment] : []), { ...segment, payload: other, timeNs: later(soon) })
        break
      }
      case 8:
        // Keep-alive.
        result.push(segment, {
          ...segment,
          seq: (seq - 1) >>> 0,
          payload: payload.subarray(0, dice.below(2)),
          timeNs: later(soon),
        })
        break
      case 9:
        result.push({ ...segment, window: dice.pick([0, 0, 1, 64_240]) })
        break
      case 10:
        result.push({ ...segment, ack: (segment.ack + dice.pick([-1, 1, 100, -5000, 0x40000000])) >>> 0 })
        break
      case 11:
        result.push({ ...segment, flags: segment.flags ^ dice.pick([FIN, SYN, RST, ACK, PSH, 0x20, 0x40, 0x80]) })
        break
      default:
        result.push({ ...segment, seq: (seq + dice.pick([1, -1, 1000, -1000, 1 << 24, 1 << 30, 0x80000000])) >>> 0 })
    }
  }
  return result
}

const word16 = (value: number) => Buffer.from([(value >>> 8) & 0xff, value & 0xff])
const word32 = (value: number) => Buffer.from([value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff])

function addressOf(host: number, isIpv6: boolean): Buffer {
  const four = Buffer.from([192, 0, 2 + (host >> 8), host & 0xff])
  return isIpv6 ? Buffer.concat([word32(0x20010db8), Buffer.alloc(8, host & 3), four]) : four
}

function linkHeader(link: Link, isIpv6: boolean, side: number): Buffer {
  const type = isIpv6 ? [0x86, 0xdd] : [8, 0]
  const macs = [2, 0, 0, 0, 0, 1 + side, 2, 0, 0, 0, 0, 2 - side]
  switch (link) {
    case 'ethernet':
      return Buffer.from([...macs, ...type])
    case 'vlan':
      return Buffer.from([...macs, 0x81, 0, 0, 7, ...type])
    case 'qinq':
      return Buffer.from([...macs, 0x88, 0xa8, 0, 7, 0x81, 0, 0, 9, ...type])
    case 'cooked-v1':
      return Buffer.from([0, side * 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, ...type])
    case 'cooked-v2':
      return Buffer.from([...type, 0, 0, 0, 0, 0, 2, 0, 1, side * 4, 6, 2, 0, 0, 0, 0, 1, 0, 0])
    case 'raw':
      return NONE
    case 'null':
      return Buffer.from([isIpv6 ? 30 : 2, 0, 0, 0])
    default:
      return Buffer.from([0, 0, 0, isIpv6 ? 28 : 2])
  }
}

/** `timestamps`: with that option of TCP. Above 64 KiB the IP header has no length, as with offloading. */
export function frameOf(segment: Segment, ends: Ends, link: Link, timestamps: boolean): Buffer {
  const { side, seq, ack, flags, window, payload } = segment
  const options = timestamps ? Buffer.from([1, 1, 8, 10, ...word32(segment.timeNs / 1e6), 0, 0, 0, 0]) : NONE
  const header = Buffer.concat([
    word16(ends.ports[side]),
    word16(ends.ports[side ^ 1] as number),
    word32(seq),
    word32(ack),
    Buffer.from([(5 + options.length / 4) << 4, flags]),
    word16(window),
    Buffer.alloc(4),
    options,
  ])
  const [source, target] = [ends.addresses[side], ends.addresses[side ^ 1] as number].map((host) =>
    addressOf(host, ends.isIpv6),
  )
  const length = header.length + payload.length
  const [hasV4Length, hasV6Length] = [length + 20 <= 0xffff, length <= 0xffff]
  const ip = ends.isIpv6
    ? [Buffer.from([0x60, 0, 0, 0]), word16(hasV6Length ? length : 0), Buffer.from([6, 64 - side * 7])]
    : [
        Buffer.from([0x45, 0]),
        word16(hasV4Length ? length + 20 : 0),
        Buffer.from([side, seq & 0xff, 0x40, 0, 64 - side * 7, 6, 0, 0]),
      ]
  return Buffer.concat([
    linkHeader(link, ends.isIpv6, side),
    ...ip,
    source as Buffer,
    target as Buffer,
    header,
    payload,
  ])
}

const STARTS = [0, 1, 0xffffffff, 0xffffffff - 700, 0x7fffffff - 300, 0x80000000, 123_456]

export interface TrafficOptions {
  readonly sessions: number
  readonly weather: Weather
  readonly link: Link
  /** Ports of servers. */
  readonly ports?: readonly number[]
  /** So many hosts use so many ports: with few, connections come again between the same end points. */
  readonly hosts?: number
  readonly spanNs?: number
  readonly snapLength?: number
  /** Transactions of each connection; else a few. */
  readonly mails?: number
}

/** Packets in the order of capture. */
export function traffic(dice: Dice, options: TrafficOptions): Packet[] {
  const { sessions, weather, link, ports = [25, 25, 25, 587], hosts = 40, spanNs = 2e9 } = options
  const all: { segment: Segment; ends: Ends; timestamps: boolean }[] = []
  const last = new Map<string, number>()
  for (let n = 0; n < sessions; n++) {
    const isIpv6 = dice.once(4)
    const client = dice.below(hosts)
    const port = 1025 + dice.below(hosts)
    const ends: Ends = { isIpv6, addresses: [client, 500 + dice.below(3)], ports: [port, dice.pick(ports)] }
    const key = JSON.stringify(ends)
    // Another connection between the same end points begins near the numbers of the one before, or far from them.
    const near = ((last.get(key) ?? 0) + dice.pick([0, 1, 5, 3000, 1 << 20])) >>> 0
    const initial = () => (dice.once(3) ? near : dice.once(4) ? dice.pick(STARTS) : dice.below(0xffffffff))
    const timestamps = dice.once(2)
    // A port that is not one of SMTP may carry it all the same; but not between end points that spoke another protocol.
    const isElse = ends.ports[1] === 443 && ends.ports[0] % 2 === 0
    const isOther = isElse || (dice.once(30) && ends.ports[1] !== 443 && weather !== FAIR)
    let segments = connection(dice, weather, dice.below(spanNs), [initial(), initial()], isOther, options.mails ?? null)
    last.set(key, segments.findLast(({ side }) => side === 0)?.seq ?? 0)
    if (weather.network > 0 && dice.once(3)) segments = disturbed(segments, dice, weather.network)
    for (const segment of segments) all.push({ segment, ends, timestamps })
  }
  all.sort((a, b) => a.segment.timeNs - b.segment.timeNs)
  const packets = all.map(({ segment, ends, timestamps }): Packet => {
    const bytes = frameOf(segment, ends, link, timestamps)
    return { timeNs: segment.timeNs, bytes, wireLength: bytes.length }
  })
  return spoiled(clocked(packets, dice, weather.clock), dice, weather.headers, options.snapLength)
}

function clocked(packets: Packet[], dice: Dice, odds: number): Packet[] {
  if (odds === 0) return packets
  let [offset, standsAt, left] = [0, 0, 0]
  for (const packet of packets) {
    if (dice.once(odds))
      offset += dice.pick([-500_000, -900_000_000, -1_500_000_000, 3_000_000_000, -65e9, 70e9, -90_000e9])
    if (dice.once(odds)) [standsAt, left] = [packet.timeNs + offset, dice.pick([2, 3, 30])]
    packet.timeNs = Math.max(-1e15, left-- > 0 ? standsAt : packet.timeNs + offset)
  }
  return packets
}

/** Packets cut short, with trailers, or of other protocols. */
function spoiled(
  packets: readonly Packet[],
  dice: Dice,
  odds: number,
  snapLength = Number.POSITIVE_INFINITY,
): Packet[] {
  return packets.flatMap((packet): Packet[] => {
    const cut = { ...packet, bytes: packet.bytes.subarray(0, Math.min(snapLength, packet.bytes.length)) }
    if (odds === 0 || !dice.once(odds)) return [cut]
    const bytes = Buffer.from(packet.bytes)
    const place = dice.below(Math.min(bytes.length, 60))
    switch (dice.below(6)) {
      case 0:
        bytes[place] = dice.below(256)
        return [{ ...packet, bytes }]
      case 1:
        return [{ ...packet, bytes: bytes.subarray(0, dice.below(bytes.length)) }]
      case 2: {
        const short = bytes.subarray(0, dice.below(bytes.length))
        return [{ ...packet, bytes: short, wireLength: short.length }]
      }
      case 3: {
        const padded = Buffer.concat([bytes, Buffer.alloc(dice.below(30), dice.below(3) * 13)])
        return [{ ...packet, bytes: padded, wireLength: padded.length }]
      }
      case 4:
        return [{ ...packet, wireLength: dice.odd() }]
      default:
        return [cut, cut]
    }
  })
}
