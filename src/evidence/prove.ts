// An evidence capture -> whether it proves what it is to prove: it is judged as any other capture, and its findings are
// held against those of the original, frame numbers aside.
import { analyze, type Selection } from '../analyze.ts'
import type { FindingRecord } from '../rules/analysis.ts'
import type { Exhibit } from './exhibit.ts'

/** What an exhibit lacks in the evidence, and what the evidence shows beyond the original. */
export interface Shortfall {
  readonly exhibit: Exhibit
  readonly lacking: readonly FindingRecord[]
  readonly surplus: readonly FindingRecord[]
}

export interface Claim {
  readonly exhibit: Exhibit
  /** As the evidence words them: pseudonyms applied. */
  readonly findings: readonly FindingRecord[]
  readonly all: readonly FindingRecord[]
  /** The number of the connection's first packet in the evidence. */
  readonly firstFrame: number
  /** The connection is there in part: that bytes are missing is no news then. */
  readonly excerpt: boolean
}

/** The exhibits that the evidence does not prove. `select` as for the original, without what selects sessions. */
export async function shortfallsOf(
  path: string,
  claims: readonly Claim[],
  select: Pick<Selection, 'ports' | 'rules'>,
): Promise<readonly Shortfall[]> {
  const found = new Map<string, readonly FindingRecord[]>()
  // A port selects servers as well: every session here was chosen before.
  await analyze([path], {
    select,
    keepSessions: 'none',
    onSession: ({ id, findings }) => void found.set(id, findings),
  })
  return claims.flatMap(({ exhibit, findings, all, firstFrame, excerpt }) => {
    const here = found.get(`s${firstFrame}`) ?? []
    const lacking = without(findings, here)
    const surplus = without(here, all).filter(({ rule }) => !(excerpt && rule === 'capture-loss'))
    return lacking.length + surplus.length === 0 ? [] : [{ exhibit, lacking, surplus }]
  })
}

/** Those of `some` that are not among `others`; of equals, as many as there are more. */
function without(some: readonly FindingRecord[], others: readonly FindingRecord[]): FindingRecord[] {
  const counts = new Map<string, number>()
  for (const other of others) counts.set(gistOf(other), (counts.get(gistOf(other)) ?? 0) + 1)
  return some.filter((finding) => {
    const gist = gistOf(finding)
    const left = counts.get(gist) ?? 0
    counts.set(gist, left - 1)
    return left <= 0
  })
}

/** A finding without what depends on where its session stands in a capture. */
function gistOf({ rule, party, severity, certainty, message, expected, actual, commands, replies }: FindingRecord) {
  const framesAside = [message, expected, actual].map((text) => text.replace(/\bframe \d+/g, 'frame'))
  const spoken = [...commands.map(({ text }) => text), ...replies.map(({ text }) => text)]
  return JSON.stringify([rule, party, severity, certainty, ...framesAside, ...spoken])
}
