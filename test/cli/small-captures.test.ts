// Small captures are read by the engine alone: compiling the fast path would take longer. Others, and what may be large
// inside, are not.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test, vi } from 'vitest'
import { Kernel } from '../../src/fast-path/kernel.ts'
import { FAST_PATH_FROM_BYTES } from '../../src/limits.ts'
import { invoke } from '../support/invoke.ts'

const SAMPLE = 'samples/frontbridge.pcap'
const folder = mkdtempSync(join(tmpdir(), 'pipelint-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Whether a kernel was used, and what was printed. */
async function check(...captures: string[]) {
  const reserve = vi.spyOn(Kernel, 'reserve')
  const { printed } = await invoke('check', ...captures)
  const isUsed = reserve.mock.calls.length > 0
  reserve.mockRestore()
  return { isUsed, printed: printed.replaceAll(`${folder}/`, '') }
}

test('a small capture, alone or with another one', async () => {
  expect((await check(SAMPLE)).isUsed).toBe(false)
  expect((await check(SAMPLE, 'samples/exchange-2007.pcap')).isUsed).toBe(false)
})

test('a compressed one', async () => {
  const path = join(folder, 'mail.pcap.gz')
  writeFileSync(path, gzipSync(readFileSync(SAMPLE)))
  expect(await check(path)).toEqual({ ...(await check(SAMPLE)), isUsed: true })
})

test('many small ones', async () => {
  const bytes = readFileSync(SAMPLE)
  const paths = Array.from({ length: Math.ceil(FAST_PATH_FROM_BYTES / bytes.length) }, (_, i) => {
    const path = join(folder, `${i}.pcap`)
    writeFileSync(path, bytes)
    return path
  })
  expect((await check(...paths)).isUsed).toBe(true)
  expect((await check(...paths.slice(1))).isUsed).toBe(false)
})
