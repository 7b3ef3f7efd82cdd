// Unusual packets that are read all the same. In: each packet. Out: for each kind one warning with the place of the
// first and the number of all.

import type { CaptureProblem, OddityCode } from '../errors.ts'
import { CLOCK_BACK_NS } from '../limits.ts'
import type { PacketView } from './packet.ts'

/** How often a kind occurred, and where first. */
export interface Sighting {
  readonly code: OddityCode
  readonly fileOffset: number
  readonly needed: number | null
  readonly available: number | null
  readonly count: number
}

/** In the order in which a packet is tested for them. */
const WORDS: Readonly<Record<OddityCode, readonly [one: string, several: string]>> = {
  snapped: ['packet is cut by the snapshot length', 'packets are cut by the snapshot length'],
  'empty-packet': ['packet has no captured bytes', 'packets have no captured bytes'],
  'clock-back': [
    'packet is more than 1 s earlier than the one before it',
    'packets are more than 1 s earlier than the one before',
  ],
}

export class Warnings {
  private readonly seen = new Map<OddityCode, { -readonly [K in keyof Sighting]: Sighting[K] }>()
  private lastNs = Number.NEGATIVE_INFINITY

  look(packet: PacketView): void {
    const { length, wireLength, timeNs } = packet
    if (length < wireLength) this.note('snapped', packet, wireLength, length)
    if (length === 0) this.note('empty-packet', packet, null, null)
    if (timeNs < this.lastNs - CLOCK_BACK_NS) this.note('clock-back', packet, null, null)
    this.lastNs = timeNs
  }

  /** Packets up to this time were read elsewhere, and nothing was odd about them. */
  pass(lastNs: number): void {
    this.lastNs = lastNs
  }

  /** In the order of the file. */
  get sightings(): readonly Sighting[] {
    return [...this.seen.values()]
  }

  private note(code: OddityCode, { fileOffset }: PacketView, needed: number | null, available: number | null): void {
    const known = this.seen.get(code)
    if (known !== undefined) known.count++
    else this.seen.set(code, { code, fileOffset, needed, available, count: 1 })
  }
}

/** The warnings as capture problems. */
export function problemsOf(sightings: readonly Sighting[], path: string): CaptureProblem[] {
  return sightings.map(({ code, fileOffset, needed, available, count }) => {
    const [one, several] = WORDS[code]
    return { code, path, fileOffset, needed, available, accordingTo: `${count} ${count === 1 ? one : several}` }
  })
}

/** Adds up the counts of two adjacent ranges of one capture. */
export function together(one: readonly Sighting[], next: readonly Sighting[]): readonly Sighting[] {
  const codes = Object.keys(WORDS) as OddityCode[]
  const all = codes.flatMap((code) => {
    const [first, ...others] = [...one, ...next].filter((sighting) => sighting.code === code)
    return first === undefined ? [] : [{ ...first, count: others.reduce((sum, { count }) => sum + count, first.count) }]
  })
  return all.sort((a, b) => a.fileOffset - b.fileOffset)
}
