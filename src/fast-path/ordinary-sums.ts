// The sums of the kernel: how many ordinary sessions each server had.

import { EndpointPair } from '../tcp/endpoint-pair.ts'
import type { CachedText } from './cached-text.ts'
import type { Kernel } from './kernel.ts'

/** Ordinary sessions of a server. Places in the order of closing: the closing packet, then the first. */
export interface OrdinarySum {
  readonly server: string
  readonly serverName: string | null
  readonly sessions: number
  /** The session that closed first, and the first that gave the server's name; null when none did. */
  readonly first: { readonly closed: number; readonly first: number }
  readonly named: { readonly closed: number; readonly first: number } | null
}

// A sum, as in `kernel/sums.ts`. In numbers of 4 bytes:
const SESSIONS = 0
const GREETING = 1
const ENDS = 16
// In numbers of 8 bytes:
const CLOSED = 4
const FIRST = 5
const NAMED_CLOSED = 6
const NAMED_FIRST = 7

/** `texts`: by their places in the kernel. */
export function ordinarySums({ exports, numbers, times }: Kernel, texts: readonly CachedText[]): OrdinarySum[] {
  const sums: OrdinarySum[] = []
  // Each read of a number of the kernel is a call.
  const [from, each, places] = [exports.SUMS.value, exports.SUM_BYTES.value, exports.SUMS_MAX.value]
  for (let place = 0; place < places; place++) {
    const at = from + place * each
    const n = at >> 2
    const t = at >> 3
    if (numbers[n + SESSIONS] === 0) continue
    const text = texts[numbers[n + GREETING] as number]
    sums.push({
      server: new EndpointPair(numbers, n + ENDS).name(1),
      serverName: text?.serverName ?? null,
      sessions: numbers[n + SESSIONS] as number,
      first: { closed: times[t + CLOSED] as number, first: times[t + FIRST] as number },
      named:
        text === undefined
          ? null
          : { closed: times[t + NAMED_CLOSED] as number, first: times[t + NAMED_FIRST] as number },
    })
  }
  return sums
}
