// Captures that are still written: what the writer does to its files, and what is read of them.
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { analyze } from '../../src/analyze.ts'
import { familyOf, RotatedCaptures } from '../../src/capture/rotated-captures.ts'
import { FOLLOW_POLL_MS } from '../../src/limits.ts'

const HEADER = 24
/** Five sessions of fifteen or so packets, in the order of time. */
const whole = readFileSync('samples/five-dialogues.pcap')
const header = whole.subarray(0, HEADER)

/** The records of the capture. */
function recordsOf(capture: Buffer): Buffer[] {
  const records: Buffer[] = []
  for (let at = HEADER; at < capture.length; ) {
    const end = at + 16 + capture.readUInt32LE(at + 8)
    records.push(capture.subarray(at, end))
    at = end
  }
  return records
}

const records = recordsOf(whole)
const some = (from: number, to: number) => Buffer.concat(records.slice(from, to))
const capture = (from: number, to: number) => Buffer.concat([header, some(from, to)])

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pipelint-test-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const at = (name: string) => join(folder, name)
const polled = () => pause(FOLLOW_POLL_MS * 2.5)

/** Follows while the writer works; what was read of which files, and of which others was said that they grow. */
async function followed(word: string, writer: () => Promise<void>) {
  const end = new AbortController()
  const others: string[] = []
  const names: string[] = []
  let lastNs: bigint | null = null
  const options = { signal: end.signal, lastNs: () => lastNs, onOther: (path: string) => others.push(path) }
  const captures = await RotatedCaptures.of(word, options)
  const reading = analyze([], {
    live: true,
    onProgress: (progress) => {
      lastNs = progress.lastNs
    },
    async nextCapture() {
      const next = await captures.next()
      if (next !== null) names.push(next.name.slice(folder.length + 1))
      return next
    },
  })
  await polled()
  await writer()
  await polled()
  end.abort()
  const { summary, captures: read } = await reading
  return { packets: summary.packets.read, sessions: summary.sessions, names, others, complete: read.at(-1)?.complete }
}

const ALL = { packets: records.length, sessions: 5, others: [], complete: true }

describe('a file that grows', () => {
  test('is read as it is written, records in pieces', async () => {
    writeFileSync(at('mail.pcap'), whole.subarray(0, 10))
    const read = await followed(at('mail.pcap'), async () => {
      for (let from = 10; from < whole.length; from += 2500) {
        appendFileSync(at('mail.pcap'), whole.subarray(from, from + 2500))
        await pause(FOLLOW_POLL_MS / 3)
      }
    })
    expect(read).toEqual({ ...ALL, names: ['mail.pcap'] })
  })

  test('what was written before the end is still read, but no half record', async () => {
    writeFileSync(at('mail.pcap'), whole)
    appendFileSync(at('mail.pcap'), records[0]?.subarray(0, 30) ?? '')
    const read = await followed(at('mail.pcap'), async () => {})
    expect(read).toEqual({ ...ALL, names: ['mail.pcap'], complete: false })
  })
})

