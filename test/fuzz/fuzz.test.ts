// A short run of the fuzzer with a fixed seed, and every input that ever failed.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { Dice } from './dice.ts'
import { writeFrames } from './frames.ts'
import { blameIn, newlyBlamed } from './innocence.ts'
import { KINDS, makeInput, seedsIn } from './inputs.ts'
import { examine, judge } from './oracle.ts'

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const RUNS = 60
const TIMEOUT_MS = 120_000

describe('fuzzing', () => {
  const seeds = seedsIn([path('../../samples'), path('../captures')])

  for (const kind of KINDS) {
    test(
      `${RUNS} inputs: ${kind}`,
      async () => {
        const known = await seeds
        for (let n = 0; n < (kind === 'repeat' ? RUNS / 6 : RUNS); n++) {
          const dice = new Dice(n)
          const seed = dice.pick(known)
          const input = makeInput(kind, seed, dice.pick(known), dice)
          if (input === null) continue
          expect(await examine(input), `${kind} ${n} of ${seed.name}`).toBeNull()
          if (kind !== 'damage' || seed.capture === null) continue
          const intact = blameIn(await judge(writeFrames(seed.capture)), false)
          expect(newlyBlamed(intact, await judge(input)), `${kind} ${n} of ${seed.name}`).toBeNull()
        }
      },
      TIMEOUT_MS,
    )
  }
})

describe('what failed once', () => {
  for (const name of readdirSync(path('regressions'))) {
    test(name, async () => {
      expect(await examine(readFileSync(path(`regressions/${name}`)))).toBeNull()
    })
  }
})
