// Every bound, with its reason. A bound that bites is reported by whoever applies it; none is silent.

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
export const OUT_OF_ORDER_BYTES_MAX = 6 << 20
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
export const OUT_OF_ORDER_SEGMENTS_ONE_WAY_MAX = 64
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
export const BATCH_BYTES = 16 << 20
/** Packets of a slab: as many as have so many octets, at 64 each. */
export const BATCH_PACKETS = 1 << 18
/** How often a slab is given to a thread when threads die over it. */
export const BATCH_TRIES_MAX = 3
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

// Bounds on what is kept of dialogues and of what is found in them.

/** Octets of a line that are kept: the AUTH lines of RFC 4954 section 4 (12288) are the longest that a standard names. */
export const LINE_BYTES_MAX = 16_384
/** Characters of a line that are shown: four times what RFC 5321 section 4.5.3.1.4 allows a command. */
export const SHOWN_LINE_CHARACTERS_MAX = 2048
/** Characters of a reply that are searched for words: four lines as long as RFC 5321 section 4.5.3.1.5 allows. */
export const WORDS_CHARACTERS_MAX = 2048
/** Lines of a reply that are kept; what counts is the last. EHLO replies have 10 to 30. */
export const REPLY_LINES_MAX = 128
/**
 * Octets held while nobody can know whether they are content or commands, with the cost of their records: more than any
 * window in flight behind DATA.
 */
export const UNDECIDED_BYTES_MAX = 2 << 20
/** Octets of each content in which bare newlines are looked for: a client that sends them does so from the header on. */
export const BARE_NEWLINE_BYTES_MAX = 16_384
/** Lines of a session of which hashes are kept to know it again: some fifty messages. */
export const FINGERPRINT_LINES_MAX = 512
/** Octets of the header of a message that are searched for its identifier: relays add a kilobyte each. */
export const MESSAGE_HEADER_BYTES_MAX = 16_384
/** Octets kept behind what only looks like the end of content, until it is known how the server took it, with the cost of their records: a few messages. */
export const FALSE_END_BYTES_MAX = 1 << 16
/** Octets looked at, per direction, to recognise SMTP: a greeting or a command line with room to spare. */
export const RECOGNISE_BYTES_MAX = 2048
/** And how many pieces of it, acknowledgements included: so many single octets are no dialogue that begins. */
export const RECOGNISE_CHUNKS_MAX = 1024
/** Units of a group before its answered front is judged and let go: a session of a million commands in one breath stays small. */
export const GROUP_UNITS_MAX = 4096
/** Replies of a group without its units: what else a server says unasked is not kept. */
export const GROUP_REPLIES_MAX = GROUP_UNITS_MAX * 4
/** Cells of an alignment (units times replies): beyond it the group cannot be read, and says so. */
export const ALIGNMENT_CELLS_MAX = 1 << 21

