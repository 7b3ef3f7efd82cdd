// A packet down to its TCP segment. What comes in: a packet view. What goes out: the outcome, and the one segment view,
// with every header checked. No bytes make it throw.
import type { PacketView } from '../capture/packet.ts'
import { Decoded } from './decoded.ts'
import { readIp } from './ip.ts'
import { NOT_IP, networkLayerAt, UNREADABLE } from './link.ts'
import type { SegmentView } from './segment.ts'
import { readTcp } from './tcp.ts'

export { Decoded } from './decoded.ts'

export class SegmentDecoder {
  /** Valid after SEGMENT, until the next call. */
  readonly segment: SegmentView = emptySegment()

  decode(packet: PacketView): Decoded {
    const { segment } = this
    const { bytes, offset, length } = packet
    const end = offset + length
    const at = networkLayerAt(bytes, offset, end, packet.linkType)
    if (at === NOT_IP) return Decoded.NOT_TCP
    if (at === UNREADABLE) return Decoded.UNDECODABLE
    segment.packet = packet
    segment.bytes = bytes
    // A capture that claims a shorter packet than it holds is not believed.
    const wireEnd = packet.wireLength > length ? offset + packet.wireLength : end
    const carries = readIp(segment, at, end, wireEnd)
    return carries === Decoded.SEGMENT ? readTcp(segment) : carries
  }
}

function emptySegment(): SegmentView {
  const bytes = new Uint8Array(0)
  return {
    packet: {
      bytes,
      offset: 0,
      length: 0,
      wireLength: 0,
      frame: 0,
      timeNs: 0,
      fileOffset: 0,
      linkType: 0,
    },
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
    offset: 0,
    length: 0,
    wireLength: 0,
  }
}
