// The sessions of two captures, one on each side of a box -> which are the same, and what differs between them.
import { SIDE_LINES_MAX } from '../limits.ts'
import type { SessionReport } from '../rules/observe.ts'
import { type Course, courseOf, linesOf } from './course.ts'
import type { Judgement, Place } from './difference.ts'
import { judge } from './judge.ts'
import { pairUp } from './pair.ts'

/** One session as one side names it. */
export interface Seen {
  readonly session: string
  readonly client: string
  readonly server: string
  readonly startedAt: string
}

export interface Pair extends Judgement {
  readonly before: Seen
  readonly behind: Seen
}

export interface Comparison {
  readonly summary: {
    readonly pairs: number
    readonly same: number
    readonly different: number
    readonly cannotTell: number
    readonly onlyBefore: number
    readonly onlyBehind: number
    readonly ambiguous: number
    /** Sessions beyond the bound of this program, of either side. */
    readonly notCompared: number
    readonly differences: Readonly<Record<Place, number>>
  }
  readonly pairs: readonly Pair[]
  readonly onlyBefore: readonly Seen[]
  readonly onlyBehind: readonly Seen[]
  /** Sessions before the box that more than one behind it would fit. */
  readonly ambiguous: readonly Seen[]
}

/** What is kept of one side, as its sessions close. */
export class Side {
  readonly courses: Course[] = []
  dropped = 0
  private lines = 0

  add(report: SessionReport): void {
    const course = courseOf(report)
    this.lines += linesOf(course)
    if (this.lines > SIDE_LINES_MAX) this.dropped++
    else this.courses.push(course)
  }
}

/** `selective`: only some sessions before the box were asked for, so those behind it without a partner say nothing. */
export function compareSides(before: Side, behind: Side, selective: boolean): Comparison {
  const pairing = pairUp(inOrder(before), inOrder(behind))
  const onlyBehind = selective ? [] : pairing.onlyBehind.map(seenOf)
  const pairs = pairing.pairs.map(([a, b]): Pair => ({ before: seenOf(a), behind: seenOf(b), ...judge(a, b) }))
  const of = (outcome: Judgement['outcome']) => pairs.filter((pair) => pair.outcome === outcome).length
  const at = (place: Place) =>
    pairs.reduce((sum, { differences }) => sum + differences.filter((each) => each.place === place).length, 0)
  return {
    summary: {
      pairs: pairs.length,
      same: of('same'),
      different: of('different'),
      cannotTell: of('cannot-tell'),
      onlyBefore: pairing.onlyBefore.length,
      onlyBehind: onlyBehind.length,
      ambiguous: pairing.ambiguous.length,
      notCompared: before.dropped + behind.dropped,
      differences: { before: at('before'), in: at('in'), behind: at('behind') },
    },
    pairs,
    onlyBefore: pairing.onlyBefore.map(seenOf),
    onlyBehind,
    ambiguous: pairing.ambiguous.map(seenOf),
  }
}

/** By the number of the session: which closed first says nothing here. */
function inOrder({ courses }: Side): Course[] {
  const number = ({ session }: Course) => Number(session.slice(1))
  return [...courses].sort((a, b) => number(a) - number(b))
}

function seenOf({ session, client, server, startedAt }: Course): Seen {
  return { session, client, server, startedAt }
}
