// What both capture formats share: a synchronous `next` inside the buffer, one `refill` when it is used up, capture
// errors, link type names, and the search for records behind damage.

import { CaptureError, type CaptureProblem, type CaptureProblemCode } from '../errors.ts'
import { DAMAGES_MAX, RESUME_BYTES, RESUME_HEADERS_MAX } from '../limits.ts'
import type { PacketView, TimeBase } from './packet.ts'
import type { ReadBuffer } from './read-buffer.ts'

export interface RecordReader {
  /** True when `packet` holds the next packet; false when `refill` is needed. */
  next(packet: PacketView): boolean
  /** True when `next` can go on, false at the clean end. Throws CaptureError. */
  refill(): Promise<boolean>
  /** Lets `taker` take what comes next, up to the end of the buffer. False when it took nothing. */
  handRecords(taker: RecordTaker, run: RunBefore): boolean
  /** LINKTYPE_ numbers, each once, in the order of declaration. */
  readonly linkTypes: ReadonlySet<number>
  /** Packets that the capturing machine reports as lost; null when not stated. */
  readonly droppedByCapture: number | null
  /** TLS key logs inside the capture. */
  readonly keyLogs: readonly string[]
  /** Damage that was skipped, in the order of the file. */
  readonly damages: readonly CaptureProblem[]
}

/** The packet that was read last, and what the caller knows of those to come. */
export type RunBefore = Pick<Records, 'frame' | 'lastNs' | 'tap' | 'untilNs' | 'untilFrame'>

/** How records are read. Times are counted in units of a second. */
interface RecordLayout {
  readonly littleEndian: boolean
  readonly nanosecondsPerUnit: number
  readonly unitsPerSecond: number
}

/** Records of a pcap file. */
interface PcapLayout extends RecordLayout {
  readonly format: 'pcap'
  readonly lengthMax: number
}

/** Enhanced packet blocks of a pcapng section, those of one interface. */
export interface PcapngLayout extends RecordLayout {
  readonly format: 'pcapng'
  readonly interfaceIndex: number
  readonly offsetSeconds: number
}

/** Records that lie one behind the other in `[start, end)` of `bytes`, and what came before them. */
export interface Records {
  bytes: Uint8Array
  start: number
  end: number
  readonly layout: PcapLayout | PcapngLayout
  readonly linkType: number
  readonly base: TimeBase
  /** The packet in front of `start`: where its record starts, its time in seconds and in nanoseconds since `base`. */
  last: number
  seconds: number
  lastNs: number
  /** Its number within the set, and the capture point of all. */
  frame: number
  tap: number
  /** Packets from this time on, or from this number on, come later. */
  untilNs: number
  untilFrame: number
}

/** Takes records in bulk, from `start` on, as far as they are beyond doubt, and moves `start` and the fields of `last`. */
export interface RecordTaker {
  takeRecords(records: Records): void
}

/** An error that is not about a length. */
export function problem(code: CaptureProblemCode, path: string, fileOffset: number, accordingTo: string): CaptureError {
  return new CaptureError({
    code,
    path,
    fileOffset,
    needed: null,
    available: null,
    accordingTo,
  })
}

/** The file ends before `needed` bytes from `fileOffset` on. */
export function cutOff(window: ReadBuffer, fileOffset: number, needed: number, accordingTo: string): CaptureError {
  const available = window.bytesRead - fileOffset
  return new CaptureError({
    code: 'cut-off',
    path: window.source.name,
    fileOffset,
    needed,
    available,
    accordingTo,
  })
}

/** Records damage behind which reading goes on, and where. Throws it when there is too much. */
export function passOver(damages: CaptureProblem[], damage: CaptureError, fileOffset: number): void {
  if (damages.length === DAMAGES_MAX) throw damage
  const { needed, available, accordingTo } = damage.problem
  const what = needed === null ? accordingTo : `${accordingTo} needs ${needed} bytes, but ${available} remain`
  const code = damage.problem.code === 'cut-off' ? 'corrupt' : damage.problem.code
  damages.push({ ...damage.problem, code, accordingTo: `${what}; reading continues at byte ${fileOffset}` })
}

