// The folder of a run, on disk and in a bucket: what is written is there as a whole or not at all.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { RunFiles } from '../../src/cluster/run-files.ts'
import { BUCKET, Store } from './store.ts'

const RUN = '20101128T074708-0c1d2e3f'
const directory = mkdtempSync(join(tmpdir(), 'pipelint-folder-'))
let store: Store

beforeAll(async () => {
  store = await Store.open()
  for (const [name, value] of Object.entries(store.environment)) vi.stubEnv(name, value)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  // The client of this store, which other files would find.
  vi.resetModules()
  rmSync(directory, { recursive: true })
  await store.close()
})

async function whole(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece)
  return Buffer.concat(all)
}

describe.each([
  ['on disk', directory],
  ['in a bucket', `s3://${BUCKET}/runs/`],
])('a folder %s', (_, workDir) => {
  test('keeps what was written', async () => {
    expect(await RunFiles.open(workDir, RUN)).toBeNull()
    await expect(RunFiles.named(workDir, RUN)).rejects.toThrow(`work directory ${workDir}: no run ${RUN}`)
    const folder = await RunFiles.create(workDir, RUN)
    await folder.writeJson('order.json', { a: 1 })
    // More than the parts in which a large object is uploaded.
    const pieces = Array.from({ length: 12 }, (_, n) => Buffer.alloc(1 << 20, n))
    await folder.write('0.map', pieces)
    const again = await RunFiles.named(workDir, RUN)
    expect(await again.readJson('order.json')).toEqual({ a: 1 })
    expect(Buffer.compare(await whole(again.read('0.map')), Buffer.concat(pieces))).toBe(0)
    expect([await again.has('0.map'), await again.has('1.map')]).toEqual([true, false])
  })

  test('shows nothing that is not whole', async () => {
    const folder = await RunFiles.named(workDir, RUN)
    const draft = await folder.draft('1.map')
    await draft.write(Buffer.alloc(11 << 20))
    expect(await folder.has('1.map')).toBe(false)
    await draft.abandon()
    const broken = async function* () {
      yield 'a piece'
      throw new Error('no more of it')
    }
    await expect(folder.write('1.map', broken())).rejects.toThrow('no more of it')
    expect(await folder.has('1.map')).toBe(false)
    await expect(whole(folder.read('1.map'))).rejects.toThrow(`work directory ${workDir}: `)
    await expect(folder.readJson('0.map')).rejects.toThrow(`work directory ${workDir}: `)
  })

  test('removes what is no longer needed, and then itself', async () => {
    const folder = await RunFiles.named(workDir, RUN)
    for (let n = 1; n < 6; n++) await folder.write(`${n}.map`, ['x'])
    await folder.clear(['order.json', '3.map'])
    expect([await folder.has('2.map'), await folder.has('3.map')]).toEqual([false, true])
    await folder.remove()
    expect(await RunFiles.open(workDir, RUN)).toBeNull()
  })
})
