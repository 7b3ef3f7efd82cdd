// The segments of one connection, in order: what belongs to its streams goes to its session. Anything that is not in
// order, or says anything unusual, makes the connection one for the engine.

import { mayHaveSent } from './checkpoint'
import {
  ANSWERED,
  Connection,
  connectionAt,
  firstOpen,
  numberOf,
  OPENED,
  Side,
  SPOKEN,
  sideOf,
  waitingAt,
} from './connections'
import { ACK, ack, decode, FIN, flags, isWhole, payloadAt, payloadLength, RST, SYN, seq, window } from './decode'
import { isSteady } from './flows'
import { lookAt, MAY_BE_SMTP, OTHER_PROTOCOL } from './others'
import { addPacket, hasSent, PACKETS_MAX, packetOf } from './packets'
import { begins, fromClient, fromServer, takeFin } from './session'
import { sessionsElsewhere, spokenMax } from './settings'
import { noteWaiting, WAITING_FRAMES_MAX, WAITING_NS_MAX } from './waiting'

// What became of a segment.
export const KEPT: u32 = 0
/** Both sides have closed and acknowledged all. */
export const CLOSES: u32 = 1
/** Of another protocol. */
export const OF_OTHER: u32 = 3
/** It is not ordinary, and was not kept. */
export const REFUSED: u32 = 2
/** It was kept, and the connection is not ordinary. */
export const DECLINED: u32 = 4
/** Of `place`: it has to wait. */
const EARLY: u32 = 5
/** Of `place`: it comes next, and what it says is not ordinary. */
const STRANGE: u32 = 6

/** Segments of a connection that may wait. */
const EACH_MAX: u32 = 8

/** As ENDING_NS of limits.ts: how long a closed connection waits for its last acknowledgement. */
export const ENDING_NS: f64 = 2_000_000_000

/** Connections that have said nothing, and those that have spoken. */
export let silentCount: u32 = 0
export let spokenCount: u32 = 0
export let spokenPeak: u32 = 0
/** Those that have spoken to a port of SMTP, and the most of them at once, with those that the engine follows. */
export let sessionCount: u32 = 0
export let sessionPeak: u32 = 0
/** No connection in front of it is a session; 0 when that is not known. */
let oldestSession: u32 = 0

/** As OPEN_SESSIONS_MAX of limits.ts. */
const SESSIONS_MAX: u32 = 10000

/** Takes the segment that was decoded last: the packet `[at, at + length)`. */
export function takeSegment(connection: Connection, side: u32, at: usize, length: u32, frame: f64, timeNs: f64): u32 {
  if (!isWhole || connection.kept == PACKETS_MAX || !isTimely(connection, timeNs) || connection.isHeld != 0)
    return REFUSED
  if (mayHold(connection) && (flags & RST) != 0 && connection.phase != SPOKEN && payloadLength == 0) {
    return hold(connection, side, at, length, frame, timeNs)
  }
  const outcome =
    (flags & SYN) != 0
      ? takeSyn(connection, side)
      : place(connection, side, connection.kept, frame, timeNs, frame, timeNs)
  if (outcome == REFUSED || outcome == OF_OTHER) return outcome
  if (outcome == STRANGE) {
    if (!mayHold(connection) || !isHeldPayload()) return REFUSED
    speak(connection)
    return hold(connection, side, at, length, frame, timeNs)
  }
  if (outcome == EARLY && !waits(connection, frame, timeNs)) return REFUSED
  if (!addPacket(connection, at, length, timeNs, frame, side)) return REFUSED
  noteTime(connection, frame, timeNs)
  if (outcome == EARLY) return KEPT
  return connection.waiting == 0 ? outcome : takeWaiting(connection, outcome, frame, timeNs)
}

// The engine follows a connection with all that it costs. So one that is not ordinary stays here until its next packet:
// of a flood there is none.

/** Whether the engine need not know of the segment that was decoded last before the next one of its connection. */
function mayHold(connection: Connection): bool {
  return isSteady && connection.waiting == 0 && connection.closedFrame == 0 && (flags & (SYN | FIN)) == 0
}

