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

interface Sums {
  /** The session that closed first. */
  first: Place
}

export class FirstClosed<T extends Sums> {
  private readonly sums = new Map<string, T>()
  private readonly absorb: (into: T, from: T) => void
  private readonly asOthers: (sums: T) => T

  /** `absorb` adds one sum to another; `asOthers` makes a sum the one of all others. */
  constructor(absorb: (into: T, from: T) => void, asOthers: (sums: T) => T) {
    this.absorb = absorb
    this.asOthers = asOthers
  }

  /** Whether some are counted together, or will be: which ones, the order of all sessions decides. */
  get isCrowded(): boolean {
    return this.sums.size > SERVERS_MAX
  }

  get(name: string): T | undefined {
    return this.sums.get(name)
  }

  /** Adds a name that is not known yet. */
  add(name: string, sums: T): void {
    if (this.sums.size > SERVERS_MAX + SERVERS_APART_SLACK) this.trim()
    this.sums.set(name, sums)
  }

  merge(parts: readonly (readonly [name: string, sums: T])[]): void {
    for (const [name, sums] of parts) {
      const known = this.sums.get(name)
      if (known === undefined) this.sums.set(name, sums)
      else this.absorb(known, sums)
    }
    if (this.sums.size > SERVERS_MAX + SERVERS_APART_SLACK) this.trim()
  }

  /** All of them, with their names. */
  entries(): (readonly [name: string, sums: T])[] {
    this.trim()
    return [...this.sums]
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

/** An open session closes never: two of them are compared by their first packets. */
function order(one: Place, other: Place): number {
  return isBefore(one.closed, one.first, other) ? -1 : 1
}
