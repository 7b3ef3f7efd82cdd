// Lines of mail logs by session: those about the same message (queue id), client port, recipient, or only the same host
// at the same time. What fits worse than another line of the session is left out.

import { addressOf } from '../decode/address.ts'
import { LOG_LINE_CHARACTERS_MAX, LOG_LINES_KEPT_MAX } from '../limits.ts'
import type { SessionReport } from '../rules/session-report.ts'
import { epochNs } from '../rules/time.ts'
import { type LogLine, parseLogLine, repliedIdIn } from './parse-line.ts'

/** By what a line belongs to a session, the surest first. */
const GROUNDS = ['queue id', 'client port', 'recipient', 'address and time'] as const
export type LogGround = (typeof GROUNDS)[number]

export interface LogQuote {
  /** The number of its file, in the order of reading. */
  readonly log: number
  readonly file: string
  /** 1-based. */
  readonly line: number
  readonly text: string
  readonly by: LogGround
}

/** A log has whole seconds, and a line is written after what it tells of. */
const BEFORE_MS = 1500
const AFTER_MS = 5000
/** Lines quoted of one session: of trouble, and of others where there is none. */
const QUOTED_TROUBLE = 3
const QUOTED_OTHERS = 1

interface Kept extends LogLine {
  readonly log: number
  readonly file: string
  readonly line: number
  readonly text: string
  isUsed: boolean
}

export interface LogSums {
  readonly lines: number
  /** Lines about SMTP sessions. */
  readonly kept: number
  /** Lines that report trouble in an SMTP session, and how many of them belong to a session that was asked for. */
  readonly trouble: number
  readonly used: number
  /** Lines beyond what is kept. */
  readonly leftOut: number
}

export class MailLog {
  private readonly reference: Date
  private kept: Kept[] = []
  private byPeer: Map<string, Kept[]> | null = null
  private readonly byQueueId = new Map<string, Kept[]>()
  private lines = 0
  private leftOut = 0
  private troubleOnly = false

  /** `reference`: a time of the capture, for logs without a year. */
  constructor(reference: Date) {
    this.reference = reference
  }

  /** All lines must be added before the first session is asked for. `log`: the number of the file. */
  add(log: number, file: string, line: number, text: string): void {
    this.lines++
    const parsed = parseLogLine(text, this.reference)
    if (parsed === null || Number.isNaN(parsed.atMs) || (this.troubleOnly && !parsed.isTrouble)) return
    if (this.kept.length === LOG_LINES_KEPT_MAX) this.makeRoom()
    if (this.kept.length === LOG_LINES_KEPT_MAX) this.leftOut++
    else this.kept.push({ ...parsed, log, file, line, text: text.slice(0, LOG_LINE_CHARACTERS_MAX), isUsed: false })
  }

  /**
   * The lines to quote with a session, in the order of the log. If the report has no dialogue, the recipients and replies
   * of its findings are known.
   */
  linesOf(report: SessionReport): readonly LogQuote[] {
    this.index()
    const session = new LoggedSession(report)
    const found = new Map<Kept, LogGround>()
    for (const one of this.candidates(session)) {
      const by = session.groundOf(one)
      if (by !== null) found.set(one, by)
    }
    const trouble = [...found].filter(([{ isTrouble }]) => isTrouble)
    for (const [one] of trouble) one.isUsed = true
    const sure = [...found].filter(([{ isTrouble }, by]) => !isTrouble && by !== 'address and time')
    const chosen = trouble.length > 0 ? surest(trouble).slice(-QUOTED_TROUBLE) : surest(sure).slice(-QUOTED_OTHERS)
    return chosen.map(([{ log, file, line, text }, by]) => ({ log, file, line, text, by }))
  }

  get sums(): LogSums {
    const trouble = this.kept.filter(({ isTrouble }) => isTrouble)
    const used = trouble.filter(({ isUsed }) => isUsed).length
    return { lines: this.lines, kept: this.kept.length, trouble: trouble.length, used, leftOut: this.leftOut }
  }

  /** Lines without trouble go first. */
  private makeRoom(): void {
    if (this.troubleOnly) return
    this.troubleOnly = true
    this.kept = this.kept.filter(({ isTrouble }) => isTrouble)
  }

  private index(): void {
    if (this.byPeer !== null) return
    this.byPeer = new Map()
    this.kept.sort((a, b) => a.atMs - b.atMs)
    for (const one of this.kept) {
      if (one.peer !== null) listIn(this.byPeer, one.peer).push(one)
      for (const id of [one.queueId, one.repliedId]) if (id !== null) listIn(this.byQueueId, id).push(one)
    }
  }

