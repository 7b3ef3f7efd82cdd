// A connection with a missing packet ends in time although it has no further packets: by the clocks of other
// connections.
import { expect, test } from 'vitest'
import { emptyPacket } from '../../src/capture/packet.ts'
import { SegmentDecoder } from '../../src/decode/decode.ts'
import { CLOCK_SLACK_NS, HOLD_FRAMES, HOLD_NS } from '../../src/limits.ts'
import { FlowTracker } from '../../src/tcp/flow-tracker.ts'
import { toFrames } from '../support/envelopes.ts'
import { ACK, FIN, PSH, type Segment, SYN } from '../support/packets.ts'
import { parseTranscript } from '../support/transcript.ts'

const SECOND = 1e9

interface Fields {
  readonly port: number
  readonly from?: 'C' | 'S'
  readonly seq: number
  readonly ack?: number
  readonly flags?: number
  readonly text?: string
  readonly at: number
}

/** Side, kind and text of each connection's chunks, and `over` when it ends. */
class ConnectionDriver {
  readonly told: string[] = []
  readonly streams: FlowTracker
  private readonly decoder = new SegmentDecoder()
  private frame = 0

  constructor() {
    this.streams = new FlowTracker(({ ends }) => {
      const port = Math.max(ends.port(0), ends.port(1))
      return {
        chunk: (side, { kind, length, timeNs }) => {
          this.told.push(`${port} ${side} ${kind} ${length} ${timeNs / SECOND}`)
          return true
        },
        end: () => this.told.push(`${port} over`) > 0,
      }
    })
  }

  take({ port, from = 'C', seq, ack = 0, flags = ACK, text = '', at }: Fields): void {
    const payload = Buffer.from(text)
    const common = { window: 65_000, captured: true, late: false, far: false }
    const segment: Segment = { from, seq, ack, flags, payload, timeNs: at * SECOND, ...common }
    const ends = { ...parseTranscript('C> QUIT'), client: `192.0.2.1:${port}` }
    const [{ bytes } = { bytes: new Uint8Array(0) }] = toFrames([segment], ends)
    this.frame += 64
    const { length } = bytes
    const packet = { ...emptyPacket(), bytes, length, wireLength: length, linkType: 1 }
    this.decoder.decode({ ...packet, frame: this.frame, timeNs: at * SECOND })
    this.streams.segment(this.decoder.segment)
  }
}

/** The server's five octets from 501 on are missing; everything after them is held. */
function lossy(observer: ConnectionDriver): void {
  const port = 50_001
  observer.take({ port, seq: 100, flags: SYN, at: 1 })
  observer.take({ port, from: 'S', seq: 500, ack: 101, flags: SYN | ACK, at: 1 })
  observer.take({ port, seq: 101, ack: 501, text: 'abc', flags: PSH | ACK, at: 1 })
  observer.take({ port, seq: 104, ack: 506, flags: FIN | ACK, at: 1 })
  observer.take({ port, from: 'S', seq: 506, ack: 105, flags: FIN | ACK, at: 1 })
  observer.take({ port, seq: 105, ack: 507, at: 1 })
}

const SEEN = ['50001 0 bytes 3 1', '50001 1 gap 5 1', '50001 0 ack 0 1', '50001 0 fin 0 1', '50001 1 ack 0 1']

test('when other connections have gone on for long enough', () => {
  const observer = new ConnectionDriver()
  lossy(observer)
  const enough = 1 + (HOLD_NS + CLOCK_SLACK_NS) / SECOND
  observer.take({ port: 50_002, seq: 100, flags: SYN, at: enough })
  expect(observer.told).toEqual(SEEN.slice(0, 1))
  expect(observer.streams.settledFrame).toBe(4 * 64)
  observer.take({ port: 50_002, seq: 100, flags: SYN, at: enough + 0.001 })
  expect(observer.told).toEqual([...SEEN, '50001 1 fin 0 1', '50001 0 ack 0 1', '50001 over'])
  expect(observer.streams.settledFrame).toBe(Number.POSITIVE_INFINITY)
})

test('also behind another connection, whose beginning is waited for longer', () => {
  const observer = new ConnectionDriver()
  observer.take({ port: 50_002, from: 'S', seq: 900, ack: 300, text: 'abc', at: 0.999 })
  lossy(observer)
  observer.take({ port: 50_003, seq: 100, flags: SYN, at: 1 + (HOLD_NS + CLOCK_SLACK_NS) / SECOND + 0.001 })
  expect(observer.told.at(-1)).toBe('50001 over')
  expect(observer.streams.settledFrame).toBe(64)
})

test('when very many packets of other connections have come', () => {
  const observer = new ConnectionDriver()
  lossy(observer)
  for (let n = 0; n < HOLD_FRAMES / 64 - 2; n++) observer.take({ port: 50_002, seq: 100, flags: SYN, at: 1 })
  expect(observer.told).toEqual(SEEN.slice(0, 1))
  observer.take({ port: 50_002, seq: 100, flags: SYN, at: 1 })
  expect(observer.told.at(-1)).toBe('50001 over')
})

test('by its own clock, when another packet comes: it is over, and that packet is late', () => {
  const observer = new ConnectionDriver()
  lossy(observer)
  observer.take({ port: 50_001, seq: 105, ack: 507, at: 1 + HOLD_NS / SECOND + 0.001 })
  expect(observer.told.at(-1)).toBe('50001 over')
  expect(observer.streams.sessionPackets).toBe(7)
})
