// The fast path: packets in order -> ordinary SMTP sessions, counted. A connection is followed here from its SYN on until
// it closes in order. As soon as anything about it is not ordinary, the host gets all of its packets so far, for the
// engine, and then all that follow. Nothing is ever judged here but that there is nothing to judge.

import { checkpointOf, dropCheckpoint, isCheckpointLaidOut, makeCheckpoint } from './checkpoint'
import {
  addConnection,
  Connection,
  clearConnections,
  connectionAt,
  firstOpen,
  isConnectionLaidOut,
  numberOf,
  removeConnection,
  SPOKEN,
  sideOf,
} from './connections'
import {
  ACK,
  ack,
  addressesAt,
  decode,
  FIN,
  flags,
  isIpv6,
  isWhole,
  payloadLength,
  ports,
  RST,
  SYN,
  seq,
} from './decode'
import { isFull, keepEnded, writeEnds } from './ended'
import { addEnding, clearEnding, firstClosedNs, removeEnding } from './ending'
import {
  addRow,
  CLOCK_SLACK_NS,
  clearFlows,
  clearTime,
  closeRow,
  ELSEWHERE,
  find,
  findAsked,
  HERE,
  isForgotten,
  noteTime,
  OTHER,
  OVER,
  opensAnew,
  orient,
  passTime,
  placeOf,
  Row,
  removeRow,
  rowAt,
  rowsUsed,
  sender,
  startsAnew,
} from './flows'
import { noteOpening, readPackets, wantsDialogue } from './host'
import { ASKED } from './memory'
import { clearPackets, copyPackets, nextChunk, packetAt, packetsEach, releasePackets } from './packets'
import {
  beginHeld,
  clearCounts,
  ENDING_NS,
  isCrowded,
  KEPT,
  leave,
  mayBeginHeld,
  OF_OTHER,
  REFUSED,
  DECLINED as REFUSED_WHOLE,
  silentCount,
  takeOpening,
  takeSegment,
} from './segments'
import { clearSequences } from './sequences'
import { endSession, isInContent, releaseTexts } from './session'
import {
  asksForDialogues,
  CHECKPOINT_EVERY,
  EXPIRE_EVERY,
  engineDueFrame,
  engineDueNs,
  isWanted,
  onlySums,
  setCheckpointEvery,
  silentElsewhere,
  silentElsewhereSince,
  tellsOpenings,
  tellsPackets,
} from './settings'
import { isOfShare } from './share'
import { addSum, clearSums } from './sums'
import { clearTexts, releaseText } from './texts'
import { clearWaiting, lateConnection } from './waiting'

export { setLinkType } from './decode'
export { endedCount, forgetEnded } from './ended'
export { firstClosedFrame, firstClosedNs, firstEndingConnection, firstSession } from './ending'
export { earliestNs, isSteady, latestNs, noteTime, passedFrame, passedNs, passTime } from './flows'
export {
  ASKED,
  ENDED,
  ENDED_BYTES,
  MEMORY_BYTES,
  PORTS,
  SUM_BYTES,
  SUMS,
  SUMS_MAX,
  WALKED,
  WINDOW_BYTES,
  WINDOWS,
  WINDOWS_MAX,
} from './memory'
export { noteWalked, setFile, setSection, walk } from './records'
export { sessionCount, sessionPeak, silentCount, spokenCount, spokenPeak } from './segments'
export { describeSequence } from './sequences'
export {
  set,
  setCheckpointEvery,
  setEngineDue,
  setOnlySums,
  setSessionsElsewhere,
  setShare,
  setSilentElsewhere,
  setSpokenMax,
} from './settings'
export { forgetSums, summed } from './sums'
export { firstWaitingFrame, lateConnection } from './waiting'

