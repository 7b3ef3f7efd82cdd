// A classic capture -> TCP segments -> the octets of one side. Naive on purpose, and its own: the prover shares no code
// with what it checks.
import pcapParser from 'pcap-parser'

export const [FIN, SYN, RST, ACK] = [1, 2, 4, 16]

export type Segment = NonNullable<ReturnType<typeof tcpIn>> & { readonly frame: number; readonly timeUs: number }

/** All segments of a file that can be read, in order. */
export function readSegments(file: NodeJS.ReadableStream): Promise<Segment[]> {
  const segments: Segment[] = []
  let [link, frame] = [1, 0]
  const reading = pcapParser.parse(file)
  reading.on('globalHeader', (header) => {
    link = header.linkLayerType
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
  if (link === 1) return behindType(frame, 12, 14)
  if (link === 113) return behindType(frame, 14, 16)
  if (link === 276) return behindType(frame, 0, 20)
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
  const name = (from: number, port: number) =>
    `${ip.toString('hex', from, from + (isV4 ? 4 : 16))}:${ip.readUInt16BE(port)}`
  const [from, to] = isV4 ? [name(12, at), name(16, at + 2)] : [name(8, at), name(24, at + 2)]
  const [seq, ack, flags, window] = [
    ip.readUInt32BE(at + 4),
    ip.readUInt32BE(at + 8),
    ip.readUInt8(at + 13),
    ip.readUInt16BE(at + 14),
  ]
  // What the network card is still to cut into segments has no length yet.
  const data = ip.subarray(at + (ip.readUInt8(at + 12) >> 4) * 4, total <= at ? ip.length : total)
  return { from, to, hops: ip.readUInt8(isV4 ? 8 : 7), seq, ack, flags, window, data }
}

/** What goes between the ends of a frame, from there on. */
export function segmentsFrom(frame: number, all: readonly Segment[]): Segment[] {
  const ends = (one: Segment | undefined) => [one?.from, one?.to].sort().join()
  const name = ends(all.find((one) => one.frame === frame))
  return all.filter((one) => one.frame >= frame && ends(one) === name)
}

/** The octets of one side, each with the first segment that brought it. */
export class Stream {
  readonly first: (Segment | undefined)[] = []
  readonly bytes: Buffer
  /** Octets from the origin on, without a hole. */
  readonly length: number
  readonly segments: readonly Segment[]
  private readonly origins: readonly [own: number, other: number]

  constructor(segments: readonly Segment[], origins: readonly [own: number, other: number]) {
    this.segments = segments
    this.origins = origins
    const octets: number[] = []
    for (const one of segments) {
      for (let i = 0, at = this.start(one); i < one.data.length; i++, at++) {
        if (at >= 0 && this.first[at] === undefined) [this.first[at], octets[at]] = [one, one.data[i] as number]
      }
    }
    this.bytes = Buffer.from(octets)
    // Not by indexOf, which skips positions that were never assigned.
    let length = 0
    while (this.first[length] !== undefined) length++
    this.length = length
  }

  /** The position of a sequence number, of a segment's first octet, and of what a segment acknowledges (-1: nothing). */
  at = (seq: number) => (seq - this.origins[0]) | 0
  start = ({ seq, flags }: Segment) => this.at(seq) + (flags & SYN ? 1 : 0)
  acks = (one: Segment | undefined) => (one && one.flags & ACK ? (one.ack - this.origins[1]) | 0 : -1)
  ack = (position: number) => this.acks(this.first[position])
  time = (position: number) => this.first[position]?.timeUs ?? Number.NaN
}
