// Groups of long sessions as they close -> the frame ranges that prove their findings: the beginning up to the reply to
// the first EHLO, the groups with findings and some before them, and the close.
import { EVIDENCE_LEAD_IN_GROUPS, EVIDENCE_PACKETS_WHOLE, EVIDENCE_PASSAGES_MAX } from '../limits.ts'
import type { GroupObserver } from '../rules/session-report.ts'
import type { Group } from '../smtp/records.ts'
import type { FrameRange, SelectedSession } from './selected-session.ts'

/** Frames before the last that show how a connection closed: two FINs, two ACKs, an RST, some repeated. */
const CLOSE_FRAMES = 8

/** Whether an excerpt is worthwhile. A decrypted session needs all records, because they are numbered. */
export function isLong({ packets, decrypted }: SelectedSession): boolean {
  return packets > EVIDENCE_PACKETS_WHOLE && !decrypted
}

export class ExcerptFinder implements GroupObserver {
  readonly sessions: ReadonlySet<string>
  private readonly summaries: ReadonlyMap<string, GroupFrames>

  constructor(selectedSessions: readonly SelectedSession[]) {
    this.summaries = new Map(selectedSessions.map((selected) => [selected.session.id, new GroupFrames(selected)]))
    this.sessions = new Set(this.summaries.keys())
  }

  group(session: string, group: Group): void {
    this.summaries.get(session)?.group(group)
  }

  /** Null when there are too many ranges: then the whole connection is copied. */
  passagesOf(session: string): readonly FrameRange[] | null {
    return this.summaries.get(session)?.passages ?? null
  }
}

/** The groups of one session, in order; only the latest few are remembered. */
class GroupFrames {
  private readonly selected: SelectedSession
  private readonly telling: readonly number[]
  private readonly lead: FrameRange[] = []
  private readonly found: FrameRange[] = []
  /** Groups still to be added after one with a finding, which show that it was complete. */
  private trailing = 0

  constructor(selected: SelectedSession) {
    this.selected = selected
    this.telling = selected.findings.flatMap(({ frames }) => frames)
  }

  group({ index, exchanges, replies }: Group): void {
    const spans = [...exchanges.map(({ command }) => command.at), ...replies.map(({ at }) => at)]
    if (spans.length === 0) return
    const from = spans.reduce((least, { firstFrame }) => Math.min(least, firstFrame), Number.POSITIVE_INFINITY)
    const to = spans.reduce((most, { lastFrame }) => Math.max(most, lastFrame), 0)
    const passage = { from, to }
    if (index === 1) this.add({ from: this.selected.firstFrame, to })
    if (this.telling.some((frame) => frame >= from && frame <= to)) {
      for (const before of this.lead) this.add(before)
      this.add(passage)
      this.trailing = 1
    } else if (this.trailing > 0) {
      this.trailing -= 1
      this.add(passage)
    }
    this.lead.push(passage)
    if (this.lead.length > EVIDENCE_LEAD_IN_GROUPS) this.lead.shift()
  }

  get passages(): readonly FrameRange[] | null {
    const { firstFrame, lastFrame } = this.selected
    const close = { from: lastFrame - CLOSE_FRAMES, to: lastFrame }
    const frames = this.telling.map((frame) => ({ from: frame, to: frame }))
    const all = [{ from: firstFrame, to: firstFrame }, ...this.found, ...frames, close]
    return all.length > EVIDENCE_PASSAGES_MAX ? null : all
  }

  private add(passage: FrameRange): void {
    if (this.found.length <= EVIDENCE_PASSAGES_MAX) this.found.push(passage)
  }
}
