// The file format for the result of a slice, written by the worker that read the slice and read by the one that merges.
// It has a message for each batch: its result, and the packets that must be read again when merging.
//
//   file     message ... message
//   message  bytes after these four 4 | bytes of the head 4 | head, in V8's serialisation | array ... array
//
// Lengths are little-endian. Arrays start at multiples of eight bytes after the first length, so that they are read
// without a copy. The first message has the version of the program, the last one the facts about the captures.
import { deserialize, serialize } from 'node:v8'
import type { CaptureFacts } from '../capture/reader.ts'
import { u32le } from '../decode/bytes.ts'
import type { CaptureProblem } from '../errors.ts'
import type { EndPoints } from '../tcp/opened-flows.ts'
import { ENDS_WIDTH } from '../tcp/opened-flows.ts'
import type { AnalyzedBatch, BatchResult } from './analyze-batches.ts'

/** Key logs themselves are not stored. */
export interface StoredBatch extends AnalyzedBatch {
  readonly kind: 'batch'
}

/** The facts about the captures of a slice, in the order of its parts. */
interface SliceEnd {
  readonly kind: 'end'
  readonly captures: readonly PartFacts[]
}

export interface PartFacts {
  readonly facts: CaptureFacts | null
  readonly error: CaptureProblem | null
  readonly sha256: string | null
}

const LENGTH_BYTES = 4
const HEAD = 'pipelint.map/4'

type Numbers = Uint8Array | Int32Array | Float64Array

/** The description of the arrays that follow a head. */
interface Behind {
  readonly kind: 'Uint8Array' | 'Int32Array' | 'Float64Array'
  readonly length: number
}

/** The head of a batch message. Its arrays follow it. */
interface PackedBatch extends Omit<StoredBatch, 'result' | 'excerpt'> {
  readonly told: Omit<BatchResult, 'rest' | 'sliceState'>
}

export function headOf(version: string): Uint8Array {
  return message({ head: HEAD, version }, [])
}

export function batchMessage({ result, excerpt, ...batch }: AnalyzedBatch): Uint8Array {
  const { rest, sliceState, ...told } = result
  const { bytes, numbers, times } = excerpt
  const [openedFlows, closedFlows] = [trim(sliceState.openedFlows), trim(sliceState.closedFlows)]
  return message({ kind: 'batch', ...batch, told } satisfies PackedBatch, [
    rest,
    openedFlows.ends,
    openedFlows.numbers,
    closedFlows.ends,
    closedFlows.numbers,
    bytes,
    numbers,
    times,
  ])
}

export function endMessage(captures: readonly PartFacts[]): Uint8Array {
  return message({ kind: 'end', captures } satisfies SliceEnd, [])
}

/** Reads the messages of a file. Throws when it is incomplete or of another version. */
export async function* readSlice(
  name: string,
  pieces: AsyncIterable<Uint8Array>,
  version: string,
): AsyncGenerator<StoredBatch | SliceEnd, void, void> {
  let isFirst = true
  for await (const body of messagesIn(pieces)) {
    const { value, arrays } = unpacked(body)
    const read = value as { head?: unknown; version?: unknown } | PackedBatch | SliceEnd
    if ('kind' in read) yield read.kind === 'end' ? read : batchOf(read, arrays)
    if ('kind' in read && read.kind === 'end') return
    if (isFirst && !('head' in read && read.head === HEAD && read.version === version)) {
      throw new Error(`${name}: written by another version of pipelint`)
    }
    isFirst = false
  }
  throw new Error(`${name}: not complete`)
}

/** The bodies of complete messages, each in memory of its own. */
async function* messagesIn(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const length = new Uint8Array(LENGTH_BYTES)
  let body: Uint8Array | null = null
  let filled = 0
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const into: Uint8Array = body ?? length
      const part = piece.subarray(at, at + into.length - filled)
      into.set(part, filled)
      filled += part.length
      at += part.length
      if (filled < into.length) break
      filled = 0
      if (body !== null) yield body
      body = body === null ? new Uint8Array(u32le(length, 0)) : null
    }
  }
}

function message(value: object, arrays: readonly Numbers[]): Uint8Array {
  const behind = arrays.map((array): Behind => ({ kind: kindOf(array), length: array.length }))
  const head = serialize({ value, behind })
  const sizes = [LENGTH_BYTES + head.length, ...arrays.map(({ byteLength }) => byteLength)].map(inEights)
  const whole = Buffer.alloc(LENGTH_BYTES + sizes.reduce((sum, size) => sum + size))
  const body = whole.subarray(LENGTH_BYTES)
  whole.writeUInt32LE(body.length)
  body.writeUInt32LE(head.length)
  body.set(head, LENGTH_BYTES)
  let at = sizes[0] as number
  for (const array of arrays) {
    body.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at)
    at += inEights(array.byteLength)
  }
  return whole
}

function unpacked(body: Uint8Array): { readonly value: unknown; readonly arrays: readonly Numbers[] } {
  const end = LENGTH_BYTES + u32le(body, 0)
  const { value, behind } = deserialize(body.subarray(LENGTH_BYTES, end)) as { value: unknown; behind: Behind[] }
  let at = inEights(end)
  const arrays = behind.map(({ kind, length }) => {
    const array = arrayOf(kind, body, at, length)
    at += inEights(array.byteLength)
    return array
  })
  return { value, arrays }
}

function kindOf(array: Numbers): Behind['kind'] {
  if (array instanceof Int32Array) return 'Int32Array'
  return array instanceof Float64Array ? 'Float64Array' : 'Uint8Array'
}

function arrayOf(kind: Behind['kind'], { buffer }: Uint8Array, at: number, length: number): Numbers {
  if (kind === 'Int32Array') return new Int32Array(buffer, at, length)
  return kind === 'Float64Array' ? new Float64Array(buffer, at, length) : new Uint8Array(buffer, at, length)
}

function inEights(size: number): number {
  return Math.ceil(size / 8) * 8
}

/** In the order of `batchMessage`. */
function batchOf({ told, ...packed }: PackedBatch, arrays: readonly Numbers[]): StoredBatch {
  const [rest, openEnds, openNumbers, closedFlowEndpoints, closedFlowNumbers, bytes, numbers, times] =
    arrays as readonly [
      Int32Array,
      ...[Int32Array, Float64Array, Int32Array, Float64Array],
      ...[Uint8Array, Int32Array, Float64Array],
    ]
  const openedFlows = { count: openEnds.length / ENDS_WIDTH, ends: openEnds, numbers: openNumbers }
  const closedFlows = {
    count: closedFlowEndpoints.length / ENDS_WIDTH,
    ends: closedFlowEndpoints,
    numbers: closedFlowNumbers,
  }
  return {
    ...packed,
    result: { ...told, rest, sliceState: { openedFlows, closedFlows } },
    excerpt: { bytes, numbers, times },
  }
}

function trim({ count, ends, numbers }: EndPoints): EndPoints {
  const width = numbers.length / (ends.length / ENDS_WIDTH)
  return { count, ends: ends.subarray(0, count * ENDS_WIDTH), numbers: numbers.subarray(0, count * width) }
}
