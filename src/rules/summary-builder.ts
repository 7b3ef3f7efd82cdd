// Adds session reports up to the sums of an analysis: by verdict, severity and server. Sums of parts can be merged in
// any order: the servers that are listed separately are those whose first session closed first.
import { addressOf } from '../decode/address.ts'
import type { OrdinarySum } from '../fast-path/ordinary-sums.ts'
import type { LimitCode } from '../smtp/records.ts'
import type { FaultRecord, ServerRecord, Severities, Summary } from './analysis.ts'
import { SequenceSums } from './command-sequences.ts'
import { addFaults, addIncidents, byWeight, type FaultSums, faultRecords } from './fault-sums.ts'
import { FirstClosed, isBefore, NEVER_NAMED, OTHERS, type Place } from './first-closed.ts'
import { type FindingFacts, GAVE_UP, type IncidentFacts, incidentFactsOf } from './incidents.ts'
import type { Rule } from './rule.ts'
import { factsOf, type SessionReport } from './session-report.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

interface ServerSums extends Omit<Mutable<ServerRecord>, 'findings' | 'shapes'> {
  /** Null while there is none: most servers have none. */
  findings: Map<string, number> | null
  shapes: SequenceSums | null
  /** Null until the server is accused. */
  faults: FaultSums | null
  /** The session that closed first, and the first that gave the server's name. */
  first: Place
  named: Place | null
}

/** A client that is accused. */
interface ClientSums {
  name: string | null
  readonly faults: FaultSums
  /** Of its sessions with faults, the one that closed first, and the first that gave the client's name. */
  first: Place
  named: Place | null
}

/** The sums of a part of the sessions. */
export interface SummaryPart {
  readonly sessions: number
  readonly opaque: number
  readonly withoutReply: number
  readonly verdicts: Verdicts
  readonly severities: Severities
  readonly proved: Severities
  readonly limits: ReadonlyMap<LimitCode, number>
  readonly servers: readonly (readonly [server: string, sums: ServerSums])[]
  readonly clients: readonly (readonly [address: string, sums: ClientSums])[]
}

type Verdicts = Pick<Summary, 'violation' | 'suspected' | 'inconclusive' | 'conforming'>

export class SummaryBuilder {
  private readonly servers = new FirstClosed(
    absorb,
    (sums: ServerSums): ServerSums => ({
      ...sums,
      ...{ server: OTHERS, serverName: null, named: NEVER_NAMED },
    }),
  )
  private readonly clients = new FirstClosed(
    absorbClient,
    (sums: ClientSums): ClientSums => ({ ...sums, name: null, named: NEVER_NAMED }),
  )
  private readonly verdicts = { violation: 0, suspected: 0, inconclusive: 0, conforming: 0 }
  private readonly severities = { error: 0, warning: 0, info: 0 }
  private readonly proved = { error: 0, warning: 0, info: 0 }
  private readonly limits = new Map<LimitCode, number>()
  private sessions = 0
  private opaque = 0
  private withoutReply = 0
  private readonly shapes: boolean

  /** `shapes`: count command sequences by server. */
  constructor(shapes: boolean) {
    this.shapes = shapes
  }

  add(session: SessionReport): void {
    const findings = factsOf(session)
    this.sessions++
    this.verdicts[session.verdict]++
    if (session.opaque) this.opaque++
    if (isSilent(session, findings)) this.withoutReply++
    const sums = this.serverOf(session)
    sums.sessions++
    sums[session.verdict]++
    sums.shapes?.addAll(session.shapes)
    if (session.limits.length > 0) {
      const harmful = new Set(session.limits.filter(({ rules }) => rules.length > 0).map(({ code }) => code))
      for (const code of harmful) count(this.limits, code, 1)
    }
    if (findings.length === 0) return
    for (const { rule, severity, certainty } of findings) {
      this.severities[severity]++
      if (certainty === 'proved') this.proved[severity]++
      sums.findings ??= new Map()
      count(sums.findings, rule, 1)
    }
    this.accuse(session, findings, sums)
  }

