// What was written reads back as it was meant, by a reader that is not ours; what was changed on its way does not.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FrameList, verifyByPeer, verifyByReader } from '../../src/capture/verify.ts'
import { pcapngWriter, pcapWriter, type WrittenPacket } from '../../src/capture/write.ts'

let path = ''
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), 'pipelint-')), 'capture')
})
afterEach(() => rmSync(join(path, '..'), { recursive: true }))

const packets: readonly WrittenPacket[] = Array.from({ length: 300 }, (_, i) => ({
  seconds: 1_290_930_428 + i,
  nanoseconds: i * 1_000_003,
  linkType: i % 3 === 0 ? 1 : 101,
  wireLength: 100 + i,
  bytes: Uint8Array.from({ length: i % 101 }, (_, at) => i + at),
  comment: i === 7 ? 'seven\nlines and ümlauts' : null,
}))

function meant(): FrameList {
  const list = new FrameList()
  for (const packet of packets) list.add(packet)
  return list
}

const WRITERS = {
  'classic, microseconds': () => pcapWriter(1, 'microseconds'),
  'classic, nanoseconds': () => pcapWriter(1, 'nanoseconds'),
  pcapng: () =>
    pcapngWriter({ application: 'test', comment: 'of a test', keyLog: 'CLIENT_RANDOM' }, [
      { linkType: 1, description: 'one' },
      { linkType: 101, description: 'other' },
    ]),
}

function write(name: keyof typeof WRITERS): Buffer {
  const { head, record } = WRITERS[name]()
  const bytes = Buffer.concat([head, ...packets.map(record)])
  writeFileSync(path, bytes)
  return bytes
}

test('pcap-parser reads back every frame with microseconds', async () => {
  write('classic, microseconds')
  expect(await verifyByPeer(path, meant())).toBeNull()
})

test.each(['classic, nanoseconds', 'pcapng'] as const)('our reader reads back every frame: %s', async (name) => {
  write(name)
  expect(await verifyByReader(path, meant())).toBeNull()
})

describe('what was changed is noticed', () => {
  const HEAD = 24
  test.each([
    ['a bit of a time', HEAD, 'frame 1 has another time'],
    ['a length on the wire', HEAD + 12, 'frame 1 has other lengths'],
    ['the last octet', -1, 'frame 300 has other bytes'],
  ])('%s', async (_, at, sentence) => {
    const bytes = write('classic, microseconds')
    const place = at < 0 ? bytes.length + at : at
    bytes[place] = (bytes[place] ?? 0) ^ 1
    writeFileSync(path, bytes)
    expect(await verifyByPeer(path, meant())).toBe(sentence)
  })

  test('a cut', async () => {
    const bytes = write('classic, microseconds')
    writeFileSync(path, bytes.subarray(0, bytes.length - 5))
    expect(await verifyByPeer(path, meant())).toBe('299 of 300 frames are there')
    writeFileSync(path, 'no capture at all, and longer than a header')
    expect(await verifyByPeer(path, meant())).toContain('pcap-parser says unknown magic number')
  })

  test('one frame too many', async () => {
    const bytes = write('pcapng')
    writeFileSync(path, Buffer.concat([bytes, WRITERS.pcapng().record(packets[1] as WrittenPacket)]))
    expect(await verifyByReader(path, meant())).toBe('frame 301 of 300 was never written')
    expect(readFileSync(path).length).toBeGreaterThan(0)
  })
})
