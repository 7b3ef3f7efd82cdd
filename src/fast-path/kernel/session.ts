// An SMTP session in which nothing is remarkable so far. It is only counted: each function returns whether what it took
// leaves the session ordinary. Where that is not certain the answer is no, and the engine reads the session.

import { makeCheckpoint } from './checkpoint'
import { Connection, countOf, SEQUENCES_EACH_MAX, UNITS_MAX, unitOf } from './connections'
import { LINES, PAYLOAD_MAX } from './memory'
import { BARE, contentEnd, ENDED, hadAt, hasAt, hasControls, indexLines, START, searchContent } from './octets'
import { followedBy, ROOT } from './sequences'
import { checkpointEvery, wantsSequences } from './settings'
import {
  GREETING,
  HELLO_LINE,
  HELLO_REPLY,
  IS_ORDINARY,
  keepText,
  OFFERS_PIPELINING,
  releaseText,
  textFlags,
} from './texts'
import {
  CONTENT,
  DATA,
  EHLO,
  HELO,
  isOrdinaryCode,
  MAIL,
  mayBeFollowed,
  maySayBinary,
  NOOP,
  QUIT,
  RCPT,
  verbOf,
} from './verbs'

/** Longer lines, and groups of more commands, are left to the engine. */
const LINE_MAX: usize = 2048
/** RFC 5321 section 4.5.3.1.4. A server may take a longer line of commands for several. */
const COMMAND_LINE_MAX: usize = 512
const GROUP_UNITS_MAX: u32 = 128
/** As WITHHELD_SILENCE_NS of limits.ts. */
const SILENCE_NS: f64 = 5_000_000_000

// What the client may send next.
const NOTHING: u32 = 0
const COMMANDS: u32 = 1
const BODY: u32 = 2

// Flags of a session.
const HAS_QUIT: u32 = 1
/** MAIL was accepted, and the transaction is open. */
const IN_TRANSACTION: u32 = 2
const OFFERED: u32 = 4
/** Some command was sent before the reply to the one in front. */
const USED: u32 = 8
/** A group has begun behind the greeting. */
const IS_GREETED: u32 = 16
/** The open group begins with content, and its end was found. */
const CONTENT_BEGAN: u32 = 32
const CONTENT_COMPLETE: u32 = 64
/** Which side's FIN came first, and whether the server has sent one. */
const CLIENT_CLOSED: u32 = 128
const SERVER_CLOSED: u32 = 256
const SERVER_FINISHED: u32 = 512
const IS_CLOSING: u32 = CLIENT_CLOSED | SERVER_CLOSED

/** Enhanced status codes 2.1.0 and 2.1.5, which name MAIL and RCPT. */
const STATUS_OF_MAIL: u32 = 2_001_000
const STATUS_OF_RCPT: u32 = 2_001_005

/** The first payload of the connection: only a greeting begins a session here. */
export function begins(side: u32, at: usize, length: u32): bool {
  return side == 1 && length > 4 && codeOf(load<u32>(at), length) == 220
}

/** The FIN of a side. */
export function takeFin(connection: Connection, side: u32): void {
  if ((connection.flags & IS_CLOSING) == 0) connection.flags |= side == 0 ? CLIENT_CLOSED : SERVER_CLOSED
  if (side == 1) connection.flags |= SERVER_FINISHED
}

/** Payload of the client at `position` of its stream. `seen`: as far as it acknowledges. */
export function fromClient(
  connection: Connection,
  at: usize,
  end: usize,
  position: i64,
  seen: i64,
  timeNs: f64,
  frame: f64,
): bool {
  if ((connection.flags & IS_CLOSING) != 0) return false
  if (connection.expects == BODY) return takeContent(connection, at, end, position, seen, timeNs, frame)
  // Half a line begins no group.
  if (connection.expects != COMMANDS || load<u8>(end - 1) != 0x0a) return false
  if (isOver(connection, seen)) {
    if (!beginGroup(connection)) return false
  } else if ((connection.flags & IS_GREETED) == 0) return false
  return takeLines(connection, at, end, position, seen, timeNs)
}

/** Whether everything is answered, and the client has seen it. */
function isOver(connection: Connection, seen: i64): bool {
  return connection.unitsFrom == connection.unitsTo && seen >= connection.replyEnd && seen != connection.latestSeen
}

function beginGroup(connection: Connection): bool {
  if (connection.answered > 0 && !countGroup(connection)) return false
  connection.flags = (connection.flags | IS_GREETED) & ~(CONTENT_BEGAN | CONTENT_COMPLETE)
  connection.unitsFrom = 0
  connection.unitsTo = 0
  connection.answered = 0
  connection.sequence = wantsSequences ? ROOT : 0
  if (connection.kept >= checkpointEvery) makeCheckpoint(connection)
  return true
}

