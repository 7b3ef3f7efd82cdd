// One random case by its seed, for the tests and for who hunts.
import type { AnalyzeOptions, CaptureInput } from '../../src/analyze.ts'
import { Dice } from '../fuzz/dice.ts'
import { inputsOf } from './files.ts'
import { FAIR, LINKS, linkTypeOf, type Packet, type TrafficOptions, traffic, type Weather } from './traffic.ts'

export interface RandomCase {
  readonly traffic: TrafficOptions
  readonly packets: readonly Packet[]
  readonly options: AnalyzeOptions
  /** How many packets of a connection the kernel keeps before it makes a checkpoint. */
  readonly checkpointEvery: number
  /** Captures of some of the packets, laid out as those of all. */
  inputs(packets: readonly Packet[]): () => CaptureInput[]
}

export function randomCase(seed: number): RandomCase {
  const dice = new Dice(seed)
  // In a long session something happens somewhere, after many transactions.
  const isLong = dice.once(4)
  const rare = isLong ? dice.pick([3, 30]) : 1
  const odds = (often: number) => (dice.once(2) ? 0 : rare * dice.pick([often, often * 5, often * 50]))
  const isFair = dice.once(5)
  const weather: Weather = isFair
    ? FAIR
    : {
        odd: odds(12),
        network: odds(4),
        close: dice.once(2) ? 0 : dice.pick([2, 10, 100]),
        clock: odds(30),
        headers: odds(40),
      }
  const link = dice.once(2) ? 'ethernet' : dice.pick(LINKS)
  const settings: TrafficOptions = {
    sessions: isLong ? dice.pick([1, 1, 3]) : dice.pick([1, 3, 10, 40]),
    ...(isLong && { mails: dice.pick([10, 40, 120]) }),
    weather,
    link,
    hosts: dice.pick([1, 3, 40]),
    spanNs: dice.pick([1e6, 2e9, 100e9, 400e9]),
    ...(dice.once(8) && { snapLength: dice.pick([60, 96, 400]) }),
    ...(dice.once(3) && { ports: dice.pick([[25, 2525], [25, 443, 443], [443]]) }),
  }
  const packets = traffic(dice, settings)
  const layout = dice.below(1e9)
  const isPlain = dice.once(2)
  const options: AnalyzeOptions = {
    ...(dice.once(5) && { shapes: dice.pick(['sessions', false] as const) }),
    ...(dice.once(5) && { keepSessions: 'notable' as const }),
    ...(dice.once(8) && { select: { ports: [2525] } }),
    ...(dice.once(4) && { fingerprints: true }),
    ...(dice.once(8) && { dialogues: new Set(['s1', `s${1 + dice.below(packets.length + 1)}`]) }),
  }
  return {
    traffic: settings,
    packets,
    options,
    checkpointEvery: new Dice(seed).pick([1, 1, 8, 32]),
    inputs: (some) => inputsOf(new Dice(isPlain ? 0 : layout), some, linkTypeOf(link), isPlain),
  }
}
