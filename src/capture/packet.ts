// When packets were captured. What comes in: absolute times as seconds and nanoseconds since the Unix epoch.
// What goes out: nanoseconds since the first packet of the set, which a double holds exactly for 104 days.

// What a capture hands on: one packet at a time, as a view into the reader's window.

/**
 * A packet of a capture. The reader owns and reuses the object and the bytes: both are valid until its next call. While
 * `bytes` are the same object, nothing in them changes.
 * `[offset, offset + length)` of `bytes` is what was captured; `wireLength` octets were on the wire.
 */
export interface PacketView {
  bytes: Uint8Array
  offset: number
  length: number
  wireLength: number
  /** 1-based, counted over the whole set of captures, as every other tool counts within one file. */
  frame: number
  /** Nanoseconds since the Unix epoch of the set's first packet; negative when clocks jump back. */
  timeNs: number
  /** Where the packet's record starts in its file. */
  fileOffset: number
  /** The LINKTYPE_ number of its interface. */
  linkType: number
  /** Where on the network it was seen: packets of different interfaces, or of captures that overlap, differ in it. */
  tap: number
}

/**
 * What stands in a field for a time before there is one: zero, and yet no small integer. A field that holds such a one until
 * the capture is two seconds old changes its shape then, and all the code that reads it is compiled again.
 */
export const NO_TIME_NS = -0

export function emptyPacket(): PacketView {
  return {
    bytes: new Uint8Array(0),
    offset: 0,
    length: 0,
    wireLength: 0,
    frame: 0,
    timeNs: NO_TIME_NS,
    fileOffset: 0,
    linkType: 0,
    tap: 0,
  }
}

/** The absolute time of the very first packet of a set of captures. */
export interface TimeBase {
  readonly seconds: number
  readonly nanoseconds: number
}

export class RelativeClock {
  known: boolean
  seconds: number
  nanoseconds: number

  /** Without a base, the first time that is asked about becomes the base. */
  constructor(base: TimeBase | null) {
    this.known = base !== null
    this.seconds = base?.seconds ?? 0
    this.nanoseconds = base?.nanoseconds ?? 0
  }

  get base(): TimeBase | null {
    return this.known ? { seconds: this.seconds, nanoseconds: this.nanoseconds } : null
  }

  /** Writes the time into the packet: a number that is returned would be boxed where the call is not inlined. */
  stamp(packet: PacketView, seconds: number, nanoseconds: number): void {
    if (!this.known) {
      this.known = true
      this.seconds = seconds
      this.nanoseconds = nanoseconds
    }
    packet.timeNs = (seconds - this.seconds) * 1e9 + (nanoseconds - this.nanoseconds)
  }
}