// What became of a packet. It was taken:
/** It belongs to a connection that is followed here, or to one that is over, or of another share. */
export const TAKEN: u32 = 0
/** It was taken; the host has to take the sessions that ended. */
const FULL: u32 = 1
/** It was taken; there are more connections with payload than there is room for. */
const CROWDED: u32 = 2
/** It closed the connection `leaving`, which the engine has to judge, this packet included. */
const DECLINED: u32 = 3
export const LAST_TAKEN: u32 = DECLINED
// It was not:
/** The engine decodes it: nothing is known of it. */
const UNREAD: u32 = 4
/** It is the engine's. */
const PASSED: u32 = 5
/** The same, and so is from now on the connection `leaving`, whose packets the host gets first. */
const LEFT: u32 = 6
/** First the engine has to end what is over by now; then the packet is to be given once more. */
const EXPIRES: u32 = 7

/** The number of the connection that leaves. */
export let leaving: u32 = 0
/** The number, that of its first packet, of the connection of the latest packet; 0 when that is over. */
export let latest: f64 = 0
/** Packets of sessions that were ordinary, late segments included. */
export let sessionPackets: f64 = 0
/** The most connections without payload at once. */
export let silentPeak: u32 = 0
/** The next packet with which the engine may end something. */
let expiringFrame: f64 = 0

/** Whether no part of a record reaches into the next. */
export function isLaidOut(): bool {
  return isConnectionLaidOut() && isCheckpointLaidOut()
}

/** Another analysis: nothing of an earlier one is left. */
export function clear(): void {
  clearConnections()
  clearFlows()
  clearTime()
  clearPackets()
  clearCounts()
  clearSequences()
  clearSums()
  clearTexts()
  clearWaiting()
  clearEnding()
  oldestSilent = 0
  sessionPackets = 0
  silentPeak = 0
  setCheckpointEvery(CHECKPOINT_EVERY)
  expiringFrame = 0
  unclaimed = 0
}

/** Takes the packet `[at, at + length)`. */
export function take(at: usize, length: u32, frame: f64, timeNs: f64): u32 {
  noteTime(timeNs)
  if (!decode(at, at + length)) return UNREAD
  if (frame >= expiringFrame) {
    expiringFrame = <f64>((<i64>frame | EXPIRE_EVERY) + 1)
    if ((<i64>frame & EXPIRE_EVERY) == 0) {
      if (isSomethingOver(frame, timeNs)) return EXPIRES
      passTime(timeNs, frame)
    }
  }
  if (!isOfShare(addressesAt, isIpv6, ports)) {
    latest = 0
    return TAKEN
  }
  const number = find(addressesAt, isIpv6, ports)
  if (number == 0) return begin(0, at, length, frame, timeNs)
  const row = rowAt(number)
  const side = sender
  if (row.state == HERE) return follow(row, side, at, length, frame, timeNs)
  if (row.state == ELSEWHERE) return PASSED
  return row.state == OTHER
    ? takeOther(number, row, side, at, length, frame, timeNs)
    : takeLate(number, row, side, at, length, frame, timeNs)
}

/** Whether the engine has something to end, or a connection has to go to it, because of the time alone. */
function isSomethingOver(frame: f64, timeNs: f64): bool {
  // Sums of times are rounded: the engine itself compares differences.
  if (timeNs + 1 >= engineDueNs || frame >= engineDueFrame) return true
  if (lateConnection(timeNs, frame) != 0) return true
  return timeNs - firstClosedNs() >= ENDING_NS + CLOCK_SLACK_NS
}

function follow(row: Row, side: u32, at: usize, length: u32, frame: f64, timeNs: f64): u32 {
  const number = row.connection
  const connection = connectionAt(number)
  const wasClosed = connection.closedFrame != 0
  const outcome = takeSegment(connection, side, at, length, frame, timeNs)
  latest = connection.firstFrame
  if (outcome == REFUSED) {
    leaving = number
    return LEFT
  }
  if (outcome == REFUSED_WHOLE) {
    leaving = number
    return DECLINED
  }
  if (outcome == OF_OTHER) {
    if (!tellsOpenings) return leaveAside(row, connection)
    // It may go on in the next batch, where only the engine knows of it.
    leaving = number
    return LEFT
  }
  if (!wasClosed && connection.closedFrame != 0 && !isSilent(number)) addEnding(number)
  if (outcome == KEPT) return isCrowded() ? CROWDED : TAKEN
  const isSession = connection.phase == SPOKEN && connection.isElse == 0
  if (isSession && !(isTold(connection, number) && endSession(connection))) {
    leaving = number
    return DECLINED
  }
  if (isSession) {
    sessionPackets += <f64>connection.packets
    if (onlySums && addSum(row, connection)) releaseTexts(connection)
    else {
      keepEnded(connection, row)
      // The host releases the other texts when it takes the session.
      releaseText(connection.sentHello)
    }
  }
  closeFlow(row, connection, isSession)
  return isFull() ? FULL : TAKEN
}

