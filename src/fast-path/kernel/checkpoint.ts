// Checkpoints of long connections: where the engine can go on without the packets in front. One is made, in a block of
// its own, when a group begins with enough packets behind the checkpoint before, or within long message content, and
// when no segment waits for another. What the packets say that the engine needs is added to it, and they are forgotten.
//
//   fields | sides | counts of command sequences | the first packet of each side | the last bytes of each side |
//   the latest reply

import { Connection, countOf, SequenceCount, Side, sideOf } from './connections'
import { isSame } from './octets'
import { blockAt, nextChunk, Packet, packetAt, packetsEach, releaseBlock, releasePackets, takeBlock } from './packets'
import { hasUsed, isInContent, isInTransaction, isOwedContent } from './session'
import { tellsOpenings, tellsPackets } from './settings'
import { releaseText, useText } from './texts'

// As in limits.ts: CONFLICT_HISTORY_BYTES, CONFLICT_SEGMENT_BYTES_MAX.
const HISTORY: u32 = 512
const HISTORY_SEGMENT_MAX: u32 = 256

/** Numbers of 8 bytes, then of 4: the host reads them by their order. Positions are those of connections.ts. */
@unmanaged
class Checkpoint {
  firstFrame: f64
  startNs: f64
  lastFrame: f64
  lastNs: f64
  // As in tcp/clock-errors.ts and tcp/round-trip.ts; times that are not known are infinite.
  tickNs: f64
  runFrom: f64
  runNs: f64
  synNs: f64
  synAckNs: f64
  toOpenerNs: f64
  toPeerNs: f64
  greetingFrame: f64
  greetingNs: f64
  helloStart: f64
  helloSeen: f64
  helloFrame: f64
  helloNs: f64
  replyStart: f64
  replySeen: f64
  replyFrame: f64
  replyNs: f64
  contentStart: f64
  contentSeen: f64
  contentFrame: f64
  contentNs: f64
  contentLastSeen: f64
  contentLastFrame: f64
  contentLastNs: f64
  packets: u32
  turns: u32
  speaker: u32
  /** The sequence number behind what the speaker said, and whether there is one. */
  spokenTo: u32
  hasSpoken: u32
  /** The acknowledgement of the SYN-ACK, and whether the round trip is known. */
  expected: u32
  isTimed: u32
  replyLength: u32
  // The session.
  greeting: u32
  hello: u32
  helloReply: u32
  helloVerb: u32
  commands: u32
  replies: u32
  groups: u32
  messages: u32
  recipients: u32
  contentState: u32
  isInTransaction: u32
  hasUsed: u32
  /** Message content comes next; some of it has come. */
  isOwedContent: u32
  isInContent: u32
  sequences: u32
}

@unmanaged
class CheckpointSide {
  next: f64
  acked: f64
  sentFrame: f64
  sentNs: f64
  resentFrame: f64
  resentNs: f64
  /** Position from which on its bytes are remembered, at most HISTORY of them. */
  recentFrom: f64
  nextSeq: u32
  timesSent: u32
  segments: u32
  /** Its first hop limit, and the latest other one; -1: none. */
  hops: i32
  otherHops: i32
  /** Of its first packet, of which FIRST_BYTES are kept. */
  firstLength: u32
}

const SIDES: u32 = 400
const SIDE_BYTES: u32 = 80
const COUNTS: u32 = SIDES + 2 * SIDE_BYTES
const COUNTS_BYTES: u32 = 96
const FIRSTS: u32 = COUNTS + COUNTS_BYTES
/** The headers of a packet fit. */
const FIRST_BYTES: u32 = 160
const HISTORIES: u32 = FIRSTS + 2 * FIRST_BYTES
const REPLY: u32 = HISTORIES + 2 * HISTORY
const REPLY_MAX: u32 = 2052

