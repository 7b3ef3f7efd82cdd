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
