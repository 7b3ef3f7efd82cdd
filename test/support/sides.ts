// Conversations as both sides of a proxy saw them -> the comparison of the two.
import { analyze, type SessionReport } from '../../src/analyze.ts'
import {
  type Comparison,
  compareSides,
  type Pair,
  planComparison,
  type Seen,
  unlike,
} from '../../src/compare/comparison.ts'
import { PairJudge } from '../../src/compare/pair-judge.ts'
import { SessionTable } from '../../src/compare/session-table.ts'
import { toCapture } from './judge.ts'
import { type Conversation, type Gap, transcriptOf } from './proxy.ts'
import type { Transcript } from './transcript.ts'

/** A comparison of few sessions. */
export interface Listed extends Comparison {
  readonly pairs: readonly Pair[]
  readonly onlyBefore: readonly Seen[]
  readonly onlyBehind: readonly Seen[]
  readonly ambiguous: readonly Seen[]
}

/** The sessions of one side: each transcript is a capture of its own. `initial`: sequence numbers of client and server; `timestamps`: theirs. */
export async function sideOf(
  transcripts: readonly Transcript[],
  initial: readonly [number, number],
  timestamps?: (n: number) => readonly [number, number],
): Promise<SessionReport[]> {
  const reports: SessionReport[] = []
  const captures = transcripts.map((transcript, i) => {
    async function* bytes(): AsyncIterable<Uint8Array> {
      const shape = { initial: [initial[0] + i * 7919, initial[1] + i * 7919] as const }
      yield toCapture(transcript, { shape: timestamps === undefined ? shape : { ...shape, timestamps: timestamps(i) } })
    }
    return { name: `${i}.pcap`, bytes: bytes() }
  })
  const onSession = (report: SessionReport) => void reports.push(report)
  await analyze(captures, { dialogues: true, digests: true, fingerprints: true, keepSessions: 'none', onSession })
  return reports
}

/** The same report in all but some of what it says. */
export function withOther(report: SessionReport, other: Partial<SessionReport>): SessionReport {
  return Object.create(report, Object.getOwnPropertyDescriptors(other)) as SessionReport
}

/** What the command does with the sessions of two captures. */
export function compareReports(
  before: readonly SessionReport[],
  behind: readonly SessionReport[],
  selective = false,
): Listed {
  const tableOf = (reports: readonly SessionReport[]) => {
    const table = new SessionTable()
    for (const report of reports) table.add(report)
    return table
  }
  const tables = { before: tableOf(before), behind: tableOf(behind) }
  const plan = planComparison(tables.before, tables.behind)
  const judge = new PairJudge(tables, unlike(plan), true)
  for (const report of before) judge.add('before', report)
  for (const report of behind) judge.add('behind', report)
  const { summary, sessions, pairs, onlyBefore, onlyBehind, ambiguous } = compareSides(plan, judge, selective)
  return {
    summary,
    sessions,
    pairs: [...pairs],
    onlyBefore: [...onlyBefore],
    onlyBehind: [...onlyBehind],
    ambiguous: [...ambiguous],
  }
}

/** A TCP of its own on each side. */
export const BEFORE = [1_000, 2_000] as const
export const BEHIND = [5_000_000, 6_000_000] as const

/** Both sides have addresses of their own, and clocks that disagree by 37 seconds. */
export const client = (n: number) => [
  `client 192.0.2.${1 + (n % 250)}:${49152 + n}`,
  'server 198.51.100.1:25',
  start(n, 0),
]
export const server = (n: number) => [
  `client 10.0.0.1:${20000 + ((n * 7) % 1000)}`,
  'server 10.0.0.2:10025',
  start(n, 37),
]
const start = (n: number, ahead: number) => `start ${new Date(Date.UTC(2010, 10, 28, 7, n, ahead)).toISOString()}`

export interface Played {
  readonly before: Conversation
  readonly behind: Conversation
}

export async function compared(played: readonly Played[], lost: { before?: Gap; behind?: Gap } = {}): Promise<Listed> {
  const before = await sideOf(
    played.map((each, n) => transcriptOf(each.before, client(n), lost.before ?? null)),
    BEFORE,
  )
  const behind = await sideOf(
    played.map((each, n) => transcriptOf(each.behind, server(n), lost.behind ?? null)),
    BEHIND,
  )
  return compareReports(before, behind)
}
