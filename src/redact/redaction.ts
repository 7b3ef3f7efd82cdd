// Redacts the records of an analysis. One redaction serves one run, so that the same name always gets the same
// placeholder. Records are rebuilt field by field: a new field does not compile until it is decided here whether it may
// contain a name. Identical records stay identical, because readers of groups compare them by identity.

import type { CaptureProblem } from '../errors.ts'
import type {
  Analysis,
  CaptureRecord,
  FaultRecord,
  FindingCommand,
  FindingRecord,
  FindingReply,
  ServerRecord,
  SessionRecord,
} from '../rules/analysis.ts'
import type { OddLine, SessionReport } from '../rules/session-report.ts'
import type { Command, Exchange, Group, ProxyHeader, Reply } from '../smtp/records.ts'
import { Pseudonyms } from './pseudonyms.ts'
import {
  octetwise,
  redactCommandLine,
  redactNames,
  redactOurWords,
  redactReplyLine,
  redactSpeech,
} from './redact-lines.ts'
import type { Redactor } from './redactor.ts'

/** As a record shows a line that may be a credential. */
const HIDDEN = '[hidden]'

export function commandText(text: string, names: Pseudonyms): string {
  return text === HIDDEN ? text : octetwise(text, (line) => redactCommandLine(line, names))
}

export function replyText(text: string, names: Pseudonyms): string {
  return octetwise(text, (line) => redactReplyLine(line, names))
}

function redactFinding(finding: FindingRecord, names: Pseudonyms): FindingRecord {
  const { commands: spoken, replies: answered } = finding
  const commands = spoken.map((command) => redactCommand(command, names))
  const replies = answered.map((reply) => redactReply(reply, names))
  const quotes = [
    ...answered.map(({ text }, i) => quoteOf(firstLine(text), firstLine(replies[i]?.text ?? ''))),
    ...spoken.map(({ text }, i) => quoteOf(text, commands[i]?.text ?? '')),
  ]
  const verbs = spoken.flatMap(({ verb, text }, i) =>
    verb === 'OTHER' ? [[firstWord(text), firstWord(commands[i]?.text ?? '')] as const] : [],
  )
  const sentence = (text: string) => redactSentence(text, quotes, verbs, names)
  return {
    id: finding.id,
    session: finding.session,
    rule: finding.rule,
    party: finding.party,
    severity: finding.severity,
    certainty: finding.certainty,
    clauses: finding.clauses,
    headline: sentence(finding.headline),
    message: sentence(finding.message),
    expected: sentence(finding.expected),
    actual: sentence(finding.actual),
    group: finding.group,
    commands,
    replies,
    frames: finding.frames,
    evidence: finding.evidence.map(sentence),
    displayFilter: redactFilter(finding.displayFilter, names),
    // Contains no names: verbs, codes and numbers.
    ...(finding.proof !== undefined && { proof: finding.proof }),
  }
}

function redactCommand(command: FindingCommand, names: Pseudonyms): FindingCommand {
  const { index, verb, text, at, frames } = command
  return { index, verb, text: commandText(text, names), at, frames }
}

function redactReply({ index, code, text, at, frames }: FindingReply, names: Pseudonyms): FindingReply {
  const lines = text.split('\n').map((line) => replyText(line, names))
  return { index, code, text: lines.join('\n'), at, frames }
}

/** A line, and how it reads redacted. */
interface Quote {
  readonly line: string
  readonly redacted: string
}

const quoteOf = (line: string, redacted: string): Quote => ({ line, redacted })
const firstLine = (text: string) => text.split('\n', 1)[0] ?? ''
/** How sentences name a command with an unknown verb. */
const firstWord = (text: string) => (text.split(' ')[0] ?? '').slice(0, 20)

/** What a profile would have answered are our words. */
const PROFILE = ' would have refused this client: "'
const LOOKS_LIKE_REPLY = /^\d{3}[ -]/

function redactSentence(
  text: string,
  quotes: readonly Quote[],
  verbs: readonly (readonly [string, string])[],
  names: Pseudonyms,
): string {
  if (text.includes(PROFILE)) return text
  // A verb may have marks of its own.
  const marked = verbs.find(([verb]) => verb.includes('"') && text.includes(verb))
  if (marked !== undefined) {
    const others = verbs.filter((verb) => verb !== marked)
    const redact = (between: string) => redactSentence(between, quotes, others, names)
    return text.split(marked[0]).map(redact).join(marked[1])
  }
  if (LOOKS_LIKE_REPLY.test(text) && quotes.some(({ line }) => isCutOf(text, line)))
    return redactQuote(text, quotes, names)
  // Between the first and the last mark, because what is quoted may have marks of its own.
  const open = text.indexOf('"')
  const close = text.lastIndexOf('"')
  const ours = (words: string) => redactWords(words, verbs, names)
  if (close <= open) return ours(text)
  return `${ours(text.slice(0, open))}"${redactQuote(text.slice(open + 1, close), quotes, names)}"${ours(text.slice(close + 1))}`
}

