// Several simultaneous connections as segment views, generated from a seed: most of them in order, some with the faults
// that networks and TCP stacks can cause. Clocks may jump.
import { emptySegment } from '../../src/decode/decode.ts'
import type { SegmentView } from '../../src/decode/segment.ts'
import type { Dice } from '../fuzz/dice.ts'
import { ACK, FIN, PSH, RST, SYN } from '../support/packets.ts'

interface Sent {
  readonly side: 0 | 1
  readonly flags: number
  readonly seq: number
  readonly ack: number
  readonly text: string
  readonly window: number
}

const WORDS = ['220 a\r\n', 'EHLO b\r\n', '250 c\r\n', 'x'.repeat(300), 'QUIT\r\n', '221 d\r\n', '\r\n', 'STARTTLS\r\n']

/** One connection as two TCP stacks would send it. */
function conversation(dice: Dice): Sent[] {
  const start = [dice.odd(), dice.odd()] as const
  const next = [start[0], start[1]]
  const sent: Sent[] = []
  const send = (side: 0 | 1, flags: number, text = '') => {
    const ack = (flags & ACK) === 0 ? 0 : (next[1 - side] as number)
    sent.push({ side, flags, seq: (next[side] as number) >>> 0, ack: ack >>> 0, text, window: 500 })
    next[side] = (next[side] as number) + text.length + ((flags & (SYN | FIN)) === 0 ? 0 : 1)
  }
  send(0, SYN)
  send(1, SYN | ACK)
  send(0, ACK)
  const turns = dice.pick([0, 1, 4, 8, 12, 30, 40])
  for (let turn = 0; turn < turns; turn++) {
    const side = dice.once(5) ? 0 : 1
    send(side, PSH | ACK, dice.pick(WORDS))
    if (dice.once(3)) send(side, PSH | ACK, dice.pick(WORDS))
    if (dice.once(2)) send(side === 0 ? 1 : 0, ACK)
  }
  const first = dice.once(2) ? 0 : 1
  const second = first === 0 ? 1 : 0
  send(first, FIN | ACK, dice.once(4) ? 'bye' : '')
  if (dice.once(2)) send(second, ACK)
  if (dice.once(3)) send(second, PSH | ACK, '221 d\r\n')
  if (!dice.once(8)) send(second, FIN | ACK)
  if (!dice.once(4)) send(first, ACK)
  return sent
}

/** Applies network faults to a conversation. */
function faulty(sent: Sent[], dice: Dice): Sent[] {
  const at = dice.below(sent.length)
  const one = sent[at] as Sent
  const replaced = (change: Partial<Sent>) => sent.with(at, { ...one, ...change })
  switch (dice.below(10)) {
    case 0:
      return sent.toSpliced(at, 1)
    case 1:
      return sent.toSpliced(at, 0, one)
    case 2:
      return sent.toSpliced(dice.below(sent.length), 0, one)
    case 3:
      return [...sent.toSpliced(at, 1), one]
    case 4:
      return [...sent.slice(0, at), { ...one, flags: dice.pick([RST, RST | ACK]), text: '' }, ...sent.slice(at)]
    case 5:
      return replaced({ window: 0 })
    case 6:
      return replaced({ ack: dice.odd() })
    case 7:
      return replaced({ flags: one.flags ^ dice.pick([SYN, FIN, ACK, PSH]) })
    case 8:
      return [...sent, ...sent.slice(0, 3)]
    default:
      return [...sent.slice(0, at + 1), ...conversation(dice)]
  }
}

/** The segments of `count` connections in order of capture. Each view may be used once. */
export function traffic(dice: Dice, count: number): SegmentView[] {
  const conversations = Array.from({ length: count }, () => {
    const sent = conversation(dice)
    return dice.once(2) ? faulty(sent, dice) : sent
  })
  const all: SegmentView[] = []
  const places = conversations.map(() => 0)
  let timeNs = 0
  for (let open = [...conversations.keys()]; open.length > 0; ) {
    const which = dice.pick(open.slice(0, 6))
    const sent = conversations[which]?.[places[which] as number]
    places[which] = (places[which] as number) + 1
    if (sent === undefined) {
      open = open.filter((other) => other !== which)
      continue
    }
    timeNs += dice.once(60) ? dice.pick([3e9, -5e8, 7e10]) : dice.below(1e6)
    // Some connections reuse the endpoints of an earlier one.
    all.push(viewOf(sent, which % 19, all.length + 1, timeNs, dice))
  }
  return all
}

function viewOf(sent: Sent, which: number, frame: number, timeNs: number, dice: Dice): SegmentView {
  const view = emptySegment()
  const text = Buffer.from(sent.text)
  const bytes = Uint8Array.from([192, 0, 2, which, 198, 51, 100, 25, ...text])
  const ports = [40_000 + which, which % 7 === 0 ? 80 : 25] as const
  const { flags, seq, ack, window, side } = sent
  const [sourceAt, targetAt] = side === 0 ? [0, 4] : [4, 0]
  const [sourcePort, targetPort] = side === 0 ? ports : [ports[1], ports[0]]
  Object.assign(view, { bytes, sourceAt, targetAt, addressLength: 4, sourcePort, targetPort, seq, ack, window, flags })
  const cut = dice.once(400) ? 1 : 0
  Object.assign(view, { ttl: dice.once(50) ? 63 : 64, offset: 8, length: Math.max(0, text.length - cut) })
  view.wireLength = text.length
  Object.assign(view.packet, { bytes, frame, timeNs, tap: dice.once(300) ? 1 : 0 })
  return view
}
