// A frame with an IP packet in it -> the packet in fragments, or inside another: tags, labels, tunnels.
import type { Dice } from './dice.ts'
import type { Frame } from './frames.ts'
import { changed, type Place } from './segment.ts'

const ETHERNET = 1
const RAW = 101
const IPV4_HEADER = 20
const GRE = 47
const UDP = 17

/** Two to five fragments, at times overlapping, missing or in another order. IPv6 stays whole. */
export function inFragments(frame: Frame, { ipAt, ipVersion, tcpAt }: Place, dice: Dice): readonly Frame[] {
  if (ipVersion !== 4) return [frame]
  const body = frame.bytes.subarray(tcpAt)
  const size = 8 * (1 + dice.below(Math.ceil(body.length / 8)))
  const pieces: Frame[] = []
  for (let at = 0; at < body.length && pieces.length < 100; at += size) {
    const from = dice.once(6) ? Math.max(0, at - 8) : at
    const more = at + size < body.length
    const piece = Buffer.concat([frame.bytes.subarray(0, tcpAt), body.subarray(from, at + size)])
    const whole = { ...frame, bytes: new Uint8Array(piece), wireLength: piece.length }
    pieces.push(
      changed(whole, (view) => {
        view.setUint16(ipAt + 2, piece.length - ipAt)
        view.setUint16(ipAt + 6, (more ? 0x2000 : 0) | (from / 8))
      }),
    )
  }
  if (pieces.length < 2) return [frame]
  if (dice.once(3)) pieces.reverse()
  if (dice.once(4)) pieces.splice(dice.below(pieces.length), 1)
  const [first] = pieces
  if (dice.once(4) && first !== undefined) pieces.push(first)
  return pieces
}

/** One to twelve layers between the link and the packet. */
export function inTunnel(frame: Frame, { ipAt, ipVersion }: Place, dice: Dice, linkType: number): readonly Frame[] {
  if (linkType !== ETHERNET && linkType !== RAW) return [frame]
  let packet: Buffer = Buffer.from(frame.bytes.subarray(ipAt))
  let type = ipVersion === 4 ? 0x0800 : 0x86dd
  for (let n = dice.once(4) ? 1 + dice.below(12) : 1; n > 0; n--) {
    const protocol = type === 0x0800 ? 4 : 41
    switch (dice.below(3)) {
      case 0:
        packet = inIpv4(packet, protocol)
        break
      case 1:
        packet = inIpv4(Buffer.concat([halves(0, type), packet]), GRE)
        break
      default:
        packet = inIpv4(inVxlan(Buffer.concat([Buffer.alloc(12, 2), halves(type), packet])), UDP)
    }
    type = 0x0800
  }
  const link = linkType === RAW ? Buffer.alloc(0) : Buffer.concat([Buffer.alloc(12, 2), ...tags(dice), halves(type)])
  const bytes = new Uint8Array(Buffer.concat([link, packet]))
  return [{ ...frame, bytes, wireLength: bytes.length }]
}

function tags(dice: Dice): Buffer[] {
  return Array.from({ length: dice.once(3) ? dice.below(20) : 0 }, () => halves(0x8100, 7))
}

function inVxlan(frame: Buffer): Buffer {
  return Buffer.concat([halves(49152, 4789, frame.length + 16, 0), halves(0x0800, 0, 0, 0x2a00), frame])
}

function inIpv4(body: Buffer, protocol: number): Buffer {
  const header = Buffer.alloc(IPV4_HEADER)
  header[0] = 0x45
  header.writeUInt16BE(Math.min(0xffff, body.length + IPV4_HEADER), 2)
  header[8] = 64
  header[9] = protocol
  header.writeUInt32BE(0xc6336401, 12)
  header.writeUInt32BE(0xc6336402, 16)
  return Buffer.concat([header, body])
}

function halves(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2)
  // Around what is long already, a length says as much as its field can hold.
  for (const [i, value] of values.entries()) bytes.writeUInt16BE(Math.min(0xffff, value), i * 2)
  return bytes
}