/** Units of a group whose replies speak of others: each is compared with each. Beyond it the order of replies is not doubted. */
export const PERMUTED_UNITS_MAX = 128
/** Longer lines and groups are none that the fast lane counts off: its sessions stay small. */
export const ORDINARY_LINE_BYTES_MAX = 2048
export const ORDINARY_UNITS_MAX = 128
/** And longer journals: with what else a lane keeps, about as much again, this is what one is counted for. */
export const ORDINARY_GROUP_BYTES_MAX = 4096
/** Greetings, EHLO lines and replies to them that are remembered, a power of two: a busy server hears a few hundred names. */
export const CACHED_TEXTS = 1024
/** EHLO replies whose reading is remembered: those of the servers of one capture, usually a handful. */
export const KNOWN_OFFERS_MAX = 256
/** Exchanges that must fit behind a deficit before it counts as settled: a reply that is only late arrives before that. */
export const SETTLED_EXCHANGES = 3
/** Words of the name of a group's shape: the longest useful group has MAIL, RCPT, DATA, and the next ones behind it. */
export const SEQUENCE_VERBS_MAX = 12
/** Shapes interned before the book of them starts afresh: those that clients send are some dozens. */
export const SEQUENCES_INTERNED_MAX = 1 << 14
/** Shapes told apart in one session, and at one server: beyond them a peer makes them up. The rest is counted as one. */
export const SESSION_SEQUENCES_MAX = 64
export const SERVER_SEQUENCES_MAX = 256
/** Groups of a session that what is found at its end may still speak of; such findings name the first few or the last. */
export const SESSION_RUNS_MAX = 64
/** Silence after which QUIT, RSET, NOOP or FIN means giving up rather than sending blind, in nanoseconds. */
export const GIVE_UP_NS = 5_000_000_000
/** Silence after which it may: what is sent then is at most suspected of having been sent blind. In nanoseconds. */
export const MAY_GIVE_UP_NS = 1_000_000_000
/** Silence of a server that has all input, before replies that new input releases count as withheld, in nanoseconds. */
export const WITHHELD_SILENCE_NS = 5_000_000_000
/** Or so many round trips, where that is longer: retransmissions of both sides have come by then. */
export const IDLE_ROUND_TRIPS = 20
/** How soon behind the releasing input they must come, in nanoseconds: a scheduler, no work; or a round trip, where that is longer. */
export const RELEASE_NS = 50_000_000
/** How long both windows must be closed to be a deadlock and not two busy programs, in nanoseconds. */
export const DEADLOCK_NS = 10_000_000_000
/** Silence before a time-out reply that makes it a witness of waiting input, in nanoseconds. */
export const TIMEOUT_SILENCE_NS = 10_000_000_000
/** The command time-out of RFC 5321 section 4.5.3.2.7: after it a server may close. In nanoseconds. */
export const SERVER_TIMEOUT_NS = 300_000_000_000
/** Frames listed in one finding. */
export const FINDING_FRAMES_MAX = 64
/** Commands, and replies, listed in one finding; its message says how many there are. */
export const FINDING_RECORDS_MAX = 64
/** Findings of one rule in one session: more of the same prove nothing that these do not. */
export const FINDINGS_ALIKE_MAX = 100
/** Sessions kept for a first look, whatever their verdict, where only the notable ones are. */
export const NOTABLE_SESSIONS = 20
/** Findings of the same rule, severity and certainty that are kept there: five times what a table lists of all. */
export const NOTABLE_ALIKE_MAX = 100
/** Servers told apart: more than a capture of one site can have; the others are summed up as one. */
export const SERVERS_MAX = 1 << 16
/** How many more are kept apart before the last of them are counted as one: sorting them each time would cost more. */
export const SERVERS_APART_SLACK = 1 << 14
/** Limits of the same kind listed for one session. */
export const SESSION_LIMITS_MAX = 16

// Bounds on what is told of sessions.

// Comparison of two sides

/** Lines of one session that are compared: a thousand messages. The alignment of two such sessions takes a second. */
export const SESSION_VIEW_LINES_MAX = 8192
/** Lines of one side by their hashes, at about 30 bytes with what else is kept of their sessions: two million sessions. */
export const COMPARED_LINES_MAX = 1 << 25

/** Sessions of one side that a comparison keeps: with a hash or a frame number they fit into 53 bits. */
export const COMPARED_SESSIONS_MAX = 1 << 21
/** Lines of one side that wait as text for the other side, at about 300 bytes. */
export const COMPARED_VIEWS_LINES_MAX = 1 << 18
/** Differences, and lines side by side, that are told in full, at about 500 bytes. Those beyond are counted. */
export const COMPARED_DETAILS_MAX = 1 << 18
/** How long a reply takes before it counts as delayed, in nanoseconds: no network takes a second, programs may. */
export const DELAY_NS = 1_000_000_000

// Triage

/** Servers, and clients, that triage tells apart: at about a kilobyte each. The others are summed up as one. */
export const TRIAGE_ROWS_MAX = 1 << 15
/** Shapes that all its rows tell apart together, at about 200 bytes each. The rest of a row is counted as one. */
export const TRIAGE_SEQUENCES_MAX = 1 << 17
/** Stretches of time of one row: as many marks as fit beside an address. They grow longer with the capture. */
export const TRIAGE_BINS_MAX = 32
/** Rows of an analysis by hour: a week of them. Longer captures get rows of two hours, six, twelve, a day and so on. */
export const TRIAGE_HOURS_MAX = 168

// Proofs

/** Units, replies and other items listed in the proof of one finding; how many there are besides is told. */
export const PROOF_ITEMS_MAX = 1024
/** Units sent without waiting that the proof of one finding lists: each of them is proof enough. */
export const PROOF_BLIND_MAX = 64