const NAMES: ReadonlyMap<number, string> = new Map([
  [0, 'NULL'],
  [1, 'ETHERNET'],
  [6, 'IEEE802_5'],
  [7, 'ARCNET_BSD'],
  [8, 'SLIP'],
  [9, 'PPP'],
  [10, 'FDDI'],
  [11, 'ATM_RFC1483'],
  [12, 'RAW'],
  [14, 'RAW'],
  [18, 'ATM_CLIP'],
  [19, 'ATM_CLIP'],
  [50, 'PPP_HDLC'],
  [51, 'PPP_ETHER'],
  [100, 'ATM_RFC1483'],
  [101, 'RAW'],
  [104, 'C_HDLC'],
  [105, 'IEEE802_11'],
  [106, 'ATM_CLIP'],
  [107, 'FRELAY'],
  [108, 'LOOP'],
  [109, 'ENC'],
  [113, 'LINUX_SLL'],
  [117, 'PFLOG'],
  [119, 'IEEE802_11_PRISM'],
  [122, 'IP_OVER_FC'],
  [123, 'SUNATM'],
  [127, 'IEEE802_11_RADIOTAP'],
  [129, 'ARCNET_LINUX'],
  [133, 'JUNIPER_GGSN'],
  [135, 'JUNIPER_ATM2'],
  [136, 'JUNIPER_SERVICES'],
  [137, 'JUNIPER_ATM1'],
  [138, 'APPLE_IP_OVER_IEEE1394'],
  [147, 'USER0'],
  [149, 'USER2'],
  [163, 'IEEE802_11_AVS'],
  [164, 'JUNIPER_MONITOR'],
  [166, 'PPP_PPPD'],
  [167, 'JUNIPER_PPPOE'],
  [178, 'JUNIPER_ETHER'],
  [179, 'JUNIPER_PPP'],
  [180, 'JUNIPER_FRELAY'],
  [181, 'JUNIPER_CHDLC'],
  [189, 'USB_LINUX'],
  [192, 'PPI'],
  [195, 'IEEE802_15_4_WITHFCS'],
  [197, 'ERF'],
  [204, 'PPP_WITH_DIR'],
  [205, 'C_HDLC_WITH_DIR'],
  [206, 'FRELAY_WITH_DIR'],
  [219, 'MPLS'],
  [220, 'USB_LINUX_MMAPPED'],
  [226, 'IPNET'],
  [227, 'CAN_SOCKETCAN'],
  [228, 'IPV4'],
  [229, 'IPV6'],
  [239, 'NFLOG'],
  [240, 'NETANALYZER'],
  [241, 'NETANALYZER_TRANSPARENT'],
  [242, 'IPOIB'],
  [249, 'USBPCAP'],
  [253, 'NETLINK'],
  [258, 'PKTAP'],
  [276, 'LINUX_SLL2'],
  [281, 'DSA_TAG_BRCM'],
  [282, 'DSA_TAG_BRCM_PREPEND'],
  [284, 'DSA_TAG_DSA'],
  [285, 'DSA_TAG_EDSA'],
  [304, 'DSA_TAG_GSW1XX'],
])

/** The name of a LINKTYPE_ number without its prefix; `LINKTYPE_n` for those that never carry SMTP. */
export function linkTypeName(linkType: number): string {
  return NAMES.get(linkType) ?? `LINKTYPE_${linkType}`
}

/** How records of a format are recognised behind damage. */
export interface RecordShape {
  /** Bytes that `lengthAt` needs. */
  readonly headerLength: number
  /** Bytes that are made available where the file has them: the result must not depend on the size of reads. */
  readonly reach: number
  /** Records start at multiples of it, counted from the start of the search. */
  readonly alignment: number
  /**
   * Length of the record at `at` of `bytes`, which end at `end`; 0 where no record starts. `first`: it would be the
   * first of its run.
   */
  lengthAt(bytes: Uint8Array, at: number, end: number, first: boolean): number
}

/**
 * A run of records is certain when it is longer than any packet, so that it cannot be a capture inside one, or when it
 * ends exactly at the end of the file. Returns false, at the end, when there is none.
 */
export async function resume(window: ReadBuffer, shape: RecordShape): Promise<boolean> {
  const { headerLength, reach, alignment } = shape
  let headersLeft = RESUME_HEADERS_MAX
  for (;;) {
    const more = await window.fill(RESUME_BYTES + reach)
    const { bytes, end } = window
    const last = end - (more ? RESUME_BYTES + reach : headerLength)
    let at = window.start
    for (; at <= last && headersLeft > 0; at += alignment) {
      let place = at
      while (place <= end - headerLength && place - at < RESUME_BYTES) {
        const length = shape.lengthAt(bytes, place, end, place === at)
        if (place > at) headersLeft -= 1
        if (length === 0) break
        place += length
      }
      if (place - at < RESUME_BYTES && (more || place === at || place !== end)) continue
      window.start = at
      return true
    }
    window.start = Math.min(at, end)
    if (!more || headersLeft <= 0) return false
  }
}
