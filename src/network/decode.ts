// A packet down to its TCP segment, through whatever tunnels. What comes in: a packet view. What goes out: the outcome,
// and the one segment view, with every header checked. No bytes make it throw.
import type { PacketView } from '../capture/packet.ts'
import { TUNNELS_MAX } from '../limits.ts'
import { Decoded } from './decoded.ts'
import { NOT_IP } from './ethertype.ts'
import { OTHER, readIp, TCP } from './ip.ts'
import { networkLayerAt } from './link.ts'
import type { SegmentView } from './segment.ts'
import { readTcp } from './tcp.ts'
import { behindTunnel } from './tunnels.ts'

export { Decoded } from './decoded.ts'

export class SegmentDecoder {
  /** Valid after SEGMENT, until the next call. */
  readonly segment: SegmentView = emptySegment()

  decode(packet: PacketView): Decoded {
    const { segment } = this
    const { bytes, offset, length } = packet
    let end = offset + length
    let at = networkLayerAt(bytes, offset, end, packet.linkType)
    segment.packet = packet
    segment.bytes = bytes
    // A capture that claims a shorter packet than it holds is not believed.
    let wireEnd = packet.wireLength > length ? offset + packet.wireLength : end
    for (let depth = 0; at >= 0 && depth <= TUNNELS_MAX; depth += 1) {
      const protocol = readIp(segment, at, end, wireEnd)
      if (protocol === TCP) return readTcp(segment)
      if (protocol < 0) return protocol === OTHER ? Decoded.NOT_TCP : Decoded.UNDECODABLE
      at = segment.offset
      end = at + segment.length
      wireEnd = at + segment.wireLength
      at = behindTunnel(bytes, protocol, at, end)
    }
    return at === NOT_IP ? Decoded.NOT_TCP : Decoded.UNDECODABLE
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
