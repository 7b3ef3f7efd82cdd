// The file header of a classic pcap, and of what libpcap reads as such. What comes in: the first bytes of a file that
// starts with one of the magic numbers. What goes out: how to read its records.
import { u16, u32 } from './bytes.ts'

export const FILE_HEADER = 24

export interface PcapHeader {
  readonly littleEndian: boolean
  readonly nanoseconds: boolean
  /** Bytes in front of each packet. */
  readonly recordHeader: number
  /** Which of the two lengths of a record stands first: the captured one, that on the wire, or the smaller one counts. */
  readonly lengths: 'ordered' | 'swapped' | 'either'
  readonly snapshotLength: number
  readonly linkType: number
}

const MAJOR = 4
const MINOR = 6
const SNAPSHOT_LENGTH = 16
const LINK_TYPE = 20

const NANOSECONDS = 0xa1b23c4d
/** Alexey Kuznetzov's patch of libpcap, in distributions of Linux around 1999: eight octets more in each record. */
const PATCHED = 0xa1b2cd34

const RECORD_HEADER = 16
const PATCHED_RECORD_HEADER = 24

/** AIX numbers links as the interfaces of a MIB (RFC 1573) and counts nanoseconds. */
const AIX_MAJOR = 543
const AIX_LINK_TYPES: ReadonlyMap<number, number> = new Map([
  [6, 1],
  [9, 6],
  [15, 10],
  [24, 0],
])

/** The header, or the sentence that says why it is not read. */
export function readPcapHeader(bytes: Uint8Array): PcapHeader | string {
  const littleEndian = bytes[0] !== NANOSECONDS >>> 24
  const magic = u32(bytes, 0, littleEndian)
  const major = u16(bytes, MAJOR, littleEndian)
  const minor = u16(bytes, MINOR, littleEndian)
  const aix = major === AIX_MAJOR && minor === 0
  if (major !== 2 && !aix) return `pcap version ${major}.${minor}`
  // The upper half says whether and how long a frame check sequence follows the packet.
  const linkType = u32(bytes, LINK_TYPE, littleEndian) & 0xffff
  return {
    littleEndian,
    nanoseconds: magic === NANOSECONDS || aix,
    recordHeader: magic === PATCHED ? PATCHED_RECORD_HEADER : RECORD_HEADER,
    lengths: aix || minor < 3 ? 'swapped' : minor === 3 ? 'either' : 'ordered',
    snapshotLength: u32(bytes, SNAPSHOT_LENGTH, littleEndian),
    linkType: aix ? (AIX_LINK_TYPES.get(linkType) ?? linkType) : linkType,
  }
}
