// Connections without payload: so many are kept, and the object of one is used again for another, without a trace.
import { expect, test } from 'vitest'
import { emptyPacket } from '../../src/capture/packet.ts'
import { SegmentDecoder } from '../../src/decode/decode.ts'
import { SILENT_CONNECTIONS_MAX } from '../../src/limits.ts'
import { Connection } from '../../src/tcp/connection.ts'
import { FlowTracker } from '../../src/tcp/flow-tracker.ts'
import type { HalfStream } from '../../src/tcp/half-stream.ts'
import { toFrames } from '../support/envelopes.ts'
import { ACK, FIN, RST, SYN } from '../support/packets.ts'
import { parseTranscript } from '../support/transcript.ts'

const silent = (flags: number, seq: number, ack: number, from: 'C' | 'S', window = 0) => {
  const common = { payload: Buffer.alloc(0), timeNs: seq, captured: true, late: false, far: false }
  return { from, seq, ack, flags, window, ...common }
}

test('a cleared connection equals a new one', () => {
  const streams = new FlowTracker(() => null)
  const decoder = new SegmentDecoder()
  const segments = [
    silent(SYN, 100, 0, 'C'),
    silent(SYN | ACK, 500, 101, 'S'),
    silent(ACK, 101, 501, 'C'),
    silent(FIN | ACK, 101, 501, 'C'),
    silent(RST | ACK, 501, 102, 'S'),
  ]
  for (const [i, { bytes, timeNs }] of toFrames(segments, parseTranscript('C> QUIT')).entries()) {
    const { length } = bytes
    decoder.decode({ ...emptyPacket(), bytes, length, wireLength: length, frame: i + 1, timeNs, linkType: 1 })
    streams.segment(decoder.segment)
  }
  const used = streams.connections[0] as Connection
  expect(used).toMatchObject({ packets: 5, closedFrame: 5, state: 'ending' })
  expect(used.halves.map(({ segments }: HalfStream) => segments)).toEqual([3, 2])
  used.list?.remove(used)
  used.clear()
  used.begin(decoder.segment, 3, 4)
  const fresh = new Connection(streams.budget)
  fresh.begin(decoder.segment, 3, 4)
  expect(used).toEqual(fresh)
})

test('those that have closed count as well', () => {
  const streams = new FlowTracker(() => null)
  const decoder = new SegmentDecoder()
  const closed = [
    silent(SYN, 100, 0, 'C'),
    silent(SYN | ACK, 500, 101, 'S', 100),
    silent(FIN | ACK, 101, 501, 'C', 100),
    silent(FIN | ACK, 501, 102, 'S', 100),
  ]
  const frames = toFrames(closed, parseTranscript('C> QUIT')).map(({ bytes }) => bytes)
  let frame = 0
  for (let client = 0; client < SILENT_CONNECTIONS_MAX + 100; client++) {
    for (const [i, bytes] of frames.entries()) {
      // The client's address.
      new DataView(bytes.buffer, bytes.byteOffset).setUint16(14 + (i % 2 === 0 ? 14 : 18), client)
      const { length } = bytes
      frame++
      decoder.decode({ ...emptyPacket(), bytes, length, wireLength: length, frame, timeNs: frame, linkType: 1 })
      streams.segment(decoder.segment)
    }
  }
  expect(streams.connections.filter((one) => one !== undefined)).toHaveLength(SILENT_CONNECTIONS_MAX)
  expect(streams.connections.find((one) => one !== undefined)?.state).toBe('ending')
})