/** Whether no part of a checkpoint reaches into the next. */
export function isCheckpointLaidOut(): bool {
  return offsetof<Checkpoint>() <= SIDES && offsetof<CheckpointSide>() <= SIDE_BYTES && REPLY + REPLY_MAX <= 4092
}

/** Where the checkpoint of a connection is; 0 when there is none. */
export function checkpointOf(connection: Connection): usize {
  return connection.checkpoint == 0 ? 0 : blockAt(connection.checkpoint)
}

/**
 * A checkpoint behind all packets that are kept, which are forgotten; unless there is no room, or a segment waits. In a
 * slice all packets are kept: they are read again together with those of the next one. So they are for fingerprints.
 */
export function makeCheckpoint(connection: Connection): void {
  if (connection.waiting != 0 || tellsOpenings || tellsPackets) return
  const reply = packetWithReply(connection)
  if (connection.checkpoint == 0 && (reply == 0 || !begin(connection))) return
  const checkpoint = changetype<Checkpoint>(blockAt(connection.checkpoint))
  if (reply != 0) keepReply(connection, checkpoint, changetype<Packet>(reply))
  else if (checkpoint.replyFrame != connection.replyFrame) return
  addPackets(connection, checkpoint)
  addSide(connection, 0)
  addSide(connection, 1)
  addContent(connection, checkpoint)
  addSession(connection, checkpoint)
  releasePackets(connection)
}

/** Frees what the checkpoint of a connection has. */
export function dropCheckpoint(connection: Connection): void {
  const block = connection.checkpoint
  if (block == 0) return
  const checkpoint = changetype<Checkpoint>(blockAt(block))
  releaseText(checkpoint.hello)
  releaseText(checkpoint.helloReply)
  releaseBlock(block)
  connection.checkpoint = 0
}

/**
 * Whether payload from in front of the checkpoint, at `position`, may have been sent before: as far as the last bytes of
 * the side are known, as the engine knows them.
 */
export function mayHaveSent(connection: Connection, side: u32, position: i64, at: usize, length: u32): bool {
  if (connection.checkpoint == 0) return false
  const own = checkpointSide(connection, side)
  const next = <i64>own.next
  const end = position + <i64>length
  if (end > next) return false
  const history = historyOf(connection, side)
  let from = max<i64>(position, max<i64>(<i64>own.recentFrom, next - <i64>HISTORY))
  while (from < end && length > 1) {
    const place = <u32>from & (HISTORY - 1)
    const count = min<u32>(<u32>(end - from), HISTORY - place)
    if (!isSame(history + place, at + <usize>(from - position), count)) return false
    from += <i64>count
  }
  return true
}

function begin(connection: Connection): bool {
  const block = takeBlock()
  if (block == 0) return false
  connection.checkpoint = block
  memory.fill(blockAt(block), 0, HISTORIES)
  const checkpoint = changetype<Checkpoint>(blockAt(block))
  checkpoint.firstFrame = connection.firstFrame
  checkpoint.startNs = connection.startNs
  checkpoint.lastFrame = connection.firstFrame
  checkpoint.lastNs = connection.startNs
  checkpoint.tickNs = Infinity
  checkpoint.runNs = Infinity
  checkpoint.synNs = Infinity
  checkpoint.synAckNs = Infinity
  for (let side: u32 = 0; side < 2; side++) {
    checkpointSide(connection, side).hops = -1
    checkpointSide(connection, side).otherHops = -1
  }
  return true
}

function checkpointSide(connection: Connection, side: u32): CheckpointSide {
  return changetype<CheckpointSide>(blockAt(connection.checkpoint) + SIDES + side * SIDE_BYTES)
}

function historyOf(connection: Connection, side: u32): usize {
  return blockAt(connection.checkpoint) + HISTORIES + side * HISTORY
}

/** The packet with the latest reply; 0 when it is not kept. */
function packetWithReply(connection: Connection): usize {
  let chunk = connection.firstChunk
  let index: u32 = 0
  for (let n = connection.kept; n > 0; n--) {
    const packet = packetAt(chunk, index)
    if (packet.frame == connection.replyFrame) return changetype<usize>(packet)
    if (++index == packetsEach()) {
      index = 0
      chunk = nextChunk(chunk)
    }
  }
  return 0
}