/** The same of its payload. What begins like TLS is read with the secrets that are known when it comes. */
function isHeldPayload(): bool {
  if (payloadLength == 0 || (flags & RST) != 0) return false
  const first = <u32>load<u8>(payloadAt)
  return first < CHANGE_CIPHER || first > APPLICATION_DATA
}

/** Types of TLS records: the first and the last. */
const CHANGE_CIPHER: u32 = 0x14
const APPLICATION_DATA: u32 = 0x17

function hold(connection: Connection, side: u32, at: usize, length: u32, frame: f64, timeNs: f64): u32 {
  if (!addPacket(connection, at, length, timeNs, frame, side)) return REFUSED
  noteTime(connection, frame, timeNs)
  connection.isHeld = 1
  return KEPT
}

/** Whether the first packet of a connection may stay here, without the SYN: it resets it, or has payload of a session. */
export function mayBeginHeld(isOnPort: bool): bool {
  if (!isSteady || !isWhole || (flags & (SYN | FIN)) != 0) return false
  return payloadLength == 0 ? (flags & RST) != 0 : isOnPort && isHeldPayload()
}

/** It stays here. */
export function beginHeld(connection: Connection): void {
  connection.isHeld = 1
  if (payloadLength > 0) speak(connection)
}

/**
 * Takes the segment that was decoded last, captured with `frame` at `timeNs`, into the streams. `index`: so many packets
 * that are kept of the connection came before it. Now it is `nowFrame` and `nowNs`: later, if it had to wait.
 */
function place(connection: Connection, side: u32, index: u32, frame: f64, timeNs: f64, nowFrame: f64, nowNs: f64): u32 {
  if ((flags & (RST | ACK)) != ACK || window == 0) return REFUSED
  // The SYN of the server is still to come.
  if (connection.phase == OPENED) return EARLY
  const own = sideOf(connection, side)
  const peer = sideOf(connection, side ^ 1)
  const next = own.next
  const isDone = own.isFinished != 0
  const isFin = (flags & FIN) != 0 && !isDone
  const position = next + <i64>(<i32>(seq - own.nextSeq))
  const acked = peer.next + <i64>(<i32>(ack - peer.nextSeq))
  if (acked < 0 || position < 0) return REFUSED
  // One that came before acknowledges more, and stands no further on: somebody else may have sent that.
  const isNow = index == connection.kept
  if (isNow && connection.waiting != 0 && acked < own.earlyAcked && position >= own.earlyPosition) return REFUSED
  if (acked > peer.next + <i64>peer.isFinished || position > next + <i64>own.isFinished) {
    if (isNow) noteEarly(connection, own, position, acked)
    return EARLY
  }
  if (connection.closedFrame != 0 && nowNs - connection.closedNs >= ENDING_NS) return REFUSED
  if (isFin && position != next) return REFUSED
  if (position == next && !isDone) {
    if (payloadLength > 0) {
      if (connection.isElse != 0) {
        const protocol = lookAt(payloadAt, payloadLength, position)
        if (protocol == MAY_BE_SMTP) return REFUSED
        if (protocol == OTHER_PROTOCOL) return OF_OTHER
        speak(connection)
      } else if (!says(connection, side, position, acked, frame, timeNs)) return STRANGE
    }
    if (payloadLength > 0 && own.acked >= next) noteSent(own, frame, timeNs)
    own.next = next + <i64>payloadLength
    own.nextSeq += payloadLength
    if (isFin) {
      own.isFinished = 1
      if (connection.phase == SPOKEN && connection.isElse == 0) takeFin(connection, side)
    }
  } else if (payloadLength > 0) {
    if (!cameBefore(connection, side, position, next, index)) return REFUSED
    noteSentAgain(own, position, frame, timeNs)
  }
  if (acked > peer.acked) {
    peer.acked = acked
    if (acked < peer.next) noteSent(peer, frame, timeNs)
  }
  return (own.isFinished & peer.isFinished) != 0 && closes(connection, own, peer, nowFrame, nowNs) ? CLOSES : KEPT
}

