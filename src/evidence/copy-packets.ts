// Reads the packets of captures again, numbered and timed as in the analysis, and copies those of located frames with
// their comments. Read errors were reported by the analysis and are ignored.
import { MergedCaptures } from '../capture/merge.ts'
import type { PacketView, TimeBase } from '../capture/packet.ts'
import { inOrderOfTime } from '../capture/sort-captures.ts'
import type { WrittenPacket } from '../capture/write.ts'
import type { Location } from './locate.ts'

/** `visit` is called for every packet; `between` is awaited before more is read. */
export async function eachPacket(
  captures: readonly string[],
  visit: (packet: PacketView, base: TimeBase) => void,
  between: () => Promise<void> = async () => {},
): Promise<void> {
  const timeline = new MergedCaptures(await inOrderOfTime(captures))
  try {
    while (await timeline.refill()) {
      while (timeline.next()) visit(timeline.packet, timeline.base ?? { seconds: 0, nanoseconds: 0 })
      await between()
    }
  } finally {
    await timeline.close()
  }
}

/** A packet as it was captured: a copy of its bytes. */
export interface Copy {
  readonly frame: number
  readonly timeNs: number
  readonly bytes: Uint8Array
  readonly wireLength: number
  readonly linkType: number
}

/** Changes packets before they are written, and returns them in order. */
export interface PacketRedaction {
  /** The packets that are ready: a fragment waits for the rest of its datagram. */
  take(copy: Copy): readonly Copy[]
  /** The packets that still wait. */
  finish(): readonly Copy[]
}

const AS_IT_IS: PacketRedaction = { take: (copy) => [copy], finish: () => [] }

/** Calls `write` for every located packet. `comments` are keyed by the packet's number in the evidence. */
export async function copyPackets(
  captures: readonly string[],
  { frames }: Location,
  comments: ReadonlyMap<number, string>,
  write: (packet: WrittenPacket) => Promise<void>,
  disguise: PacketRedaction = AS_IT_IS,
): Promise<void> {
  let next = 0
  let written = 0
  let base: TimeBase = { seconds: 0, nanoseconds: 0 }
  let ready: Copy[] = []
  const flush = async () => {
    const copies = ready
    ready = []
    for (const copy of copies) await write(toWritten(copy, base, comments.get(++written) ?? null))
  }
  const visit = (packet: PacketView, setBase: TimeBase) => {
    if (packet.frame !== frames[next]) return
    next += 1
    base = setBase
    ready.push(...disguise.take(copyOf(packet)))
  }
  await eachPacket(captures, visit, flush)
  ready.push(...disguise.finish())
  await flush()
}

function copyOf({ bytes, offset, length, frame, timeNs, wireLength, linkType }: PacketView): Copy {
  return { frame, timeNs, bytes: bytes.slice(offset, offset + length), wireLength, linkType }
}

function toWritten(copy: Copy, base: TimeBase, comment: string | null): WrittenPacket {
  const ns = base.nanoseconds + Math.round(copy.timeNs)
  const carry = Math.floor(ns / 1e9)
  const { bytes, wireLength, linkType } = copy
  return { seconds: base.seconds + carry, nanoseconds: ns - carry * 1e9, linkType, wireLength, bytes, comment }
}
