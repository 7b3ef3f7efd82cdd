// Captures behind URLs: their octets, whatever the store does meanwhile, and only those under a root.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { ByteRange, ByteSource } from '../../src/capture/source.ts'
import { rootsOf } from '../../src/cluster/allowed-roots.ts'
import { openObject } from '../../src/cluster/objects.ts'
import { expandUrl, isUrl, toCaptureUrl, toRootUrl } from '../../src/cluster/urls.ts'
import { OBJECT_BACKOFF_MS, OBJECT_PATIENCE_MS, OBJECT_TRIES_MAX } from '../../src/limits.ts'
import { BUCKET, Store } from './store.ts'

const OCTETS = Uint8Array.from({ length: 300_000 }, (_, n) => (n * 7919) >> 3)

let store: Store
beforeAll(async () => {
  store = await Store.open()
  store.objects.set('a.pcap', OCTETS)
  for (const [name, value] of Object.entries(store.environment)) vi.stubEnv(name, value)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  // The client of this store, which other files would find.
  vi.resetModules()
  await store.close()
})

async function admitted(url: string, edition: string | null = null) {
  const roots = await rootsOf([store.url(''), `s3://${BUCKET}/`, store.url('').replace('/web/', '/away/')])
  return roots.admit({ name: 'it', path: url, edition })
}

async function read(source: ByteSource): Promise<Buffer> {
  const pieces: Buffer[] = []
  try {
    for (;;) {
      const into = Buffer.alloc(100_000)
      const count = await source.read(into)
      if (count === 0) return Buffer.concat(pieces)
      pieces.push(into.subarray(0, count))
    }
  } finally {
    await source.close()
  }
}

const why = async (url: string, range: ByteRange | null = null) => {
  const { open } = await admitted(url)
  return read(await open(range)).then(
    (octets) => `${octets.length} octets`,
    ({ problem }) => `${problem.path}: ${problem.code} at ${problem.fileOffset}: ${problem.accordingTo}`,
  )
}

describe.each([
  ['of a web server', (name: string) => store.url(name)],
  ['of S3', (name: string) => `s3://${BUCKET}/${name}`],
])('an object %s', (_, url) => {
  test('is read as a whole, and as a range behind its header', async () => {
    const { look, open } = await admitted(url('a.pcap'))
    expect(await look()).toMatchObject({ size: OCTETS.length })
    expect(Buffer.compare(await read(await open(null)), OCTETS)).toBe(0)
    const source = await open({ headerLength: 24, from: 1000, to: 150_000 })
    expect(source.origin).toBe(976)
    const expected = Buffer.concat([OCTETS.subarray(0, 24), OCTETS.subarray(1000, 150_000)])
    expect(Buffer.compare(await read(source), expected)).toBe(0)
  })

  test('no more of it is asked for than is wanted', async () => {
    const { open } = await admitted(url('a.pcap'))
    store.asked.length = 0
    await read(await open({ headerLength: 24, from: 1000, to: 2000 }))
    expect(store.asked).toEqual(['GET a.pcap 0-23', 'GET a.pcap 1000-1999'])
  })

  test('is read on where the connection ended, and asked for again where the store is busy', async () => {
    const { open } = await admitted(url('a.pcap'))
    store.failures.push(503, 'cut', 500, 'cut')
    expect(Buffer.compare(await read(await open(null)), OCTETS)).toBe(0)
    expect(store.failures).toEqual([])
  })

  test('that ends early is read as far as it comes, and is cut off there', async () => {
    store.objects.set('early.pcap', OCTETS)
    store.endsAt.set('early.pcap', 200_000)
    const source = await (await (await admitted(url('early.pcap'))).open)(null)
    const into = Buffer.alloc(OCTETS.length)
    let at = 0
    const reading = async () => {
      while (at < into.length) at += await source.read(into.subarray(at))
    }
    await expect(reading()).rejects.toMatchObject({
      problem: { code: 'cut-off', fileOffset: 200_000, needed: 100_000, available: 0 },
    })
    expect(Buffer.compare(into.subarray(0, at), OCTETS.subarray(0, 200_000))).toBe(0)
    await source.close()
  })

  test('that changes while it is read is not believed', async () => {
    const { open } = await admitted(url('b.pcap'))
    store.objects.set('b.pcap', OCTETS)
    const source = await open({ headerLength: 24, from: 1000, to: 2000 })
    await source.read(Buffer.alloc(24))
    store.objects.set('b.pcap', OCTETS.slice(1))
    await expect(read(source)).rejects.toMatchObject({ problem: { accordingTo: 'the file changed while it was read' } })
  })

  test('that was written anew after it was looked at is not believed', async () => {
    store.objects.set('c.pcap', OCTETS)
    const { edition } = await (await admitted(url('c.pcap'))).look()
    const { open } = await admitted(url('c.pcap'), edition)
    expect(await read(await open(null))).toHaveLength(OCTETS.length)
    store.objects.set('c.pcap', OCTETS.toReversed())
    await expect(read(await open(null))).rejects.toMatchObject({
      problem: { accordingTo: 'the file changed while it was read' },
    })
  })

  test('of no octets, and less of it than was there', async () => {
    store.objects.set('empty.pcap', new Uint8Array(0))
    expect(await why(url('empty.pcap'))).toBe('0 octets')
    expect(await why(url('a.pcap'), { headerLength: 24, from: 400_000, to: 500_000 })).toBe('24 octets')
  })

  test('that is not there, or never given', async () => {
    expect(await why(url('none.pcap'))).toMatch(/^it: unreadable at 0: (?:404 Not Found|NoSuchKey: NoSuchKey it is)$/)
    store.failures.push(...Array<number>(12).fill(500))
    expect(await why(url('a.pcap'))).toMatch(/^it: unreadable at 0: (?:500 Internal|SlowDown)/)
    store.failures.length = 0
  })
})

