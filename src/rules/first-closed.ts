// Sums by name, as many as the bound allows: those whose first session closed first are separate, all others are one sum.
// Closing order decides, so the result does not depend on the order of adding, and later parts cannot bring back a name
// that was merged.
import { SERVERS_APART_SLACK, SERVERS_MAX } from '../limits.ts'

/** The name under which all beyond the limit are counted together. */
export const OTHERS = 'others'

/**
 * A session's place in the order of closing: its closing packet (infinite if it never closed), then its first packet.
 */
export interface Place {
  readonly closed: number
  readonly first: number
}

/** Of the sum of all others: earlier than every session that could give it a name. */
export const NEVER_NAMED: Place = { closed: -1, first: -1 }

interface Sums {
  /** The session that closed first. */
  first: Place
}

export class FirstClosed<T extends Sums> {
  private readonly sums = new Map<string, T>()
  private readonly absorb: (into: T, from: T) => void
  private readonly asOthers: (sums: T) => T
  /** There are more names than are kept apart, all of whose first sessions closed before this: the last of them. */
  private last: Place | null = null

  /** `absorb` adds one sum to another; `asOthers` makes a sum the one of all others. */
  constructor(absorb: (into: T, from: T) => void, asOthers: (sums: T) => T) {
    this.absorb = absorb
    this.asOthers = asOthers
  }

  /** Whether some are counted together, or will be: which ones, the order of all sessions decides. */
  get isCrowded(): boolean {
    return this.sums.size > SERVERS_MAX
  }

  /** The sums of a name, to which a session at this place is going to be added: those of all others where it is one. */
  at(name: string, place: Place, begin: () => T): T {
    const known = this.sums.get(name)
    if (known !== undefined) return known
    const others = this.isBeyond(place) ? this.sums.get(OTHERS) : undefined
    if (others !== undefined) return others
    const sums = begin()
    this.trimWhereFull()
    this.sums.set(name, sums)
    return sums
  }

  /** The same for a sum that is complete. */
  take(name: string, sums: T): void {
    const known = this.sums.get(name) ?? (this.isBeyond(sums.first) ? this.sums.get(OTHERS) : undefined)
    if (known === undefined) this.sums.set(name, sums)
    else this.absorb(known, sums)
    this.trimWhereFull()
  }

  merge(parts: readonly (readonly [name: string, sums: T])[]): void {
    for (const [name, sums] of parts) {
      const known = this.sums.get(name)
      if (known === undefined) this.sums.set(name, sums)
      else this.absorb(known, sums)
    }
    this.trimWhereFull()
  }

  /** All of them, with their names. */
  entries(): (readonly [name: string, sums: T])[] {
    this.trim()
    return [...this.sums]
  }

  /** A name that was never seen before this place is one of the others. */
  private isBeyond(place: Place): boolean {
    return this.last !== null && isBefore(this.last.closed, this.last.first, place)
  }

  private trimWhereFull(): void {
    if (this.sums.size <= SERVERS_MAX + SERVERS_APART_SLACK) return
    this.last = latest(this.sums)
    this.trim()
  }

  private trim(): void {
    const { sums } = this
    if (sums.size - (sums.has(OTHERS) ? 1 : 0) <= SERVERS_MAX) return
    const ranked = [...sums].filter(([name]) => name !== OTHERS).sort(([, a], [, b]) => order(a.first, b.first))
    for (const [name, last] of ranked.slice(SERVERS_MAX)) {
      sums.delete(name)
      const others = sums.get(OTHERS)
      if (others === undefined) sums.set(OTHERS, this.asOthers(last))
      else this.absorb(others, last)
    }
  }
}

export function isBefore(closed: number, first: number, other: Place): boolean {
  return closed < other.closed || (closed === other.closed && first < other.first)
}

function latest(sums: ReadonlyMap<string, Sums>): Place {
  let last: Place = { closed: 0, first: 0 }
  for (const [name, { first }] of sums) if (name !== OTHERS && isBefore(last.closed, last.first, first)) last = first
  return last
}

/** An open session closes never: two of them are compared by their first packets. */
function order(one: Place, other: Place): number {
  return isBefore(one.closed, one.first, other) ? -1 : 1
}
