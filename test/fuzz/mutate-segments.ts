// Frames -> the same with something odd in the headers of IP or TCP, lengths put right, so that the oddity reaches the
// reassembly and the dialogue.
import type { Dice } from './dice.ts'
import { inFragments, inTunnel } from './envelop.ts'
import type { Frame, Frames } from './frames.ts'
import { changed, type Place, placeOf, withPayload } from './segment.ts'

const SEQUENCE = 4
const ACKNOWLEDGEMENT = 8
const FLAGS = 13
const WINDOW = 14

/** One frame -> what stands in its place. */
type Mutator = (frame: Frame, place: Place, dice: Dice, linkType: number) => readonly Frame[]

const shiftNumber =
  (field: number): Mutator =>
  (frame, { tcpAt }, dice) => {
    const by = dice.pick([1, -1, 2, 100, -100, 1460, -1460, 65_535, 1 << 24, 1 << 30, 0x7fffffff, 0x80000000])
    return [changed(frame, (view) => view.setUint32(tcpAt + field, (view.getUint32(tcpAt + field) + by) >>> 0))]
  }

const flags: Mutator = (frame, { tcpAt }, dice) => {
  const bits = dice.pick([0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x12, 0x14, 0x3f, 0xff])
  return [changed(frame, (view) => view.setUint8(tcpAt + FLAGS, view.getUint8(tcpAt + FLAGS) ^ bits))]
}

const closeWindow: Mutator = (frame, { tcpAt }) => [changed(frame, (view) => view.setUint16(tcpAt + WINDOW, 0))]

const turnAround: Mutator = (frame, { ipAt, ipVersion, tcpAt }) => [
  changed(frame, (view) => {
    const ports = view.getUint32(tcpAt)
    view.setUint32(tcpAt, ((ports << 16) | (ports >>> 16)) >>> 0)
    const [from, length] = ipVersion === 4 ? [ipAt + 12, 4] : [ipAt + 8, 16]
    for (let i = 0; i < length; i++) {
      const octet = view.getUint8(from + i)
      view.setUint8(from + i, view.getUint8(from + length + i))
      view.setUint8(from + length + i, octet)
    }
  }),
]

/** The payload in pieces of any size, some of them late, some again, some different. */
const chop: Mutator = (frame, place, dice) => {
  const payload = frame.bytes.subarray(place.payloadAt, place.end)
  const size = 1 + dice.below(Math.max(1, dice.pick([1, 8, 200])))
  const pieces: Frame[] = []
  for (let at = 0; at < payload.length && pieces.length < 300; at += size) {
    const from = Math.max(0, at - dice.below(3))
    const piece = withPayload(frame, place, payload.slice(from, at + size))
    pieces.push(changed(piece, (view) => advance(view, place.tcpAt + SEQUENCE, from)))
  }
  for (let n = dice.below(4); n > 0 && pieces.length > 1; n--) {
    const [piece] = pieces.splice(dice.below(pieces.length), 1)
    if (piece !== undefined && !dice.once(5)) pieces.splice(dice.below(pieces.length + 1), 0, piece)
  }
  return pieces.length === 0 ? [frame] : pieces
}

const stutter: Mutator = (frame, place, dice) => {
  const copies: Frame[] = [frame]
  const apart = dice.pick([0, 1, place.end - place.payloadAt, 3000])
  for (let n = 1 + dice.below(80); n > 0; n--) {
    copies.push(changed(frame, (view) => advance(view, place.tcpAt + SEQUENCE, apart * n)))
  }
  return copies
}

const scribble: Mutator = (frame, { payloadAt, end }, dice) => {
  if (end <= payloadAt) return [frame]
  return [
    changed(frame, (view) => {
      for (let n = 1 + dice.below(8); n > 0; n--) {
        const octet = dice.pick([0x0a, 0x0d, 0x2e, 0x20, 0x2d, 0x00, 0x80, 0xff, 0x35, 0x1b])
        view.setUint8(payloadAt + dice.below(end - payloadAt), octet)
      }
    }),
  ]
}

const snap: Mutator = (frame, { ipAt }, dice) => [
  { ...frame, bytes: frame.bytes.slice(0, Math.max(ipAt, dice.below(frame.bytes.length + 1))) },
]

const MUTATORS: readonly Mutator[] = [
  ...[shiftNumber(SEQUENCE), shiftNumber(SEQUENCE), shiftNumber(ACKNOWLEDGEMENT), shiftNumber(ACKNOWLEDGEMENT)],
  ...[flags, flags, closeWindow, turnAround, chop, chop, stutter, scribble, scribble, snap, inFragments, inTunnel],
]

export function mutateSegments({ linkType, frames }: Frames, dice: Dice): Frames {
  let out = [...frames]
  for (let n = 1 + dice.below(8); n > 0 && out.length > 0; n--) {
    const at = dice.below(out.length)
    const frame = out[at] as Frame
    const place = placeOf(frame, linkType)
    if (place !== null) out.splice(at, 1, ...dice.pick(MUTATORS)(frame, place, dice, linkType))
    if (dice.once(3)) out = inOtherOrder(out, dice)
  }
  return { linkType, frames: out }
}

function inOtherOrder(frames: readonly Frame[], dice: Dice): Frame[] {
  const out = [...frames]
  const [frame] = out.splice(dice.below(out.length), 1)
  if (frame === undefined) return out
  const at = dice.below(out.length + 1)
  if (dice.once(2)) out.splice(at, 0, frame)
  if (!dice.once(3)) return out
  // A clock that jumps, and stays there.
  const by = dice.pick([-1, 1]) * dice.pick([1, 1e3, 1e6, 2e6, 31e6, 61e6, 3600e6, 2 ** 40])
  return out.map((one, i) => (i < at ? one : { ...one, timeUs: one.timeUs + by }))
}

function advance(view: DataView, at: number, by: number): void {
  view.setUint32(at, (view.getUint32(at) + by) >>> 0)
}
