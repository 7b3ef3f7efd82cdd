// What several machines or threads make of generated traffic is what the engine alone says of it: in batches, with
// connections that go on in the next one, and in shares of the flows.
import { describe, expect, inject, test } from 'vitest'
import { type Analysis, analyze } from '../../src/analyze.ts'
import { fastPathSetting } from '../../src/fast-path/setting.ts'
import { Dice } from '../fuzz/dice.ts'
import { analyzeInBatches } from '../support/batches.ts'
import { analyzeSharesHere, fileOf as rereadable } from '../support/shares.ts'
import { counting, difference } from './both-ways.ts'
import { FORMATS, fileOf } from './files.ts'
import { FAIR, traffic } from './traffic.ts'

const { all, seed } = inject('scope')
const CASES = all ? 200 : 12
const OPTIONS = { keepSessions: 'all' } as const
const ROUGH = { odd: 60, network: 10, close: 5, clock: 0, headers: 200 }

interface Case {
  readonly bytes: Uint8Array
  readonly dice: Dice
}

function caseOf(n: number): Case {
  const dice = new Dice(seed * 64 + n)
  const weather = dice.once(2) ? FAIR : { ...ROUGH, clock: dice.pick([0, 0, 500]) }
  const spanNs = dice.pick([1e8, 2e9, 100e9])
  const packets = traffic(dice, { sessions: 40, weather, link: 'ethernet', hosts: dice.pick([2, 40]), spanNs })
  return { bytes: fileOf(packets, 1, dice.pick(FORMATS)), dice }
}

async function alone(bytes: Uint8Array): Promise<string> {
  fastPathSetting.isOff = true
  try {
    return shown(await analyze([rereadable('test.pcap', bytes)], OPTIONS))
  } finally {
    fastPathSetting.isOff = false
  }
}

const shown = (analysis: Analysis) => JSON.stringify(analysis, (key, value) => (key === 'quota' ? undefined : value), 1)

describe('random traffic', () => {
  test('in batches', async () => {
    let takenOfAll = 0
    for (let n = 0; n < CASES; n++) {
      const { bytes, dice } = caseOf(n)
      const size = { bytes: 1 << 24, packets: dice.pick([64, 300, 1000]) }
      const work = async () => shown(await analyzeInBatches([rereadable('test.pcap', bytes)], OPTIONS, size))
      const { result: on, taken } = await counting(work)
      expect(difference({ off: await alone(bytes), on }), `case ${n}`).toBe('')
      takenOfAll += taken
    }
    expect(takenOfAll).toBeGreaterThan(CASES)
  })

  test('in shares', async () => {
    let takenOfAll = 0
    for (let n = 0; n < CASES; n++) {
      const { bytes, dice } = caseOf(n)
      const count = dice.pick([2, 3, 8])
      const work = async () => shown(await analyzeSharesHere([rereadable('test.pcap', bytes)], OPTIONS, count))
      const { result: on, taken } = await counting(work)
      expect(difference({ off: await alone(bytes), on }), `case ${n}`).toBe('')
      takenOfAll += taken
    }
    expect(takenOfAll).toBeGreaterThan(CASES)
  })
})
