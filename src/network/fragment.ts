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

export function emptyFragment(): FragmentView {
  return { headerAt: 0, headerLength: 0, protocolAt: 0, protocol: 0, id: 0, position: 0, more: false }
}
