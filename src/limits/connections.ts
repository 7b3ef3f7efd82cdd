// Bounds on what is kept of connections, by whom they are read, and on what is read inside TLS.

// Streams

/** Segments that may wait for bytes which they acknowledge. A tap or its kernel reorders by a few packets, not by more. */
export const HOLD_SEGMENTS_MAX = 64
/** How long they may wait, in nanoseconds of capture time: longer than any reordering, shorter than a retransmission timeout's growth. */
export const HOLD_NS = 1_000_000_000
/** And in packets of all connections: where there are very many, nobody's are late by so many. */
export const HOLD_FRAMES = 1 << 15
/** What a kept segment, line or reply costs besides its octets: its record, its buffer, its places in lists. */
export const KEPT_RECORD_BYTES = 512
/**
 * Bytes held out of order per direction, with the cost of their records: the largest receive window that common stacks
 * open by default (6 MiB on Linux). Beyond it the first hole is given up.
 */
export const PARKED_BYTES_MAX = 6 << 20
/**
 * Bytes that all connections keep together for what may come: out of order, undecided, unanswered, and their own
 * records. That is ten thousand dialogues at once; with the program itself, and what the collector has not taken away
 * yet, it stays below half a gigabyte.
 */
export const KEPT_BYTES_MAX = 128 << 20
/** What one connection may keep of them before it is the one that goes: both its directions out of order, and more. */
export const KEPT_BYTES_EACH_MAX = 16 << 20
/** What a connection costs that has carried payload, before anything is kept of it. */
export const CONNECTION_BYTES = 4096
/** What a dialogue costs before anything is kept in it, measured over many open ones. */
export const DIALOGUE_BYTES = 8192
/** Segments out of order before a missing one is given up, where only one direction was captured and no ACK can tell. */
export const PARKED_SEGMENTS_ONE_WAY_MAX = 64
/** Bytes of each direction kept to notice that a retransmission differs, a power of two: a few commands or replies. */
export const CONFLICT_HISTORY_BYTES = 512
/** A segment above this is bulk content; nothing is judged by its bytes, so it is not kept for comparison. */
export const CONFLICT_SEGMENT_BYTES_MAX = 256
/** Small buffers kept for reuse: enough for the connections that open and close within one window. */
export const SPARE_BUFFERS_MAX = 1024
/** Addresses that are remembered, a power of two: those of the servers of a capture, and of clients that come back. */
export const KNOWN_HOSTS = 4096
/** How long after its close a connection is still read, in nanoseconds: a reply in flight when an RST was sent. */
export const ENDING_NS = 2_000_000_000
/** The same behind a reset that nothing went before: whether the side goes on, and so sent none, must show by then. */
export const RESET_ENDING_NS = 10_000_000_000
/** Behind an RST, what its side sent before it can still be captured for so long, in nanoseconds: taps reorder by less. */
export const RESET_DOUBT_NS = 100_000_000
/**
 * How long ended connections are remembered, in nanoseconds and in packets of the capture, whichever is less: stragglers
 * must not look like a new connection. Packets bound the memory (no connection ends without one, so 15 MB at worst) and,
 * unlike a number of connections, depend on nothing but where in the capture a packet stands.
 */
export const OVER_NS = 60_000_000_000
export const OVER_FRAMES = 1 << 18
/**
 * How far the clocks of a capture may jump back, in nanoseconds, without changing when a connection is over: nothing is
 * ended or forgotten on the word of other packets before its own clock is so much past the time. It is what several
 * queues of a network card, or several taps, disagree by.
 */
export const CLOCK_SLACK_NS = 1_000_000_000
/**
 * How far from where a stream stands a sequence number may lie, in octets, if nothing else says that it belongs there: more
 * than any usual receive window, and as much as a capture may lack in one piece. And how far in any case: no window is
 * larger (RFC 7323 section 2.3).
 */
export const STREAM_REACH = 1 << 24
export const WINDOW_MAX = 1 << 30
/**
 * Segments that may wait until it is known where the streams begin, and how long, in nanoseconds and in packets of the
 * capture: a SYN that was lost is sent again after one second and after three.
 */
export const ORIGIN_SEGMENTS_MAX = 16
export const ORIGIN_NS = 4_000_000_000
export const ORIGIN_FRAMES = 1 << 18
/** Connections between the same end points at the same time: a filter in the path makes two of them. */
export const TWINS_MAX = 4
/**
 * By how much the times of a connection may go back without its clock having been set, in nanoseconds: queues of a network
 * card, and taps, hand on packets of one millisecond in any order.
 */