/** Bytes are sent while none are unacknowledged, or those in front of them have just been acknowledged. */
function noteSent(side: Side, frame: f64, timeNs: f64): void {
  side.timesSent = 1
  side.sentFrame = frame
  side.sentNs = timeNs
  side.resentFrame = frame
  side.resentNs = timeNs
}

/** As SENDING_AGAIN_NS of limits.ts. */
const SENDING_AGAIN_NS: f64 = 5_000_000

/** The payload was sent before: it is counted if nothing shows that it has arrived. */
function noteSentAgain(own: Side, position: i64, frame: f64, timeNs: f64): void {
  const isAwaited = position <= own.acked && position + <i64>payloadLength > own.acked
  if (!isAwaited || timeNs - own.resentNs < SENDING_AGAIN_NS) return
  own.timesSent++
  own.resentFrame = frame
  own.resentNs = timeNs
}

/** Remembers what the segments of a side that came early say, until none waits any more. */
function noteEarly(connection: Connection, own: Side, position: i64, acked: i64): void {
  const isFirst = connection.waiting == 0
  const peer = sideOf(connection, changetype<usize>(own) == changetype<usize>(sideOf(connection, 0)) ? 1 : 0)
  if (isFirst) {
    peer.earlyAcked = 0
    peer.earlyPosition = 0
    own.earlyAcked = acked
    own.earlyPosition = position
    return
  }
  if (acked > own.earlyAcked) own.earlyAcked = acked
  if (own.earlyPosition == 0 || position < own.earlyPosition) own.earlyPosition = position
}

/**
 * Whether the segment, which comes in front of bytes of its side, or acknowledges bytes of the other that have not been
 * captured yet, may wait for them. Its place among the packets is kept.
 */
function waits(connection: Connection, frame: f64, timeNs: f64): bool {
  if (connection.waiting == EACH_MAX || !noteWaiting(connection, frame, timeNs)) return false
  store<u16>(waitingAt(connection, connection.waiting), <u16>connection.kept)
  connection.waiting++
  connection.hasWaited = 1
  return true
}

/**
 * Takes those that wait and are no longer early, in the order of capture. `outcome`: of the segment that came now. Returns
 * the outcome of all; DECLINED when one is not ordinary, or when both sides have closed and one still waits.
 */
function takeWaiting(connection: Connection, outcome: u32, nowFrame: f64, nowNs: f64): u32 {
  let last = outcome
  let i: u32 = 0
  while (i < connection.waiting) {
    const index = <u32>load<u16>(waitingAt(connection, i))
    const packet = packetOf(connection, index)
    if (nowFrame - packet.frame > WAITING_FRAMES_MAX || nowNs - packet.timeNs > WAITING_NS_MAX) return DECLINED
    const at = <usize>packet.at
    if (!decode(at, at + packet.length)) return DECLINED
    const next = place(connection, packet.isServer, index, packet.frame, packet.timeNs, nowFrame, nowNs)
    if (next == EARLY) i++
    else if (next == KEPT || next == CLOSES) {
      if (next == CLOSES) last = CLOSES
      connection.waiting--
      const to = waitingAt(connection, i)
      memory.copy(to, to + 2, (connection.waiting - i) << 1)
      // It may have been what others waited for.
      i = 0
    } else return DECLINED
  }
  return last == CLOSES && connection.waiting != 0 ? DECLINED : last
}

/** Whether the clock goes on: not back, and no time comes three times in a row. */
function isTimely(connection: Connection, timeNs: f64): bool {
  const passed = timeNs - connection.lastNs
  return passed > 0 || (passed == 0 && connection.clockStands == 0) || connection.packets == 0
}

function noteTime(connection: Connection, frame: f64, timeNs: f64): void {
  connection.clockStands = timeNs == connection.lastNs ? 1 : 0
  connection.lastNs = timeNs
  connection.lastFrame = frame
}

/** The packet that opens the connection. False when there is no room for it. */
export function takeOpening(connection: Connection, at: usize, length: u32, frame: f64, timeNs: f64): bool {
  if (!addPacket(connection, at, length, timeNs, frame, 0)) return false
  sideOf(connection, 0).nextSeq = seq + 1
  connection.firstFrame = frame
  connection.startNs = timeNs
  connection.lastFrame = frame
  connection.lastNs = timeNs
  silentCount++
  return true
}