/** The group is over. */
function countGroup(connection: Connection): bool {
  connection.groups++
  const node = connection.sequence
  if (node == 0) return true
  const known = connection.sequences
  for (let i: u32 = 0; i < known; i++) {
    const sequence = countOf(connection, i)
    if (sequence.node != node) continue
    sequence.count++
    return true
  }
  if (known == SEQUENCES_EACH_MAX) return false
  const sequence = countOf(connection, known)
  sequence.node = node
  sequence.count = 1
  connection.sequences = known + 1
  return true
}

/** Command lines. */
function takeLines(connection: Connection, from: usize, end: usize, position: i64, seen: i64, timeNs: f64): bool {
  if (<u32>(end - from) > PAYLOAD_MAX) return false
  const count = indexLines(from, end)
  // The same of a line with a control character.
  if (count < 0 || hasControls(from, end)) return false
  let at = from
  for (let i = 0; i < count; i++) {
    const next = <usize>load<u32>(LINES + ((<usize>i) << 2))
    if (connection.expects != COMMANDS || (connection.flags & HAS_QUIT) != 0) return false
    if (next - at > COMMAND_LINE_MAX) return false
    const verb = verbOf(at, next - 2)
    if (verb == 0) return false
    if (verb == MAIL) {
      if (maySayBinary(at, next - 2)) return false
    } else if (verb == DATA) connection.expects = NOTHING
    else if (verb == QUIT) connection.flags |= HAS_QUIT
    else if (verb <= HELO && !sendHello(connection, at, <u32>(next - at))) return false
    at = next
    if (!addUnit(connection, verb, position + <i64>(at - from), seen, seen, timeNs)) return false
  }
  connection.commands += count
  return true
}

function sendHello(connection: Connection, at: usize, length: u32): bool {
  releaseText(connection.sentHello)
  connection.sentHello = keepText(at, length, HELLO_LINE)
  return connection.sentHello != 0
}

function addUnit(connection: Connection, verb: u32, end: i64, seenAtStart: i64, seenAtEnd: i64, timeNs: f64): bool {
  if (connection.unitsFrom == connection.unitsTo) {
    connection.unitsFrom = 0
    connection.unitsTo = 0
  }
  const index = connection.unitsTo
  if (index == UNITS_MAX) return false
  const unit = unitOf(connection, index)
  unit.end = end
  unit.seenAtStart = seenAtStart
  unit.timeNs = timeNs
  unit.verb = verb
  connection.unitsTo = index + 1
  connection.latestSeen = seenAtEnd
  if (connection.sequence != 0) {
    connection.sequence = followedBy(connection.sequence, verb)
    if (connection.sequence == 0) return false
  }
  return connection.answered + connection.unitsTo - connection.unitsFrom <= GROUP_UNITS_MAX
}

function takeContent(
  connection: Connection,
  at: usize,
  end: usize,
  position: i64,
  seen: i64,
  timeNs: f64,
  frame: f64,
): bool {
  if ((connection.flags & (CONTENT_BEGAN | CONTENT_COMPLETE)) != CONTENT_BEGAN) {
    if (!isOver(connection, seen) || !beginGroup(connection)) return false
    connection.flags |= CONTENT_BEGAN
    connection.contentStart = position
    connection.contentSeen = seen
    connection.contentFrame = frame
    connection.contentNs = timeNs
  } else if (connection.kept >= checkpointEvery) makeCheckpoint(connection)
  const state = searchContent(at, end, connection.contentState)
  if (state == BARE) return false
  if (state != ENDED) {
    connection.contentState = state
    connection.contentLastSeen = seen
    connection.contentLastFrame = frame
    connection.contentLastNs = timeNs
    return true
  }
  const next = contentEnd
  connection.flags |= CONTENT_COMPLETE
  connection.expects = COMMANDS
  const length = <i64>(next - at)
  if (!addUnit(connection, CONTENT, position + length, connection.contentSeen, seen, timeNs)) return false
  return next == end || takeLines(connection, next, end, position + length, seen, timeNs)
}

