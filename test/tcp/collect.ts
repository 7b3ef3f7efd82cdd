// Converts segments into the chunks that a consumer sees, as plain values.
import { SegmentDecoder } from '../../src/decode/decode.ts'
import type { ChunkKind, Side } from '../../src/tcp/chunk.ts'
import { FlowTracker } from '../../src/tcp/flow-tracker.ts'
import { toFrames } from '../support/envelopes.ts'
import type { Segment } from '../support/packets.ts'
import { parseTranscript } from '../support/transcript.ts'

export interface Seen {
  readonly side: Side
  readonly kind: ChunkKind
  readonly position: number
  readonly length: number
  readonly text: string
  readonly frame: number
  readonly peerAcked: number
  readonly acknowledged: boolean
  readonly trailing: boolean
  readonly implied: boolean
  readonly active: boolean
}

const addresses = parseTranscript('C> QUIT')

/** The chunks of each connection, in order of ending. */
export function collect(segments: readonly Segment[]): Seen[][] {
  const connections: Seen[][] = []
  const streams = new FlowTracker(() => {
    const seen: Seen[] = []
    return {
      chunk(side, chunk) {
        const { kind, position, length, bytes, offset, frame, peerAcked, acknowledged, trailing, implied, active } =
          chunk
        const text = kind === 'bytes' ? String.fromCharCode(...bytes.subarray(offset, offset + length)) : ''
        seen.push({ side, kind, position, length, text, frame, peerAcked, acknowledged, trailing, implied, active })
        return true
      },
      end() {
        connections.push(seen)
        return true
      },
    }
  })
  const decoder = new SegmentDecoder()
  for (const [i, { bytes, timeNs }] of toFrames(segments, addresses).entries()) {
    const { length } = bytes
    decoder.decode({
      bytes,
      offset: 0,
      length,
      wireLength: length,
      frame: i + 1,
      timeNs,
      fileOffset: 0,
      linkType: 1,
      tap: 0,
    })
    streams.segment(decoder.segment)
  }
  streams.finish()
  return connections
}

/** The bytes of one side, gaps as `<n>`. */
export function said(seen: readonly Seen[], side: Side): string {
  return seen
    .filter((chunk) => chunk.side === side && (chunk.kind === 'bytes' || chunk.kind === 'gap'))
    .map((chunk) => (chunk.kind === 'bytes' ? chunk.text : `<${chunk.length}>`))
    .join('')
}
