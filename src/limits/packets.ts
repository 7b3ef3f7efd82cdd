// Bounds on what captures and packets may claim, and on what waits to be whole.

// Captures

/** The reader's window: one read of 4 MiB costs about 1 ms, next to which one await is nothing. */
export const WINDOW_BYTES = 4 * 1024 * 1024
/** Buffers of that size that are kept for captures to come: as many as one capture has. */
export const SPARE_WINDOWS_MAX = 2

/** Captures that overlap in time and are read together: one for each processor of a large machine, or each tap of a site. */
export const CAPTURES_OPEN_MAX = 64

/**
 * What is read in advance leaves so much in front of it: the rest of the window, which is nearly always less than one
 * packet, then needs no copy of all.
 */
export const READ_AHEAD_HEADROOM_BYTES = 128 * 1024

/** The window of each that is opened while another one is open: with all of them, 64 MiB. */
export const OVERLAPPING_WINDOW_BYTES = 1024 * 1024

/** The window in which the first packet of a file is looked for, to know its time. */
export const PEEK_WINDOW_BYTES = 64 * 1024

/**
 * The largest packet that common programs write: libpcap and Wireshark refuse more for all but a few links. A longer
 * record is believed only when the capture itself declares a larger snapshot length.
 */
export const PACKET_BYTES_COMMON = 262_144

/**
 * The largest record that is read at all, whatever the capture declares: far above any jumbo or offloaded packet, and
 * small enough that a corrupt length costs 16 MiB of memory and not 4 GiB.
 */
export const RECORD_BYTES_MAX = 16 * 1024 * 1024

/** Places of a capture at which damage is passed over: what is damaged more often is no capture any more. */
export const DAMAGES_MAX = 64

/** Headers that are looked at behind damage of one capture, so that a file made of false beginnings ends: a second of work. */
export const RESUME_HEADERS_MAX = 1 << 24

/**
 * Bytes for which records must follow each other behind damage, if not to the end of the file: more than an IP packet
 * can have, with its link headers, so that they are no capture that somebody sent in one.
 */
export const RESUME_BYTES = 66_000

/** How far times may lie apart, in seconds, on both sides of damage, and before a record is looked at twice. */
export const RESUME_SECONDS = 86_400

/** How far time may go back from one packet to the next, in nanoseconds: buffers of several processors swap neighbours. */
export const CLOCK_BACK_NS = 1_000_000_000

/** TLS key logs of one capture: some 100 000 sessions at 170 bytes. */
export const KEY_LOG_BYTES_MAX = 16 << 20

/** Interfaces of one pcapng section: packet blocks of the older kind number them in 16 bits, and no machine has more. */
export const INTERFACES_MAX = 65_536

/** The window that a zstd frame may ask for: what RFC 8878 section 3.1.1.1.2 recommends that every decoder supports. */
export const ZSTD_WINDOW_BYTES_MAX = 8 << 20
/** And where Node itself decodes: what the `zstd` program accepts when nobody says more. */
export const ZSTD_WINDOW_BYTES_NATIVE_MAX = 128 << 20
/**
 * Octets of that window that may be moved for each octet of content. Full blocks (128 KiB) of the largest window move
 * 64; blocks that a good compressor splits, ten times as many.
 */
export const ZSTD_MOVED_MAX = 2048

// Network

/**
 * Headers between the link and IP: 802.1ad stacks two VLAN tags, segment routing pushes ten MPLS labels. More than
 * sixteen is noise that would be walked for nothing.
 */
export const LINK_HEADERS_MAX = 16

/** IP packets inside IP packets: a mirror of an overlay of a mobile tunnel makes four. More is made to be walked. */
export const TUNNELS_MAX = 8

/** Extension headers of GTP-U: TS 29.281 section 5.2 names eight kinds, none of them meant to be repeated. */
export const GTP_EXTENSIONS_MAX = 8

/** IPv6 extension headers before TCP: RFC 8200 4.1 lists seven kinds, one of them allowed twice. */
export const IPV6_EXTENSIONS_MAX = 8

/**
 * How long a datagram waits for its fragments, in nanoseconds of capture time: as long as Linux waits. Later, the
 * identification of IPv4, which has 16 bits, may stand for another datagram.
 */
export const FRAGMENT_NS = 30_000_000_000
/** Bytes of fragmented datagrams that are held: what Linux holds for one network by default. */
export const FRAGMENT_BYTES_MAX = 4 << 20
/** And how many of them: with the room that each gets at first, as many as fit into these bytes. */
export const FRAGMENTED_DATAGRAMS_MAX = 1024
/** Separate pieces of one datagram. A network reorders a few fragments; many holes are made to be searched. */
export const FRAGMENT_PIECES_MAX = 64
/** Packets of one datagram that are remembered: its pieces, and some of them again. */
export const FRAGMENT_PARTS_MAX = 256
/** Octets of a datagram: what the length fields of both versions can say. Jumbograms cannot be fragmented (RFC 2675). */
export const DATAGRAM_BYTES_MAX = 65_535

/** How long after a segment, in nanoseconds, the same one at another place is its copy: no stack retransmits sooner than in 200 ms. */
export const COPY_NS = 100_000_000
/** Segments remembered to tell copies (a power of two): those of a tenth of a second of 3 Gbit/s. */
export const COPIES_REMEMBERED = 1 << 15
