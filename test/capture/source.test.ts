import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fromIterable, openFile } from '../../src/capture/source.ts'
import { pcap } from './build.ts'
import { readAll } from './read.ts'

const CAPTURE = pcap([{ seconds: 1, fraction: 2, bytes: Uint8Array.of(1, 2, 3) }])
let directory = ''

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pipelint-'))
})
afterAll(() => rm(directory, { recursive: true }))

test('a file', async () => {
  const path = join(directory, 'file.pcap')
  await writeFile(path, CAPTURE)
  const source = await openFile(path)
  const { packets, problem } = await readAll(source)
  await source.close()
  expect(problem).toBeNull()
  expect(packets).toHaveLength(1)
})

test.runIf(process.platform !== 'win32')('a named pipe', async () => {
  const path = join(directory, 'pipe')
  expect(spawnSync('mkfifo', [path]).status).toBe(0)
  const [written, source] = await Promise.all([writeFile(path, CAPTURE), openFile(path)])
  expect(written).toBeUndefined()
  const { packets } = await readAll(source)
  await source.close()
  expect(packets).toHaveLength(1)
})

test('a file that is not there', async () => {
  const path = join(directory, 'nothing')
  await expect(openFile(path)).rejects.toMatchObject({
    problem: { code: 'unreadable', path, fileOffset: 0 },
  })
})

test('a directory cannot be read', async () => {
  const source = await openFile(directory)
  const { problem } = await readAll(source)
  await source.close()
  expect(problem).toMatchObject({
    code: 'unreadable',
    path: directory,
    fileOffset: 0,
  })
  expect(problem?.accordingTo).toContain('EISDIR')
})

test('a pipe that breaks says how far it came', async () => {
  async function* broken() {
    yield CAPTURE
    yield new Uint8Array(0)
    throw new Error('lost')
  }
  const { packets, problem } = await readAll(fromIterable('-', broken()))
  expect(packets).toHaveLength(1)
  expect(problem).toMatchObject({
    code: 'unreadable',
    path: '-',
    fileOffset: CAPTURE.length,
    accordingTo: 'lost',
  })
})

test('closing a pipe ends its producer', async () => {
  let ended = false
  async function* endless() {
    try {
      while (true) yield CAPTURE
    } finally {
      ended = true
    }
  }
  const source = fromIterable('-', endless())
  await source.read(new Uint8Array(10))
  await source.close()
  expect(ended).toBe(true)
})
