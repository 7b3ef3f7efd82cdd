// What a slice came to, on disk between the machine that reads it and the one that joins. What goes in: slabs with what
// their own readings came to. What comes out: the same, one by one, with the packets that must be read together.
//
//   file     message ... message
//   message  length 4, little-endian | that many octets of V8's serialisation
//
// The first message names the version that wrote it, the last one tells what was learnt of the captures.
import { deserialize, serialize } from 'node:v8'
import type { TimeBase } from '../capture/clock.ts'
import type { PacketView } from '../capture/packet.ts'
import type { CaptureFacts } from '../capture/reader.ts'
import type { SlabResult } from '../fleet/map.ts'
import { excerptOf, readPacket, type Slab } from '../fleet/slab.ts'
import type { CaptureProblem } from '../problems.ts'
import type { EndPoints } from '../stream/endpoints.ts'
import { ENDS_WIDTH } from '../stream/endpoints.ts'

/** A slab of which only the packets of `result.rest` are left. */
export interface MappedSlab {
  readonly kind: 'slab'
  readonly count: number
  readonly firstFrame: number
  readonly base: TimeBase
  /** Whether the slice had brought key logs along up to here. They stay in the capture. */
  readonly isKeyed: boolean
  readonly result: SlabResult
  readonly excerpt: Slab
}

/** What was learnt of the captures of a slice, in the order of its parts. */
export interface MappedEnd {
  readonly kind: 'end'
  readonly captures: readonly PartFacts[]
}

export interface PartFacts {
  readonly facts: CaptureFacts | null
  readonly error: CaptureProblem | null
  readonly sha256: string | null
}

const PREFIX_BYTES = 4
const HEAD = 'pipelint.map/1'

export function headOf(version: string): Uint8Array {
  return message({ head: HEAD, version })
}

export function slabMessage(slab: Slab, result: SlabResult): Uint8Array {
  const { count, firstFrame, base, keyLogs } = slab
  const { openings, departed } = result.handover
  const trimmed = { ...result, handover: { openings: trim(openings), departed: trim(departed) } }
  const excerpt = excerptOf(slab, result.rest)
  const isKeyed = keyLogs.length > 0
  return message({ kind: 'slab', count, firstFrame, base, isKeyed, result: trimmed, excerpt } satisfies MappedSlab)
}

export function endMessage(captures: readonly PartFacts[]): Uint8Array {
  return message({ kind: 'end', captures } satisfies MappedEnd)
}

/** Reads what was written, message by message. Throws where it is not whole, or of another version. */
export async function* readMapped(
  name: string,
  pieces: AsyncIterable<Uint8Array>,
  version: string,
): AsyncGenerator<MappedSlab | MappedEnd, void, void> {
  let isFirst = true
  for await (const body of messagesIn(pieces)) {
    const read = deserialize(body) as { head?: unknown; version?: unknown } | MappedSlab | MappedEnd
    if ('kind' in read) yield read
    if ('kind' in read && read.kind === 'end') return
    if (isFirst && !('head' in read && read.head === HEAD && read.version === version)) {
      throw new Error(`${name}: written by another version`)
    }
    isFirst = false
  }
  throw new Error(`${name}: not whole`)
}

/** Makes the view that of a packet which is left. */
export function readLeft(
  { result: { rest }, excerpt, firstFrame }: MappedSlab,
  index: number,
  packet: PacketView,
): void {
  let [low, high] = [0, rest.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((rest[middle] as number) < index) low = middle + 1
    else high = middle
  }
  readPacket(excerpt, low, packet)
  packet.frame = firstFrame + index
}

/** The bodies of messages that came as a whole. */
async function* messagesIn(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  let waiting: Uint8Array[] = []
  let held = 0
  let needed = PREFIX_BYTES
  for await (const piece of pieces) {
    waiting.push(piece)
    held += piece.length
    if (held < needed) continue
    const bytes = Buffer.concat(waiting)
    let at = 0
    needed = PREFIX_BYTES
    while (bytes.length - at >= PREFIX_BYTES) {
      needed = PREFIX_BYTES + bytes.readUInt32LE(at)
      if (bytes.length - at < needed) break
      yield bytes.subarray(at + PREFIX_BYTES, at + needed)
      at += needed
      needed = PREFIX_BYTES
    }
    waiting = [bytes.subarray(at)]
    held = bytes.length - at
  }
}

function message(value: object): Uint8Array {
  const body = serialize(value)
  const whole = Buffer.allocUnsafe(PREFIX_BYTES + body.length)
  whole.writeUInt32LE(body.length, 0)
  whole.set(body, PREFIX_BYTES)
  return whole
}

function trim({ count, ends, numbers }: EndPoints): EndPoints {
  const width = numbers.length / (ends.length / ENDS_WIDTH)
  return { count, ends: ends.slice(0, count * ENDS_WIDTH), numbers: numbers.slice(0, count * width) }
}
