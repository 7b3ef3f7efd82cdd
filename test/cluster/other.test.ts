// A connection of another protocol on a port without SMTP stays that in the batches that follow, whatever it says there.
import { expect, test } from 'vitest'
import { analyze } from '../../src/analyze.ts'
import { fastPathSetting } from '../../src/fast-path/setting.ts'
import { Capture } from '../fast-path/capture.ts'
import { fileOf } from '../fast-path/files.ts'
import { analyzeInBatches } from '../support/batches.ts'
import { fileOf as rereadable } from '../support/shares.ts'

const PORT = 8080
const ACK = 0x10
const DATA = 0x18

/** `first`: the side that says what no SMTP is. Later they speak SMTP. */
function conversation(first: 0 | 1): Uint8Array {
  const capture = new Capture().open(1, '', PORT).put(1, first, DATA, '\x80\x81\x82 abc\r\n'.repeat(40), PORT)
  for (let i = 0; i < 10; i++) capture.put(1, 0, DATA, '\x80 more\r\n', PORT).put(1, 1, ACK, '', PORT)
  capture.put(1, 1, DATA, '220 mail.example.net ESMTP\r\n', PORT).put(1, 0, DATA, 'EHLO a.example.net\r\n', PORT)
  capture.put(1, 1, DATA, '250-mail.example.net\r\n250 PIPELINING\r\n', PORT)
  capture.put(1, 0, DATA, 'MAIL FROM:<a@example.net>\r\n', PORT).put(1, 1, DATA, '250 ok\r\n', PORT)
  return fileOf(capture.packets, 1)
}

async function withoutFastPath<T>(work: () => Promise<T>): Promise<T> {
  fastPathSetting.isOff = true
  try {
    return await work()
  } finally {
    fastPathSetting.isOff = false
  }
}

test.each([0, 1] as const)('another protocol, which side %i shows', async (first) => {
  const file = rereadable('a.pcap', conversation(first))
  const alone = await withoutFastPath(() => analyze([file]))
  expect(alone.summary.sessions).toBe(0)
  expect(await analyze([file])).toEqual(alone)
  for (const packets of [4, 8, 15, 24, 27]) {
    const batches = () => analyzeInBatches([file], {}, { bytes: 1 << 24, packets })
    expect(await batches(), `${packets} packets each`).toEqual(alone)
    expect(await withoutFastPath(batches), `${packets} packets each, without the fast path`).toEqual(alone)
  }
})
