// The alignment: the cheapest pairing in order, and the cost of the alternatives.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { align } from '../../src/smtp/pairing/pairing-alignment.ts'

const never = () => false

describe('align', () => {
  test('pairs one to one when everything fits', () => {
    const alignment = align(3, 3, () => 0, never, 3)
    expect([...(alignment?.replyOf ?? [])]).toEqual([0, 1, 2])
  })

  test('leaves out the unit that the replies contradict', () => {
    const cost = (u: number, r: number) => ((u === 0 && r === 0) || (u === 2 && r === 1) ? -4 : 4)
    const alignment = align(3, 2, cost, never, 3)
    expect([...(alignment?.replyOf ?? [])]).toEqual([0, -1, 1])
    expect((alignment?.ifAnswered[1] ?? 0) - (alignment?.best ?? 0)).toBeGreaterThan(3)
  })

  test('identical replies leave the pairing uncertain', () => {
    const alignment = align(2, 1, () => 0, never, 3)
    expect((alignment?.ifAnswered[1] ?? 0) - (alignment?.best ?? 0)).toBe(0)
  })

  test('keeps the order, assigns no reply twice, and reports the least cost', () => {
    const costs = fc.array(fc.array(fc.integer({ min: -8, max: 8 }), { minLength: 5, maxLength: 5 }), {
      minLength: 5,
      maxLength: 5,
    })
    fc.assert(
      fc.property(costs, fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 }), (table, units, replies) => {
        const cost = (u: number, r: number) => table[u]?.[r] ?? 0
        const alignment = align(units, replies, cost, never, 3)
        if (alignment === null) throw new Error('too large')
        const given = [...alignment.replyOf].filter((r) => r >= 0)
        expect(given).toEqual([...new Set(given)].sort((a, b) => a - b))
        expect(alignment.best).toBe(cheapest(units, replies, cost))
      }),
    )
  })
})

/** The same by exhaustive search. */
function cheapest(units: number, replies: number, cost: (u: number, r: number) => number, u = 0, r = 0): number {
  if (u === units) return (replies - r) * 8
  if (r === replies) return (units - u) * 6
  return Math.min(
    cost(u, r) + cheapest(units, replies, cost, u + 1, r + 1),
    6 + cheapest(units, replies, cost, u + 1, r),
    8 + cheapest(units, replies, cost, u, r + 1),
  )
}
