// Runs on several processes and a real Redis: the same output as `check`, byte for byte, whatever dies meanwhile. The
// shortest of all runs, and what is said where something is missing: cluster.test.ts.
import { existsSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Queue } from 'bullmq'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { PREFIX, RUNS, SLICES } from '../../src/cluster/job-messages.ts'
import { SLICE_BYTES_MIN } from '../../src/limits.ts'
import { generate } from '../bench/generate.mjs'
import { needsPeer } from '../support/peer.ts'
import { rotated } from './rotate.ts'
import { over, pipelint, Site, until } from './site.ts'
import { BUCKET, Store } from './store.ts'

describe.runIf(needsPeer('redis-server'))('a run', () => {
  let site: Site
  let large = ''
  let files: string[] = []

  beforeAll(async () => {
    site = await Site.open()
    large = join(site.captures, 'large.pcap')
    generate(large, { seed: 5, bytes: 12_000_000, mails: 3, size: 400, open: 64, faulty: 5, lossy: 1 })
    files = rotated(site.captures, 'rotated', readFileSync(large), 40)
  })
  afterAll(() => site.close())

  const submitted = async (...words: string[]) => {
    const { printed, said } = await site.cluster('submit', ...words)
    expect(said).toBe('')
    return printed.trim()
  }
  const isAt = (run: string, state: RegExp) => until(async () => state.test(await site.status(run)))

  test('of 40 files, with workers that are killed and a Redis that is restarted', async () => {
    const expected = await pipelint('check', '--format', 'json', ...files)
    const first = [site.work(), site.work(), site.work()]
    const run = await submitted('--format', 'json', ...files)
    await isAt(run, /counting, [1-9]|reading|joining|done/)
    await over(first[0] as NonNullable<(typeof first)[0]>, 'SIGKILL')
    site.work()
    await isAt(run, /reading, |joining|done/)
    await over(first[1] as NonNullable<(typeof first)[0]>, 'SIGKILL')
    await site.stopRedis()
    site.work()
    await site.startRedis()
    const last = site.work()
    await isAt(run, /joining|done/)
    await over(first[2] as NonNullable<(typeof first)[0]>, 'SIGKILL')
    await isAt(run, /done/)
    expect(await site.cluster('result', run, '--format', 'json')).toEqual(expected)
    expect(readdirSync(join(site.workDir, run)).sort()).toEqual(['order.json', 'result.json', 'sessions.ndjson'])
    expect(await over(last, 'SIGINT')).toBe(130)
  })

  test('whose Redis goes away while --wait waits: one that comes back is found, one that stays away ends with 4', async () => {
    await site.stopWorkers()
    const waited = site.cluster('submit', '--wait', join(site.captures, 'large.pcap'))
    await until(() => readdirSync(site.workDir).some((run) => existsSync(join(site.workDir, run, 'order.json'))))
    await site.stopRedis()
    await site.startRedis()
    const worker = site.work()
    expect((await waited).exitCode).toBe(1)
    await over(worker, 'SIGINT')
    const waiting = site.cluster('submit', '--wait', join(site.captures, 'large.pcap'))
    await new Promise((resolve) => setTimeout(resolve, 1500))
    await site.stopRedis()
    const { said, exitCode } = await waiting
    await site.startRedis()
    site.work()
    expect(exitCode).toBe(4)
    expect(said).toMatch(/no connection; \S+ continues; pipelint cluster result prints its result\n$/)
  }, 60_000)

  test('of one large file in slices, some of them delivered twice, in every format', async () => {
    const run = await submitted('--format', 'ndjson', '--slice-bytes', String(SLICE_BYTES_MIN), large)
    await until(() => existsSync(join(site.workDir, run, 'plan.json')))
    const queue = new Queue(SLICES, { connection: { url: site.url }, prefix: PREFIX })
    await queue.addBulk(
      [0, 7, 8, 30, 0].map((number, n) => ({
        name: 'map',
        data: { run, kind: 'map', number },
        opts: { jobId: `again.${n}`, removeOnComplete: true, removeOnFail: true },
      })),
    )
    await queue.close()
    await isAt(run, /done/)
    for (const format of ['ndjson', 'table', 'csv', 'json', 'junit', 'sarif']) {
      const expected = await pipelint('check', '--format', format, large)
      expect(await site.cluster('result', run, '--format', format), format).toEqual(expected)
    }
  })

  test('whose worker died before it waited for the slices is joined when they are read', async () => {
    const workers = await stopped()
    const run = await submitted('--format', 'json', ...files.slice(0, 3))
    const runs = new Queue(RUNS, { connection: { url: site.url }, prefix: PREFIX })
    const worker = site.work()
    await until(() => existsSync(join(site.workDir, run, 'units.json')))
    await over(worker, 'SIGKILL')
    // What such a worker leaves: a step that is next, and children that have not begun.
    await (await runs.getJob(run))?.updateData({ run, step: 'plan' })
    await runs.close()
    workers()
    await isAt(run, /done|failed/)
    const expected = await pipelint('check', '--format', 'json', ...files.slice(0, 3))
    expect(await site.cluster('result', run, '--format', 'json')).toEqual(expected)
  })

  test('that is waited for prints what check prints', async () => {
    const [one = '', other = ''] = files
    const expected = await pipelint('check', '--all', one, other)
    const { printed, said, exitCode } = await site.cluster('submit', '--wait', '--all', one, other)
    expect({ printed, exitCode }).toEqual({ printed: expected.printed, exitCode: expected.exitCode })
    expect(said).toMatch(/^pipelint: submitted as \S+\n$/)
  })

  test('tells a triage', async () => {
    const expected = await pipelint('triage', '--by', 'server', '--format', 'json', ...files.slice(0, 5))
    const run = await submitted('--triage', ...files.slice(0, 5))
    await isAt(run, /done/)
    expect(await site.cluster('result', run, '--triage', '--format', 'json')).toEqual(expected)
    const { said, exitCode } = await site.cluster('result', run, '--triage', '--format', 'sarif')
    expect({ said, exitCode }).toEqual({
      said: 'pipelint: --format sarif: triage supports table, json and csv\n',
      exitCode: 2,
    })
  })

  test('keeps what its format needs, and says when another one needs more', async () => {
    const run = await submitted(files[0] as string)
    await isAt(run, /done/)
    const { said, exitCode } = await site.cluster('result', run, '--format', 'json')
    expect(said).toMatch(/^pipelint: --format json: the run does not contain the needed data; [^\n]*\n$/)
    expect(exitCode).toBe(2)
  })

  test('of a capture that vanished judges the rest', async () => {
    const gone = join(site.captures, 'gone.pcap')
    writeFileSync(gone, readFileSync(large).subarray(0, 100_000))
    const workers = await stopped()
    const run = await submitted(files[0] as string, gone)
    unlinkSync(gone)
    workers()
    await isAt(run, /done/)
    const { printed, said, exitCode } = await site.cluster('result', run)
    expect(said).toBe(
      `pipelint: ${gone}: cannot be read at byte 0: ENOENT: no such file or directory, open '${gone}'\n`,
    )
    expect(printed).toMatch(/^\d+ sessions/m)
    expect(exitCode).toBe(3)
  })

  test('of captures behind URLs says what check says of the files', async () => {
    const store = await Store.open()
    try {
      const [one = '', other = '', third = ''] = files
      // Findings name their files: those of the site are called like the objects.
      const stored = (key: string, bytes: Uint8Array) => {
        store.objects.set(key, Buffer.from(bytes))
        const path = join(site.captures, basename(key))
        writeFileSync(path, bytes)
        return path
      }
      const paths = new Map([
        [`s3://${BUCKET}/mx1/large one.pcap`, stored('mx1/large one.pcap', readFileSync(large))],
        [store.url('one.pcap'), stored('one.pcap', readFileSync(one))],
        [`s3://${BUCKET}/other.pcap.gz`, stored('other.pcap.gz', gzipSync(readFileSync(other)))],
        [third, third],
      ])
      store.failures.push(503, 'cut')
      const workers = await stopped()
      const words = ['--format', 'json', '--slice-bytes', String(SLICE_BYTES_MIN)]
      const run = await submitted(...words, ...paths.keys(), store.url('none.pcap'))
      site.work([store.url(''), `s3://${BUCKET}/`], store.environment)
      await isAt(run, /done/)
      const { printed, said, exitCode } = await site.cluster('result', run, '--format', 'json')
      expect(said).toBe(`pipelint: ${store.url('none.pcap')}: cannot be read at byte 0: 404 Not Found\n`)
      expect(exitCode).toBe(3)
      expect(store.asked.filter((line) => line.startsWith('GET mx1/large one.pcap ')).length).toBeGreaterThan(10)
      const found = JSON.parse(printed)
      const expected = JSON.parse((await pipelint('check', '--format', 'json', ...paths.values())).printed)
      const captures = found.captures.filter(({ path }: { path: string }) => path !== store.url('none.pcap'))
      const named = captures.map((each: { path: string }) => ({ ...each, path: paths.get(each.path) }))
      const known = (all: object[]) => all.map((each) => ({ ...each, compression: '' }))
      expect(known(named)).toEqual(known(expected.captures))
      expect({ ...found, captures: [] }).toEqual({ ...expected, captures: [] })
      await site.stopWorkers()
      workers()
      expect((await site.cluster('submit', '--wait', store.url('one.pcap'))).said).toContain('outside every --root')
    } finally {
      await store.close()
    }
  })

  test('whose work directory is a bucket', async () => {
    const store = await Store.open()
    for (const [name, value] of Object.entries(store.environment)) vi.stubEnv(name, value)
    const workDir = `s3://${BUCKET}/runs/`
    const cluster = (...words: string[]) => pipelint('cluster', ...words, '--redis', site.url, '--work-dir', workDir)
    const workers = await stopped()
    try {
      const submit = ['submit', '--format', 'json', '--slice-bytes', String(SLICE_BYTES_MIN)]
      const run = (await cluster(...submit, large)).printed.trim()
      site.work([], {}, workDir)
      await until(async () => /done|failed/.test((await cluster('status', run)).printed))
      expect(await cluster('result', run, '--format', 'json')).toEqual(
        await pipelint('check', '--format', 'json', large),
      )
      const left = [...store.objects.keys()].map((key) => key.replace(`runs/${run}/`, ''))
      expect(left.sort()).toEqual(['order.json', 'result.json', 'sessions.ndjson'])
      expect((await cluster('cancel', run)).printed).toBe(`${run}  cancelled\n`)
      expect([...store.objects.keys()]).toEqual([])
      store.isFull = true
      expect(await cluster(...submit, large)).toMatchObject({
        exitCode: 4,
        said: `pipelint: work directory ${workDir}: InsufficientStorage: InsufficientStorage it is\n`,
      })
      vi.stubEnv('AWS_ACCESS_KEY_ID', 'SOMEBODY')
      expect((await cluster('result', run)).said).toBe(
        `pipelint: work directory ${workDir}: AccessDenied: AccessDenied it is\n`,
      )
    } finally {
      vi.unstubAllEnvs()
      await site.stopWorkers()
      workers()
      await store.close()
    }
  })

  test('opens captures under the roots only', async () => {
    const elsewhere = join(site.folder, 'elsewhere.pcap')
    writeFileSync(elsewhere, readFileSync(files[0] as string))
    const { said, exitCode } = await site.cluster('submit', '--wait', elsewhere)
    expect(said).toContain('outside every --root of the worker')
    expect(exitCode).toBe(3)
  })

  test('that is cancelled leaves nothing', async () => {
    const workers = await stopped()
    const run = await submitted(files[0] as string)
    expect((await site.cluster('cancel', run)).exitCode).toBe(0)
    expect(await site.status(run)).toBe('cancelled')
    workers()
    expect(readdirSync(join(site.workDir, run))).toEqual(['cancelled'])
    expect((await site.cluster('result', run)).said).toBe(`pipelint: ${run}: no result: cancelled\n`)
  })

  test('whose folder is gone fails, and says why', async () => {
    const workers = await stopped()
    const run = await submitted(files[0] as string)
    rmSync(join(site.workDir, run), { recursive: true })
    workers()
    await isAt(run, /failed/)
    const { said, exitCode } = await site.cluster('result', run)
    expect(said).toMatch(/^pipelint: \S+: no result: failed, work directory \S+: no run [^\n]*\n$/)
    expect(exitCode).toBe(4)
  })

  test('says nothing secret', async () => {
    const locked = await Site.open('open-sesame')
    try {
      const run = (await locked.cluster('submit', files[0] as string)).printed.trim()
      expect(run).toMatch(/^\d{8}T\d{6}-[0-9a-f]{8}$/)
      const told = await locked.ask(async (redis) => {
        const keys = await redis.keys('*')
        const values = await Promise.all(keys.map(async (key) => (await redis.dumpBuffer(key))?.toString('latin1')))
        return JSON.stringify([keys, values])
      })
      expect(told).toContain(run)
      expect(told).not.toContain('sesame')
      const wrong = locked.url.replace('open', 'close')
      const { said, exitCode } = await pipelint(
        'cluster',
        'status',
        run,
        '--redis',
        wrong,
        '--work-dir',
        locked.workDir,
      )
      expect(said).toMatch(/^pipelint: redis:\/\/127\.0\.0\.1:\d+: it refuses the user or the password\n$/)
      expect(exitCode).toBe(4)
    } finally {
      await locked.close()
    }
  })

  /** No worker is there; what is returned starts one. */
  async function stopped(): Promise<() => void> {
    await site.stopWorkers()
    return () => void site.work()
  }
})
