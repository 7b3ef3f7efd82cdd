// Addresses in text: recognition, and linear time on any text.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addressIn, namesAddress } from '../../src/smtp/pairing/reply-evidence.ts'

describe('addresses', () => {
  test('are found as a regular expression would find them', () => {
    const words = fc.array(fc.constantFrom('a', '@', '<', '>', ' ', '.', '...', '... '), { maxLength: 14 })
    fc.assert(
      fc.property(words, (parts) => {
        const text = parts.join('')
        expect(addressIn(text)).toBe(/<([^<>\s]+@[^<>\s]+)>/.exec(text)?.[1] ?? null)
        expect(namesAddress(text)).toBe(/<[^<>\s]+@[^<>\s]+>|[^\s<]+@\S+\.\.\. /.test(text))
      }),
      { numRuns: 5000 },
    )
  })

  test('a text of separators only takes no time', () => {
    const start = performance.now()
    for (const sign of ['@', '<', '<@', 'a@', '@... ']) {
      namesAddress(sign.repeat(100_000))
      addressIn(sign.repeat(100_000))
    }
    expect(performance.now() - start).toBeLessThan(2000)
  })
})
