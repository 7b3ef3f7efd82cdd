// A judged session with its dialogue -> the same without names. Records that are one and the same stay so: whoever reads
// groups compares them by identity.
import type { FindingRecord, SessionRecord } from '../rules/analysis.ts'
import type { SessionReport } from '../rules/session-report.ts'
import type { Command, Exchange, Group, ProxyHeader, Reply } from '../smtp/records.ts'
import { octetwise } from './escaped-text.ts'
import type { Pseudonyms } from './pseudonyms.ts'
import { commandText, replyText } from './redact-finding.ts'
import { redactSpeech } from './redact-words.ts'

/** What of a session is redacted elsewhere. */
interface Redacted {
  readonly client: string
  readonly clientName: string | null
  readonly server: string
  readonly serverName: string | null
  readonly findings: readonly FindingRecord[]
  readonly record: () => SessionRecord
}

export function redactSession(report: SessionReport, names: Pseudonyms, redacted: Redacted): SessionReport {
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
    findings: redacted.findings,
    limits: report.limits,
    greeting: report.greeting === null ? null : dialogue.reply(report.greeting),
    proxyHeader: report.proxyHeader === null ? null : dialogue.proxyHeader(report.proxyHeader),
    groups: report.groups.map((group) => dialogue.group(group)),
    // Verbs of the standards; any other is called unknown.
    shapes: report.shapes,
    close: report.close,
    // It would tell a known session from others.
    fingerprint: null,
    isReversed: report.isReversed,
    // Sizes and times; the randoms name the connection to whoever has its keys.
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
        falseEnd: command.falseEnd,
        likeCommands: command.likeCommands,
        optional: command.optional,
        // It would tell a known message from others.
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
