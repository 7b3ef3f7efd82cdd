// Artefacts of networks and captures cause no accusation: sessions with a known result go through the artefacts of
// test/fuzz/artefacts/ and are judged again. No error is proved of which their labels know nothing, and no faulty session
// that visibly lacks bytes is called conforming. `npm run fuzz -- --kind artefacts` does the same for as long as wanted.
import { fileURLToPath } from 'node:url'
import { expect, inject, test } from 'vitest'
import { misjudged } from '../fuzz/artefacts/expected.ts'
import { anyPlan, inputOf, nameOf, type Plan, smallest } from '../fuzz/artefacts/plan.ts'
import { sessionsOfCaptures, sessionsOfTranscripts } from '../fuzz/artefacts/sessions.ts'
import { Dice } from '../fuzz/dice.ts'
import { judgeBytes } from '../support/judge.ts'

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const { all, seed } = inject('scope')
/** A number of inputs, and no time: a seed then means the same on every machine. */
const INPUTS = all ? 4000 : 150

test('artefacts cause no accusation, and hide no gap', { timeout: 600_000 }, async () => {
  const sessions = [
    ...sessionsOfTranscripts(path('../transcripts')),
    ...(await sessionsOfCaptures([path('../captures'), path('../../samples')])),
  ]
  const look = async (plan: Plan) => {
    const { file, expected } = await inputOf(plan, sessions, judgeBytes)
    return misjudged(await judgeBytes(file), expected)
  }
  for (let n = 0; n < INPUTS; n++) {
    const plan = anyPlan(sessions, new Dice(seed + n))
    const wrong = await look(plan)
    if (wrong === null) continue
    const small = await smallest(plan, async (smaller) => (await look(smaller))?.name === wrong.name)
    expect.fail(`TEST_SEED=${seed}, input ${n}, ${nameOf(small, sessions)}: ${(await look(small))?.what}`)
  }
})