/** Payload of the server. */
export function fromServer(
  connection: Connection,
  from: usize,
  end: usize,
  position: i64,
  seen: i64,
  timeNs: f64,
  frame: f64,
): bool {
  if (<u32>(end - from) > PAYLOAD_MAX) return false
  const count = indexLines(from, end)
  if (count < 0) return false
  const mayHaveAt = hadAt
  let lines: u32 = 0
  let code: u32 = 0
  let status: u32 = 0
  let start = from
  let at = from
  for (let i = 0; i < count; i++) {
    const next = <usize>load<u32>(LINES + ((<usize>i) << 2))
    const length = <u32>(next - at) - 2
    if (length > <u32>LINE_MAX) return false
    const word = load<u32>(at)
    const here = codeOf(word, length)
    if (lines++ == 0) {
      // RFC 5321 section 4.2: the first digit is 2 to 5, the second 0 to 5.
      if (here < 200 || here >= 600 || ((word >> 8) & 0xff) > 0x35) return false
      start = at
      code = here
      status = statusOf(at + 4, next - 2)
    } else if (here != code) return false
    const hasMore = length > 3 && word >> 24 == 0x2d
    at = next
    if (hasMore) continue
    const reply = position + <i64>(at - from)
    const isAddressed = mayHaveAt && hasAt(start, at)
    if (!takeReply(connection, start, at, code, status, lines, reply, seen, timeNs, frame, isAddressed)) return false
    lines = 0
  }
  return lines == 0
}

/** The code of a reply line, its first four bytes in `word`; 0 for any other line. */
function codeOf(word: u32, length: u32): u32 {
  if (length < 3) return 0
  const digits = (word & 0xffffff) - 0x303030
  // A digit below 0 or above 9 sets the highest bit of its byte here.
  if (((digits | (digits + 0x767676)) & 0x808080) != 0) return 0
  if (length > 3) {
    const next = word >> 24
    if (next != 0x20 && next != 0x2d) return 0
  }
  return (digits & 0xff) * 100 + ((digits >> 8) & 0xff) * 10 + (digits >> 16)
}

// A status code of three digits and its blank, `2.1.0 `: what is between the digits, and the digits.
const POINTS: u64 = 0xff00ff00ff00
const POINTS_OF_USUAL: u64 = 0x20002e002e00
const DIGITS: u64 = 0xff00ff00ff
const ZEROS: u64 = 0x3000300030
const SIXES: u64 = 0x7600760076
const HIGHS: u64 = 0x8000800080

/** The enhanced status code at `from` (RFC 3463) as class * 1e6 + subject * 1e3 + detail; 0 when there is none. */
function statusOf(from: usize, end: usize): u32 {
  const word = load<u64>(from)
  if ((word & POINTS) == POINTS_OF_USUAL && from + 5 <= end) {
    const digits = (word & DIGITS) - ZEROS
    if (((digits | (digits + SIXES)) & HIGHS) == 0) {
      return <u32>(digits & 15) * 1_000_000 + <u32>((digits >> 16) & 15) * 1000 + <u32>(digits >> 32)
    }
  }
  let status: u32 = 0
  let part: u32 = 0
  let digits: u32 = 0
  let dots: u32 = 0
  for (let at = from; at <= end; at++) {
    const byte = at < end ? <u32>load<u8>(at) : 0x20
    if (byte - 0x30 <= 9 && digits < 3) {
      part = part * 10 + byte - 0x30
      digits++
    } else if (digits > 0 && ((byte == 0x2e && dots < 2) || (byte == 0x20 && dots == 2))) {
      status = status * 1000 + part
      if (byte == 0x20) return status
      dots++
      part = 0
      digits = 0
    } else return 0
  }
  return 0
}

function takeReply(
  connection: Connection,
  at: usize,
  to: usize,
  code: u32,
  status: u32,
  lines: u32,
  end: i64,
  seen: i64,
  timeNs: f64,
  frame: f64,
  isAddressed: bool,
): bool {
  if (connection.unitsFrom == connection.unitsTo) return greet(connection, at, <u32>(to - at), code, end, timeNs, frame)
  const unit = unitOf(connection, connection.unitsFrom)
  const verb = unit.verb
  const length = <u32>(to - at)
  if (!isOrdinaryCode(verb, code) || (lines > 1 && verb > HELO)) return false
  if (seen < unit.end || timeNs - unit.timeNs >= SILENCE_NS) return false
  const another = namesAnother(verb, status, isAddressed)
  if (connection.answered > 0) {
    if (another || connection.namesAnother != 0) return false
    if (unit.seenAtStart < connection.replyEnd) {
      // Sent before the reply in front.
      if ((connection.flags & OFFERED) == 0 || !mayBeFollowed(connection.verb)) return false
      // Answered separately, or with the same text: reported once per session.
      if (connection.replyFrame != frame && connection.replySeen >= unit.end) return false
      const isAlike = connection.code == code && connection.replyLength == length
      if (isAlike && connection.status == 0 && status == 0 && connection.verb != verb) return false
      connection.flags |= USED
    }
  }
  if (!followTransaction(connection, verb, code)) return false
  connection.answered++
  connection.verb = verb
  connection.code = code
  connection.status = status
  connection.replyLength = length
  connection.namesAnother = another ? 1 : 0
  connection.replySeen = seen
  connection.replyFrame = frame
  connection.replyEnd = end
  connection.unitsFrom++
  if (verb <= HELO) {
    if (!takeOffer(connection, verb, at, length)) return false
    connection.helloStart = end - <i64>length
    connection.helloSeen = seen
    connection.helloFrame = frame
    connection.helloNs = timeNs
  } else if (verb == DATA) {
    connection.expects = BODY
    connection.contentState = START
  }
  connection.replies++
  return true
}