/** Whether the host has read the packets of a session that ends, where it wants to. */
function isTold(connection: Connection, number: u32): bool {
  return !tellsPackets || (connection.hasWaited == 0 && readPackets(number))
}

/** The connection is of another protocol: it is only followed to its end. */
function leaveAside(row: Row, connection: Connection): u32 {
  drop(connection)
  row.state = OTHER
  row.connection = 0
  latest = 0
  return TAKEN
}

/** A segment of such a connection. */
function takeOther(number: u32, row: Row, side: u32, at: usize, length: u32, frame: f64, timeNs: f64): u32 {
  if ((flags & (SYN | ACK)) == SYN) return begin(number, at, length, frame, timeNs)
  // The answer to a SYN that was not captured: the engine looks what it opens.
  if ((flags & SYN) != 0) return passRow(number)
  latest = 0
  if ((flags & (FIN | RST)) == 0) return TAKEN
  row.connection |= (flags & RST) != 0 ? 3 : (<u32>1) << side
  const behind = seq + payloadLength
  if (side == 0) {
    row.clientNextSeq = behind
    row.serverNextSeq = ack
  } else {
    row.serverNextSeq = behind
    row.clientNextSeq = ack
  }
  if (row.connection != 3) return TAKEN
  row.isSession = 0
  row.lastNs = timeNs
  row.lastFrame = frame
  row.clientNext = 1
  row.serverNext = 1
  closeRow(number)
  return TAKEN
}

/** A segment of a flow that is over. */
function takeLate(number: u32, row: Row, side: u32, at: usize, length: u32, frame: f64, timeNs: f64): u32 {
  const isSyn = (flags & SYN) != 0
  const isOpening = isSyn && (flags & ACK) == 0
  const isReset = (flags & RST) != 0
  return isNewOf(row, side, seq, isOpening, isSyn, isReset, payloadLength > 0, frame, timeNs)
    ? begin(number, at, length, frame, timeNs)
    : touch(row, frame, timeNs)
}

/** Whether the segment belongs to another connection between the end points of a flow that is over. */
function isNewOf(
  row: Row,
  side: u32,
  number: u32,
  isOpening: bool,
  isSyn: bool,
  isReset: bool,
  hasPayload: bool,
  frame: f64,
  timeNs: f64,
): bool {
  if (isForgotten(row, timeNs, frame)) return true
  return isOpening ? opensAnew(row, side, number) : startsAnew(row, side, number, isSyn, isReset, hasPayload)
}

/** A late segment. */
function touch(row: Row, frame: f64, timeNs: f64): u32 {
  row.lastNs = timeNs
  row.lastFrame = frame
  latest = 0
  if (row.isSession != 0) sessionPackets++
  return TAKEN
}

function passRow(number: u32): u32 {
  removeRow(number)
  return PASSED
}

