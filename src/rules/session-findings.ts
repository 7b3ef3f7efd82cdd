// What the rules found in a session. Sums need little of it, and of most sessions nothing else is wanted, so the records
// are made on first access.
import type { TimeBase } from '../capture/packet.ts'
import { formatAddress } from '../decode/address.ts'
import { FINDING_FRAMES_MAX, FINDING_RECORDS_MAX } from '../limits.ts'
import type { Command, Group, Reply } from '../smtp/records.ts'
import type { ConnectionFacts } from '../tcp/connection.ts'
import type { FindingRecord, Proof } from './analysis.ts'
import type { Rule, Violation } from './rule.ts'
import { type Profile, refusal } from './server-defaults.ts'
import { isoTime } from './time.ts'

/** What a record is made of: without the grounds, which name the records of whole groups. */
export interface PendingFinding
  extends Pick<FindingRecord, 'rule' | 'party'>,
    Required<Omit<Violation, 'grounds' | 'unless'>> {
  readonly by: Rule
  readonly group: number | null
  readonly proof: Proof | null
  readonly unless: Violation['unless'] | null
}

/** Limits what is kept in memory: a group can have thousands of commands. */
export function pendingFinding(
  by: Rule,
  group: Group | null,
  violation: Violation,
  proof: Proof | null,
): PendingFinding {
  const { commands = [], replies = [] } = violation
  const isShort = commands.length <= FINDING_RECORDS_MAX && replies.length <= FINDING_RECORDS_MAX
  const shown = isShort ? replies : replies.slice(0, FINDING_RECORDS_MAX)
  // Their text is read now: later its buffer is that of another session.
  for (const reply of shown) reply.lines
  return {
    by,
    rule: by.id,
    party: by.party,
    group: group?.index ?? null,
    proof,
    commands: isShort ? commands : commands.slice(0, FINDING_RECORDS_MAX),
    replies: shown,
    frames: violation.frames ?? [],
    certainty: violation.certainty,
    severity: violation.severity ?? by.severity,
    expected: violation.expected,
    actual: violation.actual,
    headline: violation.headline ?? by.headline,
    message: violation.message,
    evidence: violation.evidence,
    unless: violation.unless ?? null,
  }
}

/** What the records say besides. */
interface FindingSetting {
  readonly base: TimeBase
  /** The server whose habits are added as evidence to findings about clients. */
  readonly profile: Profile
  /** Add proofs to proved findings. */
  readonly proofs: boolean
}

export class SessionFindings {
  readonly facts: readonly PendingFinding[]
  private readonly connection: ConnectionFacts
  private readonly setting: FindingSetting
  private made: readonly FindingRecord[] | null = null

  constructor(facts: readonly PendingFinding[], connection: ConnectionFacts, setting: FindingSetting) {
    this.facts = facts
    this.connection = connection
    this.setting = setting
  }

  get records(): readonly FindingRecord[] {
    this.made ??= this.makeRecords()
    return this.made
  }

  private makeRecords(): readonly FindingRecord[] {
    const session = `s${this.connection.firstFrame}`
    const filter = displayFilter(this.connection)
    return this.facts.map((pending, i) => this.record(session, i + 1, pending, filter))
  }

  private record(session: string, number: number, pending: PendingFinding, displayFilter: string): FindingRecord {
    const { base, proofs } = this.setting
    const iso = (record: Command | Reply) => isoTime(base, record.at.timeNs)
    const finding: FindingRecord = {
      id: `${session}.${number}`,
      session,
      rule: pending.rule,
      party: pending.party,
      severity: pending.severity,
      certainty: pending.certainty,
      clauses: clausesOf(pending.by),
      headline: pending.headline,
      message: pending.message,
      expected: pending.expected,
      actual: pending.actual,
      group: pending.group,
      commands: pending.commands.map((command) => ({
        index: command.index,
        verb: command.verb,
        text: command.text,
        at: iso(command),
        frames: framesOf(command),
      })),
      replies: pending.replies.map((reply) => ({
        index: reply.index,
        code: reply.code,
        text: reply.lines.join('\n'),
        at: iso(reply),
        frames: framesOf(reply),
      })),
      frames: allFrames(pending),
      evidence: this.evidence(pending),
      displayFilter,
    }
    return proofs ? { ...finding, proof: pending.proof } : finding
  }

  private evidence({ rule, party, evidence, commands }: PendingFinding): readonly string[] {
    const habit = party === 'client' ? refusal(this.setting.profile, rule, commands) : null
    return habit === null ? evidence : [...evidence, habit]
  }
}

/** Of a session in which nothing was found. */
export const NO_FINDINGS: Pick<SessionFindings, 'facts' | 'records'> = { facts: [], records: [] }

const CLAUSES = new WeakMap<Rule, FindingRecord['clauses']>()

/** The clauses of a rule without their texts. All of its findings share them. */
function clausesOf(rule: Rule): FindingRecord['clauses'] {
  let clauses = CLAUSES.get(rule)
  if (clauses === undefined) {
    clauses = rule.clauses.map(({ rfc, section, item, keyword }) => ({ rfc, section, item, keyword }))
    CLAUSES.set(rule, clauses)
  }
  return clauses
}

function framesOf({ at }: Command | Reply): number[] {
  return at.firstFrame === at.lastFrame ? [at.firstFrame] : [at.firstFrame, at.lastFrame]
}

/** The first frames of all that the finding names. */
function allFrames({ frames, commands, replies }: PendingFinding): number[] {
  const all = [...frames]
  for (const { at } of commands) all.push(at.firstFrame, at.lastFrame)
  for (const { at } of replies) all.push(at.firstFrame, at.lastFrame)
  all.sort((a, b) => a - b)
  return all.filter((frame, i) => frame !== all[i - 1]).slice(0, FINDING_FRAMES_MAX)
}

function displayFilter({ ends, firstFrame, lastFrame }: ConnectionFacts): string {
  const { octets: a } = ends.host(0)
  const { octets: b } = ends.host(1)
  const ip = a.length === 4 ? 'ip' : 'ipv6'
  return (
    `${ip}.addr == ${formatAddress(a)} && ${ip}.addr == ${formatAddress(b)} && ` +
    `tcp.port == ${ends.port(0)} && tcp.port == ${ends.port(1)} && ` +
    `frame.number >= ${firstFrame} && frame.number <= ${lastFrame}`
  )
}
