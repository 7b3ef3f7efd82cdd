// One packet at a time, as a view into the read buffer, and its time: nanoseconds since the first packet of the set,
// which a double holds exactly for 104 days.

/**
 * A packet of a capture. The reader owns and reuses the object and the bytes: both are valid until its next call. While
 * `bytes` is the same object, its content does not change. `[offset, offset + length)` of `bytes` was captured;
 * `wireLength` bytes were on the wire.
 */
export interface PacketView {
  bytes: Uint8Array
  offset: number
  length: number
  wireLength: number
  /** 1-based, counted over the whole set of captures. */
  frame: number
  /** Nanoseconds since the first packet of the set; negative when clocks step back. */
  timeNs: number
  /** Where the packet's record starts in its file. */
  fileOffset: number
  /** The LINKTYPE_ number of its interface. */
  linkType: number
  /** The capture point: different for interfaces, and for captures that overlap in time. */
  tap: number
}

/**
 * The value of a time field before it is known: zero, but not a small integer. A field with a small integer changes its
 * representation when the first large time is stored, and all code that reads it is compiled again.
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
  /** Null before the first time. */
  base: TimeBase | null = null
  private seconds = NO_TIME_NS
  private nanoseconds = NO_TIME_NS

  /** Without a base, the first time becomes the base. */
  constructor(base: TimeBase | null) {
    if (base !== null) this.begin(base)
  }

  /** Writes the time into the packet: a returned number would be boxed where the call is not inlined. */
  stamp(packet: PacketView, seconds: number, nanoseconds: number): void {
    if (this.base === null) this.begin({ seconds, nanoseconds })
    packet.timeNs = (seconds - this.seconds) * 1e9 + (nanoseconds - this.nanoseconds)
  }

  private begin(base: TimeBase): void {
    this.base = base
    this.seconds = base.seconds
    this.nanoseconds = base.nanoseconds
  }
}
