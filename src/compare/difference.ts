// What a comparison says: the differences between the two sides of one match, each with the place where it arose.
import type { LimitCode } from '../smtp/records.ts'
import type { BoxKind } from './box-kind.ts'
import type { SideBySide } from './side-by-side.ts'

/** In front of the box (the client and its path), the box itself, behind it (the server and its path). */
export type Place = 'before' | 'in' | 'behind'

export type DifferenceKind =
  | 'lost' // one side has it, the other does not
  | 'made' // the box said it of its own accord
  | 'changed' // both have it, in other words
  | 'reordered' // both have it, elsewhere
  | 'split' // sent together before the box, one by one behind it
  | 'merged' // the other way round
  | 'sessions' // another number of sessions on the two sides
  | 'delayed' // it took long
  | 'unanswered' // it arrived behind the box, and no reply came
  | 'closed' // the connection ended before its time

/** One line as one side saw it. Frames are those of that side's captures. */
export interface Sighting {
  readonly text: string
  readonly session: string
  readonly frames: readonly number[]
}

export function sightingOf(line: {
  readonly text: string
  readonly session: string
  readonly firstFrame: number
  readonly lastFrame: number
}): Sighting {
  const { text, session, firstFrame, lastFrame } = line
  return { text, session, frames: firstFrame === lastFrame ? [firstFrame] : [firstFrame, lastFrame] }
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
type Outcome = 'same' | 'different' | 'cannot-tell'

export interface Judgement {
  readonly box: BoxKind
  readonly outcome: Outcome
  readonly differences: readonly Difference[]
  /** Differences that are counted and not listed: too many sessions differ. */
  readonly omitted: number
  /** Why it cannot be told. */
  readonly reasons: readonly Reason[]
  /** What is certain, and no difference. */
  readonly notes: readonly string[]
  /** Both dialogues line by line, where they were asked for and can be read; else empty. */
  readonly rows: readonly SideBySide[]
}

export interface Reason {
  readonly side: 'before' | 'behind' | 'both'
  readonly code: LimitCode | 'too-different' | 'encrypted' | 'by-time-alone'
}