/** Sentences quote lines whole, or cut with or without saying so. */
function redactQuote(quoted: string, quotes: readonly Quote[], names: Pseudonyms): string {
  for (const { line, redacted } of quotes) {
    if (quoted === line) return redacted
    if (isCutOf(quoted, line))
      return quoted.endsWith('...') ? `${redacted.slice(0, quoted.length - 3)}...` : redacted.slice(0, quoted.length)
  }
  return replyText(quoted, names)
}

function isCutOf(quoted: string, line: string): boolean {
  return line.startsWith(quoted) || (quoted.endsWith('...') && line.startsWith(quoted.slice(0, -3)))
}

/** Our words, and verbs among them: whole words only, for the first word of a line may be a part of ours. */
function redactWords(text: string, verbs: readonly (readonly [string, string])[], names: Pseudonyms): string {
  const [first, ...others] = verbs
  if (first === undefined) return redactOurWords(text, names)
  const [verb, redacted] = first
  if (verb === '') return redactWords(text, others, names)
  const word = verb.replace(/[^\w]/g, '\\$&')
  return text
    .split(new RegExp(`(?<![\\w-])${word}(?![\\w-])`))
    .map((between) => redactWords(between, others, names))
    .join(redacted)
}

/** `ip.addr == 192.0.2.1 && …`. */
function redactFilter(filter: string, names: Pseudonyms): string {
  return filter.replace(/(\baddr == )(\S+)/g, (_, field: string, address: string) => {
    return field + (names.addresses.shown(address) ?? address)
  })
}

/** What of a session is redacted elsewhere. */
interface Redacted {
  readonly client: string
  readonly clientName: string | null
  readonly server: string
  readonly serverName: string | null
  readonly findings: readonly FindingRecord[]
  readonly record: () => SessionRecord
}

function redactSession(report: SessionReport, names: Pseudonyms, redacted: Redacted): SessionReport {
  const dialogue = new Dialogue(names)
  let record: SessionRecord | null = null
  return {
    id: report.id,
    client: redacted.client,
    clientName: redacted.clientName,
    server: redacted.server,
    serverName: redacted.serverName,
    // One of a few names that are ours.
    software: report.software,
    pipelined: report.pipelined,
    verdict: report.verdict,
    opaque: report.opaque,
    encryption: report.encryption,
    closedBy: report.closedBy,
    unanswered: report.unanswered,
    findings: redacted.findings,
    limits: report.limits,
    greeting: report.greeting === null ? null : dialogue.reply(report.greeting),
    proxyHeader: report.proxyHeader === null ? null : dialogue.proxyHeader(report.proxyHeader),
    malformed: report.malformed.map((line) => dialogue.malformed(line)),
    groups: report.groups.map((group) => dialogue.group(group)),
    // Verbs of the standards; any other is called unknown.
    shapes: report.shapes,
    close: report.close,
    // It would identify a known session.
    fingerprint: null,
    isReversed: report.isReversed,
    // Sizes and times. The randoms would identify the connection to anyone who has its keys.
    tls: report.tls && { ...report.tls, clientRandoms: [] },
    firstFrame: report.firstFrame,
    closedFrame: report.closedFrame,
    base: report.base,
    startNs: report.startNs,
    endNs: report.endNs,
    lastFrame: report.lastFrame,
    packets: report.packets,
    get record() {
      record ??= redacted.record()
      return record
    },
  }
}

class Dialogue {
  private readonly names: Pseudonyms
  private readonly commands = new Map<Command, Command>()
  private readonly replies = new Map<Reply, Reply>()
  private readonly exchanges = new Map<Exchange, Exchange>()

  constructor(names: Pseudonyms) {
    this.names = names
  }

  group(group: Group): Group {
    const exchanges = group.exchanges.map((exchange) => this.exchange(exchange))
    const all = (list: readonly Exchange[]) => list.map((exchange) => this.exchange(exchange))
    const { reading, withholding } = group
    return {
      index: group.index,
      exchanges,
      surplus: group.surplus.map((reply) => this.reply(reply)),
      repliesToParts: group.repliesToParts,
      replies: group.replies.map((reply) => this.reply(reply)),
      reading: {
        by: reading.by,
        countable: reading.countable,
        overtaker: reading.overtaker === null ? null : this.exchange(reading.overtaker),
        overtaken: all(reading.overtaken),
        overtakenAtLeast: reading.overtakenAtLeast,
        hard: reading.hard,
        permuted: all(reading.permuted),
      },
      provoked: group.provoked,
      withholding:
        withholding === null
          ? null
          : {
              held: all(withholding.held),
              release:
                'code' in withholding.release ? this.reply(withholding.release) : this.command(withholding.release),
              silenceNs: withholding.silenceNs,
            },
    }
  }

  proxyHeader(header: ProxyHeader): ProxyHeader {
    const { version, at, lines } = header
    const replies = header.replies.map((reply) => this.reply(reply))
    return { version, text: commandText(header.text, this.names), at, lines, replies }
  }

  malformed(line: OddLine): OddLine {
    return {
      fault: line.fault,
      text: replyText(line.text, this.names),
      start: line.start,
      end: line.end,
      firstFrame: line.firstFrame,
      frame: line.frame,
      timeNs: line.timeNs,
      certain: line.certain,
    }
  }

