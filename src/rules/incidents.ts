// Findings of one event are one incident: a server that loses commands also answers a later one too early, and may close
// with replies outstanding. The incident is named after the finding that explains the others.
import type { TimeBase } from '../capture/packet.ts'
import type { Span } from '../smtp/records.ts'
import type { Certainty, FilePlace, FindingRecord, IncidentRecord, Severity, Symptom } from './analysis.ts'
import { isoTime } from './time.ts'

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

/** The time of a command or reply: in a record, and before one is made. */
type Time = string | Pick<Span, 'timeNs'>

interface NamedCommand<At> {
  readonly index: number
  readonly verb: string
  readonly at: At
}

/** What of a finding shows its incident: of its record, or of what that will be made of. */
export interface FindingFacts<At extends Time = Time>
  extends Pick<FindingRecord, 'party' | 'rule' | 'severity' | 'certainty' | 'headline'> {
  readonly commands: readonly NamedCommand<At>[]
  readonly replies: readonly Omit<NamedCommand<At>, 'verb'>[]
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

/** The same, without what only a reader of one incident wants. `base`: the time of the set's first packet. */
export function incidentFactsOf(findings: readonly FindingFacts[], base: TimeBase): IncidentFacts[] {
  const incidents: IncidentFacts[] = []
  for (const event of eventsOf(findings)) {
    const first = earliest(event)
    const at = first === null || typeof first === 'string' ? first : isoTime(base, first.timeNs)
    incidents.push({ ...factsOf(gravestFirst(event)), at })
  }
  return incidents
}

/** The findings of each event. */
function eventsOf<T extends FindingFacts>(findings: readonly T[]): (readonly T[])[] {
  const events: Event<T>[] = []
  /** The event of each command and reply, by the party of its findings. */
  const byPart = new Map<string, Event<T>>()
  for (const finding of findings) {
    if (finding.severity === 'info') continue
    const parts = partsOf(finding)
    const event = eventWith(parts, events, byPart)
    event.findings.push(finding)
    for (const part of parts) {
      event.parts.push(part)
      byPart.set(part, event)
    }
  }
  const found: (readonly T[])[] = []
  for (const event of events) if (event.findings.length > 0) found.push(event.findings)
  return found
}

/** The event to which some of the parts belong, which several turn out to be; a new one where none does. */
function eventWith<T>(parts: readonly string[], events: Event<T>[], byPart: Map<string, Event<T>>): Event<T> {
  const known = knownEvents(parts, byPart)
  const first = known[0]
  if (first === undefined) {
    const event = { order: events.length, findings: [], parts: [] }
    events.push(event)
    return event
  }
  for (let i = 1; i < known.length; i++) join(first, known[i] as Event<T>, byPart)
  return first
}

interface Event<T> {
  readonly order: number
  /** Empty when it was found to be one with an earlier event. */
  readonly findings: T[]
  readonly parts: string[]
}

/** The events to which some of the parts belong, the first first. */
function knownEvents<T>(parts: readonly string[], byPart: ReadonlyMap<string, Event<T>>): Event<T>[] {
  const known: Event<T>[] = []
  for (const part of parts) {
    const event = byPart.get(part)
    if (event !== undefined && !known.includes(event)) known.push(event)
  }
  return known.length < 2 ? known : known.sort((a, b) => a.order - b.order)
}

/** Two events turned out to be one. */
function join<T>(event: Event<T>, other: Event<T>, byPart: Map<string, Event<T>>): void {
  event.findings.push(...other.findings.splice(0))
  event.parts.push(...other.parts)
  for (const part of other.parts) byPart.set(part, event)
}

const NO_PARTS: readonly string[] = []

/** What makes it one event with others: its party, and a command or reply. None for rules that stand alone. */
function partsOf({ party, rule, commands, replies }: FindingFacts): readonly string[] {
  const related = party === 'server' ? SERVER_EVENT : CLIENT_EVENT
  if (!related.has(rule)) return NO_PARTS
  const parts: string[] = []
  for (const command of commands) parts.push(`${party} ${nameOf(command)}`)
  for (const { index } of replies) parts.push(`${party} ${index}`)
  return parts
}

/** Message content has the index of its command. */
function nameOf({ index, verb, at }: NamedCommand<Time>): string {
  return `${index} ${verb} ${timeOf(at)}`
}

function timeOf(at: Time): string | number {
  return typeof at === 'string' ? at : at.timeNs
}

/** The finding that explains the others first. */
function gravestFirst<T extends FindingFacts>(event: readonly T[]): readonly T[] {
  return event.length < 2 ? event : [...event].sort((a, b) => gravityOf(a) - gravityOf(b) || effect(a) - effect(b))
}

function factsOf(ordered: readonly FindingFacts[]): Omit<IncidentFacts, 'at'> {
  const main = ordered[0] as FindingFacts
  const { party, rule, severity, certainty } = main
  return { party, rule, severity, certainty, headline: headlineOf(main, ordered), symptoms: ordered }
}

function toIncident(event: readonly FindingRecord[], reactions: readonly FindingRecord[], n: number): IncidentRecord {
  const ordered = gravestFirst(event)
  const main = ordered[0] as FindingRecord
  const waited = new Set(
    main.party === 'server' && reactions.length > 0 ? event.flatMap(({ commands }) => commands.map(nameOf)) : [],
  )
  const symptoms = [...ordered, ...reactions.filter(({ commands }) => commands.some((one) => waited.has(nameOf(one))))]
  const { party, rule, severity, certainty, headline } = factsOf(ordered)
  return {
    id: `${main.session}.i${n}`,
    session: main.session,
    party,
    rule,
    severity,
    certainty,
    headline,
    group: main.group,
    at: earliest(event),
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

const effect = ({ rule }: FindingFacts) => (EFFECTS.has(rule) ? 1 : 0)

/** `lost 2 of 4 pipelined commands and closed the connection`; what is only suspected is not added. */
function headlineOf(main: FindingFacts, event: readonly FindingFacts[]): string {
  return main.rule !== CLOSED && event.some(({ rule, certainty }) => rule === CLOSED && certainty === main.certainty)
    ? `${main.headline} ${AND_CLOSED}`
    : main.headline
}

/** When the first of its commands or replies was seen. Null when it names none. */
function earliest<At extends Time>(event: readonly FindingFacts<At>[]): At | null {
  let first: At | null = null
  for (const { commands, replies } of event) {
    for (const { at } of commands) if (first === null || timeOf(at) < timeOf(first)) first = at
    for (const { at } of replies) if (first === null || timeOf(at) < timeOf(first)) first = at
  }
  return first
}