describe('a rotation', () => {
  test('tcpdump -C: numbers are added to the name', async () => {
    writeFileSync(at('mail.pcap'), capture(0, 20))
    const read = await followed(at('mail.pcap'), async () => {
      appendFileSync(at('mail.pcap'), some(20, 25))
      writeFileSync(at('mail.pcap1'), header)
      await polled()
      appendFileSync(at('mail.pcap1'), some(25, 40))
      await polled()
      writeFileSync(at('mail.pcap2'), capture(40, records.length))
    })
    expect(read).toEqual({ ...ALL, names: ['mail.pcap', 'mail.pcap1', 'mail.pcap2'] })
  })

  test('several files at once are read in the order of time', async () => {
    writeFileSync(at('mail.pcap'), capture(0, 20))
    const read = await followed(at('mail.pcap'), async () => {
      writeFileSync(at('mail.pcap2'), capture(30, 50))
      writeFileSync(at('mail.pcap1'), capture(20, 30))
      writeFileSync(at('mail.pcap3'), capture(50, records.length))
    })
    expect(read).toEqual({ ...ALL, names: ['mail.pcap', 'mail.pcap1', 'mail.pcap2', 'mail.pcap3'] })
  })

  test('a file that was written after its successor has been followed all the same', async () => {
    writeFileSync(at('mail.pcap'), capture(0, 20))
    const read = await followed(at('mail.pcap'), async () => {
      writeFileSync(at('mail.pcap1'), capture(20, 40))
      const written = Date.now() / 1000
      utimesSync(at('mail.pcap1'), written, written + 1)
      await polled()
      writeFileSync(at('mail.pcap2'), capture(40, records.length))
    })
    expect(read).toEqual({ ...ALL, names: ['mail.pcap', 'mail.pcap1', 'mail.pcap2'] })
  })

  test('tcpdump -W: files are written anew', async () => {
    writeFileSync(at('mail.pcap0'), capture(0, 20))
    const read = await followed(at('mail.pcap0'), async () => {
      writeFileSync(at('mail.pcap1'), capture(20, 40))
      await polled()
      await polled()
      writeFileSync(at('mail.pcap0'), capture(40, records.length))
    })
    expect(read).toEqual({ ...ALL, names: ['mail.pcap0', 'mail.pcap1', 'mail.pcap0'] })
  })

  test('a file that is cut to nothing and written anew', async () => {
    writeFileSync(at('mail.pcap'), capture(0, 50))
    const read = await followed(at('mail.pcap'), async () => {
      writeFileSync(at('mail.pcap'), capture(50, records.length))
    })
    expect(read).toEqual({ ...ALL, names: ['mail.pcap', 'mail.pcap'] })
  })

  test('a file that is renamed', async () => {
    writeFileSync(at('mail.pcap'), capture(0, 20))
    const read = await followed(at('mail.pcap'), async () => {
      renameSync(at('mail.pcap'), at('mail.pcap.1'))
      appendFileSync(at('mail.pcap.1'), some(20, 40))
      writeFileSync(at('mail.pcap'), capture(40, records.length))
    })
    expect(read).toEqual({ ...ALL, names: ['mail.pcap', 'mail.pcap'] })
  })

  test('tcpdump -G: the time is in the name, and a file may have no packet', async () => {
    writeFileSync(at('mx-1200.pcap'), capture(0, 20))
    const read = await followed(at('mx-1200.pcap'), async () => {
      writeFileSync(at('mx-1201.pcap'), header)
      await polled()
      writeFileSync(at('mx-1202.pcap'), capture(20, records.length))
    })
    expect(read).toEqual({ ...ALL, names: ['mx-1200.pcap', 'mx-1202.pcap'] })
  })
})

describe('a directory', () => {
  test('begins with its newest capture', async () => {
    writeFileSync(at('a.pcap'), capture(0, 20))
    await pause(20)
    writeFileSync(at('b.pcap'), capture(20, 40))
    await pause(20)
    writeFileSync(at('notes.txt'), 'no capture')
    const read = await followed(folder, async () => writeFileSync(at('c.pcap'), capture(40, 60)))
    expect(read.names).toEqual(['b.pcap', 'c.pcap'])
    expect(read.packets).toBe(40)
  })

  test('may be empty at first', async () => {
    const read = await followed(folder, async () => writeFileSync(at('a.pcap'), whole))
    expect(read).toEqual({ ...ALL, names: ['a.pcap'] })
  })

  test('a capture of another interface that grows beside it is named once', async () => {
    writeFileSync(at('mx2.pcap'), capture(0, 10))
    await pause(20)
    writeFileSync(at('mx1.pcap'), capture(20, 40))
    const read = await followed(folder, async () => {
      appendFileSync(at('mx2.pcap'), some(10, 12))
      await polled()
      appendFileSync(at('mx2.pcap'), some(12, 14))
    })
    expect(read).toMatchObject({ names: ['mx1.pcap'], others: [at('mx2.pcap')] })
  })
})

test.each([
  ['mail.pcap', 'mail.pcap17'],
  ['mail.pcap00', 'mail.pcap12'],
  ['mx-20261130-1200.pcap', 'mx-20261130-1300.pcap'],
  ['cap_00001_20261130120000.pcapng', 'cap_00002_20261130120500.pcapng'],
])('%s and %s are one rotation', (one, other) => expect(familyOf(one)).toBe(familyOf(other)))

test.each([
  ['mail.pcap', 'mail.pcap.gz'],
  ['inside.pcap', 'outside.pcap'],
])('%s and %s are not', (one, other) => expect(familyOf(one)).not.toBe(familyOf(other)))

test('what is no file is refused', async () => {
  const options = { signal: new AbortController().signal, lastNs: () => null }
  mkdirSync(at('empty'))
  await expect(RotatedCaptures.of(at('no-such.pcap'), options)).rejects.toThrow('no such file')
  await expect(RotatedCaptures.of('/dev/null', options)).rejects.toThrow('neither a file nor a directory')
})
