// Both sides of a proxy that is known to do one thing: what is said of it, and who is named.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FAULTS } from '../support/faults.ts'
import { expectGolden } from '../support/golden.ts'
import { toCapture } from '../support/judge.ts'
import { conversation, segmentsOf, transcriptOf } from '../support/proxy.ts'
import { sampleOf } from '../support/sample.ts'
import { BEFORE, BEHIND, client, compared, compareReports, server, sideOf } from '../support/sides.ts'

test('a proxy that only hands on: the same', async () => {
  const whole = conversation(1, 3)
  const { pairs, summary } = await compared([{ before: whole, behind: whole }])
  expect(pairs.map(({ outcome, differences, reasons }) => [outcome, differences, reasons])).toEqual([['same', [], []]])
  expect(summary).toMatchObject({ pairs: 1, same: 1, different: 0, cannotTell: 0, onlyBefore: 0, onlyBehind: 0 })
})

describe.each(FAULTS)('a proxy that $name', ({ name, place, kinds, does }) => {
  test('the side at fault is named, and no other', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 2, max: 5 }), async (n, recipients) => {
        const { pairs } = await compared([does(conversation(n, recipients))])
        const [pair] = pairs
        expect(pair?.reasons).toEqual([])
        expect(pair?.outcome).toBe('different')
        expect(new Set(pair?.differences.map((difference) => difference.place))).toEqual(new Set([place]))
        const told = pair?.differences.map(({ kind }) => kind) ?? []
        expect(told.filter((kind) => !kinds.includes(kind))).toEqual([])
      }),
      { numRuns: 5 },
    )
  })

  test('if one side has gaps, no side is named', async () => {
    for (const side of ['before', 'behind'] as const) {
      const played = does(conversation(1, 3))
      const segments = [...Array(segmentsOf(played[side])).keys()]
      for (const nth of sampleOf(segments, `${name}, ${side}`)) {
        const { pairs } = await compared([played], { [side]: { nth } })
        for (const { box, outcome, differences, reasons } of pairs) {
          expect([box, outcome, differences]).toEqual(['unknown', 'cannot-tell', []])
          expect(reasons).not.toEqual([])
        }
      }
    }
  })
})

test('the captures of the goldens', () => {
  const lossy = FAULTS[0]?.does(conversation(1, 3))
  if (lossy === undefined) throw new Error('no fault')
  const file = (name: string) => new URL(`../cli/files/${name}`, import.meta.url).pathname
  const side = (initial: readonly [number, number]) => ({ shape: { initial } })
  expectGolden(file('client-side.pcap'), toCapture(transcriptOf(lossy.before, client(1)), side(BEFORE)))
  expectGolden(file('server-side.pcap'), toCapture(transcriptOf(lossy.behind, server(1)), side(BEHIND)))
  expectGolden(file('server-side-gap.pcap'), toCapture(transcriptOf(lossy.behind, server(1), { nth: 2 }), side(BEHIND)))
})

test('many sessions find their partners, whatever the order', async () => {
  const played = Array.from({ length: 30 }, (_, n) => {
    const fault = FAULTS[n % (FAULTS.length + 1)]
    const whole = conversation(n, 1 + (n % 3))
    return fault === undefined ? { before: whole, behind: whole } : fault.does(whole)
  })
  const before = await sideOf(
    played.map((each, n) => transcriptOf(each.before, client(n))),
    BEFORE,
  )
  const behind = await sideOf(
    [...played.entries()].reverse().map(([n, each]) => transcriptOf(each.behind, server(n))),
    BEHIND,
  )
  const { pairs, summary } = compareReports(before, behind)
  expect(summary).toMatchObject({ pairs: 30, onlyBefore: 0, onlyBehind: 0, ambiguous: 0 })
  const minute = (iso: string) => iso.slice(0, 16)
  for (const pair of pairs) expect(minute(pair.behind[0]?.startedAt ?? '')).toBe(minute(pair.before.startedAt))
})

test('sessions that say the same are told apart by time', async () => {
  const same = conversation(1, 2)
  const { pairs, summary } = await compared(Array.from({ length: 8 }, () => ({ before: same, behind: same })))
  expect(summary).toMatchObject({ pairs: 8, same: 8, ambiguous: 0 })
  for (const { before, behind } of pairs) expect(behind[0]?.startedAt.slice(0, 16)).toBe(before.startedAt.slice(0, 16))
})

test('if the end of one side was not captured, lines missing there are no fault', async () => {
  const whole = conversation(1, 3)
  for (const turns of [2, 3, 4, 5]) {
    const cut = { ...whole, turns: whole.turns.slice(0, turns) }
    const open = transcriptOf(cut, [...server(1), 'no-close'])
    const sides = [await sideOf([transcriptOf(whole, client(1))], BEFORE), await sideOf([open], BEHIND)] as const
    for (const [before, behind] of [sides, [sides[1], sides[0]] as const]) {
      const [pair] = compareReports(before, behind).pairs
      expect([pair?.outcome, pair?.differences]).toEqual(['cannot-tell', []])
    }
  }
})

test('two sessions that have nothing to do with each other are no pair', async () => {
  const [before, behind] = [conversation(1, 3), conversation(2, 1)]
  const strange = { ...behind, greeting: '220 other', turns: behind.turns.filter((_, i) => i !== 1 && i !== 5) }
  const { pairs, onlyBefore, onlyBehind } = await compared([{ before, behind: strange }])
  expect([pairs.length, onlyBefore.length, onlyBehind.length]).toEqual([0, 1, 1])
})

test('a session on one side only is no fault', async () => {
  const [one, two, three] = [conversation(1, 2), conversation(2, 2), conversation(3, 2)]
  const before = await sideOf([transcriptOf(one, client(1)), transcriptOf(two, client(2))], BEFORE)
  const behind = await sideOf([transcriptOf(one, server(1)), transcriptOf(three, server(3))], BEHIND)
  const { pairs, onlyBefore, onlyBehind } = compareReports(before, behind)
  expect([pairs.length, onlyBefore.length, onlyBehind.length]).toEqual([1, 1, 1])
  expect(compareReports(before, behind, true).onlyBehind).toEqual([])
})