/** The first segment of a connection. `number`: the row of an earlier one between these end points; 0: there is none. */
function begin(number: u32, at: usize, length: u32, frame: f64, timeNs: f64): u32 {
  const isOpening = (flags & (SYN | ACK | FIN | RST)) == SYN && payloadLength == 0 && isWhole
  const isOnPort = isOnPortOfSmtp()
  const isHeld = !isOpening && !tellsOpenings && mayBeginHeld(isOnPort)
  const mayBeHere = (isOpening || isHeld) && unclaimed == 0
  const isHere = mayBeHere && makeRoom() && !(asksForDialogues && wantsDialogue(frame))
  let row = number
  const place = isHere ? addConnection() : 0
  if (place == 0) {
    // The engine names its flows itself.
    if (row != 0) removeRow(row)
    return PASSED
  }
  const connection = connectionAt(place)
  if (row == 0) row = addRow()
  if (row == 0 || !takeOpening(connection, at, length, frame, timeNs)) {
    if (row != 0) removeRow(row)
    removeConnection(connection)
    return PASSED
  }
  const flow = rowAt(row)
  if (number != 0) orient(flow)
  else if (tellsOpenings) {
    writeEnds(ASKED, flow)
    noteOpening(seq, frame, timeNs)
  }
  flow.entry = 0
  flow.state = HERE
  flow.connection = place
  connection.row = row
  connection.isElse = isOnPort ? 0 : 1
  latest = frame
  if (silentCount + silentElsewhere > silentPeak) silentPeak = silentCount + silentElsewhere
  if (!isHeld) return TAKEN
  beginHeld(connection)
  return isCrowded() ? CROWDED : TAKEN
}

/** Whether SMTP is spoken on one of the ports. */
function isOnPortOfSmtp(): bool {
  return isWanted(<u32>bswap<u16>(<u16>(ports >> 16))) || isWanted(<u32>bswap<u16>(<u16>ports))
}

/** As SILENT_CONNECTIONS_MAX of limits.ts. */
const SILENT_MAX: u32 = 1 << 15

/**
 * Whether one more connection without payload may begin here. Of too many the one that opened first is forgotten: here,
 * if it is followed here.
 */
function makeRoom(): bool {
  return silentCount + silentElsewhere < SILENT_MAX || forgetSilent(silentElsewhereSince)
}

/** Forgets the connection without payload that opened first, if it opened before this packet. */
export function forgetSilent(before: f64): bool {
  while (oldestSilent != 0 && !isSilent(oldestSilent)) oldestSilent = connectionAt(oldestSilent).newer
  if (oldestSilent == 0) oldestSilent = firstOpen
  while (oldestSilent != 0 && !isSilent(oldestSilent)) oldestSilent = connectionAt(oldestSilent).newer
  if (oldestSilent == 0) return false
  const connection = connectionAt(oldestSilent)
  if (connection.firstFrame > before) return false
  removeRow(connection.row)
  drop(connection)
  return true
}

/** No connection in front of it is without payload; 0 when that is not known. */
let oldestSilent: u32 = 0

/** The connection has closed, and its packets are not needed any more. */
function closeFlow(row: Row, connection: Connection, isSession: bool): void {
  const client = sideOf(connection, 0)
  const server = sideOf(connection, 1)
  const number = connection.row
  row.isSession = isSession ? 1 : 0
  row.lastNs = connection.lastNs
  row.lastFrame = connection.lastFrame
  row.clientNext = <f64>client.next
  row.serverNext = <f64>server.next
  row.clientNextSeq = client.nextSeq
  row.serverNextSeq = server.nextSeq
  drop(connection)
  closeRow(number)
}

function drop(connection: Connection): void {
  if (numberOf(connection) == oldestSilent) oldestSilent = connection.newer
  leave(connection)
  releasePackets(connection)
  dropCheckpoint(connection)
  if (connection.closedFrame != 0 && !isSilent(numberOf(connection))) removeEnding(connection)
  removeConnection(connection)
}

// For the host: a connection goes to the engine. It reads the packets, and then calls `release`.

let chunk: u32 = 0
let index: u32 = 0
let left: u32 = 0

/**
 * The engine follows the connection from now on. Its packets can be read until `release`, from its checkpoint on. Returns
 * where that is; 0: there is none.
 */
export function handOver(number: u32): usize {
  const connection = connectionAt(number)
  const row = rowAt(connection.row)
  row.state = ELSEWHERE
  row.connection = 0
  releaseTexts(connection)
  beginPackets(number)
  return checkpointOf(connection)
}

/** The packets that are kept of the connection can be read from the first one on. */
export function beginPackets(number: u32): void {
  const connection = connectionAt(number)
  chunk = connection.firstChunk
  index = 0
  left = connection.kept
}

