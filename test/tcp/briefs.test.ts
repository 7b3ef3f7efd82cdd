// Whether a connection is kept until it closes or processed from the start, the consumer of its chunks sees the same.
import { expect, test } from 'vitest'
import { emptySegment } from '../../src/decode/decode.ts'
import type { SegmentView } from '../../src/decode/segment.ts'
import { BRIEFS_MAX, ORDINARY_GROUP_BYTES_MAX, SILENT_CONNECTIONS_MAX } from '../../src/limits.ts'
import { NO_READER, type SessionReader } from '../../src/tcp/briefs.ts'
import type { ChunkView, Side } from '../../src/tcp/chunk.ts'
import type { ConnectionFacts } from '../../src/tcp/connection.ts'
import { FlowTracker } from '../../src/tcp/flow-tracker.ts'
import { Dice } from '../fuzz/dice.ts'
import { SYN } from '../support/packets.ts'
import { traffic } from './traffic.ts'

function shown(side: Side, { kind, position, length, bytes, offset, frame, timeNs, peerAcked }: ChunkView): string {
  const text = kind === 'bytes' ? Buffer.from(bytes.subarray(offset, offset + length)).toString('latin1') : ''
  return [side, kind, position, length, JSON.stringify(text), frame, timeNs, peerAcked].join(' ')
}

function known(facts: ConnectionFacts): string {
  const { firstFrame, startNs, lastFrame, lastNs, packets, closedFrame, ends } = facts
  return ['over', firstFrame, startNs, lastFrame, lastNs, packets, closedFrame, ends.name(0), ends.name(1)].join(' ')
}

/** The events of every connection, by its first packet, and the state of the streams after every segment. */
interface Told {
  readonly connections: Map<number, string[]>
  readonly states: string[]
}

/** `reader`: made of where it puts what it read of a connection. */
function tellAll(
  segments: readonly SegmentView[],
  reader: (take: (its: string[], of: number) => void) => SessionReader,
) {
  const told: Told = { connections: new Map(), states: [] }
  const streams = new FlowTracker(
    (connection) => {
      const its: string[] = []
      connection.quota.take(ORDINARY_GROUP_BYTES_MAX)
      return {
        chunk: (side, chunk) => its.push(shown(side, chunk)) > 0,
        end: () => {
          its.push(known(connection))
          told.connections.set(connection.firstFrame, its)
          return true
        },
      }
    },
    reader((its, of) => told.connections.set(of, its)),
  )
  for (const segment of segments) {
    const number = streams.segment(segment)
    const { silentCount, silentPeak, settledFrame, sessionPackets, budget, begun } = streams
    const { kept, peak } = budget
    told.states.push([number, silentCount, silentPeak, settledFrame, sessionPackets, kept, peak, begun].join(' '))
  }
  told.states.push([...streams.open()].sort((a, b) => a - b).join(' '))
  streams.finish()
  told.states.push(`${streams.sessionPackets} ${streams.budget.kept}`)
  return told
}

/** Wants all connections to port 25 and, where `takes`, takes what they say. */
function readerOf(takes: boolean, dice: Dice | null, take: (its: string[], of: number) => void): SessionReader {
  let its: string[] = []
  return {
    ...NO_READER,
    charge: ORDINARY_GROUP_BYTES_MAX,
    wants: (port) => port === 25,
    begins: () => dice === null || !dice.once(9),
    goesOn: () => dice === null || !dice.once(90),
    begin: () => {
      its = []
    },
    chunk: (side, chunk) => its.push(shown(side, chunk)) > 0 && (dice === null || !dice.once(60)),
    end: (facts) => {
      its.push(known(facts))
      if (takes) take(its, facts.firstFrame)
      return takes
    },
  }
}

const SEEDS = Array.from({ length: 60 }, (_, seed) => seed)
const isSaid = (line: string) => !/^\d ack /.test(line)

test.each(SEEDS)('kept, and followed after all: seed %i', (seed) => {
  const segments = traffic(new Dice(seed), 40)
  const followed = tellAll(segments, () => NO_READER)
  expect(tellAll(segments, (take) => readerOf(false, null, take))).toEqual(followed)
  expect(tellAll(segments, (take) => readerOf(false, new Dice(seed), take))).toEqual(followed)
})

test.each(SEEDS)('read in one go: seed %i', (seed) => {
  const segments = traffic(new Dice(seed), 40)
  const followed = tellAll(segments, () => NO_READER)
  const read = tellAll(segments, (take) => readerOf(true, null, take))
  expect(read.states).toEqual(followed.states)
  const said = ({ connections }: Told) =>
    [...connections].map(([of, lines]) => [of, lines.filter(isSaid)] as const).sort(([a], [b]) => a - b)
  expect(said(read)).toEqual(said(followed))
})

function opening(n: number, timeNs: number): SegmentView {
  const bytes = Uint8Array.of(10, n >> 16, (n >> 8) & 255, n & 255, 198, 51, 100, 25)
  const ports = { sourcePort: 40_000, targetPort: 25 }
  const view = Object.assign(emptySegment(), {
    bytes,
    targetAt: 4,
    addressLength: 4,
    flags: SYN,
    window: 500,
    ...ports,
  })
  Object.assign(view.packet, { bytes, frame: n + 1, timeNs })
  return view
}

test('more than are kept at once, and than may be silent', () => {
  const count = SILENT_CONNECTIONS_MAX + 2 * BRIEFS_MAX
  const segments = Array.from({ length: count }, (_, n) => opening(n, n * 1000))
  const followed = tellAll(segments, () => NO_READER)
  expect(tellAll(segments, (take) => readerOf(true, null, take))).toEqual(followed)
})
