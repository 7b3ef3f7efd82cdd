// Threads that read batches: their results, and what happens when they die.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { analyze } from '../../src/analyze.ts'
import { BATCH_TRIES_MAX } from '../../src/limits.ts'
import { analyzeInBatches } from '../../src/parallel/analyze-on-threads.ts'
import { newBatch } from '../../src/parallel/packet-batch.ts'
import { WorkerPool, WorkerThreads } from '../../src/parallel/worker-pool.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const program = pathToFileURL(join(root, 'dist/parallel/worker.js'))
const capture = join(root, 'samples/five-dialogues.pcap')
const SIZE = { bytes: 2000, packets: 16 }
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pipelint-threads-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A thread that dies at its first batches, so many of them in all, and does its work from then on. */
function mortal(name: string, deaths: number, how: string): URL {
  const path = join(folder, `${name}.mjs`)
  const notes = JSON.stringify(join(folder, name))
  writeFileSync(
    path,
    `import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
const deaths = () => existsSync(${notes}) ? readFileSync(${notes}, 'utf8').length : 0
const on = parentPort.on.bind(parentPort)
parentPort.on = (name, listener) => on(name, (batch) => {
  if (deaths() < ${deaths}) {
    appendFileSync(${notes}, 'x')
    ${how}
  }
  listener(batch)
})
await import(${JSON.stringify(program.href)})
`,
  )
  return pathToFileURL(path)
}

async function judgedBy(
  width: number,
  url: URL,
  Mappers: typeof WorkerThreads | typeof WorkerPool = WorkerThreads,
): Promise<string> {
  const mapper = new Mappers(width, { tellsAll: false }, url)
  try {
    return JSON.stringify(await analyzeInBatches([capture], {}, mapper, SIZE))
  } finally {
    await mapper.close()
  }
}

describe('threads', () => {
  for (const width of [1, 2, 5]) {
    test(`${width} of them tell what one reading tells`, async () => {
      expect(await judgedBy(width, program)).toBe(JSON.stringify(await analyze([capture])))
    })
  }

  for (const width of [2, 3]) {
    test(`${width} of them, this one among them, tell what one reading tells`, async () => {
      expect(await judgedBy(width, program, WorkerPool)).toBe(JSON.stringify(await analyze([capture])))
    })
  }

  test('that have enough to do leave a batch to this one', async () => {
    const url = pathToFileURL(join(folder, 'silent.mjs'))
    writeFileSync(url, "import { parentPort } from 'node:worker_threads'\nparentPort.on('message', () => {})\n")
    const pool = new WorkerPool(2, { tellsAll: false }, url)
    const batches = Array.from({ length: 3 }, () => newBatch(SIZE, SharedArrayBuffer))
    const first = await Promise.race(batches.map(async (batch) => ({ batch, result: await pool.map(batch) })))
    await pool.close()
    expect(first.batch).toBe(batches.at(-1))
    expect(first.result.reports).toEqual([])
  })

  for (const [name, how] of [
    ['that exit', 'process.exit(1)'],
    ['that throw', "throw new Error('no more')"],
  ] as const) {
    test(`${name} take nothing with them`, async () => {
      const url = mortal(name, BATCH_TRIES_MAX - 1, how)
      expect(await judgedBy(1, url)).toBe(JSON.stringify(await analyze([capture])))
    })
  }

  test('that die over the same batch again and again are reported', async () => {
    const url = mortal('always', 1000, "throw new Error('no more')")
    await expect(judgedBy(2, url)).rejects.toThrow('no more')
  })

  test('that cannot start are reported', async () => {
    const threads = new WorkerThreads(2, { tellsAll: false }, pathToFileURL(join(folder, 'missing.mjs')))
    await expect(threads.map(newBatch(SIZE, SharedArrayBuffer))).rejects.toThrow('missing.mjs')
    await threads.close()
  })
})
