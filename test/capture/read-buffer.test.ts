// The window shows the bytes of its source, wherever it moves, whether or not they were read in advance.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ReadBuffer } from '../../src/capture/read-buffer.ts'
import { problem } from '../../src/capture/record-reader.ts'
import type { ByteSource } from '../../src/capture/source.ts'
import { READ_AHEAD_HEADROOM_BYTES, WINDOW_BYTES } from '../../src/limits.ts'

const SIZE = READ_AHEAD_HEADROOM_BYTES + 60_000
const file = Buffer.alloc(SIZE * 5 + 1234)
for (let at = 0; at + 4 <= file.length; at += 4) file.writeUInt32LE(at, at)

function source(pieceMax: number, failsAt = Number.POSITIVE_INFINITY): ByteSource {
  let at = 0
  return {
    name: 'file',
    async read(into) {
      await new Promise(setImmediate)
      if (at >= failsAt) throw problem('unreadable', 'file', at, 'EIO')
      const count = Math.min(into.length, pieceMax, file.length - at)
      into.set(file.subarray(at, at + count))
      at += count
      return count
    },
    async close() {},
  }
}

const step = fc.record({
  needed: fc.oneof({ weight: 6, arbitrary: fc.nat(3000) }, fc.nat(SIZE + 5000)),
  kept: fc.nat(2000),
  passed: fc.oneof(fc.nat(60_000), fc.nat(SIZE)),
  ahead: fc.boolean(),
})

test('read in advance or not', async () => {
  const pieces = fc.constantFrom(1000, 70_000, Number.POSITIVE_INFINITY)
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), pieces, async (steps, pieceMax) => {
      const window = new ReadBuffer(source(pieceMax), SIZE)
      let place = 0
      let keptFrom = 0
      for (const { needed, kept, passed, ahead } of steps) {
        const behind = Math.min(kept, place - keptFrom)
        keptFrom = place - behind
        const isThere = await window.fill(needed, behind)
        expect(isThere).toBe(place + needed <= file.length)
        if (!isThere) break
        expect(window.origin + window.start).toBe(place)
        const shown = window.bytes.subarray(window.start - behind, window.start + needed)
        expect(Buffer.compare(shown, file.subarray(place - behind, place + needed))).toBe(0)
        if (ahead) window.readAhead()
        const next = Math.min(passed, window.end - window.start)
        window.start += next
        place += next
      }
    }),
    { numRuns: 300 },
  )
})

test('an error of reading ahead is thrown when the data is needed', async () => {
  const window = new ReadBuffer(source(Number.POSITIVE_INFINITY, SIZE), SIZE)
  expect(await window.fill(SIZE)).toBe(true)
  window.readAhead()
  await new Promise(setImmediate)
  expect(await window.fill(SIZE)).toBe(true)
  window.start = window.end
  await expect(window.fill(1)).rejects.toMatchObject({ problem: { code: 'unreadable', fileOffset: SIZE } })
})

test('the memory of a closed window serves one other, as another object', async () => {
  const open = () => new ReadBuffer(source(Number.POSITIVE_INFINITY), WINDOW_BYTES)
  const first = open()
  await first.fill(1)
  const { bytes, end } = first
  first.close()
  expect(first.bytesTaken).toBe(0)
  expect(first.end).toBe(end)
  const [second, third] = [open(), open()]
  expect(second.bytes.buffer === bytes.buffer).toBe(true)
  expect(second.bytes === bytes).toBe(false)
  expect(third.bytes.buffer === bytes.buffer).toBe(false)
})

test('memory into which a read is pending is not reused', async () => {
  const long = { ...source(Number.POSITIVE_INFINITY), read: async (into: Uint8Array) => into.length }
  const window = new ReadBuffer(long, WINDOW_BYTES)
  await window.fill(WINDOW_BYTES)
  const { buffer } = window.bytes
  window.readAhead()
  window.close()
  for (let n = 0; n < 4; n++) expect(new ReadBuffer(long, WINDOW_BYTES).bytes.buffer === buffer).toBe(false)
})