/** A SYN: that of the server, or one that came again and says nothing new. */
function takeSyn(connection: Connection, side: u32): u32 {
  const own = sideOf(connection, side)
  const client = sideOf(connection, 0)
  if (connection.closedFrame != 0 || payloadLength != 0) return REFUSED
  if (connection.phase == OPENED) {
    if (side == 0) return flags == SYN && seq + 1 == own.nextSeq ? KEPT : REFUSED
    const isAnswer = (flags & (SYN | ACK | FIN | RST)) == (SYN | ACK)
    if (!isAnswer || ack != client.nextSeq) return REFUSED
    own.nextSeq = seq + 1
    connection.phase = ANSWERED
    return KEPT
  }
  if (seq + 1 != own.nextSeq - <u32>own.next) return REFUSED
  const isSame = side == 1 ? flags == (SYN | ACK) && ack == client.nextSeq - <u32>client.next : flags == SYN
  return isSame ? KEPT : REFUSED
}

/** New payload. */
function says(connection: Connection, side: u32, position: i64, acked: i64, frame: f64, timeNs: f64): bool {
  const end = payloadAt + payloadLength
  if (connection.phase != SPOKEN) {
    if (!begins(side, payloadAt, payloadLength)) return false
    speak(connection)
  }
  return side == 0
    ? fromClient(connection, payloadAt, end, position, acked, timeNs, frame)
    : fromServer(connection, payloadAt, end, position, acked, timeNs, frame)
}

function speak(connection: Connection): void {
  if (connection.phase == SPOKEN) return
  connection.phase = SPOKEN
  silentCount--
  spokenCount++
  if (spokenCount > spokenPeak) spokenPeak = spokenCount
  if (connection.isElse != 0) return
  sessionCount++
  if (sessionCount + sessionsElsewhere > sessionPeak) sessionPeak = sessionCount + sessionsElsewhere
  if (oldestSession != 0 && connection.firstFrame < connectionAt(oldestSession).firstFrame) {
    oldestSession = numberOf(connection)
  }
}

/** Whether more have spoken than there is room for. */
export function isCrowded(): bool {
  return spokenCount > spokenMax || sessionCount + sessionsElsewhere > SESSIONS_MAX
}

function isSession(connection: Connection): bool {
  return connection.phase == SPOKEN && connection.isElse == 0
}

/** The session that opened first; 0 when there is none. */
export function firstOpened(): u32 {
  if (oldestSession == 0) oldestSession = firstOpen
  while (oldestSession != 0 && !isSession(connectionAt(oldestSession)))
    oldestSession = connectionAt(oldestSession).newer
  return oldestSession
}

/** Whether all of the payload was sent before, byte for byte: in one segment, or in front of the checkpoint. */
function cameBefore(connection: Connection, side: u32, position: i64, next: i64, index: u32): bool {
  if (position + <i64>payloadLength > next) return false
  if (hasSent(connection, side, seq, payloadAt, payloadLength, index)) return true
  return mayHaveSent(connection, side, position, payloadAt, payloadLength)
}

/** Both FINs were seen: whether all of both sides is acknowledged. */
function closes(connection: Connection, own: Side, peer: Side, frame: f64, timeNs: f64): bool {
  if (connection.closedFrame == 0) {
    connection.closedFrame = frame
    connection.closedNs = timeNs
  }
  return own.acked > own.next && peer.acked > peer.next
}

/** The connection is followed here no longer. */
export function leave(connection: Connection): void {
  if (numberOf(connection) == oldestSession) oldestSession = connection.newer
  if (isSession(connection)) sessionCount--
  if (connection.phase == SPOKEN) spokenCount--
  else silentCount--
}

export function clearCounts(): void {
  silentCount = 0
  spokenCount = 0
  spokenPeak = 0
  sessionCount = 0
  sessionPeak = 0
  oldestSession = 0
}
