import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expandCaptures } from '../../src/capture/expand-paths.ts'
import { UsageError } from '../../src/errors.ts'
import { pcapHeader, SectionWriter } from './build.ts'

let directory = ''
const at = (name: string) => join(directory, name)

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pipelint-'))
  await mkdir(at('empty'))
  await mkdir(at('captures/deeper.pcap'), { recursive: true })
  await writeFile(at('captures/b.pcap'), pcapHeader())
  await writeFile(at('captures/a'), new SectionWriter().bytes())
  await writeFile(at('captures/c.dump'), pcapHeader({ littleEndian: false, nanoseconds: true }))
  await writeFile(at('captures/d.pcap.gz'), gzipSync(pcapHeader()))
  await writeFile(at('captures/e.lz4'), await readFile(new URL('compressed/short.lz4', import.meta.url)))
  await writeFile(at('captures/f.zst'), await readFile(new URL('compressed/header-only.zst', import.meta.url)))
  await writeFile(at('captures/mail.log.gz'), gzipSync('no capture'))
  await writeFile(at('captures/damaged.gz'), Uint8Array.of(0x1f, 0x8b, 8, 0))
  await writeFile(at('captures/notes.pcap'), 'no capture')
  await writeFile(at('captures/short'), 'x')
  await writeFile(at('captures/deeper.pcap/d.pcap'), pcapHeader())
  await writeFile(at('what[1]?.pcap'), pcapHeader())
})
afterAll(() => rm(directory, { recursive: true }))

test('files and standard input stay as they are, in order', async () => {
  expect(await expandCaptures([at('captures/notes.pcap'), '-', at('captures/a')])).toEqual([
    at('captures/notes.pcap'),
    '-',
    at('captures/a'),
  ])
})

test('a directory gives the captures directly in it, by name', async () => {
  expect(await expandCaptures([at('captures')])).toEqual([
    at('captures/a'),
    at('captures/b.pcap'),
    at('captures/c.dump'),
    at('captures/d.pcap.gz'),
    at('captures/e.lz4'),
    at('captures/f.zst'),
  ])
})

test('a glob gives files, by name', async () => {
  expect(await expandCaptures([at('captures/*.{pcap,dump}')])).toEqual([
    at('captures/b.pcap'),
    at('captures/c.dump'),
    at('captures/notes.pcap'),
  ])
  expect(await expandCaptures([at('**/d.pcap')])).toEqual([at('captures/deeper.pcap/d.pcap')])
})

test('a relative glob gives relative paths', async () => {
  expect(await expandCaptures(['test/captures/nano*.pcap'])).toEqual(['test/captures/nanoseconds.pcap'])
})

test('a file whose name looks like a glob is that file', async () => {
  expect(await expandCaptures([at('what[1]?.pcap')])).toEqual([at('what[1]?.pcap')])
})

test('what is named twice is read once', async () => {
  expect(await expandCaptures([at('captures/b.pcap'), at('captures/b*')])).toEqual([at('captures/b.pcap')])
})

test('words that mean nothing', async () => {
  await expect(expandCaptures([at('nothing')])).rejects.toEqual(new UsageError(`no such file: ${at('nothing')}`))
  await expect(expandCaptures([at('empty')])).rejects.toEqual(new UsageError(`no captures in directory ${at('empty')}`))
  await expect(expandCaptures([at('*.gz')])).rejects.toEqual(new UsageError(`no file matches ${at('*.gz')}`))
})
