// Judges an evidence capture like any capture, and compares its findings with those of the original, without frame
// numbers.
import { analyze, type Selection } from '../analyze.ts'
import type { FindingRecord } from '../rules/analysis.ts'
import type { Keyring } from '../tls/keyring.ts'
import type { Refusal } from './redact-evidence.ts'
import type { SelectedSession } from './selected-session.ts'

/** Maximum number of findings named in one sentence. */
const LISTED = 8

/** Findings of a selected session that the evidence lacks, and findings that it adds. */
interface Difference {
  readonly selected: SelectedSession
  readonly lacking: readonly FindingRecord[]
  readonly surplus: readonly FindingRecord[]
}

/** What the evidence does not prove of a selected session, or why the session cannot be in it. */
export type Shortfall = Difference | { readonly selected: SelectedSession; readonly refusal: Refusal }

export interface Claim {
  readonly selected: SelectedSession
  /** The session as in the evidence: with placeholders. */
  readonly findings: readonly FindingRecord[]
  readonly all: readonly FindingRecord[]
  /** The number of the connection's first packet in the evidence. */
  readonly firstFrame: number
  /** The connection is only partly copied: missing bytes are expected. */
  readonly excerpt: boolean
}

export interface Verification {
  /** The selected sessions that the evidence does not prove. */
  readonly shortfalls: readonly Shortfall[]
  /** Number of sessions with credentials, and of message contents, that readers of the file can see. */
  readonly credentials: number
  readonly messages: number
}

/**
 * `select` as for the original, without what selects sessions; `keyLog`: the TLS secrets of the readers, besides those
 * in the file.
 */
export async function verifyEvidence(
  path: string,
  claims: readonly Claim[],
  select: Pick<Selection, 'ports' | 'rules' | 'ignored'>,
  keyLog: string,
): Promise<Verification> {
  const found = new Map<string, readonly FindingRecord[]>()
  // A port also decides which side is the server; the sessions were selected before.
  const credentials = new Set<string>()
  let messages = 0
  await analyze([path], {
    select,
    keyLogs: [keyLog],
    keepSessions: 'none',
    observer: {
      sessions: new Set(claims.map(({ firstFrame }) => `s${firstFrame}`)),
      group(session, { exchanges }) {
        if (exchanges.some(({ command: { hidden, kind } }) => hidden || kind === 'auth-response'))
          credentials.add(session)
      },
    },
    onSession({ id, findings, record }) {
      found.set(id, findings)
      messages += record.messages
    },
  })
  const shortfalls = claims.flatMap(({ selected, findings, all, firstFrame, excerpt }) => {
    const here = found.get(`s${firstFrame}`) ?? []
    const lacking = without(findings, here)
    const surplus = without(here, all).filter(({ rule }) => !(excerpt && rule === 'capture-loss'))
    return lacking.length + surplus.length === 0 ? [] : [{ selected, lacking, surplus }]
  })
  return { shortfalls, credentials: credentials.size, messages }
}

/** Sentences for what was not proved. */
export function describeShortfalls(shortfalls: readonly Shortfall[], keyring: Keyring): string[] {
  const differences = shortfalls.flatMap((one) => ('refusal' in one ? [] : [one]))
  return [
    ...(differences.length === 0 ? [] : [describeDifferences(differences, keyring)]),
    ...describeRefusals(shortfalls),
  ]
}

/** One sentence for each reason, with the first packet that it holds for. */
function describeRefusals(shortfalls: readonly Shortfall[]): string[] {
  const byReason = new Map<Refusal['reason'], { readonly frame: number; readonly names: string[] }>()
  for (const shortfall of shortfalls) {
    if (!('refusal' in shortfall)) continue
    const { refusal, selected } = shortfall
    const known = byReason.get(refusal.reason) ?? { frame: refusal.frame, names: [] }
    byReason.set(refusal.reason, known)
    const names = selected.findings.map(({ id, rule }) => `${id} ${rule}`)
    known.names.push(...(names.length === 0 ? [`session ${selected.session.id}`] : names))
  }
  return [...byReason].map(
    ([reason, { frame, names }]) =>
      `packets of these sessions cannot be redacted (frame ${frame} has ${reason}): ${listed(names)}`,
  )
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, LISTED).join('; ')}${names.length > LISTED ? '; …' : ''}`
}

function describeDifferences(shortfalls: readonly Difference[], keyring: Keyring): string {
  const names = shortfalls.flatMap(({ selected, lacking, surplus }) => [
    ...lacking.map(({ id, rule }) => `${id} ${rule}`),
    ...surplus.map(({ rule }) => `${selected.session.id} ${rule}, which is not in the original`),
  ])
  const resumes = shortfalls.some(
    ({ selected: { clientRandoms } }) =>
      keyring.linesOf(clientRandoms, 'given') !== keyring.linesOf(clientRandoms, 'known'),
  )
  const hint = resumes
    ? '; the TLS session resumes another one that is left out: --include-secrets copies its secrets'
    : ''
  return `the packets of these sessions alone do not show the same findings: ${listed(names)}${hint}`
}

/** Findings that only TLS shows. `outside`: what the sessions show without their keys. */
export function insideTls(
  selectedSessions: readonly SelectedSession[],
  outside: ReadonlyMap<string, readonly FindingRecord[]>,
): readonly FindingRecord[] {
  return selectedSessions.flatMap(({ session, findings, decrypted }) =>
    decrypted ? without(findings, outside.get(session.id) ?? []) : [],
  )
}

/** The sentence for findings that only TLS shows. */
export function describeInside(inside: readonly FindingRecord[]): string {
  const names = inside.slice(0, LISTED).map(({ id, rule }) => `${id} ${rule}`)
  const more = inside.length > LISTED ? ', …' : ''
  return `${names.join(', ')}${more} can only be seen inside TLS, where redaction blanks everything`
}

/** The members of `some` that are not in `others`; repeated ones as often as there are more of them. */
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

/** A finding without everything that depends on its place in the capture. */
function gistOf({ rule, party, severity, certainty, message, expected, actual, commands, replies }: FindingRecord) {
  const framesAside = [message, expected, actual].map((text) => text.replace(/\bframe \d+/g, 'frame'))
  const spoken = [...commands.map(({ text }) => text), ...replies.map(({ text }) => text)]
  return JSON.stringify([rule, party, severity, certainty, ...framesAside, ...spoken])
}
