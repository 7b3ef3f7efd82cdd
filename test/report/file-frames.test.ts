// Frame numbers of several captures: each names its file, whichever way the captures were read.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FrameMap } from '../../src/capture/frame-map.ts'
import { FileFrames } from '../../src/report/file-frames.ts'
import type { FindingRecord, IncidentRecord } from '../../src/rules/analysis.ts'
import { invoke } from '../support/invoke.ts'
import { toCapture } from '../support/judge.ts'
import { parseTranscript } from '../support/transcript.ts'
import { isDocument, isLine } from '../support/validators.ts'
import { FINDING } from './fixtures.ts'

const HEADER = 24
const RECORD = 16

/** The records of a classic capture, little endian. */
function recordsOf(capture: Buffer): Buffer[] {
  const records: Buffer[] = []
  for (let at = HEADER; at < capture.length; ) {
    const end = at + RECORD + capture.readUInt32LE(at + 8)
    records.push(capture.subarray(at, end))
    at = end
  }
  return records
}

const LOST = `
C> MAIL FROM:<a@example.org>
C| RCPT TO:<b@example.org>
C| DATA
S> [+1s] 250 ok
S| 354 go
C> [+1s] .
S> [+1s] 250 ok
C> [+1s] QUIT
S> [+1s] 221 bye`

let folder = ''
let whole: Buffer
let paths: string[] = []
const ALTERNATE = 3

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pipelint-'))
  whole = toCapture(parseTranscript(LOST))
  const records = recordsOf(whole)
  const header = whole.subarray(0, HEADER)
  const write = (name: string, own: readonly Buffer[]) => {
    writeFileSync(join(folder, name), Buffer.concat([header, ...own]))
    return join(folder, name)
  }
  const half = Math.ceil(records.length / 2)
  const of = (rest: number) => records.filter((_, i) => (i % ALTERNATE === 0 ? 0 : 1) === rest)
  paths = [
    ...[write('a.pcap', records.slice(0, half)), write('b.pcap', records.slice(half))],
    ...[write('even.pcap', of(0)), write('odd.pcap', of(1))],
  ]
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function documentOf(...captures: string[]) {
  const { printed } = await invoke('check', '--format', 'json', ...captures)
  const document = JSON.parse(printed)
  expect(isDocument(document), JSON.stringify(isDocument.errors)).toBe(true)
  return document as { findings: FindingRecord[]; incidents: IncidentRecord[]; captures: { path: string }[] }
}

test.each([
  ['one after the other', 0],
  ['at the same time', 2],
])('captures %s: each frame is the packet of that number in that file', async (_, from) => {
  const captures = paths.slice(from, from + 2)
  const { findings, incidents, captures: read } = await documentOf(...captures)
  const records = recordsOf(whole)
  const inFile = captures.map((_, i) =>
    from === 0
      ? records.slice(...(i === 0 ? [0, Math.ceil(records.length / 2)] : [Math.ceil(records.length / 2)]))
      : records.filter((_, n) => (n % ALTERNATE === 0 ? 0 : 1) === i),
  )
  expect(read.map(({ path }) => path)).toEqual(captures)
  expect(findings.length).toBeGreaterThan(0)
  for (const { frames, places } of [...findings, ...incidents]) {
    expect(places).toHaveLength(frames.length)
    for (const [i, frame] of frames.entries()) {
      const place = places?.[i]
      expect(inFile[place?.capture ?? -1]?.[(place?.frame ?? 0) - 1]).toEqual(records[frame - 1])
    }
  }
})

test('a filter for each file, whose numbers are those of the file', async () => {
  const { findings } = await documentOf(...paths.slice(0, 2))
  const half = Math.ceil(recordsOf(whole).length / 2)
  const rest = recordsOf(whole).length - half
  expect(findings[0]?.filters?.map(({ file, displayFilter }) => [file, /frame.*/.exec(displayFilter)?.[0]])).toEqual([
    ['a.pcap', `frame.number >= 1 && frame.number <= ${half}`],
    ['b.pcap', `frame.number >= 1 && frame.number <= ${rest}`],
  ])
})

test('one capture is as it was', async () => {
  const { findings } = await documentOf(paths[0] as string)
  for (const finding of findings) expect(finding).not.toHaveProperty('places')
})

test('every format names the file', async () => {
  const captures = paths.slice(0, 2)
  const of = async (...options: string[]) => (await invoke('check', ...options, ...captures)).printed
  const sentence = /frame \d+ of [ab]\.pcap/
  expect(await of()).toMatch(sentence)
  expect(await of()).toMatch(/frames {4}[ab]\.pcap: \d+/)
  expect(await of('--format', 'junit')).toMatch(/frames: [ab]\.pcap: \d+/)
  const rows: { captures: string }[] = parse(await of('--format', 'csv'), { columns: true, record_delimiter: '\r\n' })
  for (const { captures: cell } of rows) expect(cell).toMatch(/^[ab]\.pcap: \d+/)
  for (const line of (await of('--format', 'ndjson')).trimEnd().split('\n'))
    expect(isLine(JSON.parse(line)), JSON.stringify(isLine.errors)).toBe(true)
  const { runs } = JSON.parse(await of('--format', 'sarif'))
  for (const { locations } of runs[0].results)
    expect(locations[0].physicalLocation.artifactLocation.uri).toMatch(/[ab]\.pcap$/)
})

test('with --redact files have placeholders', async () => {
  const { printed } = await invoke('check', '--redact', ...paths.slice(0, 2))
  expect(printed).toMatch(/frame \d+ of capture-\d\.pcap/)
  expect(printed).not.toMatch(/[ab]\.pcap(?!\w)/)
})

test('a sentence names the file of its own frames, and leaves what it quotes', () => {
  const map = new FrameMap()
  map.names = ['x/a.pcap', 'y/b.pcap']
  map.begin(1, 0, 1)
  map.begin(11, 1, 1)
  const files = new FileFrames(map)
  const finding = { ...FINDING, evidence: ['"250 frame 12 ok" in frame 12 answers "frame 3"', 'frame 3'] }
  expect(files.finding(finding).evidence).toEqual([
    '"250 frame 12 ok" in frame 12 answers "frame 3"',
    'frame 3 of a.pcap',
  ])
  expect(files.finding({ ...FINDING, message: 'ACK in frame 12' }).message).toBe('ACK in frame 2 of b.pcap')
  expect(files.label(10)).toBe('a.pcap #10')
})

test('files of the same name have their folders', () => {
  const map = new FrameMap()
  map.names = ['x/a.pcap', 'y/a.pcap']
  map.begin(1, 1, 1)
  expect(new FileFrames(map).label(1)).toBe('y/a.pcap #1')
})
