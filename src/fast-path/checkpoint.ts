// A checkpoint of the kernel -> what the flow tracker and the session engine go on from.
import { emptyPacket, type PacketView } from '../capture/packet.ts'
import { Decoded, type SegmentDecoder } from '../decode/decode.ts'
import type { SegmentView } from '../decode/segment.ts'
import { CONFLICT_HISTORY_BYTES } from '../limits.ts'
import type { ContentSoFar } from '../smtp/parse/body.ts'
import type { ScannerState } from '../smtp/parse/content.ts'
import type { RawReply } from '../smtp/parse/reparse.ts'
import type { Hello, Past } from '../smtp/session/past.ts'
import type { ConnectionCheckpoint, StreamCheckpoint } from '../tcp/connection-checkpoint.ts'
import type { FlowTracker } from '../tcp/flow-tracker.ts'
import { arrivalOf } from '../tcp/twin-connections.ts'
import type { EndedSessions } from './ended-sessions.ts'
import type { Kernel } from './kernel.ts'

// A checkpoint, as `kernel/checkpoint.ts` writes it: numbers of 8 bytes, then of 4, in its order.
const TIMES = [
  ...(['firstFrame', 'startNs', 'lastFrame', 'lastNs', 'tickNs', 'runFrom', 'runNs', 'synNs', 'synAckNs'] as const),
  ...(['toOpenerNs', 'toPeerNs', 'greetingFrame', 'greetingNs', 'helloStart', 'helloSeen', 'helloFrame'] as const),
  ...(['helloNs', 'replyStart', 'replySeen', 'replyFrame', 'replyNs', 'contentStart', 'contentSeen'] as const),
  ...(['contentFrame', 'contentNs', 'contentLastSeen', 'contentLastFrame', 'contentLastNs'] as const),
]
const NUMBERS = [
  ...(['packets', 'turns', 'speaker', 'spokenTo', 'hasSpoken', 'expected', 'isTimed', 'replyLength'] as const),
  ...(['greeting', 'hello', 'helloReply', 'helloVerb', 'commands', 'replies', 'groups', 'messages'] as const),
  ...(['recipients', 'contentState', 'isInTransaction', 'hasUsed', 'isOwedContent'] as const),
  ...(['isInContent', 'sequences'] as const),
]
const SIDE_TIMES = ['next', 'acked', 'sentFrame', 'sentNs', 'resentFrame', 'resentNs', 'recentFrom'] as const
const SIDE_NUMBERS = ['nextSeq', 'timesSent', 'segments', 'hops', 'otherHops', 'firstLength'] as const

// Where its parts stand, in bytes.
const SIDES = 400
const SIDE_BYTES = 80
const COUNTS = SIDES + 2 * SIDE_BYTES
const FIRSTS = COUNTS + 96
const FIRST_BYTES = 160
const HISTORIES = FIRSTS + 2 * FIRST_BYTES
const REPLY = HISTORIES + 2 * CONFLICT_HISTORY_BYTES

/** States of the search for the end of content, as in `kernel/octets.ts`. */
const SCANNER_STATES: readonly ScannerState[] = ['text', 'cr', 'start', 'dot', 'dot-cr']

type Fields = Readonly<Record<(typeof TIMES)[number] | (typeof NUMBERS)[number], number>>
type SideFields = Readonly<Record<(typeof SIDE_TIMES)[number] | (typeof SIDE_NUMBERS)[number], number>>

/** The memory of the kernel, and what its packets have in common. */
type Like = Pick<PacketView, 'bytes' | 'linkType' | 'tap'>

export class Checkpoint {
  private readonly kernel: Kernel
  private readonly at: number
  private readonly fields: Fields
  private readonly sides: readonly [SideFields, SideFields]

  /** `at`: where it is in the memory of the kernel. */
  constructor(kernel: Kernel, at: number) {
    this.kernel = kernel
    this.at = at
    this.fields = read(kernel, at, TIMES, NUMBERS)
    const side = (n: number) => read(kernel, at + SIDES + n * SIDE_BYTES, SIDE_TIMES, SIDE_NUMBERS)
    this.sides = [side(0), side(1)]
  }

  /** The first segment of a side. Valid until the decoder is used again. */
  firstSegment(side: 0 | 1, decoder: SegmentDecoder, like: Like): SegmentView {
    const { firstFrame, startNs } = this.fields
    const { firstLength } = this.sides[side]
    const packet: PacketView = { ...emptyPacket(), ...like }
    packet.offset = this.at + FIRSTS + side * FIRST_BYTES
    packet.length = Math.min(firstLength, FIRST_BYTES)
    packet.wireLength = firstLength
    packet.frame = firstFrame
    packet.timeNs = startNs
    if (decoder.decode(packet) !== Decoded.SEGMENT) throw new Error('the kernel kept a packet that is no segment')
    return decoder.segment
  }

  /** `arrivals`: of the first segment of each side. */
  connection(tap: number, arrivals: readonly [number, number]): ConnectionCheckpoint {
    const { lastFrame, lastNs, packets, tickNs, runFrom, runNs, turns, speaker, spokenTo, hasSpoken } = this.fields
    const { toOpenerNs, toPeerNs, synNs, synAckNs, expected, isTimed } = this.fields
    return {
      lastFrame,
      lastNs,
      packets,
      clock: {
        tickNs,
        runFrom,
        runNs: known(runNs),
        turns,
        speaker: speaker === 0 ? 0 : 1,
        spokenTo: hasSpoken === 0 ? Number.NaN : spokenTo,
      },
      handshake: {
        toOpenerNs,
        toPeerNs,
        synNs: known(synNs),
        synAckNs: known(synAckNs),
        expected,
        isKnown: isTimed !== 0,
      },
      streams: [this.stream(0, tap, arrivals[0]), this.stream(1, tap, arrivals[1])],
    }
  }

