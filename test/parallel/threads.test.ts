// Threads that read captures: their results, and what happens when they die or must stop.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { analyze, type SessionReport } from '../../src/analyze.ts'
import { STEPS_AHEAD_MAX } from '../../src/limits.ts'
import {
  analyzeInShares,
  analyzeOnThreads,
  type StartReading,
  type ThreadedOptions,
  threads,
} from '../../src/parallel/analyze-on-threads.ts'
import { SharedPace } from '../../src/parallel/pace.ts'
import { generate } from '../bench/generate.mjs'
import { fileOf } from '../support/shares.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const program = pathToFileURL(join(root, 'dist/parallel/worker.js'))
const capture = join(root, 'samples/five-dialogues.pcap')
let folder = ''
/** Many read buffers. */
let large = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pipelint-threads-'))
  large = join(folder, 'large.pcap')
  generate(large, { seed: 17, bytes: 70_000_000, mails: 3, size: 4000, open: 64, faulty: 5 })
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A thread that dies after so many steps. */
function mortal(name: string, steps: number, how: string): URL {
  const path = join(folder, `${name}.mjs`)
  writeFileSync(
    path,
    `import { parentPort } from 'node:worker_threads'
const post = parentPort.postMessage.bind(parentPort)
let steps = 0
parentPort.postMessage = (step) => {
  post(step)
  if (++steps > ${steps}) {
    ${how}
  }
}
await import(${JSON.stringify(program.href)})
`,
  )
  return pathToFileURL(path)
}

/** All output, reports included. */
async function toldBy(
  read: (options: ThreadedOptions) => Promise<unknown>,
  options: ThreadedOptions = { keepSessions: 'notable' },
): Promise<string> {
  const ids: string[] = []
  const onSession = ({ id }: SessionReport) => void ids.push(id)
  return JSON.stringify([await read({ ...options, onSession }), ids])
}

const onThreads =
  (count: number, url = program, path = capture) =>
  (options: ThreadedOptions) =>
    analyzeInShares([path], options, count, threads(url))

describe('threads', () => {
  for (const count of [2, 3, 5]) {
    test(`${count} of them tell what one reading tells`, async () => {
      expect(await toldBy(onThreads(count))).toBe(await toldBy((options) => analyze([capture], options)))
    })
  }

  test('tell what one reading tells of a large capture', async () => {
    const expected = await toldBy((options) => analyze([large], options))
    expect(await toldBy(onThreads(2, program, large))).toBe(expected)
    expect(await toldBy(onThreads(3, program, large))).toBe(expected)
  })

  for (const [name, how] of [
    ['that exit', 'process.exit(1)'],
    ['that throw', "throw new Error('no more')"],
  ] as const) {
    test(`${name} take nothing with them, and nothing is delivered twice`, async () => {
      const expected = await toldBy((options) => analyze([large], options))
      for (const steps of [0, 5]) {
        const url = mortal(`${name.replaceAll(' ', '-')}-${steps}`, steps, how)
        expect(await toldBy(onThreads(2, url, large)), `after ${steps} steps`).toBe(expected)
      }
    })
  }

  test('that cannot start are not missed', async () => {
    const url = pathToFileURL(join(folder, 'missing.mjs'))
    expect(await toldBy(onThreads(2, url))).toBe(await toldBy((options) => analyze([capture], options)))
  })

  test('do not hide what the caller throws, or rejects', async () => {
    const thrown = () => {
      throw new Error('full')
    }
    await expect(onThreads(2)({ onSession: thrown })).rejects.toThrow('full')
    await expect(onThreads(2)({ onSession: async () => thrown() })).rejects.toThrow('full')
  })

  test('are not started for what only one can read', async () => {
    const compressed = join(folder, 'five.pcap.gz')
    writeFileSync(compressed, gzipSync(readFileSync(capture)))
    const [one, other] = await Promise.all([analyzeOnThreads([compressed], {}, 2), analyze([compressed])])
    expect(one).toEqual(other)
  })
})

describe('others are started after a trial', () => {
  const ordinary = { seed: 18, bytes: 30_000_000, mails: 1, size: 300, open: 64, faulty: 0 }
  const captures = [
    ['of many small sessions', ordinary, 2],
    ['but not where reading takes longer than judging', { ...ordinary, size: 20_000 }, 0],
    ['but not where many sessions have faults', { ...ordinary, faulty: 5 }, 0],
    ['but not where few sessions are long', { ...ordinary, open: 2, mails: 8000 }, 0],
    ['but not when the captures end before', { ...ordinary, bytes: 3_000_000 }, 0],
  ] as const
  for (const [name, traffic, expected] of captures) {
    test(name, async () => {
      const path = join(folder, 'trial.pcap')
      generate(path, traffic)
      let started = 0
      const start: StartReading = (...rest) => {
        started++
        return threads(program)(...rest)
      }
      const onTrial = (options: ThreadedOptions) => analyzeInShares([path], options, 3, start, statSync(path).size)
      expect(await toldBy(onTrial)).toBe(await toldBy((options) => analyze([path], options)))
      expect(started).toBe(expected)
    })
  }
})

describe('an interruption', () => {
  test('stops all of them at the same packet', async () => {
    for (const count of [2, 3]) {
      const stop = new AbortController()
      let progressed = 0
      const onProgress = () => {
        if (++progressed === 2) stop.abort()
      }
      const options = { signal: stop.signal, onProgress, keepSessions: 'all' } as const
      const { summary, captures, sessions } = await onThreads(count, program, large)(options)
      const [read] = captures
      expect(read?.error?.code).toBe('interrupted')
      const whole = readFileSync(large)
      expect(read?.bytes).toBeLessThan(whole.length)
      const expected = await analyze([fileOf(large, whole.subarray(0, read?.bytes))])
      expect({ summary, sessions }).toEqual({ summary: expected.summary, sessions: expected.sessions })
    }
  })
})

describe('the pace', () => {
  test('lets a thread be some steps ahead', () => {
    const main = new SharedPace()
    const other = new SharedPace(main.memory)
    main.begin(3)
    expect(other.begins(3 + STEPS_AHEAD_MAX)).toBe(true)
  })

  test('stops all before the first step that none has begun', () => {
    const main = new SharedPace()
    const other = new SharedPace(main.memory)
    main.begin(3)
    main.stop()
    const last = 3 + STEPS_AHEAD_MAX
    expect(other.begins(last)).toBe(true)
    expect(other.begins(last + 1)).toBe(false)
    expect(main.begin(last)).toBe(true)
    expect(main.begin(last + 1)).toBe(false)
  })

  test('stops no thread when the main thread has read all', () => {
    const main = new SharedPace()
    const other = new SharedPace(main.memory)
    main.end()
    main.stop()
    expect(other.begins(1_000_000)).toBe(true)
  })

  test('waits for a thread that is behind', async () => {
    // It tells nothing until the main thread has come as far as it may.
    let begun = 0
    const late: StartReading = (job, tell, fail) => {
      const pace = new SharedPace(job.pace)
      const isAhead = () => {
        begun++
        return pace.begins(1 + STEPS_AHEAD_MAX)
      }
      const timer = setTimeout(() => {
        expect(isAhead()).toBe(true)
        reading = threads(program)(job, tell, fail)
      }, 300)
      let reading: ReturnType<StartReading> | null = null
      return {
        stop: async () => {
          clearTimeout(timer)
          await reading?.stop()
        },
      }
    }
    const expected = await toldBy((options) => analyze([large], options))
    expect(await toldBy((options) => analyzeInShares([large], options, 2, late))).toBe(expected)
    expect(begun).toBe(1)
  })
})
