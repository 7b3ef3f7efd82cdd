// What an analysis tells -> the same without names. One redaction serves one run, so that whoever is meant is called
// the same everywhere. Records are rebuilt field by field: a field that is new does not compile until it is decided
// here whether it names somebody.
import type { CaptureProblem } from '../errors.ts'
import type { Analysis, CaptureRecord, FindingRecord, ServerRecord, SessionRecord } from '../rules/analysis.ts'
import type { SessionReport } from '../rules/session-report.ts'
import { octetwise } from './escaped-text.ts'
import { Pseudonyms } from './pseudonyms.ts'
import { redactFinding } from './redact-finding.ts'
import { redactSession } from './redact-session.ts'
import { redactNames } from './redact-words.ts'

/** What stands between the records and those who print them. */
interface Redactor {
  analysis(analysis: Analysis): Analysis
  session(session: SessionReport): SessionReport
}

/** Shows everything as it is. */
const OPEN: Redactor = { analysis: (analysis) => analysis, session: (session) => session }

/** One line for every command that prints: `const redactor = redactorFor(options.redact === true)`. */
export function redactorFor(redact: boolean): Redactor {
  return redact ? new Redaction() : OPEN
}

export class Redaction implements Redactor {
  readonly names = new Pseudonyms()
  private readonly captures = new Map<string, string>()

  analysis({ captures, summary, servers, sessions, findings }: Analysis): Analysis {
    return {
      captures: captures.map((capture) => this.capture(capture)),
      summary,
      servers: servers.map((server) => this.server(server)),
      sessions: sessions.map((session) => this.record(session)),
      findings: findings.map((finding) => this.finding(finding)),
    }
  }

  session(report: SessionReport): SessionReport {
    const { names } = this
    return redactSession(report, names, {
      server: endpoint(report.server, names),
      serverName: this.name(report.serverName),
      client: endpoint(report.client, names),
      clientName: this.name(report.clientName),
      findings: report.findings.map((finding) => this.finding(finding)),
      record: () => this.record(report.record),
    })
  }

  finding(finding: FindingRecord): FindingRecord {
    return redactFinding(finding, this.names)
  }

  /** `capture-1.pcap`: a path tells of the machine it lies on, and a file is often called after a host. */
  captureName(path: string): string {
    const known =
      this.captures.get(path) ?? `capture-${this.captures.size + 1}${/\.pcap(?:ng)?$/.exec(path)?.[0] ?? ''}`
    this.captures.set(path, known)
    return known
  }

  capture(capture: CaptureRecord): CaptureRecord {
    return {
      path: this.captureName(capture.path),
      sha256: capture.sha256,
      format: capture.format,
      compression: capture.compression,
      linkTypes: capture.linkTypes,
      bytes: capture.bytes,
      packets: capture.packets,
      firstPacketAt: capture.firstPacketAt,
      lastPacketAt: capture.lastPacketAt,
      droppedByCapture: capture.droppedByCapture,
      complete: capture.complete,
      error: capture.error === null ? null : this.problem(capture.error),
      problems: capture.problems.map((problem) => this.problem(problem)),
    }
  }

  private problem(problem: CaptureProblem): CaptureProblem {
    // What the system says of a file that it refuses names the file.
    const accordingTo = problem.code === 'unreadable' ? 'the system refuses' : problem.accordingTo
    return { ...problem, path: this.captureName(problem.path), accordingTo }
  }

  private server(server: ServerRecord): ServerRecord {
    return {
      server: endpoint(server.server, this.names),
      serverName: this.name(server.serverName),
      sessions: server.sessions,
      violation: server.violation,
      suspected: server.suspected,
      inconclusive: server.inconclusive,
      conforming: server.conforming,
      findings: server.findings,
      ...(server.shapes && { shapes: server.shapes }),
    }
  }

  private record(session: SessionRecord): SessionRecord {
    return {
      id: session.id,
      client: endpoint(session.client, this.names),
      server: endpoint(session.server, this.names),
      clientName: this.name(session.clientName),
      serverName: this.name(session.serverName),
      startedAt: session.startedAt,
      endedAt: session.endedAt,
      protocol: session.protocol,
      pipelining: session.pipelining,
      encryption: session.encryption,
      closedBy: session.closedBy,
      commands: session.commands,
      replies: session.replies,
      unanswered: session.unanswered,
      groups: session.groups,
      messages: session.messages,
      limits: session.limits,
      verdict: session.verdict,
    }
  }

  private name(name: string | null): string | null {
    return name === null ? null : octetwise(name, (text) => redactNames(text, this.names, 'host'))
  }
}

/** `192.0.2.1:25`, `[2001:db8::1]:25`: the port stays. */
export function endpoint(text: string, names: Pseudonyms): string {
  const colon = text.lastIndexOf(':')
  const address = text.slice(0, colon).replace(/^\[|\]$/g, '')
  const standIn = names.addresses.shown(address) ?? address
  return `${address.includes(':') ? `[${standIn}]` : standIn}${text.slice(colon)}`
}
