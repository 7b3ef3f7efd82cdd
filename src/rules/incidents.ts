// Findings of one event are one incident: a server that loses commands also answers a later one too early, and may close
// with replies outstanding. The incident is named after the finding that explains the others.
import type { Certainty, FilePlace, FindingRecord, IncidentRecord, Severity, Symptom } from './analysis.ts'

/** Rules about when something was sent, and which reply answers what. Their findings may be symptoms of one event. */
const SERVER_EVENT: ReadonlySet<string> = new Set([
  ...['input-lost', 'reply-missing', 'reply-out-of-order', 'premature-close', 'lmtp-reply-count', 'reply-unexpected'],
  ...['pipelining-rejected', 'advertised-but-unimplemented', 'bdat-chunk-not-consumed', 'reply-before-command'],
  ...['replies-withheld', 'sync-reply-buffered', 'unrecognized-reply-buffered', 'closed-without-quit-by-server'],
  ...['data-accepted-without-recipients', 'data-refused-with-recipients'],
])
const CLIENT_EVENT: ReadonlySet<string> = new Set([
  ...['pipelining-not-advertised', 'command-after-sync-command', 'extension-command-not-last', 'auth-not-last'],
  ...['content-without-354', 'content-without-recipients', 'mail-without-reset', 'partial-reply-acted-on'],
  ...['talk-before-greeting', 'mail-before-ehlo', 'chunking-not-advertised', 'bdat-after-failed-bdat'],
  ...['plaintext-after-starttls'],
])

/** Rules whose violation another rule of the same incident explains. */
const EFFECTS: ReadonlySet<string> = new Set([
  ...['reply-out-of-order', 'premature-close'],
  ...['command-after-sync-command', 'content-without-354', 'partial-reply-acted-on', 'mail-without-reset'],
])
/** The finding that the client stopped waiting for a reply: what it did because of an incident of the server. */
export const GAVE_UP = 'client-gave-up'

const CLOSED = 'premature-close'
export const AND_CLOSED = 'and closed the connection'

const SEVERITIES: readonly Severity[] = ['error', 'warning', 'info']

/** 0 is the gravest. Severity counts more than certainty. */
export function gravityOf({ severity, certainty }: { readonly severity: Severity; readonly certainty: Certainty }) {
  return 2 * SEVERITIES.indexOf(severity) + (certainty === 'proved' ? 0 : 1)
}

/**
 * The incidents of a session, from its findings, in the order of their first findings. Findings of severity info are no
 * incidents of their own.
 */
export function incidentsOf(findings: readonly FindingRecord[]): IncidentRecord[] {
  const events: FindingRecord[][] = []
  for (const finding of findings) {
    if (finding.severity === 'info') continue
    const same = events.filter((event) => event.some((other) => isOneEvent(finding, other)))
    const [first] = same
    if (first === undefined) events.push([finding])
    else {
      first.push(...same.slice(1).flat(), finding)
      for (const other of same.slice(1)) events.splice(events.indexOf(other), 1)
    }
  }
  const reactions = findings.filter(({ rule }) => rule === GAVE_UP)
  return events.map((event, i) => toIncident(event, reactions, i + 1))
}

function isOneEvent(a: FindingRecord, b: FindingRecord): boolean {
  if (a.party !== b.party) return false
  const related = a.party === 'server' ? SERVER_EVENT : CLIENT_EVENT
  return related.has(a.rule) && related.has(b.rule) && (namesSame(a.commands, b.commands) || sharesReply(a, b))
}

/** Message content has the index of its command. */
function namesSame(a: FindingRecord['commands'], b: FindingRecord['commands']): boolean {
  return a.some((one) => b.some(({ index, verb, at }) => index === one.index && verb === one.verb && at === one.at))
}

function sharesReply(a: FindingRecord, b: FindingRecord): boolean {
  return a.replies.some(({ index }) => b.replies.some((other) => other.index === index))
}

function toIncident(event: readonly FindingRecord[], reactions: readonly FindingRecord[], n: number): IncidentRecord {
  const ordered = [...event].sort((a, b) => gravityOf(a) - gravityOf(b) || effect(a) - effect(b))
  const main = ordered[0] as FindingRecord
  const answers = main.party === 'server' ? reactions : []
  const symptoms = [
    ...ordered,
    ...answers.filter((one) => event.some((other) => namesSame(one.commands, other.commands))),
  ]
  const { session, party, rule, severity, certainty, group } = main
  return {
    id: `${session}.i${n}`,
    session,
    party,
    rule,
    severity,
    certainty,
    headline: headlineOf(main, ordered),
    group,
    at: earliest(ordered),
    symptoms: symptoms.map(toSymptom),
    ...placed(symptoms),
  }
}

/** The frames of all findings, and their places if they are known. */
function placed(findings: readonly FindingRecord[]): Pick<IncidentRecord, 'frames' | 'places'> {
  const places = new Map<number, FilePlace | null>()
  for (const finding of findings)
    for (const [i, frame] of finding.frames.entries()) places.set(frame, finding.places?.[i] ?? null)
  const ordered = [...places].sort(([a], [b]) => a - b)
  const frames = ordered.map(([frame]) => frame)
  return findings.some((finding) => finding.places !== undefined)
    ? { frames, places: ordered.map(([, place]) => place) }
    : { frames }
}

function toSymptom({ id, rule, party, severity, certainty }: FindingRecord): Symptom {
  return { finding: id, rule, party, severity, certainty }
}

/** Whether the incident ended with the close of the connection, which is not the incident itself. */
export function closedAfter({ rule, certainty, symptoms }: IncidentRecord): boolean {
  return rule !== CLOSED && symptoms.some((one) => one.rule === CLOSED && one.certainty === certainty)
}

const effect = ({ rule }: FindingRecord) => (EFFECTS.has(rule) ? 1 : 0)

/** `lost 2 of 4 pipelined commands and closed the connection`; what is only suspected is not added. */
function headlineOf(main: FindingRecord, event: readonly FindingRecord[]): string {
  return main.rule !== CLOSED && event.some(({ rule, certainty }) => rule === CLOSED && certainty === main.certainty)
    ? `${main.headline} ${AND_CLOSED}`
    : main.headline
}

/** When the first of its commands or replies was seen. Null when it names none. */
function earliest(event: readonly FindingRecord[]): string | null {
  const times = event.flatMap(({ commands, replies }) => [...commands, ...replies].map(({ at }) => at))
  return times.sort()[0] ?? null
}