  private *candidates({ client, server, fromMs, toMs, queueIds }: LoggedSession): Generator<Kept> {
    for (const id of queueIds) yield* this.byQueueId.get(id) ?? []
    for (const peer of new Set([client, server])) {
      const list = this.byPeer?.get(peer) ?? []
      for (let i = firstAtOrAfter(list, fromMs); i < list.length; i++) {
        const one = list[i] as Kept
        if (one.atMs > toMs) break
        yield one
      }
    }
  }
}

/** What of a session appears in logs. */
class LoggedSession {
  readonly client: string
  readonly server: string
  readonly fromMs: number
  readonly toMs: number
  /** As the server's replies name them. */
  readonly queueIds: ReadonlySet<string>
  private readonly clientPort: number
  private readonly serverPort: number
  private readonly recipients: ReadonlySet<string>
  /** All recipients are known: another one belongs to another session. */
  private readonly isWhole: boolean

  constructor({ client, server, base, startNs, endNs, groups, record, findings }: SessionReport) {
    this.client = addressOf(client)
    this.server = addressOf(server)
    this.clientPort = portOf(client)
    this.serverPort = portOf(server)
    this.fromMs = Number(epochNs(base, startNs) / 1_000_000n) - BEFORE_MS
    this.toMs = Number(epochNs(base, endNs) / 1_000_000n) + AFTER_MS
    const commands = [
      ...groups.flatMap(({ exchanges }) => exchanges.map(({ command }) => command)),
      ...findings.flatMap((finding) => finding.commands),
    ]
    this.recipients = new Set(commands.flatMap(({ verb, text }) => (verb === 'RCPT' ? [mailboxIn(text)] : [])))
    const isComplete = groups.length === record.groups && record.encryption === 'none' && record.limits.length === 0
    this.isWhole = this.recipients.size > 0 && isComplete
    const replies = [
      ...groups.flatMap((group) => group.replies),
      ...findings.flatMap((finding) => finding.replies.map(({ code, text }) => ({ code, lines: text.split('\n') }))),
    ]
    this.queueIds = new Set(
      replies.flatMap(({ code, lines }) => (code === 250 ? lines.flatMap((line) => repliedIdIn(line) ?? []) : [])),
    )
  }

  /** Null when the line does not belong to the session. */
  groundOf(line: LogLine): LogGround | null {
    const { atMs, side, peer, peerPort, queueId, repliedId, recipients } = line
    const id = side === 'client' ? repliedId : (queueId ?? repliedId)
    if (id !== null && this.queueIds.has(id)) return 'queue id'
    if (atMs < this.fromMs || atMs > this.toMs) return null
    const isByServer = side !== 'client' && peer === this.client
    const isByClient = side !== 'server' && peer === this.server
    if (isByServer && peerPort !== null) return peerPort === this.clientPort ? 'client port' : null
    if (isByServer) return 'address and time'
    if (!isByClient || (peerPort !== null && peerPort !== this.serverPort)) return null
    if (recipients.some((one) => this.recipients.has(one))) return 'recipient'
    return recipients.length > 0 && this.isWhole ? null : 'address and time'
  }
}

/** Those on the best ground. */
function surest(lines: readonly (readonly [Kept, LogGround])[]): readonly (readonly [Kept, LogGround])[] {
  const best = Math.min(...lines.map(([, by]) => GROUNDS.indexOf(by)))
  return lines.filter(([, by]) => GROUNDS.indexOf(by) === best)
}

function listIn<T>(map: Map<string, T[]>, key: string): T[] {
  const list = map.get(key) ?? []
  map.set(key, list)
  return list
}

function firstAtOrAfter(list: readonly Kept[], ms: number): number {
  let low = 0
  for (let high = list.length; low < high; ) {
    const middle = (low + high) >> 1
    if ((list[middle] as Kept).atMs < ms) low = middle + 1
    else high = middle
  }
  return low
}

const portOf = (endpoint: string) => Number(endpoint.slice(endpoint.lastIndexOf(':') + 1))

/** `RCPT TO:<a@example.org> NOTIFY=NEVER` -> `a@example.org` */
const mailboxIn = (command: string) => (/<([^>]*)>/.exec(command)?.[1] ?? command.replace(/^.*?:/, '')).toLowerCase()
