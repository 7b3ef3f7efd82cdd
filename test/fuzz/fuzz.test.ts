// A short run of the fuzzer with a fixed seed, and every input that ever failed.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, inject, test } from 'vitest'
import { type Expected, misjudged } from './artefacts/expected.ts'
import { Dice } from './dice.ts'
import { KINDS, makeInput, seedsIn } from './inputs.ts'
import { examine, judge } from './oracle.ts'

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const RUNS = inject('scope').all ? 60 : 30

describe('fuzzing', () => {
  const seeds = seedsIn([path('../../samples'), path('../captures')])

  for (const kind of KINDS) {
    test(`${RUNS} inputs: ${kind}`, async () => {
      const known = await seeds
      for (let n = 0; n < (kind === 'repeat' ? RUNS / 6 : RUNS); n++) {
        const dice = new Dice(n)
        const seed = dice.pick(known)
        const input = makeInput(kind, seed, dice.pick(known), dice)
        if (input === null) continue
        expect(await examine(input), `${kind} ${n} of ${seed.name}`).toBeNull()
      }
    })
  }
})

describe('what failed once', () => {
  for (const name of readdirSync(path('regressions')).filter((file) => !file.endsWith('.json'))) {
    test(name, async () => {
      const file = readFileSync(path(`regressions/${name}`))
      expect(await examine(file)).toBeNull()
      const known = path(`regressions/${name}.expected.json`)
      if (!existsSync(known)) return
      const expected: readonly Expected[] = JSON.parse(readFileSync(known, 'utf8'))
      expect(misjudged(await judge(file), expected)).toBeNull()
    })
  }
})