  reply(reply: Reply): Reply {
    return remembered(this.replies, reply, () => ({
      index: reply.index,
      code: reply.code,
      lines: reply.lines.map((line) => replyText(line, this.names)),
      lineCount: reply.lineCount,
      status: reply.status,
      addressed: reply.addressed,
      at: reply.at,
      seenAtStart: reply.seenAtStart,
      seenAtEnd: reply.seenAtEnd,
      wellFormed: reply.wellFormed,
    }))
  }

  private command(command: Command): Command {
    return remembered(this.commands, command, () => {
      const text = commandText(command.text, this.names)
      const { argument } = command
      // Redaction keeps lengths, so what follows the verb is where it was.
      const redacted: Command = {
        kind: command.kind,
        index: command.index,
        verb: command.verb,
        text,
        argument: argument === '' ? '' : text.slice(-argument.length),
        hidden: command.hidden,
        at: command.at,
        seenAtStart: command.seenAtStart,
        seenAtEnd: command.seenAtEnd,
        acked: command.acked,
        sentNs: command.sentNs,
        complete: command.complete,
        missing: command.missing,
        bare: command.bare,
        endsInLf: command.endsInLf,
        extraLines: command.extraLines,
        falseEnd: command.falseEnd,
        likeCommands: command.likeCommands,
        optional: command.optional,
        // It would identify a known message.
        digest: null,
      }
      return redacted
    })
  }

  /** The first of them is the name that the server gave itself. */
  private keywords(keywords: ReadonlySet<string>): ReadonlySet<string> {
    return new Set(Array.from(keywords, (word) => octetwise(word, (octets) => redactSpeech(octets, this.names))))
  }

  private exchange(exchange: Exchange): Exchange {
    return remembered(this.exchanges, exchange, () => {
      const { blind, refusedData, failedChunk } = exchange
      return {
        command: this.command(exchange.command),
        replies: exchange.replies.map((reply) => this.reply(reply)),
        blind:
          blind === null
            ? null
            : {
                proof: blind.proof,
                after: this.command(blind.after),
                partOf: blind.partOf === null ? null : this.reply(blind.partOf),
                sure: blind.sure,
              },
        owed: exchange.owed,
        behindEnd: exchange.behindEnd,
        sure: exchange.sure,
        keywords: exchange.keywords === null ? null : this.keywords(exchange.keywords),
        offered: exchange.offered,
        offeredWhy: exchange.offeredWhy,
        recipients: exchange.recipients,
        transaction: exchange.transaction,
        gaveUp: exchange.gaveUp,
        greeted: exchange.greeted,
        refusedData:
          refusedData === null
            ? null
            : {
                reply: refusedData.reply && this.reply(refusedData.reply),
                sure: refusedData.sure,
                readsLike: refusedData.readsLike,
              },
        chunked: exchange.chunked,
        chunkBefore: exchange.chunkBefore === null ? null : this.command(exchange.chunkBefore),
        failedChunk: failedChunk === null ? null : this.reply(failedChunk),
        chunkAsLines: exchange.chunkAsLines,
      }
    })
  }
}

function remembered<T>(known: Map<T, T>, record: T, make: () => T): T {
  const before = known.get(record)
  if (before !== undefined) return before
  const made = make()
  known.set(record, made)
  return made
}

export class Redaction implements Redactor {
  readonly names = new Pseudonyms()
  private readonly captures = new Map<string, string>()

  analysis({ captures, summary, faults, servers, sessions, findings }: Analysis): Analysis {
    return {
      captures: captures.map((capture) => this.capture(capture)),
      summary,
      faults: faults.map((fault) => this.fault(fault)),
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

  /** `capture-1.pcap`: a path describes the machine, and files are often named after hosts. */
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
    const accordingTo = problem.code === 'unreadable' ? 'the operating system refused' : problem.accordingTo
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
      serverAtFault: server.serverAtFault,
      clientAtFault: server.clientAtFault,
      findings: server.findings,
      ...(server.shapes && { shapes: server.shapes }),
    }
  }

  fault(fault: FaultRecord): FaultRecord {
    const { accused, party } = fault
    return {
      party,
      accused: party === 'server' ? endpoint(accused, this.names) : (this.names.addresses.shown(accused) ?? accused),
      name: this.name(fault.name),
      rule: fault.rule,
      severity: fault.severity,
      certainty: fault.certainty,
      headline: redactOurWords(fault.headline, this.names),
      sessions: fault.sessions,
      incidents: fault.incidents,
      of: fault.of,
      firstAt: fault.firstAt,
      lastAt: fault.lastAt,
    }
  }

  record(session: SessionRecord): SessionRecord {
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
      // Verbs of the standards; any other is called OTHER.
      ...(session.unansweredUnits && { unansweredUnits: session.unansweredUnits }),
      ...(session.closingReply !== undefined && { closingReply: session.closingReply }),
      groups: session.groups,
      messages: session.messages,
      limits: session.limits,
      verdict: session.verdict,
      accused: session.accused,
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
