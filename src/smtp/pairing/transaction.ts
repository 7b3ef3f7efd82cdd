// Follows the mail transaction by the server's replies (RFC 5321 sections 3.3 and 4.1.4): whether it is open, how many
// recipients were accepted, which chunk was refused. Values are null when bytes or replies are missing.
import { GREETS, OPENS_TRANSACTION, type Verb } from '../parse/commands.ts'
import type { PendingCommand } from '../pending-command.ts'
import type { RefusedData, Reply } from '../records.ts'

const ENDS_DATA: ReadonlySet<Verb> = new Set<Verb>(['CONTENT', 'BDAT', 'BURL'])

export function succeeded(replies: readonly Reply[]): boolean {
  return replies.some((reply) => reply.code >= 200 && reply.code < 300)
}

export function isLastChunk(unit: Pick<PendingCommand, 'argument'>): boolean {
  return /\bLAST\s*$/i.test(unit.argument)
}

/**
 * How many recipients are accepted behind the unit, where `accepted` were in front of it. For a group that is still
 * open: a unit without a reply changes nothing yet.
 */
export function acceptedAfter(unit: PendingCommand, accepted: number): number {
  const { verb, replies } = unit
  // 353 announces the replies to a message (PRDR).
  if (verb === 'CONTENT' || (verb === 'BDAT' && isLastChunk(unit)))
    return replies.some(({ code }) => code !== 353) ? 0 : accepted
  if (!succeeded(replies)) return accepted
  if (verb === 'RCPT') return accepted + 1
  return OPENS_TRANSACTION.has(verb) || verb === 'RSET' || GREETS.has(verb) ? 0 : accepted
}

/** Whether a transaction may be open behind the unit; a MAIL without a reply may open one. */
export function isOpenAfter(unit: PendingCommand, isOpen: boolean): boolean {
  const { verb, replies } = unit
  if (OPENS_TRANSACTION.has(verb)) return isOpen || replies.length === 0 || succeeded(replies)
  if (verb === 'CONTENT' || (verb === 'BDAT' && isLastChunk(unit))) return isOpen && !succeeded(replies)
  return isOpen && !((verb === 'RSET' || GREETS.has(verb)) && succeeded(replies))
}

/** The state behind settled groups. */
export class Transaction {
  open: boolean | null
  /** Number of accepted recipients. */
  recipients: number | null
  /** Whether EHLO, HELO or LHLO was sent. */
  greeted: boolean | null
  /** Only chunks may follow: a BDAT was sent in it, or MAIL declared BODY=BINARYMIME (RFC 3030 sections 2 and 3). */
  chunked = false
  /** The reply that refused a chunk of the transaction. */
  failedChunk: Reply | null = null
  /** The reply to DATA that was not 354, while only lines with unknown verbs follow. */
  refusedData: RefusedData | null = null
  /** A server that does not offer CHUNKING refused a chunk: it reads the octets as lines and answers each of them. */
  chunkAsLines = false
  /** Number of accepted messages. */
  messages = 0

  constructor(startSeen: boolean) {
    this.open = startSeen ? false : null
    this.recipients = startSeen ? 0 : null
    this.greeted = startSeen ? false : null
  }

  /** Takes the state of the other one. */
  set(other: Transaction): void {
    this.open = other.open
    this.recipients = other.recipients
    this.greeted = other.greeted
    this.chunked = other.chunked
    this.failedChunk = other.failedChunk
    this.refusedData = other.refusedData
    this.chunkAsLines = other.chunkAsLines
    this.messages = other.messages
  }

  /** Bytes are missing: they may contain anything. */
  loseTrack(): void {
    this.open = null
    this.recipients = null
    this.failedChunk = null
    this.refusedData = null
    if (this.greeted === false) this.greeted = null
  }

  /** Updates the state by one unit. `known`: the replies are certain. */
  follow(unit: PendingCommand, replies: readonly Reply[], known: boolean): void {
    const { verb } = unit
    if (verb !== 'OTHER' && verb !== 'EMPTY') this.refusedData = null
    if (verb === 'BDAT') this.chunked = true
    if (OPENS_TRANSACTION.has(verb)) this.opened(unit, replies, known)
    else if (verb === 'RCPT') this.recipient(replies, known)
    else if (verb === 'DATA') this.refusedData = refusal(replies[0], known)
    else if (verb === 'RSET' || GREETS.has(verb)) this.reset(verb, known && succeeded(replies))
    else if (verb === 'XCLIENT' && replies[0]?.code === 220) this.startOver()
    else if (ENDS_DATA.has(verb) && unit.complete && replies.length > 0) this.dataSent(unit, replies, known)
    // A success answers a command that came after all lines of the chunk.
    if (this.chunkAsLines && verb !== 'BDAT' && known && succeeded(replies)) this.chunkAsLines = false
    // The server may have read commands in parts of the line.
    if (unit.extraLines > 0) {
      this.open = null
      this.recipients = null
    }
  }

  private opened({ binary }: PendingCommand, replies: readonly Reply[], known: boolean): void {
    // `mail-before-ehlo` reports once per session, not for every message.
    if (this.greeted === false) this.greeted = null
    if (!known || replies.length === 0) {
      this.open = null
      this.recipients = null
    } else if (succeeded(replies)) {
      this.chunked = binary
      this.open = true
      this.recipients = 0
      this.failedChunk = null
    }
  }

  private recipient(replies: readonly Reply[], known: boolean): void {
    if (!known || replies.length === 0) this.recipients = null
    else if (succeeded(replies) && this.recipients !== null) this.recipients++
  }

  private reset(verb: Verb, done: boolean): void {
    if (verb !== 'RSET') this.greeted = true
    this.failedChunk = null
    this.chunked = false
    this.open = done ? false : null
    this.recipients = done ? 0 : null
  }

  /** The session returns to its initial state. */
  startOver(): void {
    this.greeted = false
    this.failedChunk = null
    this.chunked = false
    this.refusedData = null
    this.open = false
    this.recipients = 0
  }

  private dataSent(unit: PendingCommand, replies: readonly Reply[], known: boolean): void {
    const last = unit.verb !== 'BDAT' || isLastChunk(unit)
    const success = succeeded(replies)
    if (last && success) {
      this.messages++
      this.chunked = false
    }
    if (unit.verb === 'BDAT' && !success) {
      this.failedChunk = known ? (this.failedChunk ?? replies[0] ?? null) : null
      // Some servers end the transaction when they refuse a chunk, others at the next RSET.
      this.open = null
      this.recipients = null
    } else if (last) {
      this.open = known ? false : null
      this.recipients = known ? 0 : null
    }
  }
}

function refusal(reply: Reply | undefined, sure: boolean): RefusedData | null {
  if (reply?.code === 354) return null
  return { reply: reply ?? null, sure: sure && reply !== undefined }
}
