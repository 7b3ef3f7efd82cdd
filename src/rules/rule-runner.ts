// One session before the rules: its groups are judged as they settle, the session when it ends. What goes out is the
// report of a session: its record, its findings, its verdict.
import type { TimeBase } from '../capture/packet.ts'
import { formatAddress } from '../decode/address.ts'
import { FINDING_FRAMES_MAX, FINDING_RECORDS_MAX, FINDINGS_ALIKE_MAX } from '../limits.ts'
import type { ShapeBook } from '../smtp/pairing/command-sequence.ts'
import type { CurrentFingerprint } from '../smtp/parse/fingerprint.ts'
import type { Command, Group, Reply } from '../smtp/records.ts'
import type { SessionState } from '../smtp/session/session.ts'
import type { OrdinaryOutline } from '../smtp/session/session-summary.ts'
import type { Conversation, ConversationEvents } from '../smtp/session/smtp-connection.ts'
import type { FindingRecord, LimitRecord, Proof, SessionRecord, VerdictName } from './analysis.ts'
import { SessionShapes } from './command-sequences.ts'
import { OrdinaryReport } from './ordinary-report.ts'
import { limitRecords } from './prerequisites.ts'
import { proofOf, Wire } from './proof.ts'
import { recordOf } from './records-of.ts'
import type { Rule, Violation } from './rule.ts'
import { type Profile, refusal } from './server-defaults.ts'
import type { Follower, SessionReport, TlsReport } from './session-report.ts'
import { isoTime } from './time.ts'

/** Whose dialogues are kept for the report: nobody's, everybody's, or those of these sessions. */
export type DialogueChoice = boolean | ReadonlySet<string>

/** What all trials of an analysis share. */
export interface Court {
  readonly rules: readonly Rule[]
  base: TimeBase
  /** Whose habits are told beside the standard, for findings about clients. */
  readonly profile: Profile
  /** Keep the groups for the report. */
  readonly dialogues: DialogueChoice
  /** Add to each proved finding how it can be checked. */
  readonly proofs: boolean
  /** Compute what identifies message contents. */
  readonly digests: boolean
  /** That of the session that ends; null where none are made. */
  readonly fingerprints: CurrentFingerprint | null
  /** Where the shapes of groups are counted; null where nobody asks. */
  readonly shapes: ShapeBook | null
  /** Told of the groups of some sessions, which are not kept for it. */
  readonly follower: Follower | null
  readonly onInternalError: (error: unknown, frame: number) => void
  readonly onVerdict: (report: SessionReport) => void
}

const NOTHING: readonly Violation[] = []

interface Charge {
  readonly rule: Rule
  readonly group: number | null
  readonly violation: Violation
  readonly proof: Proof | null
}

export function isChosen(dialogues: DialogueChoice, session: string): boolean {
  return typeof dialogues === 'boolean' ? dialogues : dialogues.has(session)
}

export class Trial implements ConversationEvents {
  private readonly court: Court
  private readonly charges: Charge[] = []
  /** How many of each rule; null as long as there are none. */
  private alike: Map<Rule, number> | null = null
  private readonly groups: Group[] = []
  readonly shapes: SessionShapes | null
  private readonly keepsDialogue: boolean

  /** `session`: the identifier of the one that is tried. */
  constructor(court: Court, session: string) {
    this.court = court
    this.keepsDialogue = isChosen(court.dialogues, session)
    this.shapes = court.shapes === null ? null : new SessionShapes(court.shapes)
  }

  get wantsGroups(): boolean {
    return this.keepsDialogue || this.court.follower !== null
  }

  get wantsDigests(): boolean {
    return this.court.digests
  }

  group(conversation: Conversation, group: Group, session: SessionState): void {
    const { follower } = this.court
    if (this.keepsDialogue) this.groups.push(group)
    this.shapes?.group(group)
    if (follower !== null) {
      const id = `s${conversation.connection.firstFrame}`
      if (follower.sessions.has(id)) follower.group(id, group)
    }
    for (const rule of this.court.rules)
      if (rule.checkGroup !== undefined) this.collect(conversation, session, rule, group)
  }

