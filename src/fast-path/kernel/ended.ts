// Ordinary sessions that have ended, for the host to take. All numbers are 8 bytes but for those of `Ended` from `packets`
// on, and for the end points, which are laid out as `EndpointPair` reads them.

import { Connection, countOf, SequenceCount } from './connections'
import { Row } from './flows'
import { ENDED, ENDED_BYTES, ENDED_MAX } from './memory'
import { hasOffered, hasUsed, isClosedByClient } from './session'
import { releaseText } from './texts'

@unmanaged
class Ended {
  firstFrame: f64
  startNs: f64
  lastFrame: f64
  lastNs: f64
  closedFrame: f64
  packets: u32
  commands: u32
  replies: u32
  groups: u32
  messages: u32
  /** Verb of the accepted EHLO or HELO; flags: PIPELINING offered 1, used 2, closed by the client 4. */
  helloVerb: u32
  flags: u32
  greeting: u32
  hello: u32
  helloReply: u32
  /** Ports 1, length of an address 1, addresses 4, 4. */
  ports: u32
  addressLength: u32
  client0: u32
  client1: u32
  client2: u32
  client3: u32
  server0: u32
  server1: u32
  server2: u32
  server3: u32
  sequences: u32
  padding: u32
}

/** How many there are. */
export let endedCount: u32 = 0

export function isFull(): bool {
  return endedCount == ENDED_MAX
}

/** The host has taken all of them. */
export function forgetEnded(): void {
  for (let i: u32 = 0; i < endedCount; i++) {
    const ended = changetype<Ended>(ENDED + i * ENDED_BYTES)
    releaseText(ended.greeting)
    releaseText(ended.hello)
    releaseText(ended.helloReply)
  }
  endedCount = 0
}

export function keepEnded(connection: Connection, row: Row): void {
  const ended = changetype<Ended>(ENDED + endedCount * ENDED_BYTES)
  endedCount++
  ended.firstFrame = connection.firstFrame
  ended.startNs = connection.startNs
  ended.lastFrame = connection.lastFrame
  ended.lastNs = connection.lastNs
  ended.closedFrame = connection.closedFrame
  ended.packets = connection.packets
  ended.commands = connection.commands
  ended.replies = connection.replies
  ended.groups = connection.groups
  ended.messages = connection.messages
  ended.helloVerb = connection.helloVerb
  ended.flags =
    (hasOffered(connection) ? 1 : 0) | (hasUsed(connection) ? 2 : 0) | (isClosedByClient(connection) ? 4 : 0)
  ended.greeting = connection.greeting
  ended.hello = connection.hello
  ended.helloReply = connection.helloReply
  writeEnds(changetype<usize>(ended) + offsetof<Ended>('ports'), row)
  ended.sequences = connection.sequences
  memory.copy(
    changetype<usize>(ended) + offsetof<Ended>(),
    changetype<usize>(countOf(connection, 0)),
    connection.sequences * offsetof<SequenceCount>(),
  )
}

/** Writes ten numbers: ports, length of an address, addresses. */
export function writeEnds(at: usize, row: Row): void {
  store<u32>(at, (portOf(row.client) << 16) | portOf(row.server))
  store<u32>(at, row.isIpv6 != 0 ? 16 : 4, 4)
  writeAddress(at + 8, row.clientAddressLow, row.clientAddressHigh)
  writeAddress(at + 24, row.serverAddressLow, row.serverAddressHigh)
}

function portOf(end: u64): u32 {
  return <u32>bswap<u16>(<u16>end)
}

function writeAddress(at: usize, low: u64, high: u64): void {
  store<u32>(at, bswap<u32>(<u32>low))
  store<u32>(at, bswap<u32>(<u32>(low >> 32)), 4)
  store<u32>(at, bswap<u32>(<u32>high), 8)
  store<u32>(at, bswap<u32>(<u32>(high >> 32)), 12)
}
