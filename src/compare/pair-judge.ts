// The second reading of both sides -> what differs in each match. Both sides are read at the same time, and a dialogue is kept
// only until its partner was read, because sessions that belong together close at about the same time.
import { COMPARED_DETAILS_MAX, COMPARED_VIEWS_LINES_MAX } from '../limits.ts'
import type { SessionReport } from '../rules/session-report.ts'
import { diffSessions } from './diff-sessions.ts'
import type { Judgement, Place } from './difference.ts'
import type { Match } from './matches.ts'
import type { SessionTable } from './session-table.ts'
import { type SessionView, viewOf } from './session-view.ts'

export type BoxSide = 'before' | 'behind'

const SIDES = ['before', 'behind'] as const

interface Waiting {
  readonly index: number
  readonly match: Match
  /** Those that were read so far, in the order of reading. */
  views: Readonly<Record<BoxSide, SessionView[]>> | null
}

export class PairJudge {
  /** Differences by the place where they arose. */
  readonly places: Record<Place, number> = { before: 0, in: 0, behind: 0 }
  private readonly explain: boolean
  private readonly waiting: Readonly<Record<BoxSide, Map<string, Waiting>>> = { before: new Map(), behind: new Map() }
  private readonly judgements = new Map<number, Judgement>()
  /** Lines of dialogues whose partners have not been read yet. */
  private readonly kept: Record<BoxSide, number> = { before: 0, behind: 0 }
  private readonly resume: Record<BoxSide, (() => void) | null> = { before: null, behind: null }
  private readonly over: Record<BoxSide, boolean> = { before: false, behind: false }
  private readonly tables: Readonly<Record<BoxSide, SessionTable>>
  private details = 0
  private lines = 0
  private givenUp = 0

  /** `matches`: with their indices in the list of all. `explain`: adds both dialogues line by line to pairs that differ. */
  constructor(
    tables: Readonly<Record<BoxSide, SessionTable>>,
    matches: Iterable<readonly [number, Match]>,
    explain: boolean,
  ) {
    this.tables = tables
    this.explain = explain
    for (const [index, match] of matches) {
      const waiting = { index, match, views: null }
      for (const side of SIDES) for (const id of this.idsOf(match, side)) this.waiting[side].set(id, waiting)
    }
  }

  /** Sessions before the box whose dialogues were dropped to save memory. */
  get notJudged(): number {
    return this.waiting.before.size + this.givenUp
  }

  /** The sessions of a side whose dialogues are still wanted; null for none. */
  wanted(side: BoxSide): Pick<ReadonlySet<string>, 'has'> | null {
    return this.waiting[side].size > 0 ? this.waiting[side] : null
  }

  /** Takes a session with its dialogue. A returned promise means that this side is ahead and must wait for the other. */
  add(side: BoxSide, report: SessionReport): Promise<void> | undefined {
    const waiting = this.waiting[side].get(report.id)
    if (waiting === undefined) return undefined
    const view = viewOf(report)
    waiting.views ??= { before: [], behind: [] }
    waiting.views[side].push(view)
    this.kept[side] += linesOf(view)
    if (isComplete(waiting)) this.judge(waiting)
    return this.kept[side] > COMPARED_VIEWS_LINES_MAX ? this.pause(side) : undefined
  }

  /** One side was read to its end. */
  end(side: BoxSide): void {
    this.over[side] = true
    this.wake()
  }

  /** Null if the dialogues were dropped to save memory. */
  of(index: number): Judgement | null {
    return this.judgements.get(index) ?? null
  }

  private idsOf(match: Match, side: BoxSide): string[] {
    return match[side].map((row) => this.tables[side].session(row))
  }

  private judge({ index, match, views }: Waiting): void {
    const of = (side: BoxSide) => inOrder(views?.[side] ?? [], this.idsOf(match, side))
    const [before, behind] = [of('before'), of('behind')]
    const judged = diffSessions(match, before, behind, this.explain)
    for (const { place } of judged.differences) this.places[place]++
    this.judgements.set(index, this.bounded(judged))
    for (const side of SIDES) {
      for (const id of this.idsOf(match, side)) this.waiting[side].delete(id)
      for (const view of side === 'before' ? before : behind) this.kept[side] -= linesOf(view)
    }
    this.wake()
  }

  /** Of a million pairs that differ, only the first keep their differences and dialogues, dialogues for fewer pairs. */
  private bounded(judged: Judgement): Judgement {
    const { differences } = judged
    const rows = this.lines + judged.rows.length <= COMPARED_DETAILS_MAX / 2 ? judged.rows : []
    const isTold = this.details + differences.length <= COMPARED_DETAILS_MAX / 2
    this.lines += rows.length
    if (isTold) this.details += differences.length
    return isTold ? { ...judged, rows } : { ...judged, differences: [], omitted: differences.length, rows: [] }
  }

  private pause(side: BoxSide): Promise<void> | undefined {
    const other = side === 'before' ? 'behind' : 'before'
    if (this.over[other]) return undefined
    if (this.resume[other] !== null) {
      // Both sides wait for each other: the dialogues that are kept are dropped.
      this.giveUp()
      return undefined
    }
    return new Promise((resolve) => {
      this.resume[side] = resolve
    })
  }

  private wake(): void {
    for (const side of SIDES) {
      const other = side === 'before' ? 'behind' : 'before'
      if (this.kept[side] > COMPARED_VIEWS_LINES_MAX / 2 && !this.over[other]) continue
      this.resume[side]?.()
      this.resume[side] = null
    }
  }

  private giveUp(): void {
    for (const side of SIDES) {
      for (const waiting of this.waiting[side].values()) {
        if (waiting.views === null) continue
        this.givenUp += waiting.match.before.length
        for (const each of SIDES) for (const id of this.idsOf(waiting.match, each)) this.waiting[each].delete(id)
      }
      this.kept[side] = 0
    }
    this.wake()
  }
}

function isComplete({ match, views }: Waiting): boolean {
  return SIDES.every((side) => views?.[side].length === match[side].length)
}

function inOrder(views: readonly SessionView[], sessions: readonly string[]): readonly SessionView[] {
  if (sessions.length === 1) return views
  return sessions.flatMap((id) => views.find(({ session }) => session === id) ?? [])
}

const linesOf = ({ sent, said }: SessionView) => sent.length + said.length
