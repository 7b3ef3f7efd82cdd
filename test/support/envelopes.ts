// TCP segments -> frames, in every envelope that captures come in.
import { checksum } from './checksum.ts'
import { ENCAPSULATIONS, type Encapsulation, type EncapsulationName } from './encapsulations.ts'
import { type Cut, fragments } from './fragments.ts'
import { RARE_LINKS, type RareLinkName } from './links.ts'
import type { Segment } from './packets.ts'
import { SYN } from './packets.ts'
import type { Transcript } from './transcript.ts'

type Plain =
  | 'ethernet'
  | 'vlan'
  | 'qinq'
  | 'cooked-v1'
  | 'cooked-v2'
  | 'raw'
  | 'null'
  | 'loop'
  | 'ipv6'
  | 'ipv6-options'
  | 'offloaded'

type Fragmented = 'fragments' | 'fragments-backwards' | 'fragments-again' | 'fragments-overlapping' | 'fragments-ipv6'

export type Envelope =
  | Plain
  | EncapsulationName
  | RareLinkName
  | Fragmented
  | 'fragments-of-vxlan'
  | 'fragments-of-fragments'

const PLAIN: readonly Plain[] = [
  'ethernet',
  'vlan',
  'qinq',
  'cooked-v1',
  'cooked-v2',
  'raw',
  'null',
  'loop',
  'ipv6',
  'ipv6-options',
  'offloaded',
]

const FRAGMENTED: Readonly<Record<Fragmented, Omit<Cut, 'id'>>> = {
  fragments: { size: 24 },
  'fragments-backwards': { size: 16, order: 'backwards' },
  'fragments-again': { size: 24, order: 'again' },
  'fragments-overlapping': { size: 16, overlap: 8 },
  'fragments-ipv6': { size: 32 },
}

export const ENVELOPES: readonly Envelope[] = [
  ...PLAIN,
  ...(Object.keys(ENCAPSULATIONS) as EncapsulationName[]),
  ...(Object.keys(FRAGMENTED) as Fragmented[]),
  'fragments-of-vxlan',
]

/** These as well, in which a transcript can differ from the others in nothing but its first octets. */
export const ALL_ENVELOPES: readonly Envelope[] = [...ENVELOPES, ...(Object.keys(RARE_LINKS) as RareLinkName[])]

const PLAIN_LINK_TYPE: Readonly<Partial<Record<Plain, number>>> = {
  ethernet: 1,
  vlan: 1,
  qinq: 1,
  'cooked-v1': 113,
  'cooked-v2': 276,
  raw: 101,
  null: 0,
  loop: 108,
  ipv6: 1,
  'ipv6-options': 1,
  offloaded: 1,
}

export function linkTypeOf(envelope: Envelope): number {
  return encapsulationOf(envelope)?.linkType ?? PLAIN_LINK_TYPE[envelope as Plain] ?? 1
}

const BY_NAME: ReadonlyMap<string, Encapsulation> = new Map(Object.entries({ ...ENCAPSULATIONS, ...RARE_LINKS }))

function encapsulationOf(envelope: Envelope): Encapsulation | null {
  return BY_NAME.get(envelope) ?? null
}

export interface Frame {
  readonly timeNs: number
  readonly bytes: Buffer
}

/** Puts segments into frames. Addresses are IPv4; the IPv6 envelopes embed them in 2001:db8::/32. */
export function toFrames(
  segments: readonly Segment[],
  transcript: Transcript,
  envelope: Envelope = 'ethernet',
): Frame[] {
  const ids = { C: 0x1000, S: 0x9000 }
  return segments.flatMap((segment) =>
    wrap(segment, transcript, envelope, ids[segment.from]++).map((bytes) => ({ timeNs: segment.timeNs, bytes })),
  )
}

function wrap(segment: Segment, transcript: Transcript, envelope: Envelope, id: number): Buffer[] {
  const [from, to] =
    segment.from === 'C' ? [transcript.client, transcript.server] : [transcript.server, transcript.client]
  const source = endpoint(from)
  const target = endpoint(to)
  const encapsulation = encapsulationOf(envelope)
  const six = encapsulation?.six === true || SIX.includes(envelope)
  const addresses = six
    ? { source: embed(source.address), target: embed(target.address) }
    : { source: source.address, target: target.address }
  const tcp = tcpHeader(segment, source.port, target.port, addresses)
  const hops = segment.far ? 255 : segment.from === 'C' ? 64 : 57
  const ip = six
    ? ipv6(tcp, addresses, hops, envelope === 'ipv6-options')
    : ipv4(tcp, addresses, hops, id, envelope === 'offloaded')
  const fromClient = segment.from === 'C'
  if (encapsulation !== null) return [encapsulation.wrap(ip, fromClient)]
  if (envelope === 'fragments-of-vxlan') return inVxlan(ip, fromClient, id)
  if (envelope === 'fragments-of-fragments')
    return fragments(ip, { size: 24, id }).flatMap((part, i) => inVxlan(part, fromClient, 100 * id + i))
  const parts = envelope in FRAGMENTED ? fragments(ip, { ...FRAGMENTED[envelope as Fragmented], id }) : [ip]
  return parts.map((part) => Buffer.concat([linkHeader(envelope, fromClient, six), part]))
}