  private stream(side: 0 | 1, tap: number, arrival: number): StreamCheckpoint {
    const { next, acked, nextSeq, timesSent, segments, hops, otherHops, recentFrom, ...sent } = this.sides[side]
    return {
      hops,
      tap,
      arrival,
      otherHops,
      next,
      nextSeq,
      acked,
      timesSent,
      firstSentFrame: sent.sentFrame,
      firstSentNs: sent.sentNs,
      lastSentFrame: sent.resentFrame,
      lastSentNs: sent.resentNs,
      segments,
      recent: this.bytes(HISTORIES + side * CONFLICT_HISTORY_BYTES, CONFLICT_HISTORY_BYTES),
      recentLength: Math.min(CONFLICT_HISTORY_BYTES, next - recentFrom),
    }
  }

  /** The session. `ended`: knows texts and sequences of the kernel. */
  past(ended: EndedSessions): Past {
    const { fields, sides, at } = this
    const { isInContent, contentLastFrame, contentLastNs, replyFrame, replyNs, sequences } = fields
    const inContent = isInContent !== 0
    return {
      commands: fields.commands,
      replies: fields.replies,
      groups: fields.groups,
      messages: fields.messages,
      used: fields.hasUsed !== 0,
      hello: fields.helloVerb === 0 ? null : this.hello(ended),
      open: fields.isInTransaction !== 0,
      recipients: fields.recipients,
      greeting: this.greeting(ended),
      lastReply: {
        bytes: this.bytes(REPLY, fields.replyLength),
        position: fields.replyStart,
        frame: replyFrame,
        timeNs: replyNs,
        peerAcked: fields.replySeen,
      },
      clientAcked: sides[1].acked,
      serverAcked: sides[0].acked,
      lastFrame: inContent ? contentLastFrame : replyFrame,
      lastNs: inContent ? contentLastNs : replyNs,
      expectsContent: fields.isOwedContent !== 0,
      content: inContent ? this.content() : null,
      countGroups: (shapes) => ended.count(shapes, (at + COUNTS) >> 2, sequences),
    }
  }

  private greeting(ended: EndedSessions): RawReply {
    const { greeting, greetingFrame, greetingNs } = this.fields
    return { bytes: ended.text(greeting).bytes, position: 0, frame: greetingFrame, timeNs: greetingNs, peerAcked: 0 }
  }

  private hello(ended: EndedSessions): Hello {
    const { hello, helloReply, helloVerb, helloStart, helloFrame, helloNs, helloSeen } = this.fields
    const { bytes } = ended.text(helloReply)
    return {
      verb: helloVerb === 1 ? 'EHLO' : 'HELO',
      argument: ended.text(hello).argument,
      reply: { bytes, position: helloStart, frame: helloFrame, timeNs: helloNs, peerAcked: helloSeen },
    }
  }

  private content(): ContentSoFar {
    const { fields } = this
    return {
      start: fields.contentStart,
      end: this.sides[0].next,
      firstFrame: fields.contentFrame,
      lastFrame: fields.contentLastFrame,
      startNs: fields.contentNs,
      endNs: fields.contentLastNs,
      seenAtStart: fields.contentSeen,
      seenAtEnd: fields.contentLastSeen,
      scanner: SCANNER_STATES[fields.contentState] ?? 'text',
    }
  }

  private bytes(behind: number, length: number): Uint8Array {
    const from = this.at + behind
    return this.kernel.bytes.slice(from, from + length)
  }
}

/** The engine marks times that are not known in another way. */
function known(timeNs: number): number {
  return Number.isFinite(timeNs) ? timeNs : Number.NaN
}

/** A connection that goes to the engine: its latest checkpoint, and where the packets behind that are described. */
export interface History {
  readonly checkpoint: Checkpoint | null
  readonly packets: readonly number[]
}

/** The flow tracker goes on from the checkpoint. `ended`: knows texts and sequences; `like`: what all packets have. */
export function resume(
  flows: FlowTracker,
  checkpoint: Checkpoint,
  ended: EndedSessions,
  decoder: SegmentDecoder,
  like: Like,
): void {
  const arrival = (side: 0 | 1) => arrivalOf(checkpoint.firstSegment(side, decoder, like))
  const connection = checkpoint.connection(like.tap, [arrival(0), arrival(1)])
  flows.resumeFollowing(checkpoint.firstSegment(0, decoder, like), connection, checkpoint.past(ended))
}

function read<T extends string, N extends string>(
  { times, numbers }: Kernel,
  at: number,
  timeNames: readonly T[],
  numberNames: readonly N[],
): Readonly<Record<T | N, number>> {
  const from = (at >> 2) + 2 * timeNames.length
  return Object.fromEntries([
    ...timeNames.map((name, i) => [name, times[(at >> 3) + i] as number]),
    ...numberNames.map((name, i) => [name, numbers[from + i] as number]),
  ]) as Record<T | N, number>
}
