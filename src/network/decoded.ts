// What became of a packet. What goes out: the outcomes that every layer gives.

export const Decoded = {
  /** The segment view holds a TCP segment. */
  SEGMENT: 0,
  /** Whole, and something else: ARP, UDP, … */
  NOT_TCP: 1,
  /** May be TCP and cannot be read: a cut or false header, an unknown link type. */
  UNDECODABLE: 2,
  /** A part of a datagram, kept until the others come. */
  FRAGMENT: 3,
  /** A TCP segment whose receiver will not have taken it, where checksums are believed. */
  BAD_CHECKSUM: 4,
} as const

export type Decoded = (typeof Decoded)[keyof typeof Decoded]
