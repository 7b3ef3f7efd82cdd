// The evidence that is written together with a report. The dialogues of the report are read
// from it, so that their numbers and placeholders are those of the file that a reader has.
import { analyze, type Selection, type SessionReport } from '../analyze.ts'
import { sha256Of } from '../capture/verify.ts'
import type { Redaction } from '../redact/redaction.ts'
import { type Candidate, placesOf } from '../report/vendor/first-pass.ts'
import type { EvidenceFile } from '../report/vendor/integrity.ts'
import type { CasePlan, Plan } from '../report/vendor/report-plan.ts'
import { type Fetched, SecondPass } from '../report/vendor/second-pass.ts'
import type { FindingRecord } from '../rules/analysis.ts'
import { type Evidence, makeEvidence } from './make-evidence.ts'

/** A capture that can be read more than once, and the name to print. */
interface Source {
  readonly path: string
  readonly name: string
}

export interface Asked {
  /** Without what names a party or a session. */
  readonly select: Selection
  readonly findings: readonly string[] | null
  readonly accuses: (report: SessionReport) => boolean
  readonly keyLogs: readonly string[]
  readonly version: string
  readonly sources: readonly Source[]
  readonly redaction: Redaction | null
  /** The name of the evidence in the report, and two unused paths: for the evidence, and for its classic copy. */
  readonly name: string
  readonly path: string
  readonly twin: string
  readonly onInternalError: (error: unknown, frame: number) => void
}

/** The evidence, written at `path`. */
export interface Written {
  readonly path: string
  readonly evidence: Evidence
  readonly file: EvidenceFile
}

/** Makes the evidence of the accused sessions and of those that the report shows for comparison. */
export async function writeEvidence(asked: Asked, plan: Plan): Promise<Written> {
  const { select, findings, accuses, keyLogs, version, sources, name, path, twin, redaction, onInternalError } = asked
  const shown = plan.cases.flatMap(({ samples, listed, controls, others }) => [
    ...[...samples, ...listed].map(({ id }) => id),
    ...controls,
    ...others,
  ])
  const evidence = await makeEvidence(sources, {
    ...{ select, findings, version, path, twin, keyLogs, redaction, format: 'pcapng' },
    shown: { accuses, sessions: new Set(shown) },
    onInternalError,
  })
  const { packets, sessions, controls, leftOut } = evidence
  const file = {
    ...{ name, sha256: await sha256Of(path) },
    ...{ packets, sessions, controls, findings: evidence.findings, leftOut },
  }
  return { path, evidence, file }
}

/** Reads the dialogues of the plan from the evidence. Sessions that are not in it are not shown. */
export async function readEvidence(
  { path, evidence: { copied } }: Written,
  { select, keyLogs }: Asked,
  plan: Plan,
  before: Fetched,
): Promise<{ readonly plan: Plan; readonly fetched: Fetched }> {
  const rules = new Map([...copied.values()].map(({ id, rules: broken }) => [id, broken]))
  const wants = ({ session, rule }: FindingRecord) => rules.get(session)?.has(rule) === true
  const { ports, rules: only, ignored } = select
  const common = {
    select: { ...(ports && { ports }), ...(only && { rules: only }), ...(ignored && { ignored }) },
    ...{ keyLogs, keepSessions: 'none' as const },
  }
  const faults = new Map<string, readonly FindingRecord[]>()
  await analyze([path], {
    ...common,
    onSession: ({ id, findings }) => void faults.set(id, findings.filter(wants)),
  })
  const there = (ids: readonly string[]) => ids.flatMap((id) => copied.get(id)?.id ?? [])
  const candidates = (some: readonly Candidate[]) =>
    some.flatMap((one): Candidate[] => {
      const id = copied.get(one.id)?.id
      const findings = faults.get(id ?? '') ?? []
      return id === undefined ? [] : [{ ...one, id, ...placesOf(findings) }]
    })
  const moved = new Map<CasePlan, CasePlan>(
    plan.cases.map((one) => [
      one,
      {
        ...one,
        ...{ samples: candidates(one.samples), listed: candidates(one.listed) },
        ...{ controls: there(one.controls), others: there(one.others) },
      },
    ]),
  )
  const inEvidence = { ...plan, cases: [...moved.values()] }
  const logs = new Map([...before.samples.values()].map(({ id, log }) => [copied.get(id)?.id, log]))
  const read = new SecondPass(inEvidence, {
    ...{ accuses: () => true, wants, show: (session) => session, quote: ({ id }) => logs.get(id) ?? [] },
  })
  await analyze([path], { ...common, observer: read, onSession: (session) => read.session(session) })
  const histograms = [...before.histograms].map(([one, times]) => [moved.get(one) ?? one, times] as const)
  return { plan: inEvidence, fetched: { samples: read.samples, histograms: new Map(histograms) } }
}
