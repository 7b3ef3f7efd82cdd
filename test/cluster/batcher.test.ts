// Where a timeline is cut into batches, and which key logs each batch has.
import { expect, test } from 'vitest'
import { MergedCaptures } from '../../src/capture/merge.ts'
import { inOrderOfTime } from '../../src/capture/sort-captures.ts'
import { KeyLogs } from '../../src/cluster/batch-key-logs.ts'
import { batchesInPlace } from '../../src/cluster/batcher.ts'
import { concat, numbers, SectionWriter } from '../capture/build.ts'

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
  const bytes = section.block(10, keyLog('second')).bytes()
  async function* whole(): AsyncIterable<Uint8Array> {
    yield bytes
  }
  return { name: 'keyed.pcapng', bytes: whole() }
}

async function cut(): Promise<unknown[]> {
  const brought = new KeyLogs()
  const timeline = new MergedCaptures(await inOrderOfTime([capture()]), { keyLogs: brought })
  const seen: unknown[] = []
  for await (const { firstFrame, count, keyLogs } of batchesInPlace(timeline, brought, SIZE))
    seen.push([firstFrame, count, keyLogs])
  await timeline.close()
  return seen
}

const EXPECTED = [
  [1, 1, []],
  [2, 2, ['first']],
  [4, 1, ['first']],
  [5, 0, ['first', 'second']],
]

test('no packet has key logs that follow it; an empty batch has those behind the last packet', async () => {
  expect(await cut()).toEqual(EXPECTED)
})
