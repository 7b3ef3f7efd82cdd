// Packets that are strange and read all the same. What comes in: each packet. What goes out: of each kind of oddity one
// problem, with where the first one stood and how many there were.
import { CLOCK_BACK_NS } from '../limits.ts'
import type { CaptureProblem, OddityCode } from '../problems.ts'
import type { PacketView } from './packet.ts'

interface Sighting {
  readonly code: OddityCode
  readonly fileOffset: number
  readonly needed: number | null
  readonly available: number | null
  count: number
}

const WORDS: Readonly<Record<OddityCode, readonly [one: string, several: string]>> = {
  'clock-back': ['time goes back', 'times time goes back'],
  'empty-packet': ['packet is empty', 'packets are empty'],
  snapped: ['packet is cut by the snapshot length', 'packets are cut by the snapshot length'],
}

export class Oddities {
  private readonly sightings = new Map<OddityCode, Sighting>()
  private lastNs = Number.NEGATIVE_INFINITY

  look(packet: PacketView): void {
    const { length, wireLength, timeNs } = packet
    if (length < wireLength) this.note('snapped', packet, wireLength, length)
    if (length === 0) this.note('empty-packet', packet, null, null)
    if (timeNs < this.lastNs - CLOCK_BACK_NS) this.note('clock-back', packet, null, null)
    this.lastNs = timeNs
  }

  /** In the order of the file. */
  problems(path: string): CaptureProblem[] {
    return [...this.sightings.values()].map(({ code, fileOffset, needed, available, count }) => {
      const [one, several] = WORDS[code]
      return { code, path, fileOffset, needed, available, accordingTo: `${count} ${count === 1 ? one : several}` }
    })
  }

  private note(code: OddityCode, { fileOffset }: PacketView, needed: number | null, available: number | null): void {
    const known = this.sightings.get(code)
    if (known !== undefined) known.count += 1
    else this.sightings.set(code, { code, fileOffset, needed, available, count: 1 })
  }
}