function keepReply(connection: Connection, checkpoint: Checkpoint, packet: Packet): void {
  const length = connection.replyLength
  const start = connection.replyEnd - <i64>length
  const behind = <u32>(start - positionOf(connection, packet))
  memory.copy(changetype<usize>(checkpoint) + REPLY, <usize>packet.at + packet.payloadBehind + behind, length)
  checkpoint.replyLength = length
  checkpoint.replyStart = <f64>start
  checkpoint.replySeen = <f64>connection.replySeen
  checkpoint.replyFrame = packet.frame
  checkpoint.replyNs = packet.timeNs
}

/** Where the payload of the packet stands in the stream of its side. */
function positionOf(connection: Connection, packet: Packet): i64 {
  const side = sideOf(connection, packet.isServer)
  return side.next - <i64>(<i32>(side.nextSeq - packet.seq))
}

/** What the packets say besides the dialogue. */
function addPackets(connection: Connection, checkpoint: Checkpoint): void {
  let chunk = connection.firstChunk
  let index: u32 = 0
  for (let n = connection.kept; n > 0; n--) {
    const packet = packetAt(chunk, index)
    noteClock(checkpoint, packet)
    if (checkpoint.isTimed == 0) noteRoundTrip(checkpoint, packet)
    noteHeaders(connection, packet)
    if (packet.payloadLength > 0) remember(connection, packet)
    checkpoint.lastFrame = packet.frame
    checkpoint.lastNs = packet.timeNs
    if (++index == packetsEach()) {
      index = 0
      chunk = nextChunk(chunk)
    }
  }
  checkpoint.packets = connection.packets
}

/** As `take` of tcp/clock-errors.ts. No time comes three times, and none goes back: no clock is in doubt here. */
function noteClock(checkpoint: Checkpoint, packet: Packet): void {
  const passed = packet.timeNs - checkpoint.lastNs
  if (passed > 0) {
    if (passed < checkpoint.tickNs) checkpoint.tickNs = passed
    return
  }
  if (checkpoint.runNs != packet.timeNs) {
    checkpoint.runNs = packet.timeNs
    checkpoint.runFrom = checkpoint.lastFrame
    checkpoint.turns = 0
    checkpoint.speaker = packet.isServer
    checkpoint.hasSpoken = 0
  }
  const count = packet.payloadLength + packet.isSyn
  if (count == 0) return
  if (packet.isServer != checkpoint.speaker) {
    const answers = checkpoint.hasSpoken != 0 && packet.ack == checkpoint.spokenTo
    checkpoint.turns = answers ? checkpoint.turns + 1 : 0
    checkpoint.speaker = packet.isServer
  }
  checkpoint.spokenTo = packet.seq + count
  checkpoint.hasSpoken = 1
}

/** As `take` of tcp/round-trip.ts. */
function noteRoundTrip(checkpoint: Checkpoint, packet: Packet): void {
  if (packet.isServer == 0 && packet.isSyn != 0) {
    checkpoint.toPeerNs = 0
    checkpoint.synNs = packet.timeNs
    checkpoint.synAckNs = Infinity
  } else if (packet.isSyn != 0) {
    if (checkpoint.synAckNs == Infinity) checkpoint.toPeerNs = packet.timeNs - checkpoint.synNs
    checkpoint.synAckNs = packet.timeNs
    checkpoint.expected = packet.seq + 1
  } else if (packet.isServer == 0 && checkpoint.synAckNs != Infinity) {
    if (packet.ack == checkpoint.expected) checkpoint.toOpenerNs = packet.timeNs - checkpoint.synAckNs
    checkpoint.isTimed = 1
  }
}

