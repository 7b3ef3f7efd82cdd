// The commands of the cluster that write, ended at ten moments each by every signal that can be caught: no incomplete file
// is left, and every run that was begun is finished by other workers, with the same result.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SLICE_BYTES_MIN } from '../../src/limits.ts'
import { generate } from '../bench/generate.mjs'
import { needsPeer } from '../support/peer.ts'
import { over, pipelint, Site, until } from './site.ts'

const program = fileURLToPath(new URL('../../dist/run/cli.js', import.meta.url))
const MOMENTS = 10
/** A run takes about as long. */
const LAST_MS = 2000
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** Before the program listens, a signal ends it without a code. */
const CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }
const SLICES = ['--slice-bytes', String(SLICE_BYTES_MIN)]

describe.runIf(needsPeer('redis-server'))('killed at ten moments', () => {
  let site: Site
  let capture = ''
  let expected = ''
  let temporary = ''

  beforeAll(async () => {
    site = await Site.open()
    capture = join(site.captures, 'mail.pcap')
    generate(capture, { seed: 5, bytes: 3_000_000, mails: 3, size: 400, open: 64, faulty: 5 })
    expected = (await pipelint('check', '--format', 'json', capture)).printed
    temporary = join(site.folder, 'tmp')
    mkdirSync(temporary)
  })
  afterAll(() => site.close())

  /** Files that are not complete in these folders: by default the work directory, the temporary one, that of the output. */
  const incomplete = (folders = [site.workDir, temporary, site.folder]) =>
    folders
      .flatMap((place) => readdirSync(place, { recursive: place !== site.folder, encoding: 'utf8' }))
      .filter((name) => name.includes('.part') || name.startsWith('pipelint-'))

  const start = (...words: readonly string[]): ChildProcess =>
    spawn(process.execPath, [program, 'cluster', ...words, ...site.place], {
      stdio: 'ignore',
      env: { ...process.env, TMPDIR: temporary },
    })

  const submit = async () => {
    const { printed } = await site.cluster('submit', '--format', 'json', ...SLICES, capture)
    return printed.trim()
  }

  /** A worker that is left alone finishes all runs. */
  async function finish(runs: readonly string[]): Promise<void> {
    const worker = site.work()
    for (const run of runs) {
      await until(async () => /done/.test(await site.status(run)))
      const { printed } = await site.cluster('result', run, '--format', 'json')
      expect(printed === expected, run).toBe(true)
    }
    await over(worker, 'SIGINT')
  }

  test.each(SIGNALS)(
    'a worker: %s',
    async (signal) => {
      const runs: string[] = []
      for (let moment = 1; moment <= MOMENTS; moment++) {
        runs.push(await submit())
        const worker = start('work', '--root', site.captures)
        await setTimeout((LAST_MS * moment) / MOMENTS)
        expect([CODES[signal], null]).toContain(await over(worker, signal))
        expect(incomplete(), `moment ${moment}`).toEqual([])
      }
      await finish(runs)
    },
    1_200_000,
  )

  test.each(SIGNALS)(
    'submit that waits: %s',
    async (signal) => {
      const worker = site.work()
      const output = join(site.folder, `result-${signal}.json`)
      for (let moment = 1; moment <= MOMENTS; moment++) {
        const child = start('submit', '--wait', '--format', 'json', '-o', output, ...SLICES, capture)
        await setTimeout((LAST_MS * moment) / MOMENTS)
        await over(child, signal)
        // The worker goes on with the run, and writes in the work directory.
        expect(incomplete([temporary, site.folder]), `moment ${moment}`).toEqual([])
        if (existsSync(output)) expect(readFileSync(output, 'utf8') === expected, `moment ${moment}`).toBe(true)
      }
      await over(worker, 'SIGINT')
      expect(incomplete()).toEqual([])
    },
    1_200_000,
  )

  test.each(SIGNALS)(
    'result: %s',
    async (signal) => {
      const run = await submit()
      await finish([run])
      const output = join(site.folder, `printed-${signal}.json`)
      for (let moment = 1; moment <= MOMENTS; moment++) {
        const child = start('result', run, '--format', 'json', '-o', output)
        await setTimeout((LAST_MS * moment) / MOMENTS / 3)
        await over(child, signal)
        expect(incomplete(), `moment ${moment}`).toEqual([])
        if (existsSync(output)) expect(readFileSync(output, 'utf8') === expected, `moment ${moment}`).toBe(true)
      }
    },
    1_200_000,
  )

  test('a worker whose Redis has gone does not wait for it', async () => {
    const worker = site.work()
    // It has connections of its own besides the one that asks.
    await until(
      async () =>
        String(await site.ask((redis) => redis.client('LIST')))
          .trim()
          .split('\n').length > 3,
    )
    // While it begins to work, it says that Redis does not answer.
    await setTimeout(LAST_MS)
    await site.stopRedis()
    await setTimeout(LAST_MS)
    expect(await over(worker, 'SIGTERM')).toBe(143)
  })
})
