// Unreliable packet times: what is known about intervals, and which findings they prevent.
import { describe, expect, test } from 'vitest'
import { emptySegment } from '../../src/decode/decode.ts'
import { Clock } from '../../src/tcp/clock-errors.ts'
import { toFrames } from '../support/envelopes.ts'
import { toFile } from '../support/files.ts'
import { findingLines, judgeBytes } from '../support/judge.ts'
import { ACK, toSegments } from '../support/packets.ts'
import { parseTranscript } from '../support/transcript.ts'

const MS = 1e6
const S = 1e9

/** Both sides take turns, each reacting to the other, at these times. Frames count from 1. */
function clockOf(times: readonly number[], isAnswer = true): Clock {
  const clock = new Clock()
  const next = [100, 500]
  for (const [i, timeNs] of times.entries()) {
    const side = (i % 2) as 0 | 1
    const segment = emptySegment()
    const ack = (next[1 - side] as number) - (isAnswer ? 0 : 5)
    Object.assign(segment, { flags: ACK, seq: next[side], ack, length: 10, wireLength: 10 })
    Object.assign(segment.packet, { frame: i + 1, timeNs })
    next[side] = (next[side] as number) + 10
    clock.take(segment, side, i === 0 ? 1 : i, times[Math.max(0, i - 1)] as number)
  }
  return clock
}

const between = (clock: Clock, times: readonly number[], from: number, to: number) => {
  const [a, b] = [from, to].map((frame) => ({ frame, timeNs: times[frame - 1] as number })) as [never, never]
  return [clock.shortest(a, b), clock.longest(a, b)]
}

describe('what is known about an interval', () => {
  test('a steady clock is reliable', () => {
    const times = [0, 10, 20, 3 * S]
    const clock = clockOf(times)
    expect([clock.isNoted, clock.frame]).toEqual([false, 0])
    expect(between(clock, times, 1, 4)).toEqual([3 * S, 3 * S])
  })

  test('set back: intervals across that place are unknown, all others are known', () => {
    const times = [10 * S, 11 * S, 2 * S, 4 * S]
    const clock = clockOf(times)
    expect(clock.frame).toBe(3)
    expect(between(clock, times, 2, 3)).toEqual([0, Number.POSITIVE_INFINITY])
    expect(between(clock, times, 1, 2)).toEqual([S, S])
    expect(between(clock, times, 3, 4)).toEqual([2 * S, 2 * S])
  })

  test('set back repeatedly: several clocks with unknown differences', () => {
    const times = [10 * S, 0, 11 * S, S, 30 * S]
    expect(between(clockOf(times), times, 4, 5)).toEqual([0, Number.POSITIVE_INFINITY])
  })

  test('packets of the same millisecond in another order: the clock was not set', () => {
    expect(clockOf([0, 5 * MS, 4.1 * MS, 6 * MS]).frame).toBe(0)
  })

  test('a clock that never advances: no interval is known', () => {
    const times = [7, 7, 7, 7, 7]
    const clock = clockOf(times)
    expect(clock.frame).toBe(3)
    expect(between(clock, times, 4, 5)).toEqual([0, Number.POSITIVE_INFINITY])
  })

  test('segments of the same time that do not answer each other were received together', () => {
    expect(clockOf([7, 7, 7, 7, 7], false).isNoted).toBe(false)
  })

  test('a coarse clock is right to within a tick', () => {
    const times = [0, 0, 0, 0, S, S, 3 * S]
    expect(between(clockOf(times), times, 4, 7)).toEqual([2 * S, 4 * S])
  })

  test('a clock that ticks in milliseconds is accurate enough', () => {
    const times = [0, 0, 0, 0, MS, MS, 9 * S]
    const clock = clockOf(times)
    expect(clock.frame).toBe(0)
    expect(between(clock, times, 4, 7)).toEqual([9 * S, 9 * S])
  })

  test('a fine-grained clock that stood still for a while: intervals within that while are unknown', () => {
    const times = [0, 10, 20, 20, 20, 20, 40, 50]
    const clock = clockOf(times)
    expect(between(clock, times, 4, 5)).toEqual([0, Number.POSITIVE_INFINITY])
    expect(between(clock, times, 7, 8)).toEqual([10, 10])
  })
})

describe('a client that leaves before the reply', () => {
  const leaves = parseTranscript('C> NOOP\nC> [blind] QUIT\nS> 250 ok\nS| 221 bye')

  async function judged(move: (timeNs: number, frame: number) => number) {
    const frames = toFrames(toSegments(leaves), leaves).map((frame, i) => ({
      ...frame,
      timeNs: move(frame.timeNs, i + 1),
    }))
    const analysis = await judgeBytes(toFile(frames, 1, leaves.startUs, 'pcap-le-us'))
    const [session] = analysis.sessions
    const limit = session?.limits.find(({ code }) => code === 'clock')
    return { errors: findingLines(analysis).length, verdict: session?.verdict, limit }
  }

  test('did not wait, according to a reliable clock', async () => {
    expect(await judged((ns) => ns)).toEqual({ errors: 1, verdict: 'violation', limit: undefined })
  })

  test('may have given up when the clock never advances or was set back', async () => {
    for (const move of [() => 0, (ns: number, frame: number) => (frame < 8 ? ns + 60 * S : ns)]) {
      const { errors, limit, verdict } = await judged(move)
      expect(errors).toBe(0)
      expect(limit?.rules).toContain('replies-withheld')
      expect(verdict).toBe('inconclusive')
    }
  })

  test('a clock that was set while no reply was outstanding changes nothing', async () => {
    const { limit, verdict } = await judged((ns, frame) => (frame < 3 ? ns + 60 * S : ns))
    expect(limit?.rules).toEqual([])
    expect(verdict).toBe('violation')
  })
})
