import { expect, test } from 'vitest'
import { emptyPacket } from '../../src/capture/packet.ts'
import type { SegmentView } from '../../src/decode/segment.ts'
import { ACK, RST, SYN } from '../../src/decode/tcp-header.ts'
import { RoundTrip } from '../../src/tcp/round-trip.ts'

type Step = readonly [side: 0 | 1, atMs: number, flags: number, seq: number, ack: number, length?: number]

function measured(...steps: readonly Step[]): readonly number[] {
  const roundTrip = new RoundTrip()
  for (const [side, atMs, flags, seq, ack, length = 0] of steps) {
    const packet = { ...emptyPacket(), timeNs: atMs * 1e6 }
    roundTrip.take({ packet, flags, seq, ack, length, wireLength: length } as SegmentView, side)
  }
  return [roundTrip.to(0) / 1e6, roundTrip.to(1) / 1e6, roundTrip.wholeNs / 1e6]
}

test('both parts of the path, from the handshake', () => {
  expect(measured([0, 0, SYN, 9, 0], [1, 80, SYN | ACK, 99, 10], [0, 100, ACK, 10, 100])).toEqual([20, 80, 100])
})

test('a retransmitted SYN counts from its last copy, a SYN-ACK from its first', () => {
  const syns: Step[] = [
    [0, 0, SYN, 9, 0],
    [0, 1000, SYN, 9, 0],
    [1, 1080, SYN | ACK, 99, 10],
    [1, 1600, SYN | ACK, 99, 10],
  ]
  expect(measured(...syns, [0, 1620, ACK, 10, 100])).toEqual([20, 80, 100])
})

test('an acknowledgement of more than the SYN-ACK measures nothing, nor do later packets', () => {
  const syns: Step[] = [
    [0, 0, SYN, 9, 0],
    [1, 80, SYN | ACK, 99, 10],
  ]
  expect(measured(...syns, [0, 5100, ACK, 10, 128], [0, 5200, ACK, 10, 100])).toEqual([0, 80, 80])
})

test('resets and packets before the SYN are ignored', () => {
  const old: Step[] = [
    [0, 0, ACK, 5, 7, 12],
    [1, 1, RST, 7, 0],
  ]
  const steps: Step[] = [
    [0, 10, SYN, 9, 0],
    [1, 90, SYN | ACK, 0xffffffff, 10],
    [0, 110, ACK, 10, 0],
  ]
  expect(measured(...old, ...steps)).toEqual([20, 80, 100])
})

test('without the SYN nothing is known', () => {
  expect(measured([1, 80, SYN | ACK, 99, 10], [0, 100, ACK, 10, 100])).toEqual([0, 0, 0])
})
