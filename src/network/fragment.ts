// What the Internet layer says of a fragment, besides what the segment view has: its addresses and what it carries.

/** Reused: valid until the next call of the decoder. */
export interface FragmentView {
  /** What every fragment repeats: `[headerAt, headerAt + headerLength)`, without the fragment header of IPv6. */
  headerAt: number
  headerLength: number
  /** Where that header names what follows it. */
  protocolAt: number
  protocol: number
  id: number
  /** Where its payload belongs in that of the datagram, in octets. */
  position: number
  more: boolean
}

/** A packet that carried octets `[position, position + length)` of a datagram, its header included. */
export interface Part {
  readonly frame: number
  /** Where they stand, from the first octet of the packet; -1 when not as they are: the fragment was itself in fragments. */
  readonly at: number
  readonly position: number
  readonly length: number
}

export const NO_PARTS: readonly Part[] = []

export function emptyFragment(): FragmentView {
  return { headerAt: 0, headerLength: 0, protocolAt: 0, protocol: 0, id: 0, position: 0, more: false }
}
