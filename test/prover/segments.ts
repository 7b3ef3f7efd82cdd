// A classic capture -> TCP segments -> the octets of one side. Naive on purpose, and its own: the prover shares no code
// with what it checks. It does not read what lies inside tunnels or PPPoE, nor fragments of IP.
import pcapParser from 'pcap-parser'

export const [FIN, SYN, RST, ACK] = [1, 2, 4, 16]
/** How many octets stand in front of IP, by the link type of the capture. */
const LINK_HEADERS: Readonly<Record<number, number>> = { 0: 4, 1: 14, 12: 0, 101: 0, 113: 16, 228: 0, 229: 0, 276: 20 }

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
      // It ends in the middle of a header.
    }
  })
  return new Promise((resolve, reject) => reading.on('error', reject).on('end', () => resolve(segments)))
}

function ipIn(link: number, frame: Buffer): Buffer {
  let at = LINK_HEADERS[link] ?? frame.length
  while (link === 1 && [0x8100, 0x88a8, 0x9100].includes(frame.readUInt16BE(at - 2))) at += 4
  return frame.subarray(at)
}

function tcpIn(ip: Buffer) {
  const isV4 = ip.readUInt8(0) >> 4 === 4
  const at = isV4 ? (ip.readUInt8(0) & 15) * 4 : 40
  const isFragment = isV4 && (ip.readUInt16BE(6) & 0x3fff) !== 0
  if ((!isV4 && ip.readUInt8(0) >> 4 !== 6) || isFragment || ip.readUInt8(isV4 ? 9 : 6) !== 6) return null
  const [from, to] = (isV4 ? [12, 16] : [8, 24]).map((start, i) => {
    return `${ip.toString('hex', start, start + (isV4 ? 4 : 16))}:${ip.readUInt16BE(at + 2 * i)}`
  }) as [string, string]
  const [seq, ack] = [ip.readUInt32BE(at + 4), ip.readUInt32BE(at + 8)]
  const [flags, window, hops] = [ip.readUInt8(at + 13), ip.readUInt16BE(at + 14), ip.readUInt8(isV4 ? 8 : 7)]
  // What the network card is still to cut into segments has no length yet.
  const total = isV4 ? ip.readUInt16BE(2) : at + ip.readUInt16BE(4)
  const data = ip.subarray(at + (ip.readUInt8(at + 12) >> 4) * 4, total <= at ? ip.length : total)
  return { from, to, hops, seq, ack, flags, window, data }
}

export type Stream = ReturnType<typeof streamOf>

/** The octets of one side, each with the first segment that brought it. */
export function streamOf(sent: readonly Segment[], origin: number, otherOrigin: number) {
  const [first, octets]: [(Segment | undefined)[], number[]] = [[], []]
  /** The position of a sequence number, of a segment's first octet, and of what a segment acknowledges (-1: nothing). */
  const at = (seq: number) => (seq - origin) | 0
  const start = ({ seq, flags }: Segment) => at(seq) + (flags & SYN ? 1 : 0)
  const acks = (one: Segment | undefined) => (one && one.flags & ACK ? (one.ack - otherOrigin) | 0 : -1)
  // Another connection of the same ports has other numbers.
  const segments = sent.filter((one) => {
    const isOwn = one.flags & SYN ? start(one) === 0 : Math.abs(start(one) - octets.length) < 2 ** 18
    for (let i = 0, to = start(one); isOwn && i < one.data.length; i++, to++)
      if (to >= 0 && first[to] === undefined) [first[to], octets[to]] = [one, one.data[i] as number]
    return isOwn
  })
  const isOpened = segments.some(({ flags }) => flags & SYN)
  need(isOpened || !sent.some(({ flags }) => flags & SYN), 'an origin is another')
  const hole = Array.from(first, (one) => one === undefined).indexOf(true)
  return {
    ...{ segments, isOpened, at, start, acks },
    text: Buffer.from(octets).toString('latin1'),
    /** Octets from the origin on, without a hole. */
    length: hole < 0 ? octets.length : hole,
    ack: (position: number) => acks(first[position]),
    time: (position: number) => first[position]?.timeUs ?? Number.NaN,
    frame: (frame: number | undefined) => segments.find((one) => one.frame === frame),
    holds: (frame: number | undefined, position: number) =>
      segments.some((one) => one.frame === frame && position >= start(one) && position < start(one) + one.data.length),
  }
}
