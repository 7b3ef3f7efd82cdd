// Decodes a packet down to its TCP segment, including tunnels. Every header is checked; no input causes an exception.
import { emptyPacket, type PacketView } from '../capture/packet.ts'
import { TUNNELS_MAX } from '../limits.ts'
import { checksumsHold } from './checksum.ts'
import { NOT_IP, UNREADABLE } from './ethertype.ts'
import { Fragments } from './fragments.ts'
import { FRAGMENTED, OTHER, readIp, TCP, UNREADABLE_IP } from './ip.ts'
import { networkLayerAt } from './link.ts'
import { Decoded, emptyFragment, NO_PARTS, type SegmentView } from './segment.ts'
import { readTcp } from './tcp-header.ts'
import { behindTunnel } from './tunnels.ts'

export { Decoded } from './segment.ts'

export class SegmentDecoder {
  /** Valid after SEGMENT, until the next call. */
  readonly segment: SegmentView = emptySegment()
  private readonly fragment = emptyFragment()
  private readonly fragments = new Fragments()
  private readonly verifyChecksums: boolean
  private readonly reassembles: boolean

  /**
   * `verifyChecksums`: report wrong checksums. Captures made on the sending host often contain checksums that its
   * network card had not filled in yet. `reassembles`: reassemble fragments; otherwise they are only recognised.
   */
  constructor(verifyChecksums = false, reassembles = true) {
    this.verifyChecksums = verifyChecksums
    this.reassembles = reassembles
  }

  decode(packet: PacketView): Decoded {
    const { segment } = this
    const { bytes, offset, length } = packet
    const end = offset + length
    const at = networkLayerAt(bytes, offset, end, packet.linkType)
    if (at === NOT_IP) return Decoded.NOT_TCP
    if (at === UNREADABLE) return Decoded.UNDECODABLE
    segment.packet = packet
    segment.bytes = bytes
    segment.fragmentsDiffer = false
    segment.parts = NO_PARTS
    // A wire length below the captured length is invalid and is ignored.
    const wireEnd = packet.wireLength > length ? offset + packet.wireLength : end
    const protocol = readIp(segment, this.fragment, at, end, wireEnd)
    return protocol === TCP ? this.readTcp() : this.further(protocol, 0)
  }

  /** IP carries something other than TCP: a tunnel, a fragment, or something unreadable. */
  private further(protocol: number, depth: number): Decoded {
    if (protocol === OTHER) return Decoded.NOT_TCP
    if (protocol === UNREADABLE_IP || depth === TUNNELS_MAX) return Decoded.UNDECODABLE
    const { segment, fragment } = this
    let at = segment.offset
    let end = at + segment.length
    let wireEnd = at + segment.wireLength
    if (protocol === FRAGMENTED) {
      if (!this.reassembles) return Decoded.FRAGMENT
      const datagram = this.fragments.take(segment, fragment)
      if (datagram === null) return Decoded.FRAGMENT
      segment.bytes = datagram.bytes
      segment.fragmentsDiffer ||= datagram.differs
      segment.parts = datagram.parts
      at = 0
      end = datagram.bytes.length
      wireEnd = datagram.wireLength
    } else {
      at = behindTunnel(segment.bytes, protocol, at, end)
      if (at === NOT_IP) return Decoded.NOT_TCP
      if (at === UNREADABLE) return Decoded.UNDECODABLE
    }
    const carried = readIp(segment, fragment, at, end, wireEnd)
    return carried === TCP ? this.readTcp() : this.further(carried, depth + 1)
  }

  private readTcp(): Decoded {
    const decoded = readTcp(this.segment)
    if (!this.verifyChecksums || decoded !== Decoded.SEGMENT) return decoded
    return checksumsHold(this.segment) ? decoded : Decoded.BAD_CHECKSUM
  }

  /** End of the captures. Returns the number of packets that were fragments of incomplete datagrams. */
  finish(): number {
    return this.fragments.finish()
  }
}

export function emptySegment(): SegmentView {
  const bytes = new Uint8Array(0)
  return {
    packet: emptyPacket(),
    bytes,
    sourceAt: 0,
    targetAt: 0,
    addressLength: 0,
    sourcePort: 0,
    targetPort: 0,
    seq: 0,
    ack: 0,
    window: 0,
    flags: 0,
    ttl: 0,
    ipId: 0,
    headerAt: 0,
    fragmentsDiffer: false,
    parts: NO_PARTS,
    offset: 0,
    length: 0,
    wireLength: 0,
  }
}
