// The end of message content, in pieces of any size.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ContentScanner } from '../../src/smtp/content.ts'
import { type ChunkView, emptyChunk } from '../../src/stream/chunk.ts'

function chunkOf(bytes: Uint8Array, offset: number, length: number): ChunkView {
  return { ...emptyChunk(), bytes, offset, length }
}

/** Octets up to and with the final dot, read in pieces; -1 when it does not come. */
function endOf(text: string, cuts: readonly number[]): number {
  const bytes = Buffer.from(text, 'latin1')
  const scanner = new ContentScanner()
  scanner.begin()
  const borders = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b)
  for (let i = 0; i + 1 < borders.length; i++) {
    const from = borders[i] as number
    const end = scanner.scan(chunkOf(bytes, from, (borders[i + 1] as number) - from), from)
    if (end >= 0) return end
  }
  return -1
}

/** The same by definition: RFC 5321 section 4.1.1.4, the CRLF of DATA being the first. */
function byDefinition(text: string): number {
  const at = `\r\n${text}`.indexOf('\r\n.\r\n')
  return at < 0 ? -1 : at + 3
}

describe('the end of content', () => {
  test.each([
    ['.\r\n', 3],
    ['a\r\n.\r\nQUIT', 6],
    ['a\n.\n', -1],
    ['a\r\n.\n', -1],
    ['a\n.\r\n', -1],
    ['a\r\n..\r\n.\r\n', 10],
    ['\r\r\n.\r\n', 6],
    ['a\r\n.\r\r\n', -1],
    ['a\r\n.\r.\r\n.\r\n', 11],
  ])('%j ends at %i', (text, end) => {
    expect(endOf(text, [])).toBe(end)
    for (let cut = 0; cut <= text.length; cut++) expect(endOf(text, [cut])).toBe(end)
  })

  test('any text, cut anywhere, ends where the definition says', () => {
    const text = fc.array(fc.constantFrom('\r', '\n', '.', 'a', '\r\n', '\r\n.'), { maxLength: 40 })
    fc.assert(
      fc.property(text, fc.array(fc.nat({ max: 60 }), { maxLength: 6 }), (parts, cuts) => {
        const whole = parts.join('')
        expect(endOf(whole, cuts)).toBe(byDefinition(whole))
      }),
      { numRuns: 2000 },
    )
  })
})
