// The transport layer: RFC 9293 section 3.1. Input: a segment view whose range is the IP payload. Result: the fields of
// the TCP header, and the range narrowed to the TCP payload. Options are skipped. When the snapshot length cut the
// options, and with them the payload, the fields before them are still read.
//
//   ports 2, 2 | sequence 4 | acknowledgement 4 | data offset 1 | flags 1 | window 2 | checksum 2 | urgent 2 | options
import { i32, u8, u16 } from './bytes.ts'
import type { SegmentView } from './segment.ts'
import { Decoded } from './segment.ts'

export const FIN = 0x01
export const SYN = 0x02
export const RST = 0x04
export const PSH = 0x08
export const ACK = 0x10

const HEADER = 20
const TARGET_PORT = 2
const SEQUENCE = 4
const ACKNOWLEDGEMENT = 8
const DATA_OFFSET = 12
const FLAGS = 13
const WINDOW = 14

/** UNDECODABLE when the header was truncated before its options, or claims to be longer than the segment. */
export function readTcp(segment: SegmentView): Decoded {
  const { bytes, offset: at, length } = segment
  if (length < HEADER) return Decoded.UNDECODABLE
  const headerLength = (u8(bytes, at + DATA_OFFSET) >> 4) * 4
  if (headerLength < HEADER || headerLength > segment.wireLength) return Decoded.UNDECODABLE
  segment.headerAt = at
  segment.sourcePort = u16(bytes, at)
  segment.targetPort = u16(bytes, at + TARGET_PORT)
  segment.seq = i32(bytes, at + SEQUENCE) >>> 0
  segment.ack = i32(bytes, at + ACKNOWLEDGEMENT) >>> 0
  segment.flags = u8(bytes, at + FLAGS)
  segment.window = u16(bytes, at + WINDOW)
  const captured = Math.min(headerLength, length)
  segment.offset = at + captured
  segment.length = length - captured
  segment.wireLength -= headerLength
  return Decoded.SEGMENT
}
