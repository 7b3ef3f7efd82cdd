// Session reports are emitted in the order of the packets that closed the sessions, not of judging.
import { expect, test } from 'vitest'
import { analyze } from '../../src/analyze.ts'
import { CloseOrderQueue } from '../../src/rules/close-order-queue.ts'
import type { SessionReport } from '../../src/rules/session-report.ts'
import { linkTypeOf, toFrames } from '../support/envelopes.ts'
import { toFile } from '../support/files.ts'
import { toSegments } from '../support/packets.ts'
import { parseTranscript } from '../support/transcript.ts'

const report = (firstFrame: number, closedFrame: number | null) => ({ firstFrame, closedFrame }) as SessionReport

test('settle(frame) passes on sessions closed before frame, in closing order; never closed sessions come last', () => {
  const told: number[] = []
  const closeOrder = new CloseOrderQueue(({ firstFrame }) => told.push(firstFrame))
  for (const [first, closed] of [
    [1, null],
    [4, 30],
    [3, 20],
    [2, null],
    [5, 40],
  ] as const)
    closeOrder.add(report(first, closed))
  closeOrder.settle(40)
  expect(told).toEqual([3, 4])
  closeOrder.settle(40)
  closeOrder.finish()
  expect(told).toEqual([3, 4, 5, 1, 2])
})

test('a connection that was reset first is reported first, although it is judged later', async () => {
  const frames = (client: string, end: string) => {
    const transcript = parseTranscript(`C> QUIT\nS> 221 bye\n${end}`, [`client ${client}`, 'no-close'])
    return toFrames(toSegments(transcript), transcript, 'ethernet')
  }
  const reset = frames('192.0.2.1:1000', 'S> [rst]')
  const closed = frames('192.0.2.2:2000', 'S> [fin]\nC> [fin]\nS> ack')
  const bytes = toFile([...reset, ...closed], linkTypeOf('ethernet'), 0, 'pcap-le-us')
  const told: string[] = []
  async function* whole(): AsyncIterable<Uint8Array> {
    yield bytes
  }
  await analyze([{ name: 'two.pcap', bytes: whole() }], { onSession: ({ record }) => void told.push(record.client) })
  expect(told).toEqual(['192.0.2.1:1000', '192.0.2.2:2000'])
})
