// The texts if nothing could be paired, and the reasons of `cannot-tell`.
import { describe, expect, test } from 'vitest'
import { nothingPaired, reasonWords } from '../../../src/report/compare/comparison-words.ts'
import type { CaptureRecord } from '../../../src/rules/analysis.ts'

const capture = (firstPacketAt: string | null, lastPacketAt: string | null): CaptureRecord => ({
  ...{ path: 'a.pcap', sha256: null, format: 'pcap', compression: 'none', linkTypes: [], bytes: 1, packets: 1 },
  ...{ firstPacketAt, lastPacketAt, droppedByCapture: null, complete: true, error: null, problems: [] },
})
const MORNING = [capture('2010-11-28T07:00:00Z', '2010-11-28T07:10:00Z')]
const EVENING = [capture('2010-11-28T19:00:00Z', '2010-11-28T19:10:00Z')]

describe('nothing was paired', () => {
  test('a side without sessions is named', () => {
    const words = nothingPaired({ sessions: { before: 3, behind: 0 } }, { before: MORNING, behind: MORNING })
    expect(words).toMatch(/^nothing was compared: the server side has no SMTP session; .*right files.*filter.*--port/)
  })

  test('for captures that do not overlap in time, their times are given', () => {
    const words = nothingPaired({ sessions: { before: 3, behind: 2 } }, { before: MORNING, behind: EVENING })
    expect(words).toContain('client side 2010-11-28T07:00:00Z to 2010-11-28T07:10:00Z')
    expect(words).toContain('server side 2010-11-28T19:00:00Z to 2010-11-28T19:10:00Z')
  })

  test('else what to check: clocks, files, address translation', () => {
    const words = nothingPaired({ sessions: { before: 3, behind: 2 } }, { before: MORNING, behind: MORNING })
    expect(words).toMatch(/clocks.*same box.*address translation/)
  })
})

test('a reason for both sides is given once', () => {
  const ends = (['before', 'behind'] as const).map((side) => ({ side, code: 'capture-end' }) as const)
  expect(reasonWords(ends)).toEqual(['on both sides, the end of the connection was not captured (capture-end)'])
  expect(reasonWords(ends.slice(0, 1))).toEqual([
    'on the client side, the end of the connection was not captured (capture-end)',
  ])
})