  /** Adds sessions that were ordinary. */
  addOrdinary(sums: readonly OrdinarySum[]): void {
    for (const { server, serverName, sessions, first, named } of sums) {
      this.sessions += sessions
      this.verdicts.conforming += sessions
      const added = this.noSums(server, first)
      added.serverName = serverName
      added.named = named
      added.sessions = sessions
      added.conforming = sessions
      this.servers.take(server, added)
    }
  }

  /** Adds what the server and the client of the session are accused of. */
  private accuse(session: SessionReport, findings: readonly FindingFacts[], server: ServerSums): void {
    const incidents = incidentFactsOf(findings, session.base)
    if (incidents.length === 0) return
    const ofServer: IncidentFacts[] = []
    const ofClient: IncidentFacts[] = []
    let startedAt = ''
    for (const incident of incidents) {
      if (incident.at === null) startedAt = session.record.startedAt
      if (incident.party === 'server') ofServer.push(incident)
      else if (incident.party === 'client') ofClient.push(incident)
    }
    if (ofServer.some(isProvedError)) server.serverAtFault++
    if (ofClient.some(isProvedError)) server.clientAtFault++
    server.faults ??= new Map()
    if (ofServer.length > 0) addIncidents(server.faults, ofServer, startedAt)
    if (ofClient.length > 0) addIncidents(this.clientOf(session).faults, ofClient, startedAt)
  }

  /** The number of sessions counted so far, and of proved errors in them. */
  get soFar(): { readonly sessions: number; readonly errors: number } {
    return { sessions: this.sessions, errors: this.proved.error }
  }

  /** Whether there are so many servers or clients that the order of all sessions decides which are counted together. */
  get isCrowded(): boolean {
    return this.servers.isCrowded || this.clients.isCrowded
  }

  /** The sums so far, to be merged into another builder. */
  part(): SummaryPart {
    const { sessions, opaque, withoutReply, verdicts, severities, proved, limits } = this
    const [servers, clients] = [this.servers.entries(), this.clients.entries()]
    return { sessions, opaque, withoutReply, verdicts, severities, proved, limits, servers, clients }
  }

  merge(part: SummaryPart): void {
    this.sessions += part.sessions
    this.opaque += part.opaque
    this.withoutReply += part.withoutReply
    addUp(this.verdicts, part.verdicts)
    addUp(this.severities, part.severities)
    addUp(this.proved, part.proved)
    for (const [code, n] of part.limits) count(this.limits, code, n)
    this.servers.merge(part.servers)
    this.clients.merge(part.clients)
  }

  summary(packets: Summary['packets']): Summary {
    return {
      sessions: this.sessions,
      ...this.verdicts,
      opaque: this.opaque,
      findings: { ...this.severities },
      proved: { ...this.proved },
      packets,
      limits: Object.fromEntries([...this.limits].sort(([a], [b]) => (a < b ? -1 : 1))),
      withoutReply: this.withoutReply,
    }
  }

  /** Ordered by address and port as text, so that the order does not depend on timing. */
  serverRecords(rules: readonly Rule[]): ServerRecord[] {
    const ordered = this.servers.entries().sort(([a], [b]) => (a < b ? -1 : 1))
    return ordered.map(([_, { findings, shapes, faults: _faults, first: _first, named: _named, ...sums }]) => ({
      ...sums,
      ...(shapes && { shapes: shapes.counts() }),
      findings: Object.fromEntries(
        rules.flatMap(({ id }) => {
          const number = findings?.get(id)
          return number === undefined ? [] : [[id, number] as const]
        }),
      ),
    }))
  }

  /** The gravest first. */
  faultRecords(rules: readonly Rule[]): FaultRecord[] {
    const records: FaultRecord[] = []
    for (const [accused, { faults, serverName, sessions }] of this.servers.entries())
      if (faults !== null) records.push(...faultRecords(faults, { accused, name: serverName, of: sessions }, rules))
    for (const [accused, { faults, name }] of this.clients.entries())
      records.push(...faultRecords(faults, { accused, name, of: null }, rules))
    return records.sort(byWeight)
  }