  end(conversation: Conversation, session: SessionState): void {
    for (const rule of this.court.rules)
      if (rule.checkEnd !== undefined) this.collect(conversation, session, rule, null)
    this.court.onVerdict(this.report(conversation, session))
  }

  /** No check is run: that none could find anything is what makes a session ordinary. */
  endOrdinary(conversation: Conversation, outline: OrdinaryOutline): void {
    this.court.onVerdict(new OrdinaryReport(conversation.connection, outline, this.court, this.shapes))
  }

  /** Runs a check: of a group, or of the session as a whole when null. One that throws is a defect of ours: the rule ends inconclusive, the others still report. */
  private collect(conversation: Conversation, session: SessionState, rule: Rule, group: Group | null): void {
    try {
      if (rule.applies(session) !== true) return
      const violations = group === null ? rule.checkEnd?.(session) : rule.checkGroup?.(group, session)
      for (const violation of violations ?? NOTHING) {
        this.shapes?.violated(rule, violation, group)
        if (this.hasRoom(rule)) {
          const proof = this.court.proofs ? this.proof(conversation, session, violation, group) : null
          this.charges.push({ rule, group: group?.index ?? null, violation: shortened(violation), proof })
        } else session.limit('resource-cap', conversation.connection.lastFrame)
      }
    } catch (error) {
      session.limit('internal-error', conversation.connection.lastFrame)
      this.court.onInternalError(error, conversation.connection.lastFrame)
    }
  }

  private proof(conversation: Conversation, session: SessionState, violation: Violation, group: Group | null) {
    if (violation.certainty !== 'proved') return null
    return proofOf(violation, group ?? session.lastGroup, new Wire(conversation, session))
  }

  /** Whether another finding of the rule is kept in this session. */
  private hasRoom(rule: Rule): boolean {
    this.alike ??= new Map()
    const alike = (this.alike.get(rule) ?? 0) + 1
    this.alike.set(rule, alike)
    return alike <= FINDINGS_ALIKE_MAX
  }

  private report(conversation: Conversation, session: SessionState): SessionReport {
    const { connection } = conversation
    const { court, charges, groups } = this
    const { base, rules } = court
    const id = `s${connection.firstFrame}`
    const limits = limitRecords(session, rules)
    const filter = charges.length > 0 ? displayFilter(conversation) : ''
    // Where bytes came twice, and not the same, somebody else speaks in the name of a side: nothing is proved.
    const isDoubtful = session.limits.some(({ code }) => code === 'overlap-conflict')
    const findings = charges.map((charge, i) => this.finding(id, i + 1, isDoubtful ? doubted(charge) : charge, filter))
    const verdict = verdictOf(findings, limits, rules)
    let record: SessionRecord | null = null
    return {
      id,
      client: connection.ends.name(conversation.client),
      clientName: session.clientName,
      server: connection.ends.name(conversation.client === 0 ? 1 : 0),
      serverName: session.serverName,
      software: session.software,
      pipelined: session.used,
      verdict,
      opaque: session.encryption === 'opaque',
      findings,
      limits,
      greeting: session.greeting,
      proxyHeader: session.proxyHeader,
      groups,
      shapes: this.shapes?.counts() ?? [],
      close: session.close,
      fingerprint: this.court.fingerprints?.value ?? null,
      isReversed: conversation.client === 1,
      tls: tlsOf(conversation),
      firstFrame: connection.firstFrame,
      closedFrame: connection.closedFrame,
      base,
      startNs: connection.startNs,
      endNs: connection.lastNs,
      lastFrame: connection.lastFrame,
      packets: connection.packets,
      get record() {
        record ??= recordOf(connection, conversation.client, session, base, limits, session.encryption, verdict)
        return record
      },
    }
  }

