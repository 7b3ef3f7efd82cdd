// The result of a comparison: the differences between the two sides of one match, each with the place where it arose.
import type { LimitCode } from '../smtp/records.ts'
import type { BoxKind } from './box-kind.ts'
import type { SideBySide } from './side-by-side.ts'

/** Before the box (the client and its path), in it, behind it (the server and its path). */
export type Place = 'before' | 'in' | 'behind'

export type DifferenceKind =
  | 'lost' // one side has it, the other does not
  | 'made' // the box added it
  | 'changed' // both sides have it, with different text
  | 'reordered' // both sides have it, at different positions
  | 'split' // sent together before the box, one by one behind it
  | 'merged' // sent one by one before the box, together behind it
  | 'sessions' // more or fewer sessions behind the box than before it
  | 'delayed' // the reply took long
  | 'unanswered' // it arrived behind the box, but no reply came
  | 'closed' // the connection ended early

/** One line as one side has it. Frames are numbered as in that side's captures. */
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
  /** On the client side, and on the server side; null where it was not seen. */
  readonly before: Sighting | null
  readonly behind: Sighting | null
}

/** `cannot-tell` may come with differences that are certain nevertheless. */
type Outcome = 'same' | 'different' | 'cannot-tell'

export interface Judgement {
  readonly box: BoxKind
  readonly outcome: Outcome
  readonly differences: readonly Difference[]
  /** Number of differences that are not listed, because too many sessions differ. */
  readonly omitted: number
  /** Why the outcome is `cannot-tell`. */
  readonly reasons: readonly Reason[]
  /** Certain observations that are no differences. */
  readonly notes: readonly string[]
  /** Both dialogues line by line, if they were asked for and can be read; otherwise empty. */
  readonly rows: readonly SideBySide[]
}

export interface Reason {
  readonly side: 'before' | 'behind' | 'both'
  readonly code: LimitCode | 'too-different' | 'encrypted' | 'by-time-alone'
}