/** Where its next packet is described; 0 behind the last. */
export function nextPacket(): usize {
  if (left == 0) return 0
  const packet = changetype<usize>(packetAt(chunk, index))
  left--
  if (++index == packetsEach()) {
    index = 0
    chunk = nextChunk(chunk)
  }
  return packet
}

export function release(number: u32): void {
  drop(connectionAt(number))
}

/** The connection that follows in the order of opening; 0 behind the last. */
export function openBehind(number: u32): u32 {
  return number == 0 ? firstOpen : connectionAt(number).newer
}

/** Whether it has said nothing. One that has closed is followed until others need its place: nothing of it is judged. */
function isSilent(number: u32): bool {
  return connectionAt(number).phase != SPOKEN
}

/** Whether its latest packet was held. */
export function isHeld(number: u32): bool {
  return connectionAt(number).isHeld != 0
}

export function firstFrameOf(number: u32): f64 {
  return connectionAt(number).firstFrame
}

/**
 * The window `[from, to)` is going to be used again: packets of open connections in it are copied. Returns a connection
 * for which there is no room, and which has to go to the engine before this is called again; 0 when all are copied.
 */
export function vacate(from: usize, to: usize): u32 {
  let number = firstOpen
  while (number != 0) {
    const connection = connectionAt(number)
    if (!copyPackets(connection, from, to) && !forgetContent(connection)) return number
    number = connection.newer
  }
  return 0
}

/** Within message content no packet is needed. Whether all were forgotten. */
function forgetContent(connection: Connection): bool {
  if (connection.isHeld == 0 && isInContent(connection)) makeCheckpoint(connection)
  return connection.kept == 0
}

// For the host: flows that the engine knows of.

/** The place of the flow at ASKED, which says of what share it is. */
export function placeOfAsked(isIpv6: bool): u32 {
  return placeOf(ASKED, isIpv6, load<u32>(ASKED, 32))
}

/** Flows of the engine for which there was no room. While there are any, a new flow may be one of them. */
let unclaimed: u32 = 0

/** The flow at ASKED is the engine's now. False when there is no room to remember that. */
export function claim(isIpv6: bool): bool {
  let number = findAsked(isIpv6)
  if (number == 0) number = addRow()
  if (number == 0) {
    unclaimed++
    return false
  }
  rowAt(number).state = ELSEWHERE
  return true
}

/** The engine has forgotten the flow at ASKED. False when it was not known here. */
export function unclaim(isIpv6: bool): bool {
  const number = findAsked(isIpv6)
  if (number == 0 || rowAt(number).state != ELSEWHERE) {
    if (unclaimed > 0) unclaimed--
    return false
  }
  removeRow(number)
  return true
}

/** A segment that the engine decoded, of the flow at ASKED: TAKEN, PASSED or LEFT, as of a packet. */
export function takeDecoded(isIpv6: bool, segmentFlags: u32, number: u32, length: u32, frame: f64, timeNs: f64): u32 {
  const found = findAsked(isIpv6)
  if (found == 0) return PASSED
  const row = rowAt(found)
  if (row.state == ELSEWHERE) return PASSED
  if (row.state == HERE) {
    leaving = row.connection
    return LEFT
  }
  if (row.state == OTHER) return TAKEN
  const isSyn = (segmentFlags & SYN) != 0
  const isOpening = isSyn && (segmentFlags & ACK) == 0
  const isReset = (segmentFlags & RST) != 0
  return isNewOf(row, sender, number, isOpening, isSyn, isReset, length > 0, frame, timeNs)
    ? passRow(found)
    : touch(row, frame, timeNs)
}

/** The next row behind `number` that is over; 0 behind the last. */
export function flowBehind(number: u32): u32 {
  for (let next = number + 1; next <= rowsUsed(); next++) if (rowAt(next).state == OVER) return next
  return 0
}

/** Writes the end points of a row to ASKED. Returns where the row is. */
export function describeFlow(number: u32): usize {
  const row = rowAt(number)
  writeEnds(ASKED, row)
  return changetype<usize>(row)
}
