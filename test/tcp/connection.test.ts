// A connection object without payload is reused for another connection: no state may remain.
import { expect, test } from 'vitest'
import { emptyPacket } from '../../src/capture/packet.ts'
import { SegmentDecoder } from '../../src/decode/decode.ts'
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
