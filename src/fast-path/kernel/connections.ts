// Open connections: what is known of their streams, and of the SMTP session on them.
//
//   connection   fields | side of the client, of the server | commands without a reply | counts of command sequences |
//                packets that wait

import { CONNECTION_BYTES, CONNECTIONS, CONNECTIONS_MAX } from './memory'

/** One direction of a connection. Positions count the bytes of a stream from 0. */
@unmanaged
export class Side {
  /** Position of the next byte. */
  next: i64
  /** As far as the peer has acknowledged; one more than `next` when its FIN is acknowledged. */
  acked: i64
  /** Sequence number of the next byte. */
  nextSeq: u32
  /** 1 when its FIN was seen. */
  isFinished: u32
  /** Of its segments that came early: the most that one acknowledges, and the lowest position. */
  earlyAcked: i64
  earlyPosition: i64
  /** Of the bytes from `acked` on: the packets of the first and last time that they were sent, and how often they were. */
  sentFrame: f64
  sentNs: f64
  resentFrame: f64
  resentNs: f64
  timesSent: u32
}

/** A command without a reply, or message content without one. */
@unmanaged
export class Unit {
  /** Position behind it. */
  end: i64
  /** What its first segment acknowledged. */
  seenAtStart: i64
  /** The time of its last byte. */
  timeNs: f64
  verb: u32
}

/** How often a command sequence came. */
@unmanaged
export class SequenceCount {
  node: u32
  count: u32
}

@unmanaged
export class Connection {
  // What most packets need comes first: it fits into few lines of the cache.
  packets: u32
  /** Those of them that are kept: behind the checkpoint. */
  kept: u32
  /** Segments that wait for others that were captured later. */
  waiting: u32
  /** OPENED, ANSWERED or SPOKEN. */
  phase: u32
  /** Whether neither port is one of SMTP: its first payload decides. */
  isElse: u32
  /** Whether the last two packets have the same time. */
  clockStands: u32
  lastNs: f64
  lastFrame: f64
  firstFrame: f64
  /** The packet with the second FIN, and its time; 0 before it. */
  closedFrame: f64
  closedNs: f64
  /** The chunks of its packets. */
  lastChunk: u32
  firstChunk: u32
  /** Whether its latest packet was not ordinary: it is the engine's with the next one. */
  isHeld: u32

  // The SMTP session. What the client may send next, and the flags of session.ts:
  expects: u32
  flags: u32
  /** State of the search for the end of content. */
  contentState: u32

  // The open group. Its commands without a reply: from `unitsFrom` to `unitsTo`.
  unitsFrom: u32
  unitsTo: u32
  answered: u32
  /** What the latest command acknowledged, and where the latest reply ended. */
  latestSeen: i64
  replyEnd: i64
  /** The command that was answered last, and its reply. */
  verb: u32
  code: u32
  status: u32
  replyLength: u32
  replySeen: i64
  replyFrame: f64
  namesAnother: u32
  /** Its command sequence; 0 when sequences are not counted. */
  sequence: u32
  commands: u32
  replies: u32
  groups: u32
  /** Accepted recipients of the open mail transaction. */
  recipients: u32
  messages: u32
  /** The verb of the accepted EHLO or HELO; 0 before it. */
  helloVerb: u32

  /** Of the content that the open group begins with: where it starts, its first segment, and its latest one. */
  contentStart: i64
  contentSeen: i64
  contentFrame: f64
  contentNs: f64
  contentLastSeen: i64
  contentLastFrame: f64
  contentLastNs: f64

  /** Neighbours in the order of opening; of a free place, the next free one. */
  newer: u32
  older: u32
  row: u32
  /** Neighbours in the order of closing. */
  endingBefore: u32
  endingBehind: u32
  /** The blocks of packets that were copied, bytes used of the last, and how many there are. */
  firstBlock: u32
  lastBlock: u32
  blockUsed: u32
  blocks: u32
  /** The block with its latest checkpoint; 0 before the first. */
  checkpoint: u32
  /** Whether a segment ever waited. */
  hasWaited: u32
  /** Command sequences that are counted. */
  sequences: u32
  startNs: f64
  /** Texts: the greeting, the latest line of EHLO or HELO, the accepted one and the reply to it. */
  greeting: u32
  sentHello: u32
  hello: u32
  helloReply: u32
  /** The segments with the greeting, and with that reply. */
  greetingFrame: f64
  greetingNs: f64
  helloStart: i64
  helloSeen: i64
  helloFrame: f64
  helloNs: f64
}