test('a web server that knows no ranges gives whole objects only, and redirects are not followed', async () => {
  store.knowsRanges = false
  expect(await why(store.url('a.pcap'))).toBe(`${OCTETS.length} octets`)
  expect(await why(store.url('a.pcap'), { headerLength: 24, from: 1000, to: 2000 })).toBe(
    'it: unreadable at 1000: the server does not support byte ranges',
  )
  store.knowsRanges = true
  const away = store.url('a.pcap').replace('/web/', '/away/')
  expect(await why(away)).toBe('it: unreadable at 0: the server redirects to another address (302)')
})

test('a prefix of S3 means what lies right under it', async () => {
  for (const name of ['in/c.pcap', 'in/', 'in/a b.pcap', 'in/b.pcap', 'in/deep/d.pcap']) store.objects.set(name, OCTETS)
  expect(await expandUrl(`s3://${BUCKET}/in/`)).toEqual(
    ['a b', 'b', 'c'].map((name) => `s3://${BUCKET}/in/${name}.pcap`),
  )
  expect(await expandUrl(`s3://${BUCKET}/in`)).toEqual([`s3://${BUCKET}/in`])
  await expect(expandUrl(`s3://${BUCKET}/out/`)).rejects.toThrow(`s3://${BUCKET}/out/: no captures there`)
  await expect(expandUrl('https://a/b/')).rejects.toThrow('https://a/b/: a web server cannot list')
  store.failures.push(...Array<number>(3).fill(403))
  await expect(expandUrl(`s3://${BUCKET}/in/`)).rejects.toThrow(`s3://${BUCKET}/in/: cannot be listed: SlowDown`)
  store.failures.length = 0
})

test('a key that is not known to the store', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'SOMEBODY')
  vi.resetModules()
  const { rootsOf: again } = await import('../../src/cluster/allowed-roots.ts')
  const { open } = await (await again([`s3://${BUCKET}/`])).admit({
    name: 'it',
    path: `s3://${BUCKET}/a.pcap`,
    edition: null,
  })
  await expect(read(await open(null))).rejects.toThrow('AccessDenied')
  vi.stubEnv('AWS_ACCESS_KEY_ID', store.environment.AWS_ACCESS_KEY_ID)
})

