// A classic capture -> TCP segments -> the octets of both sides of a connection. Naive on purpose, and its own: the
// prover shares no code with what it checks.
import pcapParser from 'pcap-parser'

export const [FIN, SYN, RST, ACK] = [1, 2, 4, 16]

export type Segment = NonNullable<ReturnType<typeof tcpIn>> & { readonly frame: number; readonly timeUs: number }

export function need(holds: unknown, why: string): asserts holds {
  if (!holds) throw new Error(why)
}

/** All segments of a file that can be read, in order. */
export function readSegments(file: NodeJS.ReadableStream): Promise<Segment[]> {
  const segments: Segment[] = []
  let [link, frame] = [1, 0]
  const reading = pcapParser.parse(file)
  reading.on('globalHeader', ({ linkLayerType }) => {
    link = linkLayerType
  })
  reading.on('packet', ({ header, data }) => {
    frame++
    try {
      const tcp = tcpIn(ipIn(link, Buffer.from(data)))
      if (tcp) segments.push({ ...tcp, frame, timeUs: header.timestampSeconds * 1e6 + header.timestampMicroseconds })
    } catch {
      // It ends in the midst of a header.
    }
  })
  return new Promise((resolve, reject) => reading.on('error', reject).on('end', () => resolve(segments)))
}

function ipIn(link: number, frame: Buffer): Buffer | null {
  // Ethernet, and the two that Linux writes for any interface, name what they carry.
  const [at, next] = { 1: [12, 14], 113: [14, 16], 276: [0, 20] }[link] ?? []
  if (at !== undefined && next !== undefined) return behindType(frame, at, next)
  return link === 0 ? frame.subarray(4) : [12, 101, 228, 229].includes(link) ? frame : null
}

/** The type stands at `at`, what it is about at `next`. VLAN tags and PPPoE lie in between. */
function behindType(frame: Buffer, at: number, next: number): Buffer | null {
  const type = frame.readUInt16BE(at)
  if ([0x8100, 0x88a8, 0x9100].includes(type)) return behindType(frame, next + 2, next + 4)
  return type === 0x8864 ? frame.subarray(next + 8) : [0x0800, 0x86dd].includes(type) ? frame.subarray(next) : null
}

function tcpIn(ip: Buffer | null) {
  if (ip === null) return null
  const isV4 = ip.readUInt8(0) >> 4 === 4
  const at = isV4 ? (ip.readUInt8(0) & 15) * 4 : 40
  const total = isV4 ? ip.readUInt16BE(2) : at + ip.readUInt16BE(4)
  const protocol = isV4 && (ip.readUInt16BE(6) & 0x3fff) !== 0 ? -1 : ip.readUInt8(isV4 ? 9 : 6)
  if (protocol === 47) return tcpIn(behindType(ip, at + 2, at + 4))
  if (protocol === 17 && ip.readUInt16BE(at + 2) === 4789) return tcpIn(behindType(ip, at + 28, at + 30))
  if (protocol !== 6) return null
  const [from, to] = (isV4 ? [12, 16] : [8, 24]).map((start, i) => {
    return `${ip.toString('hex', start, start + (isV4 ? 4 : 16))}:${ip.readUInt16BE(at + 2 * i)}`
  }) as [string, string]
  const [seq, ack] = [ip.readUInt32BE(at + 4), ip.readUInt32BE(at + 8)]
  const [flags, window, hops] = [ip.readUInt8(at + 13), ip.readUInt16BE(at + 14), ip.readUInt8(isV4 ? 8 : 7)]
  // What the network card is still to cut into segments has no length yet.
  const data = ip.subarray(at + (ip.readUInt8(at + 12) >> 4) * 4, total <= at ? ip.length : total)
  return { from, to, hops, seq, ack, flags, window, data }
}

/** What one side of a session sent: from the frame in its id on, between the ends of that frame. */
export function streamOf(id: string, name: string, own: number | null, other: number | null, all: readonly Segment[]) {
  const ends = (one: Segment | undefined) => [one?.from, one?.to].sort().join()
  const [frame, port] = [Number(id.slice(1)), name.split(':').at(-1)]
  const connection = ends(all.find((one) => one.frame === frame))
  const sent = all.filter((one) => one.frame >= frame && ends(one) === connection && one.from.endsWith(`:${port}`))
  need(own !== null && other !== null, 'there are no origins')
  return new Stream(sent, own, other)
}

/** The octets of one side, each with the first segment that brought it. */
export class Stream {
  readonly segments: Segment[] = []
  readonly first: (Segment | undefined)[] = []
  readonly text: string
  /** Octets from the origin on, without a hole. */
  readonly length: number
  readonly isOpened: boolean
  private readonly origin: number
  private readonly otherOrigin: number

  constructor(sent: readonly Segment[], origin: number, otherOrigin: number) {
    ;[this.origin, this.otherOrigin] = [origin, otherOrigin]
    const octets: number[] = []
    for (const one of sent) {
      // Another connection of the same ports has other numbers.
      if (Math.abs(this.start(one) - octets.length) > 2 ** 18) continue
      this.segments.push(one)
      for (let i = 0, at = this.start(one); i < one.data.length; i++, at++) {
        if (at >= 0 && this.first[at] === undefined) [this.first[at], octets[at]] = [one, one.data[i] as number]
      }
    }
    this.text = Buffer.from(octets).toString('latin1')
    this.length = this.first.includes(undefined) ? this.first.indexOf(undefined) : octets.length
    const opening = this.segments.filter(({ flags }) => flags & SYN)
    need(!opening.some((one) => this.start(one) !== 0), 'an origin is another')
    this.isOpened = opening.length > 0
  }

  /** The position of a sequence number, of a segment's first octet, and of what a segment acknowledges (-1: nothing). */
  at = (seq: number) => (seq - this.origin) | 0
  start = ({ seq, flags }: Segment) => this.at(seq) + (flags & SYN ? 1 : 0)
  acks = (one: Segment | undefined) => (one && one.flags & ACK ? (one.ack - this.otherOrigin) | 0 : -1)
  ack = (position: number) => this.acks(this.first[position])
  time = (position: number) => this.first[position]?.timeUs ?? Number.NaN
  frame = (frame: number | undefined) => this.segments.find((one) => one.frame === frame)
  holds = (one: Segment | undefined, position: number) =>
    one !== undefined && position >= this.start(one) && position < this.start(one) + one.data.length
}