function noteHeaders(connection: Connection, packet: Packet): void {
  const side = checkpointSide(connection, packet.isServer)
  const hops = <i32>packet.hops
  if (side.segments++ == 0) {
    side.hops = hops
    side.firstLength = packet.length
    const first = blockAt(connection.checkpoint) + FIRSTS + packet.isServer * FIRST_BYTES
    memory.copy(first, packet.at, min<u32>(packet.length, FIRST_BYTES))
  } else if (hops != side.hops) side.otherHops = hops
}

/** As `remember` of tcp/half-stream.ts, in any order. */
function remember(connection: Connection, packet: Packet): void {
  const side = checkpointSide(connection, packet.isServer)
  const position = positionOf(connection, packet)
  const end = position + <i64>packet.payloadLength
  // It was sent before.
  if (position < <i64>side.next) return
  if (packet.payloadLength > HISTORY_SEGMENT_MAX) {
    if (<f64>end > side.recentFrom) side.recentFrom = <f64>end
    return
  }
  if (end <= sideOf(connection, packet.isServer).next - <i64>HISTORY) return
  const from = <usize>packet.at + packet.payloadBehind
  const history = historyOf(connection, packet.isServer)
  const place = <u32>position & (HISTORY - 1)
  const whole = min<u32>(packet.payloadLength, HISTORY - place)
  memory.copy(history + place, from, whole)
  memory.copy(history, from + whole, packet.payloadLength - whole)
}

function addSide(connection: Connection, side: u32): void {
  const from: Side = sideOf(connection, side)
  const to = checkpointSide(connection, side)
  to.next = <f64>from.next
  to.acked = <f64>from.acked
  to.sentFrame = from.sentFrame
  to.sentNs = from.sentNs
  to.resentFrame = from.resentFrame
  to.resentNs = from.resentNs
  to.nextSeq = from.nextSeq
  to.timesSent = from.timesSent
}

function addContent(connection: Connection, checkpoint: Checkpoint): void {
  checkpoint.isOwedContent = isOwedContent(connection) ? 1 : 0
  checkpoint.isInContent = isInContent(connection) ? 1 : 0
  checkpoint.contentState = connection.contentState
  checkpoint.contentStart = <f64>connection.contentStart
  checkpoint.contentSeen = <f64>connection.contentSeen
  checkpoint.contentFrame = connection.contentFrame
  checkpoint.contentNs = connection.contentNs
  checkpoint.contentLastSeen = <f64>connection.contentLastSeen
  checkpoint.contentLastFrame = connection.contentLastFrame
  checkpoint.contentLastNs = connection.contentLastNs
}

function addSession(connection: Connection, checkpoint: Checkpoint): void {
  if (connection.hello != 0) useText(connection.hello)
  if (connection.helloReply != 0) useText(connection.helloReply)
  releaseText(checkpoint.hello)
  releaseText(checkpoint.helloReply)
  checkpoint.greeting = connection.greeting
  checkpoint.greetingFrame = connection.greetingFrame
  checkpoint.greetingNs = connection.greetingNs
  checkpoint.hello = connection.hello
  checkpoint.helloReply = connection.helloReply
  checkpoint.helloVerb = connection.helloVerb
  checkpoint.helloStart = <f64>connection.helloStart
  checkpoint.helloSeen = <f64>connection.helloSeen
  checkpoint.helloFrame = connection.helloFrame
  checkpoint.helloNs = connection.helloNs
  checkpoint.commands = connection.commands
  checkpoint.replies = connection.replies
  checkpoint.groups = connection.groups
  checkpoint.messages = connection.messages
  checkpoint.recipients = connection.recipients
  checkpoint.isInTransaction = isInTransaction(connection) ? 1 : 0
  checkpoint.hasUsed = hasUsed(connection) ? 1 : 0
  checkpoint.sequences = connection.sequences
  const counts = changetype<usize>(checkpoint) + COUNTS
  memory.copy(counts, changetype<usize>(countOf(connection, 0)), connection.sequences * offsetof<SequenceCount>())
}