export const UNITS_MAX: u32 = 32
export const SEQUENCES_EACH_MAX: u32 = 12

/** Where its parts stand, in bytes. */
const SIDES: u32 = 464
const SIDE_BYTES: u32 = 80
const UNITS: u32 = SIDES + 2 * SIDE_BYTES
const UNIT_BYTES: u32 = 32
const COUNTS: u32 = UNITS + UNITS_MAX * UNIT_BYTES
const COUNT_BYTES: u32 = 8
const WAITING: u32 = COUNTS + SEQUENCES_EACH_MAX * COUNT_BYTES
const END: u32 = WAITING + 16

/** Whether no part of a connection reaches into the next. */
export function isConnectionLaidOut(): bool {
  const isApart = offsetof<Connection>() <= SIDES && offsetof<Side>() <= SIDE_BYTES && offsetof<Unit>() <= UNIT_BYTES
  return isApart && offsetof<SequenceCount>() <= COUNT_BYTES && END <= CONNECTION_BYTES
}

// Phases.
export const OPENED: u32 = 0
export const ANSWERED: u32 = 1
export const SPOKEN: u32 = 2

/** The first and the last in the order of opening; 0 when there is none. */
export let firstOpen: u32 = 0
let lastOpen: u32 = 0
let freePlace: u32 = 0
let usedPlaces: u32 = 0
export let openCount: u32 = 0

/** 0: the client, which opened it; 1: the server. */
export function sideOf(connection: Connection, side: u32): Side {
  return changetype<Side>(changetype<usize>(connection) + SIDES + side * SIDE_BYTES)
}

export function unitOf(connection: Connection, index: u32): Unit {
  return changetype<Unit>(changetype<usize>(connection) + UNITS + index * UNIT_BYTES)
}

export function countOf(connection: Connection, index: u32): SequenceCount {
  return changetype<SequenceCount>(changetype<usize>(connection) + COUNTS + index * COUNT_BYTES)
}

/** Where the index of a waiting segment among the packets stands, 2 bytes. */
export function waitingAt(connection: Connection, index: u32): usize {
  return changetype<usize>(connection) + WAITING + (index << 1)
}

export function connectionAt(number: u32): Connection {
  return changetype<Connection>(CONNECTIONS + number * CONNECTION_BYTES)
}

export function numberOf(connection: Connection): u32 {
  return <u32>((changetype<usize>(connection) - CONNECTIONS) / <usize>CONNECTION_BYTES)
}

/** A new connection, behind all others, its fields 0; its number, or 0 when there is no place. */
export function addConnection(): u32 {
  let number = freePlace
  if (number != 0) freePlace = connectionAt(number).newer
  else if (usedPlaces < CONNECTIONS_MAX - 1) number = ++usedPlaces
  else return 0
  const connection = connectionAt(number)
  memory.fill(changetype<usize>(connection), 0, UNITS)
  connection.older = lastOpen
  if (lastOpen == 0) firstOpen = number
  else connectionAt(lastOpen).newer = number
  lastOpen = number
  openCount++
  return number
}

export function removeConnection(connection: Connection): void {
  connection.waiting = 0
  if (connection.older == 0) firstOpen = connection.newer
  else connectionAt(connection.older).newer = connection.newer
  if (connection.newer == 0) lastOpen = connection.older
  else connectionAt(connection.newer).older = connection.older
  connection.newer = freePlace
  freePlace = numberOf(connection)
  openCount--
}

export function clearConnections(): void {
  firstOpen = 0
  lastOpen = 0
  freePlace = 0
  usedPlaces = 0
  openCount = 0
}