export const CLOCK_STEP_NS = 1_000_000
/** A clock that ticks no more coarsely misleads nobody: that is far below every interval that is judged. In nanoseconds. */
export const CLOCK_COARSE_NS = 5_000_000
/** One that ticks more finely is no coarse one: where both sides speak in turn within one tick of it, it stood. */
export const CLOCK_FINE_NS = 900_000
/**
 * How often bytes were sent before it is told that nobody acknowledged them: twice again, as no copy of a packet and no
 * single loss makes it. And how far apart two sendings are at least, in nanoseconds: taps see the same packet sooner.
 */
export const SENDINGS_MIN = 3
export const SENDING_AGAIN_NS = 5_000_000
/** Places of a connection at which its clock went wrong; beyond, the last of them has no end. */
export const CLOCK_DOUBTS_MAX = 64
/**
 * Connections followed at once that have carried no payload yet: at about a kilobyte each a SYN flood costs some ten megabytes.
 * The one that was opened first is forgotten; if it speaks after all, it is one whose start was not seen.
 */
export const SILENT_CONNECTIONS_MAX = 1 << 15
/** Connections kept as their segments until they close: as many as a busy relay has open, in 20 MB at worst. */
export const BRIEFS_MAX = 2048
/** Segments of one of them: a session of three short mails has 24. */
export const BRIEF_PACKETS_MAX = 64
/** And octets of payload: such a session has 2 kB; what is longer is mail, and cheaper to follow. */
export const BRIEF_BYTES_MAX = 8192

// Threads

/** Octets of packets that one thread reads at a time: long enough that most connections begin and end within. */
export const SLAB_BYTES = 16 << 20
/** Packets of a slab: as many as have so many octets, at 64 each. */
export const SLAB_PACKETS = 1 << 18
/** How often a slab is given to a thread when threads die over it. */
export const SLAB_TRIES_MAX = 3
/** Captures of fewer bytes in all are read sooner by one thread than others have started. */
export const THREADS_FROM_BYTES = 1 << 30

/** Threads where nobody asks for more: one of them reads packets for all, and keeps no more than these busy. */
export const THREADS_USUAL_MAX = 8
/** Threads that can be asked for: more than a machine has cores are no use. */
export const THREADS_MAX = 256

// TLS

/** Octets of a record behind its header: what RFC 5246 section 6.2.3 allows a ciphertext; RFC 8446 allows less. */
export const TLS_RECORD_BYTES_MAX = (1 << 14) + 2048
/** What a TLS connection is charged for: a record of either side that is not complete, ciphers, marks. */
export const TLS_CONNECTION_BYTES = 40_000
/** Octets of a handshake message that is read: hellos and tickets are far smaller. Certificates above are passed over. */
export const TLS_HANDSHAKE_BYTES_MAX = 1 << 16
/** Records per direction whose places are remembered: more than are in flight. An older acknowledgement counts as none. */
export const TLS_MARKS_MAX = 4096
/** Octets held while only the server's answer can tell what protects them: twice what servers take as early data. */
export const TLS_HELD_BYTES_MAX = 1 << 16
/** Records that may go unread in front of the first that opens: refused early data, a handshake without its keys. */
export const TLS_UNREAD_RECORDS_MAX = 64
/** Sessions and tickets of TLS 1.2 that are remembered in case they are resumed: those of one busy relay and an hour. */
export const TLS_RESUMABLE_MAX = 4096
/** Octets behind a gap in which a record is looked for: the longest record begins among the first, and ends in these. */
export const TLS_SEARCH_BYTES_MAX = 4 * TLS_RECORD_BYTES_MAX
/** Record numbers tried behind a gap: each costs one decryption, and a gap of more records is no accident. */
export const TLS_SEQUENCE_TRIES_MAX = 256
/** Flights of records that nobody can read and that are listed one by one: a transcript's worth. */
export const TLS_FLIGHTS_MAX = 256
/** Octets of a file that --keylog names: about 800000 connections of TLS 1.3. It is read at once. */
export const KEYLOG_BYTES_MAX = 512 * 1024 * 1024
/** Connections whose secrets are kept: about 1 KB each. */
export const KEYLOG_SESSIONS_MAX = 1 << 20