// Evidence

/** Sessions whose findings one evidence capture proves: more exhibits nobody reads. */
export const EVIDENCE_SESSIONS_MAX = 64
/** Packets up to which a connection is copied whole: some forty commands one by one, in a file that a mail can carry. */
export const EVIDENCE_PACKETS_WHOLE = 256
/** Groups copied in front of one in question: bytes are missing before them, and nothing is counted until exchanges fit. */
export const EVIDENCE_LEAD_IN_GROUPS = 4
/** Passages of one connection: beyond it the whole connection is hardly longer. */
export const EVIDENCE_PASSAGES_MAX = 1024
/** Packets of one evidence capture: 64 octets are kept of each to verify what was written. */
export const EVIDENCE_FRAMES_MAX = 1 << 20

// Reports

/** Servers and clients that a report counts accusations of, at about 2 KB each; those beyond are only said to be. */
export const REPORT_ACCUSED_MAX = 1 << 14
/** Chapters of a report, the gravest first: a vendor reads one, an operator a few. The others are listed. */
export const REPORT_CHAPTERS_MAX = 16
/** Sessions remembered as controls, one for each shape of group at each server, at about 200 bytes each. */
export const REPORT_CONTROLS_MAX = 1 << 17
/** Faulty sessions that a chapter shows in full: each is of another kind; more of the same prove no more. */
export const REPORT_SAMPLES_MAX = 3
/** Sessions that went well and that a chapter shows: of the same service, and of others. */
export const REPORT_CONTROLS_SHOWN_MAX = 3
export const REPORT_OTHERS_SHOWN_MAX = 2
/** Bins of a timeline: as many as a line of text has room for. When there would be more, bins are made wider. */
export const REPORT_BINS_MAX = 48
/** Rows of a table, and columns of a matrix: what a page can hold. The others are summed up. */
export const REPORT_ROWS_MAX = 16
export const REPORT_COLUMNS_MAX = 8

// Redaction

/** Words that get a name of their own in one run: some 100 MB of memory. Beyond, all are called the same. */
export const PSEUDONYMS_MAX = 1 << 20
/** Octets of the dialogues of an evidence capture that are held to be redacted line by line; contents do not count. */
export const REDACTED_BYTES_MAX = 64 << 20

// Bounds on runs on many machines.

/** Octets after which a plain capture may be cut: several times what proves where a record starts. */
export const SLICE_BYTES_MIN = 4 * RESUME_BYTES
/** Packets of captures that overlap in time and are read as one slice: some 100 MB of mail, a second of work. */
export const OVERLAP_PACKETS = 500_000
/** How often a slice is begun when it fails, and how long before the second time; before the third, twice as long. */
export const CHILD_ATTEMPTS = 3
export const CHILD_BACKOFF_MS = 1000
/** How often a slice is begun again when workers die over it: who restarts workers may hit the same one twice. */
export const CHILD_DEATHS_MAX = 3
/** How often a run is taken up again when workers die while they join it: nobody else's captures are to blame. */
export const RUN_DEATHS_MAX = 100
/** Jobs that are handed to Redis at a time: it does nothing else meanwhile. */
export const CHILDREN_ADDED = 500
/** How long a worker may be silent before its jobs are given to others: a slab is read in a tenth of it. */
export const JOB_LOCK_MS = 6000
/** How often jobs of silent workers are looked for. */
export const JOB_STALLED_MS = 2000
/** How often a join says how far it is, and looks whether its run was cancelled: a person's patience, not every slice. */
export const JOIN_TOLD_MS = 200
/** Runs that are over and of which Redis remembers the outcome. */
export const RUNS_REMEMBERED = 1000

// Captures that lie behind a URL

/** How often in a row a store is asked for the same octets when it fails, and how long before the second time; then twice as long. */
export const OBJECT_TRIES_MAX = 4
export const OBJECT_BACKOFF_MS = 300
/** How long a store may be silent before it is asked again. */
export const OBJECT_PATIENCE_MS = 30_000
/** Captures that are looked at at a time, before a run begins to read. */
export const OBJECTS_ASKED = 16
/** Objects that are removed at a time: as many as the protocol of S3 allows. */
export const KEYS_REMOVED_MAX = 1000