test('only what lies under a root is opened', async () => {
  const roots = await rootsOf(['https://a.example/in/', 's3://bucket/in', '/tmp'])
  const outside = [
    'https://a.example/inner.pcap',
    'https://a.example/in/../out.pcap',
    'https://a.example/in/%2e%2e/out.pcap',
    'https://a.example/in/..%2fout.pcap',
    'https://a.example/in/%252e%252e/out.pcap',
    'https://a.example/in/%25252Fout.pcap',
    'https://a.example/in/..;/out.pcap',
    's3://bucket/in/a.pcap?X-Amz-Signature=0c1d',
    'https://a.example/in\\..\\out.pcap',
    'https://a.example:8443/in/a.pcap',
    'http://a.example/in/a.pcap',
    'https://user:word@a.example/in/a.pcap',
    'https://a.example/in/a.pcap?X-Amz-Signature=0c1d',
    'https://a.example.evil.example/in/a.pcap',
    'https://a.example/in/',
    's3://bucket/in',
    's3://bucket/inner.pcap',
    's3://bucket/in/../out.pcap',
    's3://other/in/a.pcap',
    's3://bucket@a.example/in/a.pcap',
    'file:///tmp/a.pcap',
  ]
  for (const path of outside) {
    const reason = await roots.admit({ name: path, path, edition: null }).catch(({ problem }) => problem.accordingTo)
    expect([path, reason]).toEqual([path, expect.stringMatching(/^outside every --root|no such file/)])
  }
  for (const path of ['https://a.example/in/a.pcap', 'https://A.example:443/in/b/c.pcap', 's3://bucket/in/a b.pcap']) {
    expect(await roots.admit({ name: path, path, edition: null })).toMatchObject({ open: expect.any(Function) })
  }
})

test('words that are URLs, in their usual form', () => {
  expect(['https://a/b', 'HTTP://a/b', 's3://a/b', '/https://a', 'a.pcap', 'file:///a', '-'].map(isUrl)).toEqual([
    ...[true, true, true],
    ...[false, false, false, false],
  ])
  expect(toCaptureUrl('HTTPS://A.example:443/x/./y z.pcap')).toBe('https://a.example/x/y%20z.pcap')
  expect(toRootUrl('https://a.example')).toBe('https://a.example/')
  expect(toRootUrl('s3://bucket')).toBe('s3://bucket/')
  for (const word of ['https://', 's3://a', 'S3://a/b', 'https://a/', 'https://a/%2e']) {
    expect(() => toCaptureUrl(word), word).toThrow(`${word}: `)
  }
  const secrets = ['https://u:0c1d@a/b', 'https://u:0c1d@a:99999/b', 'https://a/b?k=0c1d', 'https://a/b#0c1d']
  for (const word of [...secrets, 's3://u:0c1d@a/b', 's3://a/b?k=0c1d', 'https://u:0c1d@a/%2e', 'https://u:0c1d@']) {
    expect(() => toCaptureUrl(word), word).toThrow(
      /^a URL with a user, a query or a fragment is refused, because these may be secret$/,
    )
  }
})

test('a store that is silent is asked again, and given up', async () => {
  vi.useFakeTimers()
  try {
    let asked = 0
    const silence = (_from: number, _to: number | null, signal: AbortSignal) =>
      new Promise<never>((_, reject) => {
        asked++
        signal.addEventListener('abort', () => reject(signal.reason))
      })
    const source = await openObject({ look: async () => ({ size: 0, edition: '' }), get: silence }, 'it', null, null)
    const outcome = source.read(Buffer.alloc(1)).catch(({ problem }) => problem.accordingTo)
    await vi.advanceTimersByTimeAsync((OBJECT_PATIENCE_MS + OBJECT_BACKOFF_MS * 8) * OBJECT_TRIES_MAX)
    expect([await outcome, asked]).toEqual(['no data for 30 s', OBJECT_TRIES_MAX])
  } finally {
    vi.useRealTimers()
  }
})
