// The end of message content, in chunks of any size.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ContentScanner } from '../../src/smtp/parse/content.ts'
import { type ChunkView, emptyChunk } from '../../src/tcp/chunk.ts'

/** What a lenient reader would find: the first bare newline and the first false end, read in chunks. */
function lenient(text: string, cuts: readonly number[]): [string | null, string | null] {
  const bytes = Buffer.from(text, 'latin1')
  const scanner = new ContentScanner()
  scanner.begin()
  const borders = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b)
  for (let i = 0; i + 1 < borders.length; i++) {
    const from = borders[i] as number
    if (scanner.scan(chunkOf(bytes, from, (borders[i + 1] as number) - from), from) >= 0) break
  }
  return [scanner.bare, scanner.falseEnd]
}

function chunkOf(bytes: Uint8Array, offset: number, length: number): ChunkView {
  return { ...emptyChunk(), bytes, offset, length }
}

/** The number of octets up to and including the final dot, read in chunks; -1 when it does not come. */
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

/** The same by definition: RFC 5321 section 4.1.1.4, with the CRLF of DATA as the first. */
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

  test('any text, split anywhere, ends where the definition says', () => {
    const text = fc.array(fc.constantFrom('\r', '\n', '.', 'a', '\r\n', '\r\n.'), { maxLength: 40 })
    fc.assert(
      fc.property(text, fc.array(fc.nat({ max: 60 }), { maxLength: 6 }), (parts, cuts) => {
        const whole = parts.join('')
        expect(endOf(whole, cuts)).toBe(byDefinition(whole))
      }),
      { numRuns: 2000 },
    )
  })

  test.each([
    ['a\r\nb\r\n.\r\n', null, null],
    ['a\nb\r\n.\r\n', 'LF', null],
    ['a\rb\r\n.\r\n', 'CR', null],
    ['a\r\r\n.\r\n', 'CR', null],
    ['a\n.\nb\r\n.\r\n', 'LF', 'LF.LF'],
    ['a\n.\r\nb\r\n.\r\n', 'LF', 'LF.CRLF'],
    ['a\r\n.\nb\r\n.\r\n', 'LF', 'CRLF.LF'],
    ['a\n..\nb\r\n.\r\n', 'LF', null],
  ])('%j: bare %s, false end %s', (text, bare, falseEnd) => {
    expect(lenient(text, [])).toEqual([bare, falseEnd])
    for (let cut = 0; cut <= text.length; cut++) expect(lenient(text, [cut])).toEqual([bare, falseEnd])
  })

  test('far into a message, bare newlines are found next to dots', () => {
    const far = 'x'.repeat(40_000)
    expect(lenient(`${far}\ny\r\n.\r\n`, [])).toEqual([null, null])
    for (const cuts of [[], [40_001], [40_002], [40_003], [40_001, 40_002, 40_003]]) {
      expect(lenient(`${far}\n.\r\ny\r\n.\r\n`, cuts)).toEqual(['LF', 'LF.CRLF'])
      expect(lenient(`${far}\r\n.\ny\r\n.\r\n`, cuts)).toEqual(['LF', 'CRLF.LF'])
    }
  })

  test('far into a message, the end is found however it is split', () => {
    const text = `${'x'.repeat(20_000)}\r\n..\r\n.\r\nQUIT`
    for (let cut = 19_990; cut < text.length; cut++) expect(endOf(text, [cut])).toBe(text.length - 4)
  })
})
