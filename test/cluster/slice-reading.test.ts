// Where a slice is cut into batches, and which of them have key logs.
import { expect, test } from 'vitest'
import { FrameMap } from '../../src/capture/frame-map.ts'
import { inOrderOfTime } from '../../src/capture/sort-captures.ts'
import { SliceReading } from '../../src/cluster/analyze-batches.ts'
import { taskOf } from '../../src/parallel/analyze-on-threads.ts'
import { concat, numbers, SectionWriter } from '../capture/build.ts'
import { fileOf } from '../support/shares.ts'

const SIZE = { bytes: 1000, packets: 2 }
const BYTES = Uint8Array.of(1, 2, 3, 4)

/** Key logs in front of packet 2 and behind packet 4, the last one. */
function capture() {
  const keyLog = (text: string) => {
    const bytes = new TextEncoder().encode(text)
    return concat([numbers(false, '4 4', 0x544c534b, bytes.length), bytes, new Uint8Array(-bytes.length & 3)])
  }
  const section = new SectionWriter(false).interface()
  section.enhanced(0, 1n, BYTES).block(10, keyLog('first'))
  for (let time = 2n; time <= 4n; time++) section.enhanced(0, time, BYTES)
  return fileOf('keyed.pcapng', section.block(10, keyLog('second')).bytes())
}

async function cut(): Promise<unknown[]> {
  const frames = new FrameMap()
  const reading = new SliceReading(await inOrderOfTime([capture()]), taskOf({}), SIZE, { frames })
  const seen: unknown[] = []
  for await (const { firstFrame, count, isKeyed } of reading.batches()) seen.push([firstFrame, count, isKeyed])
  await reading.close()
  return seen
}

const EXPECTED = [
  [1, 1, false],
  [2, 2, true],
  [4, 1, true],
  [5, 0, true],
]

test('no packet has key logs that follow it; an empty batch has those behind the last packet', async () => {
  expect(await cut()).toEqual(EXPECTED)
})