  private serverOf({ server, serverName, closedFrame, firstFrame }: SessionReport): ServerSums {
    const place = { closed: closedFrame ?? Number.POSITIVE_INFINITY, first: firstFrame }
    const sums = this.servers.at(server, place, () => this.noSums(server, place))
    if (isBefore(place.closed, firstFrame, sums.first)) sums.first = place
    if (serverName !== null && (sums.named === null || isBefore(place.closed, firstFrame, sums.named))) {
      sums.serverName = serverName
      sums.named = place
    }
    return sums
  }

  private noSums(server: string, first: Place): ServerSums {
    return {
      server,
      serverName: null,
      sessions: 0,
      violation: 0,
      suspected: 0,
      inconclusive: 0,
      conforming: 0,
      serverAtFault: 0,
      clientAtFault: 0,
      findings: null,
      shapes: this.shapes ? new SequenceSums() : null,
      faults: null,
      first,
      named: null,
    }
  }

  private clientOf({ client, clientName, closedFrame, firstFrame }: SessionReport): ClientSums {
    const address = addressOf(client)
    const place = { closed: closedFrame ?? Number.POSITIVE_INFINITY, first: firstFrame }
    const sums = this.clients.at(address, place, () => ({ name: null, faults: new Map(), first: place, named: null }))
    if (isBefore(place.closed, place.first, sums.first)) sums.first = place
    if (clientName !== null && (sums.named === null || isBefore(place.closed, place.first, sums.named))) {
      sums.name = clientName
      sums.named = place
    }
    return sums
  }
}

/** No error was found, but something that was expected did not happen. */
function isSilent({ verdict, unanswered }: SessionReport, findings: readonly FindingFacts[]): boolean {
  if (verdict === 'violation' || verdict === 'suspected') return false
  return unanswered > 0 || findings.some(({ rule }) => rule === GAVE_UP)
}

function isProvedError({ severity, certainty }: IncidentFacts): boolean {
  return severity === 'error' && certainty === 'proved'
}

function absorb(into: ServerSums, from: ServerSums): void {
  into.sessions += from.sessions
  into.violation += from.violation
  into.suspected += from.suspected
  into.inconclusive += from.inconclusive
  into.conforming += from.conforming
  into.serverAtFault += from.serverAtFault
  into.clientAtFault += from.clientAtFault
  if (from.faults !== null) {
    into.faults ??= new Map()
    addFaults(into.faults, from.faults)
  }
  if (from.findings !== null) {
    into.findings ??= new Map()
    for (const [rule, n] of from.findings) count(into.findings, rule, n)
  }
  if (from.shapes !== null) into.shapes?.addAll(from.shapes.counts())
  if (isBefore(from.first.closed, from.first.first, into.first)) into.first = from.first
  if (isNamedBefore(from, into)) {
    into.serverName = from.serverName
    into.named = from.named
  }
}

function absorbClient(into: ClientSums, from: ClientSums): void {
  addFaults(into.faults, from.faults)
  if (isBefore(from.first.closed, from.first.first, into.first)) into.first = from.first
  if (isNamedBefore(from, into)) {
    into.name = from.name
    into.named = from.named
  }
}

function isNamedBefore(from: { readonly named: Place | null }, into: { readonly named: Place | null }): boolean {
  if (from.named === null) return false
  return into.named === null || isBefore(from.named.closed, from.named.first, into.named)
}

function count<K>(sums: Map<K, number>, key: K, n: number): void {
  sums.set(key, (sums.get(key) ?? 0) + n)
}

function addUp<K extends string>(sums: Record<K, number>, part: Readonly<Record<K, number>>): void {
  for (const key of Object.keys(sums) as K[]) sums[key] += part[key]
}