function inVxlan(ip: Buffer, fromClient: boolean, id: number): Buffer[] {
  const outer = ENCAPSULATIONS.vxlan.wrap(ip, fromClient)
  const parts = fragments(outer.subarray(14), { size: 48, id: id & 0xffff })
  return parts.map((part) => Buffer.concat([outer.subarray(0, 14), part]))
}

const SIX: readonly Envelope[] = ['ipv6', 'ipv6-options', 'fragments-ipv6']

function endpoint(text: string): { address: Buffer; port: number } {
  const [host = '', port = ''] = text.split(':')
  return {
    address: Buffer.from(host.split('.').map(Number)),
    port: Number(port),
  }
}

function embed(address: Buffer): Buffer {
  const six = Buffer.alloc(16)
  six.writeUInt32BE(0x20010db8, 0)
  address.copy(six, 12)
  return six
}

interface Addresses {
  readonly source: Buffer
  readonly target: Buffer
}

function tcpHeader(segment: Segment, sourcePort: number, targetPort: number, addresses: Addresses): Buffer {
  // SYN segments carry a maximum segment size and a window scale.
  const opening = (segment.flags & SYN) !== 0 ? [2, 4, 0x05, 0xb4, 1, 3, 3, 7] : []
  const options = Buffer.from([...opening, ...timestampOption(segment.timestamp)])
  const header = Buffer.alloc(20)
  header.writeUInt16BE(sourcePort, 0)
  header.writeUInt16BE(targetPort, 2)
  header.writeUInt32BE(segment.seq, 4)
  header.writeUInt32BE(segment.ack, 8)
  header[12] = ((20 + options.length) / 4) << 4
  header[13] = segment.flags
  header.writeUInt16BE(segment.window, 14)
  const tcp = Buffer.concat([header, options, segment.payload])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(tcp.length)
  const pseudo = Buffer.concat([addresses.source, addresses.target, Buffer.from([0, 6]), length])
  tcp.writeUInt16BE(checksum(Buffer.concat([pseudo, tcp])), 16)
  return tcp
}

/** Two octets that do nothing, and the option without an echo (RFC 7323 appendix A). */
function timestampOption(value: number | undefined): number[] {
  if (value === undefined) return []
  const octets = [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff)
  return [1, 1, 8, 10, ...octets, 0, 0, 0, 0]
}

function ipv4(payload: Buffer, { source, target }: Addresses, ttl: number, id: number, offloaded: boolean): Buffer {
  const header = Buffer.alloc(20)
  header[0] = 0x45
  header.writeUInt16BE(offloaded ? 0 : 20 + payload.length, 2)
  header.writeUInt16BE(id & 0xffff, 4)
  header.writeUInt16BE(0x4000, 6)
  header[8] = ttl
  header[9] = 6
  source.copy(header, 12)
  target.copy(header, 16)
  header.writeUInt16BE(checksum(header), 10)
  return Buffer.concat([header, payload])
}

function ipv6(payload: Buffer, { source, target }: Addresses, hops: number, withOptions: boolean): Buffer {
  // Destination options: next header TCP, 8 octets, a PadN of 4.
  const extension = withOptions ? Buffer.from([6, 0, 1, 4, 0, 0, 0, 0]) : Buffer.alloc(0)
  const header = Buffer.alloc(40)
  header[0] = 0x60
  header.writeUInt16BE(extension.length + payload.length, 4)
  header[6] = withOptions ? 60 : 6
  header[7] = hops
  source.copy(header, 8)
  target.copy(header, 24)
  return Buffer.concat([header, extension, payload])
}

function linkHeader(envelope: Envelope, fromClient: boolean, six: boolean): Buffer {
  const client = [0x02, 0, 0x5e, 0, 0x53, 0x01]
  const server = [0x02, 0, 0x5e, 0, 0x53, 0x19]
  const macs = fromClient ? [...server, ...client] : [...client, ...server]
  const type = six ? [0x86, 0xdd] : [0x08, 0x00]
  switch (envelope) {
    case 'vlan':
      return Buffer.from([...macs, 0x81, 0x00, 0x00, 0x19, ...type])
    case 'qinq':
      return Buffer.from([...macs, 0x88, 0xa8, 0x00, 0x0a, 0x81, 0x00, 0x00, 0x19, ...type])
    case 'cooked-v1':
      return Buffer.from([0, fromClient ? 0 : 4, 0, 1, 0, 6, ...(fromClient ? client : server), 0, 0, ...type])
    case 'cooked-v2':
      return Buffer.from([
        ...type,
        0,
        0,
        0,
        0,
        0,
        2,
        0,
        1,
        fromClient ? 0 : 4,
        6,
        ...(fromClient ? client : server),
        0,
        0,
      ])
    case 'raw':
      return Buffer.alloc(0)
    case 'null':
      return Buffer.from([2, 0, 0, 0])
    case 'loop':
      return Buffer.from([0, 0, 0, 2])
    default:
      return Buffer.from([...macs, ...type])
  }
}
