// When the kernel fails, in the middle of whatever it does, the engine gets everything: the analysis is the same, byte for
// byte, and the failure is reported as the defect that it is.
import { afterEach, describe, expect, inject, test } from 'vitest'
import { analyze } from '../../src/analyze.ts'
import { FastPath } from '../../src/fast-path/fast-path.ts'
import { Kernel, type KernelExports, type KernelHost } from '../../src/fast-path/kernel.ts'
import { Dice } from '../fuzz/dice.ts'
import { bothWays, difference, type Inputs, piped } from './both-ways.ts'
import { Capture } from './capture.ts'
import { fileOf, inputsOf } from './files.ts'
import { FAIR, traffic } from './traffic.ts'

const { all, seed } = inject('scope')
const { take } = Kernel
const { next } = FastPath.prototype

/** The exports of kernels whose exports were replaced: they are used again. */
const originals = new Map<Kernel, KernelExports>()

afterEach(() => {
  for (const [kernel, exports] of originals) Object.assign(kernel, { exports })
  originals.clear()
  Kernel.take = take
  FastPath.prototype.next = next
})

/** The kernels of the analyses that begin have these exports, or ask this host, instead of the true ones. */
function replaced(
  exportsOf: (exports: KernelExports) => Partial<KernelExports>,
  hostOf: (host: KernelHost) => Partial<KernelHost> = () => ({}),
): void {
  Kernel.take = (host) => {
    const kernel = take.call(Kernel, { ...host, ...hostOf(host) })
    const exports = originals.get(kernel) ?? kernel.exports
    originals.set(kernel, exports)
    Object.assign(kernel, { exports: { ...exports, ...exportsOf(exports) } })
    return kernel
  }
}

/** Calls `work`, but once fails in the way of a trap: before it, or when it has done its work. */
function failing<Words extends readonly unknown[], T>(
  work: (...words: Words) => T,
  at: number,
  isDone: boolean,
): (...words: Words) => T {
  let calls = 0
  return (...words) => {
    const fails = ++calls === at
    if (!fails || isDone) {
      const result = work(...words)
      if (!fails) return result
    }
    throw new WebAssembly.RuntimeError('unreachable')
  }
}

async function expectSame(inputs: Inputs, name: string): Promise<{ errors: number; taken: number }> {
  const { off, on, taken } = await bothWays(inputs)
  const errors = JSON.parse(on).errors as unknown[]
  const withoutErrors = JSON.stringify({ ...JSON.parse(on), errors: [] }, null, 1)
  expect(difference({ off, on: withoutErrors }), name).toBe('')
  return { errors: errors.length, taken }
}

const ROUGH = { odd: 60, network: 20, close: 10, clock: 0, headers: 30 }

function someInputs(n: number): Inputs {
  const dice = new Dice(seed + n)
  const packets = traffic(dice, { sessions: 30, weather: dice.once(4) ? FAIR : ROUGH, link: 'ethernet', hosts: 30 })
  return inputsOf(new Dice(n), packets, 1, n % 2 === 0)
}

const CASES = all ? 60 : 8

describe('a kernel that fails', () => {
  test('in the middle of a packet, for want of an answer', async () => {
    let failures = 0
    for (let n = 0; n < CASES; n++) {
      const at = 1 + new Dice(n).below(30)
      replaced(
        () => ({}),
        (host) => ({ readText: failing((...words) => host.readText(...words), at, n % 2 === 0) }),
      )
      failures += (await expectSame(someInputs(n), `case ${n}`)).errors
    }
    expect(failures).toBeGreaterThan(CASES / 2)
  })

  // Before it has done anything: a trap comes before a function returns, and what it did is not known to the host.
  test.each([
    ['take', 40],
    ['walk', 3],
    ['handOver', 4],
    ['nextPacket', 60],
    ['release', 4],
    ['claim', 2],
    ['unclaim', 1],
    ['passTime', 4],
    ['takeDecoded', 1],
    ['firstClosedFrame', 6],
    ['firstClosedNs', 1],
    ['forgetEnded', 2],
    ['vacate', 2],
  ] as const)('in %s', async (name, below) => {
    let failures = 0
    for (let n = 0; n < CASES; n++) {
      const at = 1 + new Dice(n).below(below)
      replaced((exports) => {
        const work = exports[name] as (...words: readonly unknown[]) => unknown
        return { [name]: failing(work, at, false) }
      })
      failures += (await expectSame(someInputs(n), `${name} ${at}, case ${n}`)).errors
    }
    expect(failures).toBeGreaterThan(0)
  })

  test('while connections go to the engine because a window is used again', async () => {
    FastPath.prototype.next = function () {
      return next.call(this).subarray(0, 140_000)
    }
    for (let n = 0; n < CASES; n++) {
      replaced((exports) => ({ vacate: failing(exports.vacate, 3 + n, false) }))
      const packets = traffic(new Dice(n), { sessions: 60, weather: FAIR, link: 'ethernet', hosts: 60 })
      await expectSame(() => [piped(fileOf(packets, 1))], `case ${n}`)
    }
  })

  test('is not used again', async () => {
    const kernels: Kernel[] = []
    Kernel.take = (host) => {
      const kernel = take.call(Kernel, host)
      kernels.push(kernel)
      return kernel
    }
    const bytes = fileOf(new Capture().open(1).hello(1).quit(1).packets, 1)
    await analyze([piped(bytes)])
    await analyze([piped(bytes)])
    expect(kernels[1]).toBe(kernels[0])
    replaced(
      () => ({}),
      (host) => ({ readText: failing((...words) => host.readText(...words), 1, false) }),
    )
    const failed: unknown[] = []
    await analyze([piped(bytes)], { onInternalError: (error, frame) => void failed.push([frame, String(error)]) })
    expect(failed).toEqual([[4, 'Error: the kernel got no answer']])
    Kernel.take = (host) => {
      const kernel = take.call(Kernel, host)
      kernels.push(kernel)
      return kernel
    }
    await analyze([piped(bytes)])
    expect(kernels[2]).not.toBe(kernels[0])
  })

  test('leaves the connections whose packets it cannot name, and no others', async () => {
    const capture = new Capture()
    for (let n = 0; n < 20; n++) capture.open(n).hello(n)
    for (let n = 0; n < 20; n++) capture.quit(n)
    replaced((exports) => ({
      nextPacket: failing(exports.nextPacket, 9, false),
      take: failing(exports.take, 60, false),
      walk: failing(exports.walk, 3, false),
    }))
    const { summary } = await analyze([piped(fileOf(capture.packets, 1))])
    expect(summary.sessions).toBe(20)
  })
})
