// Ctrl-C while standard input is read, and otherwise; SIGTERM and SIGHUP.
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { Interruption } from '../../src/cli/interruption.ts'
import { PIPE_SILENCE_MS } from '../../src/limits.ts'
import type { StopSignal } from '../../src/stop-signal.ts'

function make() {
  const seen: string[] = []
  const interruption = new Interruption(
    (code) => seen.push(code === 130 ? 'exit' : `exit with ${code}`),
    () => seen.push('waiting'),
  )
  return { seen, interruption }
}

/** Chunks at these intervals, in milliseconds; the last one never comes when it is null. */
async function* pipe(...pauses: (number | null)[]): AsyncGenerator<Uint8Array> {
  for (const ms of pauses) {
    await (ms === null ? new Promise(() => {}) : pause(ms))
    yield Uint8Array.of(1)
  }
}

async function bytesOf(chunks: AsyncIterable<Uint8Array>, signal: StopSignal): Promise<number> {
  let count = 0
  const stopped = new Promise<'stopped'>((resolve) => signal.addEventListener('abort', () => resolve('stopped')))
  const iterator = chunks[Symbol.asyncIterator]()
  for (;;) {
    const next = await Promise.race([iterator.next(), stopped])
    if (next === 'stopped' || next.done === true) return count
    count += next.value.length
  }
}

describe('of a pipe', () => {
  test('the first lets the rest come to its end', async () => {
    const { seen, interruption } = make()
    const reading = bytesOf(interruption.following(pipe(0, 30, 30, 30)), interruption.take())
    await pause(10)
    interruption.onSignal()
    expect(await reading).toBe(4)
    expect(interruption.signal.aborted).toBe(false)
    expect(seen).not.toContain('exit')
  })

  test('a pipe that stays silent is not waited for', async () => {
    const { seen, interruption } = make()
    const reading = bytesOf(interruption.following(pipe(0, 300, null)), interruption.take())
    await pause(10)
    interruption.onSignal()
    expect(await reading).toBe(2)
    expect(interruption.signal.aborted).toBe(true)
    expect(seen).toEqual(['waiting'])
  })

  test('the second stops, the third ends the process', async () => {
    const { seen, interruption } = make()
    const reading = bytesOf(interruption.following(pipe(0, null)), interruption.take())
    await pause(10)
    interruption.onSignal()
    interruption.onSignal()
    expect(await reading).toBe(1)
    interruption.onSignal()
    expect(seen).toEqual(['exit'])
  })

  test('a command that cannot stop in order is ended by the second, or by silence', async () => {
    for (const signals of [2, 1]) {
      const { seen, interruption } = make()
      const chunks = interruption.following(pipe(0, null))
      await chunks.next()
      void chunks.next()
      for (let i = 0; i < signals; i++) interruption.onSignal()
      if (signals === 1) await pause(PIPE_SILENCE_MS + 300)
      expect(seen.at(-1)).toBe('exit')
      expect(interruption.signal.aborted).toBe(false)
    }
  })
})

describe('of files', () => {
  test('the first stops', () => {
    const { seen, interruption } = make()
    interruption.take()
    interruption.onSignal()
    expect(interruption.signal.aborted).toBe(true)
    expect(seen).toEqual([])
  })

  test('a command that cannot stop in order is ended', () => {
    const { seen, interruption } = make()
    interruption.onSignal()
    expect(seen).toEqual(['exit'])
  })
})

describe('SIGTERM', () => {
  test('ends the process at once', () => {
    for (const isTaken of [false, true]) {
      const { seen, interruption } = make()
      if (isTaken) interruption.take()
      interruption.onTermination(143)
      expect(seen).toEqual(['exit with 143'])
    }
  })

  test('of a command that finishes what it has begun, the second one', () => {
    const { seen, interruption } = make()
    interruption.take(true)
    interruption.onTermination(143)
    expect(interruption).toMatchObject({ exitCode: 143, signal: { aborted: true } })
    expect(seen).toEqual([])
    interruption.onTermination(129)
    expect(seen).toEqual(['exit with 129'])
  })
})
