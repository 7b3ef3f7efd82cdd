// Chooses the sessions whose findings are to be proved, and the packets that this takes.
import type { SessionReport } from '../analyze.ts'
import { EVIDENCE_PACKETS_WHOLE, EVIDENCE_SESSIONS_MAX } from '../limits.ts'
import type { FindingRecord, SessionRecord } from '../rules/analysis.ts'

/** Frames `[from, to]` of the captures. */
export interface FrameRange {
  readonly from: number
  readonly to: number
}

export interface SelectedSession {
  readonly session: SessionRecord
  readonly firstFrame: number
  readonly lastFrame: number
  readonly packets: number
  /** The findings to prove. */
  readonly findings: readonly FindingRecord[]
  /** All findings of the session: the evidence must not show more than these. */
  readonly all: readonly FindingRecord[]
  /** It was decrypted, so it can only be copied whole. */
  readonly decrypted: boolean
  /** The client randoms by which a key log names the connection. */
  readonly clientRandoms: readonly string[]
}

/** The findings that are wanted: those named, else all except information, unless rules are named. */
interface Wanted {
  readonly findings: readonly string[] | null
  readonly information: boolean
  /** Whether the findings of a session are to be proved; absent for all sessions. */
  readonly accuses?: (session: SessionReport) => boolean
  /** Ids of sessions that a report shows: they are copied, too, if they have findings or are short. */
  readonly also?: ReadonlySet<string>
}

/** Selects sessions as they close, the first `EVIDENCE_SESSIONS_MAX` of them. */
export class Choice {
  readonly selectedSessions: SelectedSession[] = []
  /** Number of sessions with wanted findings beyond the limit. */
  leftOut = 0
  private readonly wanted: Wanted

  constructor(wanted: Wanted) {
    this.wanted = wanted
  }

  session(report: SessionReport): void {
    const { findings: all, id, lastFrame, packets, record, tls } = report
    const { accuses, also } = this.wanted
    const isAccused = accuses === undefined || accuses(report)
    const findings = isAccused ? all.filter((finding) => this.wants(finding)) : []
    const isShown = also?.has(id) === true
    if (findings.length === 0 && (!isShown || packets > EVIDENCE_PACKETS_WHOLE)) return
    if (this.selectedSessions.length >= EVIDENCE_SESSIONS_MAX && !isShown) {
      this.leftOut += 1
      return
    }
    const decrypted = record.encryption === 'decrypted'
    const clientRandoms = tls?.clientRandoms ?? []
    this.selectedSessions.push({
      ...{ session: record, firstFrame: Number(id.slice(1)), lastFrame, packets, findings, all },
      ...{ decrypted, clientRandoms },
    })
    this.selectedSessions.sort((a, b) => a.firstFrame - b.firstFrame)
  }

  /** Named findings that do not exist. */
  get missing(): readonly string[] {
    const found = new Set(this.selectedSessions.flatMap(({ findings }) => findings.map(({ id }) => id)))
    return (this.wanted.findings ?? []).filter((id) => !found.has(id))
  }

  private wants({ id, severity }: FindingRecord): boolean {
    const { findings, information } = this.wanted
    return findings?.includes(id) ?? (information || severity !== 'info')
  }
}
