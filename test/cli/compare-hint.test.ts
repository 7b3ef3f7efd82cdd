// `check` on two captures says so when they are plainly two sides of one box, and never otherwise.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { invoke } from '../support/invoke.ts'
import { toCapture } from '../support/judge.ts'
import { conversation, transcriptOf } from '../support/proxy.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pipelint-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

interface Ends {
  readonly client: string
  readonly server: string
  readonly startMs?: number
  /** Whose conversation it is: another one has other names. */
  readonly n?: number
}

function capture(name: string, { client, server, startMs = 0, n = 1 }: Ends): string {
  const start = `start ${new Date(Date.UTC(2010, 10, 28, 7) + startMs).toISOString()}`
  const transcript = transcriptOf(conversation(n, 2), [`client ${client}`, `server ${server}`, start])
  const path = join(folder, name)
  writeFileSync(path, toCapture(transcript, { shape: { initial: [1000 + startMs, 2000 + startMs] } }))
  return path
}

async function hints(...words: string[]): Promise<string[]> {
  const { warnings } = await invoke('check', ...words)
  return warnings.filter((line) => line.includes('two sides'))
}

const FRONT = { client: '192.0.2.1:49153', server: '198.51.100.1:25' }
const BACK = { client: '10.0.0.1:20007', server: '10.0.0.2:10025', startMs: 2 }

test('a client at the box, and the box at the server', async () => {
  const front = capture('front.pcap', FRONT)
  const back = capture('back.pcap', BACK)
  const line = `these captures look like the two sides of one box: pipelint compare ${front} ${back} shows what was lost between them`
  expect(await hints(front, back)).toEqual([line])
  // The side of the clients comes first, in whatever order they are named.
  expect(await hints(back, front)).toEqual([line])
  expect(await hints('--format', 'ndjson', front, back)).toEqual([line])
})

test.each<[string, Ends, Ends]>([
  ['two servers and two clients that share a moment and nothing else', FRONT, { ...BACK, n: 2 }],
  ['one client at two servers', FRONT, { ...BACK, client: '192.0.2.1:49154' }],
  ['two clients at one server', FRONT, { ...BACK, server: FRONT.server }],
  ['one hour later', FRONT, { ...BACK, startMs: 3_600_000 }],
  ['the same session twice', FRONT, FRONT],
])('%s', async (_, one, other) => {
  expect(await hints(capture('one.pcap', one), capture('other.pcap', other))).toEqual([])
})

test('one capture, and three', async () => {
  const [front, back] = [capture('front.pcap', FRONT), capture('back.pcap', BACK)]
  expect(await hints(front)).toEqual([])
  const third = capture('third.pcap', { client: '192.0.2.9:5000', server: '198.51.100.9:25', n: 3 })
  expect(await hints(front, back, third)).toEqual([])
})

test('only some sessions were asked for', async () => {
  const [front, back] = [capture('front.pcap', FRONT), capture('back.pcap', BACK)]
  expect(await hints('--client', '192.0.2.1', front, back)).toEqual([])
})