/** Whether the reply speaks of another command than the one that it answers. */
function namesAnother(verb: u32, status: u32, isAddressed: bool): bool {
  if (verb == MAIL) return status == STATUS_OF_RCPT || isAddressed
  if (verb == RCPT) return status == STATUS_OF_MAIL || isAddressed
  return status == STATUS_OF_MAIL || status == STATUS_OF_RCPT
}

function greet(connection: Connection, at: usize, length: u32, code: u32, end: i64, timeNs: f64, frame: f64): bool {
  if (connection.replies > 0 || code != 220) return false
  connection.greeting = keepText(at, length, GREETING)
  if (connection.greeting == 0 || (textFlags & IS_ORDINARY) == 0) return false
  connection.greetingFrame = frame
  connection.greetingNs = timeNs
  connection.replyEnd = end
  connection.expects = COMMANDS
  connection.replies = 1
  return true
}

/** The reply to EHLO or HELO. */
function takeOffer(connection: Connection, verb: u32, at: usize, length: u32): bool {
  releaseText(connection.helloReply)
  releaseText(connection.hello)
  connection.hello = 0
  connection.helloReply = keepText(at, length, HELLO_REPLY)
  if (connection.helloReply == 0 || (textFlags & IS_ORDINARY) == 0) return false
  if (verb == EHLO && (textFlags & OFFERS_PIPELINING) != 0) connection.flags |= OFFERED
  else connection.flags &= ~OFFERED
  connection.hello = connection.sentHello
  connection.sentHello = 0
  connection.helloVerb = verb
  return connection.hello != 0
}

/** The mail transaction. */
function followTransaction(connection: Connection, verb: u32, code: u32): bool {
  if (verb == MAIL) {
    if ((connection.flags & IN_TRANSACTION) != 0 || connection.helloVerb == 0) return false
    if (code < 300) {
      connection.flags |= IN_TRANSACTION
      connection.recipients = 0
    }
    return true
  }
  if (verb == RCPT) {
    if (code < 300) connection.recipients++
    return true
  }
  if (verb == DATA) return connection.recipients > 0
  if (verb == NOOP || verb == QUIT) return true
  if (verb == CONTENT) connection.messages++
  connection.flags &= ~IN_TRANSACTION
  connection.recipients = 0
  return true
}

/** The connection has closed: whether that ended an ordinary session. */
export function endSession(connection: Connection): bool {
  const isQuiet = connection.unitsFrom == connection.unitsTo
  const flags = connection.flags
  if ((flags & HAS_QUIT) == 0 || !isQuiet || (flags & SERVER_FINISHED) == 0 || connection.greeting == 0) return false
  return countGroup(connection)
}

/** MAIL was accepted, and the transaction is open. */
export function isInTransaction(connection: Connection): bool {
  return (connection.flags & IN_TRANSACTION) != 0
}

/** Message content comes next, or goes on. */
export function isOwedContent(connection: Connection): bool {
  return connection.expects == BODY
}

/** Message content has begun, and its end is still to come. */
export function isInContent(connection: Connection): bool {
  return connection.expects == BODY && (connection.flags & (CONTENT_BEGAN | CONTENT_COMPLETE)) == CONTENT_BEGAN
}

/** For the host. */
export function isClosedByClient(connection: Connection): bool {
  return (connection.flags & CLIENT_CLOSED) != 0
}

export function hasOffered(connection: Connection): bool {
  return (connection.flags & OFFERED) != 0
}

export function hasUsed(connection: Connection): bool {
  return (connection.flags & USED) != 0
}

export function releaseTexts(connection: Connection): void {
  releaseText(connection.greeting)
  releaseText(connection.sentHello)
  releaseText(connection.hello)
  releaseText(connection.helloReply)
}