  private finding(session: string, number: number, charge: Charge, displayFilter: string): FindingRecord {
    const { rule, group, violation, proof } = charge
    const commands = violation.commands ?? []
    const replies = violation.replies ?? []
    const frames = new Set<number>(violation.frames ?? [])
    for (const { at } of [...commands, ...replies]) frames.add(at.firstFrame).add(at.lastFrame)
    const iso = (record: Command | Reply) => isoTime(this.court.base, record.at.timeNs)
    return {
      id: `${session}.${number}`,
      session,
      rule: rule.id,
      party: rule.party,
      severity: violation.severity ?? rule.severity,
      certainty: violation.certainty,
      clauses: rule.clauses.map(({ rfc, section, item, keyword }) => ({
        rfc,
        section,
        item,
        keyword,
      })),
      message: violation.message,
      expected: violation.expected,
      actual: violation.actual,
      group,
      commands: commands.map((command) => ({
        index: command.index,
        verb: command.verb,
        text: command.text,
        at: iso(command),
        frames: framesOf(command),
      })),
      replies: replies.map((reply) => ({
        index: reply.index,
        code: reply.code,
        text: reply.lines.join('\n'),
        at: iso(reply),
        frames: framesOf(reply),
      })),
      frames: [...frames].sort((a, b) => a - b).slice(0, FINDING_FRAMES_MAX),
      evidence: this.evidence(rule, violation),
      displayFilter,
      ...(this.court.proofs && { proof }),
    }
  }

  private evidence(rule: Rule, { evidence, commands }: Violation): readonly string[] {
    const habit = rule.party === 'client' ? refusal(this.court.profile, rule.id, commands ?? []) : null
    return habit === null ? evidence : [...evidence, habit]
  }
}

/** What is kept of it: a group can have thousands of commands. */
function shortened({ grounds: _, ...violation }: Violation): Violation {
  const { commands = [], replies = [] } = violation
  if (commands.length <= FINDING_RECORDS_MAX && replies.length <= FINDING_RECORDS_MAX) return violation
  const few = { commands: commands.slice(0, FINDING_RECORDS_MAX), replies: replies.slice(0, FINDING_RECORDS_MAX) }
  return { ...violation, ...few }
}

function tlsOf({ tls, client }: Conversation): TlsReport | null {
  if (tls === null) return null
  const { flights, halves, clientRandoms } = tls
  const by = (side: number) => (side === client ? 'client' : 'server')
  return {
    flights: flights.list.map(({ side, ...flight }) => ({ by: by(side), ...flight })),
    moreFlights: flights.more,
    alerted: ([0, 1] as const).filter((side) => halves[side].alerted).map(by),
    clientRandoms,
  }
}

function framesOf({ at }: Command | Reply): number[] {
  return at.firstFrame === at.lastFrame ? [at.firstFrame] : [at.firstFrame, at.lastFrame]
}

/** The same, not proved. What is for information accuses nobody. */
function doubted(charge: Charge): Charge {
  const { rule, violation } = charge
  if ((violation.severity ?? rule.severity) === 'info') return charge
  return { ...charge, violation: { ...violation, certainty: 'suspected' }, proof: null }
}

/** `output`: violation, suspected, inconclusive, conforming, in this order. */
function verdictOf(
  findings: readonly FindingRecord[],
  limits: readonly LimitRecord[],
  rules: readonly Rule[],
): VerdictName {
  if (findings.length > 0) {
    const errors = findings.filter(({ severity }) => severity === 'error')
    if (errors.some(({ certainty }) => certainty === 'proved')) return 'violation'
    if (errors.length > 0) return 'suspected'
  }
  if (limits.length === 0) return 'conforming'
  const grave = new Set(rules.filter(({ severity }) => severity === 'error').map(({ id }) => id))
  return limits.some((limit) => limit.rules.some((id) => grave.has(id))) ? 'inconclusive' : 'conforming'
}

function displayFilter({ connection }: Conversation): string {
  const { ends } = connection
  const { octets: a } = ends.host(0)
  const { octets: b } = ends.host(1)
  const ip = a.length === 4 ? 'ip' : 'ipv6'
  return (
    `${ip}.addr == ${formatAddress(a)} && ${ip}.addr == ${formatAddress(b)} && ` +
    `tcp.port == ${ends.port(0)} && tcp.port == ${ends.port(1)} && ` +
    `frame.number >= ${connection.firstFrame} && frame.number <= ${connection.lastFrame}`
  )
}
