// Findings of one event are one incident: a server that loses commands also answers a later one too early, and may close
// with replies outstanding. The incident is named after the finding that explains the others.
import type {
  Certainty,
  FilePlace,
  FindingCommand,
  FindingRecord,
  IncidentRecord,
  Severity,
  Symptom,
} from './analysis.ts'

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

/** What of an incident is summed, over sessions. */
export interface IncidentFacts
  extends Pick<IncidentRecord, 'party' | 'rule' | 'severity' | 'certainty' | 'headline' | 'at'> {
  readonly symptoms: readonly Pick<Symptom, 'rule' | 'certainty'>[]
}

/**
 * The incidents of a session, from its findings, in the order of their first findings. Findings of severity info are no
 * incidents of their own.
 */
export function incidentsOf(findings: readonly FindingRecord[]): IncidentRecord[] {
  const reactions = findings.filter(({ rule }) => rule === GAVE_UP)
  return eventsOf(findings).map((event, i) => toIncident(event, reactions, i + 1))
}

/** The same, without what only a reader of one incident wants. */
export function incidentFactsOf(findings: readonly FindingRecord[]): IncidentFacts[] {
  return eventsOf(findings).map((event) => factsOf(gravestFirst(event)))
}

/** The findings of each event. */
function eventsOf(findings: readonly FindingRecord[]): (readonly FindingRecord[])[] {
  const events: Event[] = []
  /** The event of each command and reply, by the party of its findings. */
  const byPart = new Map<string, Event>()
  for (const finding of findings) {
    if (finding.severity === 'info') continue
    const parts = partsOf(finding)
    const [event = { order: events.length, findings: [], parts: [] }, ...others] = knownEvents(parts, byPart)
    if (event.order === events.length) events.push(event)
    for (const other of others) {
      event.findings.push(...other.findings.splice(0))
      event.parts.push(...other.parts)
      for (const part of other.parts) byPart.set(part, event)
    }
    event.findings.push(finding)
    event.parts.push(...parts)
    for (const part of parts) byPart.set(part, event)
  }
  return events.map((event) => event.findings).filter((event) => event.length > 0)
}

/** The events to which some of the parts belong, the first first. */
function knownEvents(parts: readonly string[], byPart: ReadonlyMap<string, Event>): Event[] {
  const known: Event[] = []
  for (const part of parts) {
    const event = byPart.get(part)
    if (event !== undefined && !known.includes(event)) known.push(event)
  }
  return known.length < 2 ? known : known.sort((a, b) => a.order - b.order)
}

interface Event {
  readonly order: number
  /** Empty when it was found to be one with an earlier event. */
  readonly findings: FindingRecord[]
  readonly parts: string[]
}

/** What makes it one event with others: its party, and a command or reply. None for rules that stand alone. */
function partsOf({ party, rule, commands, replies }: FindingRecord): string[] {
  const related = party === 'server' ? SERVER_EVENT : CLIENT_EVENT
  if (!related.has(rule)) return []
  return [
    ...commands.map((command) => `${party} ${nameOf(command)}`),
    ...replies.map(({ index }) => `${party} ${index}`),
  ]
}

/** Message content has the index of its command. */
function nameOf({ index, verb, at }: FindingCommand): string {
  return `${index} ${verb} ${at}`
}

/** The finding that explains the others first. */
function gravestFirst(event: readonly FindingRecord[]): readonly FindingRecord[] {
  return event.length < 2 ? event : [...event].sort((a, b) => gravityOf(a) - gravityOf(b) || effect(a) - effect(b))
}

function factsOf(ordered: readonly FindingRecord[]): IncidentFacts {
  const main = ordered[0] as FindingRecord
  const { party, rule, severity, certainty } = main
  return {
    party,
    rule,
    severity,
    certainty,
    headline: headlineOf(main, ordered),
    at: earliest(ordered),
    symptoms: ordered,
  }
}

function toIncident(event: readonly FindingRecord[], reactions: readonly FindingRecord[], n: number): IncidentRecord {
  const ordered = gravestFirst(event)
  const main = ordered[0] as FindingRecord
  const waited = new Set(
    main.party === 'server' && reactions.length > 0 ? event.flatMap(({ commands }) => commands.map(nameOf)) : [],
  )
  const symptoms = [...ordered, ...reactions.filter(({ commands }) => commands.some((one) => waited.has(nameOf(one))))]
  const { party, rule, severity, certainty, headline, at } = factsOf(ordered)
  return {
    id: `${main.session}.i${n}`,
    session: main.session,
    party,
    rule,
    severity,
    certainty,
    headline,
    group: main.group,
    at,
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
export function closedAfter({ rule, certainty, symptoms }: IncidentFacts): boolean {
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
  let first: string | null = null
  for (const { commands, replies } of event) {
    for (const { at } of commands) if (first === null || at < first) first = at
    for (const { at } of replies) if (first === null || at < first) first = at
  }
  return first
}
