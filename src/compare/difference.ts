// What a comparison says: the differences between the two sides of one session, each with the place where it arose.
import type { LimitCode } from '../smtp/records.ts'

/** In front of the box (the client and its path), the box itself, behind it (the server and its path). */
export type Place = 'before' | 'in' | 'behind'

export type DifferenceKind =
  | 'lost' // one side has it, the other does not
  | 'made' // the box said it of its own accord
  | 'changed' // both have it, in other words
  | 'reordered' // both have it, elsewhere
  | 'split' // sent in one breath before the box, one by one behind it
  | 'merged' // the other way round
  | 'delayed' // it took long
  | 'unanswered' // it arrived behind the box, and no reply came
  | 'closed' // the connection ended before its time

/** One line as one side saw it. */
export interface Sighting {
  readonly text: string
  readonly frames: readonly number[]
}

export function sightingOf(line: {
  readonly text: string
  readonly firstFrame: number
  readonly lastFrame: number
}): Sighting {
  const { text, firstFrame, lastFrame } = line
  return { text, frames: firstFrame === lastFrame ? [firstFrame] : [firstFrame, lastFrame] }
}

export interface Difference {
  readonly kind: DifferenceKind
  readonly what: 'command' | 'reply' | 'connection'
  readonly place: Place
  readonly message: string
  /** On the side of the client, and of the server; null where it was not seen. */
  readonly before: Sighting | null
  readonly behind: Sighting | null
}

/** `cannot-tell` may come with differences that were certain all the same. */
export type Outcome = 'same' | 'different' | 'cannot-tell'

export interface Judgement {
  readonly outcome: Outcome
  readonly differences: readonly Difference[]
  /** Why it cannot be told. */
  readonly reasons: readonly Reason[]
}

export interface Reason {
  readonly side: 'before' | 'behind' | 'both'
  readonly code: LimitCode | 'too-different'
}
