// The segments of a session -> the frames of a capture, with lengths and checksums that fit.
import { checksum } from '../../support/checksum.ts'
import { fragments } from '../../support/fragments.ts'
import type { Frame } from '../frames.ts'
import type { Segment, Segments } from './segment.ts'

/** Addresses have 4 or 16 octets, both the same. */
export interface Endpoint {
  readonly address: Uint8Array
  readonly port: number
}

export interface Endpoints {
  readonly client: Endpoint
  readonly server: Endpoint
}

export const ETHERNET = 1
export const RAW = 101
export const COOKED = 113
export const LINK_TYPES: readonly number[] = [ETHERNET, ETHERNET, RAW, COOKED]

export function encode(segments: Segments, endpoints: Endpoints, linkType: number): Frame[] {
  return segments.flatMap((segment, id) => {
    const packet = ipPacket(segment, endpoints, id & 0xffff)
    const link = linkHeader(segment, linkType, endpoints.client.address.length === 16)
    return piecesOf(packet, segment, id & 0xffff).map((piece) => {
      const bytes = Buffer.concat([link, piece])
      const missing = segment.length - segment.payload.length
      return { bytes: bytes.subarray(0, segment.snap), timeUs: segment.timeUs, wireLength: bytes.length + missing }
    })
  })
}

function piecesOf(packet: Buffer, { fragments: cut, payload, length }: Segment, id: number): Buffer[] {
  if (cut === undefined || payload.length < length) return [packet]
  const { size, order, lost } = cut
  const pieces = fragments(packet, { size, id, order })
  const parts = order === 'again' ? pieces.length / 2 : pieces.length
  if (lost === 'none' || parts < 2) return pieces
  // In the order as sent the first comes first, in reverse order last; copied ones stand side by side.
  const copies = pieces.length / parts
  return (lost === 'first') === (order !== 'backwards') ? pieces.slice(copies) : pieces.slice(0, -copies)
}

function ipPacket(segment: Segment, { client, server }: Endpoints, id: number): Buffer {
  const [source, target] = segment.from === 'C' ? [client, server] : [server, client]
  const tcp = tcpOf(segment, source, target)
  const length = tcp.length + segment.length - segment.payload.length
  if (source.address.length === 16) {
    const header = Buffer.alloc(8)
    header[0] = 0x60
    header.writeUInt16BE(length, 4)
    header[6] = 6
    header[7] = segment.hopLimit
    return Buffer.concat([header, source.address, target.address, tcp])
  }
  const header = Buffer.alloc(20)
  header[0] = 0x45
  header.writeUInt16BE(20 + length, 2)
  header.writeUInt16BE(id, 4)
  header[8] = segment.hopLimit
  header[9] = 6
  header.set(source.address, 12)
  header.set(target.address, 16)
  header.writeUInt16BE(checksum(header), 10)
  return Buffer.concat([header, tcp])
}

function tcpOf(segment: Segment, source: Endpoint, target: Endpoint): Buffer {
  const { options, payload } = segment
  const header = Buffer.alloc(20)
  header.writeUInt16BE(source.port, 0)
  header.writeUInt16BE(target.port, 2)
  header.writeUInt32BE(segment.seq, 4)
  header.writeUInt32BE(segment.ack, 8)
  header[12] = (5 + options.length / 4) << 4
  header[13] = segment.flags
  header.writeUInt16BE(segment.window, 14)
  const tcp = Buffer.concat([header, options, payload])
  const pseudo = Buffer.alloc(8)
  pseudo.writeUInt32BE(tcp.length, 0)
  pseudo[7] = 6
  tcp.writeUInt16BE(checksum(Buffer.concat([source.address, target.address, pseudo, tcp])), 16)
  return tcp
}

function linkHeader({ from, vlan, neighbour = 0 }: Segment, linkType: number, isIpv6: boolean): Buffer {
  const type = isIpv6 ? [0x86, 0xdd] : [0x08, 0x00]
  const [client, server] = [
    [2, 0, 0, 0, neighbour, 1],
    [2, 0, 0, 0, neighbour, 2],
  ] as const
  if (linkType === COOKED) return Buffer.from([0, from === 'C' ? 0 : 4, 0, 1, 0, 6, ...client, 0, 0, ...type])
  if (linkType !== ETHERNET) return Buffer.alloc(0)
  const tag = vlan === undefined ? [] : [0x81, 0x00, vlan >> 8, vlan & 0xff]
  return Buffer.from([...(from === 'C' ? [...server, ...client] : [...client, ...server]), ...tag, ...type])
}
