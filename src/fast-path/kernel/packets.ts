// The packets of open connections, for the engine to read if a connection turns out not to be ordinary. They lie where
// the capture was read; before that window is used again, packets of connections that are still open are copied.
//
//   chunk   packets | the next chunk
//   block   copies of packets, one behind the other | the next block

import { Connection } from './connections'
import { ack, flags, hops, payloadAt, payloadLength, SYN, seq } from './decode'
import { BLOCK_BYTES, BLOCKS, BLOCKS_MAX, CHUNK_BYTES, CHUNKS, CHUNKS_MAX } from './memory'
import { isSame } from './octets'

@unmanaged
export class Packet {
  /** Where its bytes are. */
  at: u32
  length: u32
  timeNs: f64
  frame: f64
  seq: u32
  ack: u32
  /** Its payload: behind so many bytes, and its length. */
  payloadBehind: u8
  /** 1 when the server sent it; its hop limit; 1 for a SYN. */
  isServer: u8
  hops: u8
  isSyn: u8
  payloadLength: u32
}

const PACKET_BYTES: u32 = 40
const PACKETS_EACH: u32 = 12
const NEXT: u32 = CHUNK_BYTES - 4
/** More packets behind a checkpoint, or copies of more blocks: the connection is left to the engine. */
export const PACKETS_MAX: u32 = 4096
const BLOCKS_EACH_MAX: u32 = 32
const BLOCK_NEXT: u32 = BLOCK_BYTES - 4

let usedChunks: u32 = 0
let freeChunk: u32 = 0
let usedBlocks: u32 = 0
let freeBlock: u32 = 0

/** Keeps where the packet lies that was decoded last. False when there is no room. */
export function addPacket(connection: Connection, at: usize, length: u32, timeNs: f64, frame: f64, side: u32): bool {
  const index = connection.kept % PACKETS_EACH
  if (index == 0 && !addChunk(connection)) return false
  const packet = changetype<Packet>(CHUNKS + connection.lastChunk * CHUNK_BYTES + index * PACKET_BYTES)
  packet.at = <u32>at
  packet.length = length
  packet.timeNs = timeNs
  packet.frame = frame
  packet.seq = seq
  packet.ack = ack
  packet.payloadBehind = <u8>(payloadAt - at)
  packet.isServer = <u8>side
  packet.hops = <u8>hops
  packet.isSyn = (flags & SYN) != 0 ? 1 : 0
  packet.payloadLength = payloadLength
  connection.packets++
  connection.kept++
  return true
}

/** Whether one of the first `before` packets that are kept, of that side, has the same payload at the same sequence number. */
export function hasSent(
  connection: Connection,
  side: u32,
  seq: u32,
  payloadAt: usize,
  payloadLength: u32,
  before: u32,
): bool {
  let chunk = connection.firstChunk
  let index: u32 = 0
  for (let n = before; n > 0; n--) {
    const packet = packetAt(chunk, index)
    const isSuch = packet.seq == seq && packet.payloadLength == payloadLength && packet.isServer == <u8>side
    if (isSuch && isSame(<usize>packet.at + packet.payloadBehind, payloadAt, payloadLength)) return true
    if (++index == PACKETS_EACH) {
      index = 0
      chunk = nextChunk(chunk)
    }
  }
  return false
}

export function packetAt(chunk: u32, index: u32): Packet {
  return changetype<Packet>(CHUNKS + chunk * CHUNK_BYTES + index * PACKET_BYTES)
}

/** The packet of that index among those that are kept of the connection. */
export function packetOf(connection: Connection, index: u32): Packet {
  let chunk = connection.firstChunk
  for (let n = index / PACKETS_EACH; n > 0; n--) chunk = nextChunk(chunk)
  return packetAt(chunk, index % PACKETS_EACH)
}

export function nextChunk(chunk: u32): u32 {
  return load<u32>(CHUNKS + chunk * CHUNK_BYTES + NEXT)
}

export function packetsEach(): u32 {
  return PACKETS_EACH
}

/** Copies the packets that lie in `[from, to)`. False when there is no room. */
export function copyPackets(connection: Connection, from: usize, to: usize): bool {
  let chunk = connection.firstChunk
  let index: u32 = 0
  for (let n = connection.kept; n > 0; n--) {
    const packet = packetAt(chunk, index)
    const at = <usize>packet.at
    if (at >= from && at < to) {
      const copy = roomFor(connection, packet.length)
      if (copy == 0) return false
      memory.copy(copy, at, packet.length)
      packet.at = <u32>copy
    }
    if (++index == PACKETS_EACH) {
      index = 0
      chunk = nextChunk(chunk)
    }
  }
  return true
}

/** Frees the places of all packets of `connection`. */
export function releasePackets(connection: Connection): void {
  if (connection.lastChunk != 0) {
    store<u32>(CHUNKS + connection.lastChunk * CHUNK_BYTES + NEXT, freeChunk)
    freeChunk = connection.firstChunk
  }
  if (connection.lastBlock != 0) {
    store<u32>(blockAt(connection.lastBlock) + BLOCK_NEXT, freeBlock)
    freeBlock = connection.firstBlock
  }
  connection.firstChunk = 0
  connection.lastChunk = 0
  connection.firstBlock = 0
  connection.lastBlock = 0
  connection.blocks = 0
  connection.kept = 0
}

/** A block for other use; 0 when there is none. */
export function takeBlock(): u32 {
  let block = freeBlock
  if (block != 0) freeBlock = load<u32>(blockAt(block) + BLOCK_NEXT)
  else if (usedBlocks < BLOCKS_MAX - 1) block = ++usedBlocks
  return block
}

export function releaseBlock(block: u32): void {
  store<u32>(blockAt(block) + BLOCK_NEXT, freeBlock)
  freeBlock = block
}

export function blockAt(block: u32): usize {
  return BLOCKS + block * BLOCK_BYTES
}

export function clearPackets(): void {
  usedChunks = 0
  freeChunk = 0
  usedBlocks = 0
  freeBlock = 0
}

function addChunk(connection: Connection): bool {
  let chunk = freeChunk
  if (chunk != 0) freeChunk = nextChunk(chunk)
  else if (usedChunks < CHUNKS_MAX - 1) chunk = ++usedChunks
  else return false
  store<u32>(CHUNKS + chunk * CHUNK_BYTES + NEXT, 0)
  if (connection.lastChunk == 0) connection.firstChunk = chunk
  else store<u32>(CHUNKS + connection.lastChunk * CHUNK_BYTES + NEXT, chunk)
  connection.lastChunk = chunk
  return true
}

/** Room for a copy of so many bytes; 0 when there is none. */
function roomFor(connection: Connection, length: u32): usize {
  if (length > BLOCK_NEXT) return 0
  if (connection.lastBlock == 0 || connection.blockUsed + length > BLOCK_NEXT) {
    if (connection.blocks == BLOCKS_EACH_MAX) return 0
    const block = takeBlock()
    if (block == 0) return 0
    store<u32>(blockAt(block) + BLOCK_NEXT, 0)
    if (connection.lastBlock == 0) connection.firstBlock = block
    else store<u32>(blockAt(connection.lastBlock) + BLOCK_NEXT, block)
    connection.lastBlock = block
    connection.blockUsed = 0
    connection.blocks++
  }
  const at = blockAt(connection.lastBlock) + connection.blockUsed
  connection.blockUsed += length
  return at
}
