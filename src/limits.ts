// Every bound, with its reason. The code that applies a bound also reports when it is reached.

// Captures and packets: what they may claim, and what may wait to be completed.

// Captures

/** The read buffer: reading 4 MiB takes about 1 ms, so one await per buffer costs nothing. */
export const WINDOW_BYTES = 4 * 1024 * 1024
/** The first read of a capture: sessions are listed from it, and all others may then only be counted. */
export const FIRST_READ_BYTES = 256 * 1024
/** Reports that are being printed before reading waits: one read buffer may hold thousands of faulty sessions. */
export const REPORTS_PENDING_MAX = 256
/** Idle buffers of that size kept for the next capture: as many as one capture uses. */
export const SPARE_WINDOWS_MAX = 2

/**
 * Captures that overlap in time and are read together: one for each processor of a large machine, or each tap of a
 * site.
 */
export const CAPTURES_OPEN_MAX = 64

/**
 * Free bytes in front of a buffer that is read ahead. The unread rest of the current buffer goes there; it is nearly
 * always shorter than one packet, so the whole buffer need not be copied.
 */
export const READ_AHEAD_HEADROOM_BYTES = 128 * 1024

/** Buffer of each capture that is opened while another one is open: 64 MiB for all of them. */
export const OVERLAPPING_WINDOW_BYTES = 1024 * 1024

/** Buffer in which the first packet of a file is read, to learn its time. */
export const PEEK_WINDOW_BYTES = 64 * 1024

/**
 * The largest packet that common programs write: libpcap and Wireshark refuse longer ones on nearly all link types. A
 * longer record is accepted only when the capture declares a larger snapshot length.
 */
export const PACKET_BYTES_COMMON = 262_144

/**
 * The largest record that is read, whatever the capture declares: far above any jumbo or offloaded packet, and small
 * enough that a corrupt length costs 16 MiB of memory and not 4 GiB.
 */
export const RECORD_BYTES_MAX = 16 * 1024 * 1024

/** Damaged places that are skipped in one capture. A file with more of them is not a usable capture. */
export const DAMAGES_MAX = 64

/**
 * Record headers examined behind damage, per capture: about one second of work. It bounds a file made of false headers.
 */
export const RESUME_HEADERS_MAX = 1 << 24

/**
 * Length of the run of valid records that is required behind damage, unless it reaches the end of the file: longer than
 * an IP packet with its link headers, so that a capture file sent inside a packet is not taken for records.
 */
export const RESUME_BYTES = 66_000

/**
 * Largest difference in seconds between the times on both sides of damage, and between records before a time is
 * doubted.
 */
export const RESUME_SECONDS = 86_400

/**
 * Largest step back in time from one packet to the next, in nanoseconds: the buffers of several processors swap
 * neighbours.
 */
export const CLOCK_BACK_NS = 1_000_000_000

/** TLS key logs of one capture: some 100 000 sessions at 170 bytes. */
export const KEY_LOG_BYTES_MAX = 16 << 20

/** Interfaces of one pcapng section: older packet blocks number them with 16 bits. */
export const INTERFACES_MAX = 65_536

/** The window that a zstd frame may ask for: what RFC 8878 section 3.1.1.1.2 recommends that every decoder supports. */
export const ZSTD_WINDOW_BYTES_MAX = 8 << 20
/** The same where Node itself decodes: the default of the `zstd` program. */
export const ZSTD_WINDOW_BYTES_NATIVE_MAX = 128 << 20
/**
 * Bytes of that window that may be moved for each byte of content. Full blocks (128 KiB) of the largest window move 64;
 * the split blocks of a good compressor move ten times as many.
 */
export const ZSTD_MOVED_MAX = 2048
/**
 * A compressed capture that grows to more than so many times its size is read no further, once it has grown to this
 * size. Captures shrink to a tenth or, where most packets are alike, to a fiftieth; gzip can shrink zeros to a
 * thousandth, LZ4 to a 255th.
 */
export const DECOMPRESSED_RATIO_MAX = 200
export const DECOMPRESSED_BYTES_FREE = 256 << 20

// Packets

/**
 * Headers between the link and IP: 802.1ad stacks two VLAN tags, segment routing pushes ten MPLS labels. More are made
 * up to cost time.
 */
export const LINK_HEADERS_MAX = 16

/** IP packets inside IP packets: a mirror of an overlay of a mobile tunnel has four. More are made up to cost time. */
export const TUNNELS_MAX = 8

/** Extension headers of GTP-U: TS 29.281 section 5.2 defines eight kinds, none to be repeated. */
export const GTP_EXTENSIONS_MAX = 8

/** IPv6 extension headers before TCP: RFC 8200 section 4.1 lists seven kinds, one of which may occur twice. */
export const IPV6_EXTENSIONS_MAX = 8

/**
 * How long a datagram waits for its fragments, in nanoseconds of capture time: as long as on Linux. After that the
 * 16-bit identification of IPv4 may belong to another datagram.
 */
export const FRAGMENT_NS = 30_000_000_000
/** Bytes of incomplete datagrams: the default of Linux for one network namespace. */
export const FRAGMENT_BYTES_MAX = 4 << 20
/** Incomplete datagrams: as many as fit into these bytes with the buffer that each gets at first. */
export const FRAGMENTED_DATAGRAMS_MAX = 1024
/** Separate parts of one datagram. Networks reorder a few fragments; more holes are made up to cost time. */
export const FRAGMENT_PIECES_MAX = 64
/** Packets remembered for one datagram: its fragments and some repetitions. */
export const FRAGMENT_PARTS_MAX = 256
/** Bytes of a datagram: the maximum of the length fields. Jumbograms cannot be fragmented (RFC 2675). */
export const DATAGRAM_BYTES_MAX = 65_535

/**
 * A segment seen again at another capture point within this time, in nanoseconds, is a copy. No TCP retransmits within
 * 200 ms.
 */
export const COPY_NS = 100_000_000
/** Segments remembered to recognise copies (a power of two): a tenth of a second at 3 Gbit/s. */
export const COPIES_REMEMBERED = 1 << 15

// Connections: what is kept of them, threads, and TLS.

// TCP

/** Segments that may wait for the bytes that they acknowledge. Taps and kernels reorder by a few packets. */
export const HOLD_SEGMENTS_MAX = 64
/**
 * How long they may wait, in nanoseconds of capture time: longer than any reordering, shorter than most
 * retransmissions.
 */
export const HOLD_NS = 1_000_000_000
/** How long they may wait in packets of the whole capture: in a busy capture no packet is late by so many. */
export const HOLD_FRAMES = 1 << 15
/** Memory of a kept segment, line or reply besides its bytes: object, buffer, list entries. */
export const KEPT_RECORD_BYTES = 512
/**
 * Bytes held out of order per direction, including their objects: the largest default receive window of common stacks
 * (6 MiB on Linux). Beyond it the first hole is given up.
 */
export const OUT_OF_ORDER_BYTES_MAX = 6 << 20
/**
 * Bytes that all connections together keep: out of order, undecided, unanswered, and their objects. Enough for ten
 * thousand dialogues at once; the whole process stays below half a gigabyte.
 */
export const KEPT_BYTES_MAX = 128 << 20
/**
 * Bytes that one connection may keep before it is the one that is given up: out-of-order bytes of both directions, and
 * more.
 */
export const KEPT_BYTES_EACH_MAX = 16 << 20
/** Memory of a connection that has carried payload, before anything is kept of it. */
export const CONNECTION_BYTES = 4096
/** Memory of a dialogue before anything is kept in it, measured over many open ones: 2.5 kB. */
export const DIALOGUE_BYTES = 4096
/**
 * Out-of-order segments before the missing one is given up, if only one direction was captured, so that no ACK shows
 * it.
 */
export const OUT_OF_ORDER_SEGMENTS_ONE_WAY_MAX = 64
/** Bytes of each direction kept to compare retransmissions with (a power of two): a few commands or replies. */
export const CONFLICT_HISTORY_BYTES = 512
/** Longer segments are message content. No rule rests on their bytes, so they are not kept for comparison. */
export const CONFLICT_SEGMENT_BYTES_MAX = 256
/** Small buffers kept for reuse: enough for the connections that open and close within one read buffer. */
export const SPARE_BUFFERS_MAX = 1024
/** Addresses remembered (a power of two): the servers of a capture, and clients that return. */
export const KNOWN_HOSTS = 4096
/** How long a closed connection is still read, in nanoseconds: a reply may have been in flight when an RST was sent. */
export const ENDING_NS = 2_000_000_000
/** The same after an RST without anything before it: if the side goes on within this time, it did not send the RST. */
export const RESET_ENDING_NS = 10_000_000_000
/** How long after an RST, in nanoseconds, earlier packets of its sender may still be captured: taps reorder by less. */
export const RESET_DOUBT_NS = 100_000_000
/**
 * How long closed connections are remembered, in nanoseconds and in packets of the capture, whichever ends first: late
 * packets must not look like a new connection. The bound in packets limits memory (15 MB at worst, because no
 * connection closes without a packet) and depends on nothing but the position in the capture.
 */
export const OVER_NS = 60_000_000_000
export const OVER_FRAMES = 1 << 18
/**
 * How far clocks may jump back, in nanoseconds, without changing when a connection is over: a connection is ended by
 * the time of other packets only when its own time is exceeded by this much. Queues of a network card and several taps
 * differ by it.
 */
export const CLOCK_SLACK_NS = 1_000_000_000
/**
 * How far a sequence number may lie from the expected one, in bytes, if nothing else shows that it belongs to the
 * connection: more than usual receive windows, and as much as a capture may lack in one piece. The second is the limit
 * in any case: no window is larger (RFC 7323 section 2.3).
 */
export const STREAM_REACH = 1 << 24
export const WINDOW_MAX = 1 << 30
/**
 * Segments that may wait until the origins of the streams are known, and how long, in nanoseconds and in packets of the
 * capture: a lost SYN is sent again after one second and after three.
 */
export const ORIGIN_SEGMENTS_MAX = 16
export const ORIGIN_NS = 4_000_000_000
export const ORIGIN_FRAMES = 1 << 18
/** Connections between the same end points at the same time: a filter in the path creates a second one. */
export const TWINS_MAX = 4
/** How much further than the nearest a second one of them may lie and still be meant: a window without scaling. */
export const TWIN_REACH = 1 << 16
/**
 * Largest step back in the times of a connection that is not a clock change, in nanoseconds: queues of a network card
 * and taps hand on the packets of one millisecond in any order.
 */
export const CLOCK_STEP_NS = 1_000_000
/** A clock with a tick up to this, in nanoseconds, is fine enough for every interval that rules use. */
export const CLOCK_COARSE_NS = 5_000_000
/**
 * A clock with a finer tick is not coarse: where both sides speak in turn within one tick of it, the clock stood still.
 */
export const CLOCK_FINE_NS = 900_000
/**
 * Transmissions of the same bytes before they are reported as never acknowledged: two more than the first, which
 * neither a copied packet nor a single loss explains. And their minimum distance in nanoseconds: taps repeat a packet
 * sooner.
 */
export const SENDINGS_MIN = 3
export const SENDING_AGAIN_NS = 5_000_000
/** Intervals of a connection in which its clock was wrong; the last one has no end when there are more. */
export const CLOCK_DOUBTS_MAX = 64
/**
 * Connections without payload that are followed at once: a SYN flood costs some ten megabytes, at a kilobyte each. The
 * oldest is forgotten; if it carries payload later, its start counts as not seen.
 */
export const SILENT_CONNECTIONS_MAX = 1 << 15
/**
 * Sessions that are open at once: connections with payload to a port where SMTP is spoken. Servers seldom allow a
 * thousand. Of too many the one that closed first is judged by what was seen, else the one that opened first.
 */
export const OPEN_SESSIONS_MAX = 10_000

/**
 * The windows of the kernel, as in `kernel/memory.ts`. Memory that is used for the first time costs as much as judging what
 * is read into it, and what was read has to be in the cache of the processor still; with smaller ones, many packets of open
 * connections are copied.
 */
export const KERNEL_WINDOW_BYTES = 2 * 1024 * 1024
/** Captures with fewer bytes in all are read by the engine alone, before the kernel of the fast path would be compiled. */
export const FAST_PATH_FROM_BYTES = 1 << 16

/**
 * Connections that the engine follows before the settings of V8 for many are worth their cost, 1.4 ms. Later would be too
 * late: V8 decides within some hundred sessions what is made in old space, and does not take that back.
 */
export const MANY_CONNECTIONS = 128

// Threads

/**
 * The windows of a thread that reads its share: what it has read is still in the cache of its processor when it is looked
 * at. It looks at some of the packets only, so that the others cannot be there before it needs them.
 */
export const SHARE_WINDOW_BYTES = 1024 * 1024
/** Windows that a thread reads in a step. */
export const STEP_WINDOWS = 4
/** How many steps a thread may be ahead of another: what waits for the others takes memory. */
export const STEPS_AHEAD_MAX = 8
/** What a thread reads while another one is started. */
export const HEAD_START_BYTES = 40_000_000
/** Where --threads asks for more, captures with fewer bytes in all are read by one, which is done as soon. */
export const THREADS_ASKED_FROM_BYTES = 96_000_000
/** Steps that the first thread reads before others begin: by then they have started. */
export const TRIAL_STEPS = 4
/** Where records take more bytes than this on average, reading takes longer than judging, and each thread reads all. */
export const RECORD_BYTES_FOR_THREADS = 400
/**
 * Where more connections than one in so many bytes go to the engine, compiling it, which each thread does for itself,
 * takes longer than what is saved.
 */
export const BYTES_PER_LEAVE = 1_000_000
/** Where fewer sessions are open, and hardly any has ended, most packets may be of one of them. */
export const FEW_SESSIONS = 8
/** Captures with fewer bytes in all are read by one thread, which is done before others have started. */
export const THREADS_FROM_BYTES = 1 << 30

/** Threads without --threads: each looks at every packet, so that more would be of little use. */
export const THREADS_USUAL_MAX = 8
/** Threads that --threads may ask for. */
export const THREADS_MAX = 256

// TLS

/** Bytes of a record after its header: the maximum of RFC 5246 section 6.2.3; RFC 8446 allows less. */
export const TLS_RECORD_BYTES_MAX = (1 << 14) + 2048
/** Memory of a TLS connection: an incomplete record of each side, ciphers, positions. */
export const TLS_CONNECTION_BYTES = 40_000
/** Bytes of a handshake message that is read: hellos and tickets are far smaller. Longer certificates are skipped. */
export const TLS_HANDSHAKE_BYTES_MAX = 1 << 16
/** Records per direction whose positions are remembered: more than are in flight. An ACK of an older one is ignored. */
export const TLS_MARKS_MAX = 4096
/** Bytes held until the server's answer shows what protects them: twice what servers accept as early data. */
export const TLS_HELD_BYTES_MAX = 1 << 16
/**
 * Records that may stay unread before the first one that decrypts: refused early data, a handshake without its keys.
 */
export const TLS_UNREAD_RECORDS_MAX = 64
/** TLS 1.2 sessions and tickets remembered for resumption: those of one busy relay in an hour. */
export const TLS_RESUMABLE_MAX = 4096
/** Bytes behind a gap that are searched for a record: enough to contain one record of the largest size. */
export const TLS_SEARCH_BYTES_MAX = 4 * TLS_RECORD_BYTES_MAX
/** Record numbers tried behind a gap: each costs one decryption. */
export const TLS_SEQUENCE_TRIES_MAX = 256
/** Runs of unreadable records that are listed one by one. */
export const TLS_FLIGHTS_MAX = 256
/** Bytes of a --keylog file: about 800,000 connections of TLS 1.3. It is read at once. */
export const KEYLOG_BYTES_MAX = 512 * 1024 * 1024
/** Connections whose secrets are kept: about 1 kB each. */
export const KEYLOG_SESSIONS_MAX = 1 << 20

// Sessions: what is kept of dialogues and findings.

/** Bytes of a line that are kept: the AUTH lines of RFC 4954 section 4 (12,288) are the longest in any standard. */
export const LINE_BYTES_MAX = 16_384
/** Characters of a line that are shown: four times the maximum of RFC 5321 section 4.5.3.1.4 for commands. */
export const SHOWN_LINE_CHARACTERS_MAX = 2048
/** Credentials of one session that are masked where its server quotes them: more attempts than servers allow. */
export const SENT_CREDENTIALS_MAX = 64
/** Characters of a reply that are searched for words: four lines of the maximum of RFC 5321 section 4.5.3.1.5. */
export const WORDS_CHARACTERS_MAX = 2048
/** Lines of a reply that are kept, besides the last one, which decides. EHLO replies have 10 to 30. */
export const REPLY_LINES_MAX = 128
/**
 * Bytes held while it is unknown whether they are content or commands, including their objects: more than any window in
 * flight after DATA.
 */
export const UNDECIDED_BYTES_MAX = 2 << 20
/** Bytes of each message that are searched for bare newlines: a client that sends them does so from the header on. */
export const BARE_NEWLINE_BYTES_MAX = 16_384
/** Lines of a session whose hashes are kept to recognise it in another capture: some fifty messages. */
export const FINGERPRINT_LINES_MAX = 512
/** Connections that are open and whose first timestamps are kept to recognise them in another capture: 25 MB. */
export const OPENINGS_NOTED_MAX = 1 << 18
/** Bytes of a message header that are searched for its identifier: each relay adds a kilobyte. */
export const MESSAGE_HEADER_BYTES_MAX = 16_384
/**
 * Bytes kept after a false end of content until the server's reaction is known, including their objects: a few
 * messages.
 */
export const FALSE_END_BYTES_MAX = 1 << 16
/** Bytes per direction that are examined to detect SMTP: more than a greeting or a command line. */
export const RECOGNISE_BYTES_MAX = 2048
/** Chunks that are examined for it, ACKs included. */
export const RECOGNISE_CHUNKS_MAX = 1024
/**
 * Commands of a group before its answered part is judged and released: a session that sends a million commands at once
 * stays small.
 */
export const GROUP_UNITS_MAX = 4096
/** Replies kept of a group. Further unsolicited replies are not kept. */
export const GROUP_REPLIES_MAX = GROUP_UNITS_MAX * 4
/** Cells of an alignment (commands times replies). A larger group is not paired, and a limit says so. */
export const ALIGNMENT_CELLS_MAX = 1 << 21

/**
 * Commands of a group whose replies are compared each with each to find permuted ones. In larger groups a command is
 * compared with those whose replies contain its address, else with its neighbours: so many of either.
 */
export const PERMUTED_UNITS_MAX = 128
/** Greetings and EHLO replies remembered, of each: those of the servers of one capture, usually a handful. */
export const KNOWN_TEXTS_MAX = 256
/** Exchanges that must fit behind a missing reply before it counts as missing: a late reply arrives before that. */
export const SETTLED_EXCHANGES = 3
/** Verbs in the name of a command sequence: the longest useful group has MAIL, RCPT, DATA and the next commands. */
export const SEQUENCE_VERBS_MAX = 12
/** Command sequences kept in the table before it is cleared: clients send some dozens. */
export const SEQUENCES_INTERNED_MAX = 1 << 14
/** Command sequences counted separately in one session and at one server. The rest is counted together. */
export const SESSION_SEQUENCES_MAX = 64
export const SERVER_SEQUENCES_MAX = 256
/** Groups of a session that a finding at its end may name: the first few or the last. */
export const SESSION_RUNS_MAX = 64
/** Silence after which QUIT, RSET, NOOP or FIN means that the client gave up, in nanoseconds. */
export const GIVE_UP_NS = 5_000_000_000
/** Silence after which it may have given up: what it sends then is at most suspected of being sent before a reply. */
export const MAY_GIVE_UP_NS = 1_000_000_000
/** Silence of a server that has all input, before replies released by new input count as withheld, in nanoseconds. */
export const WITHHELD_SILENCE_NS = 5_000_000_000
/** The same in round trips, where that is longer: retransmissions of both sides have arrived by then. */
export const IDLE_ROUND_TRIPS = 20
/**
 * Maximum delay of the replies after the input that releases them, in nanoseconds, or one round trip where that is
 * longer.
 */
export const RELEASE_NS = 50_000_000
/** How long both windows must be closed for a deadlock, in nanoseconds. */
export const DEADLOCK_NS = 10_000_000_000
/** Silence before a time-out reply that shows that the server was waiting for input, in nanoseconds. */
export const TIMEOUT_SILENCE_NS = 10_000_000_000
/** The command time-out of RFC 5321 section 4.5.3.2.7, in nanoseconds. After it a server may close. */
export const SERVER_TIMEOUT_NS = 300_000_000_000
/** Frames listed in one finding. */
export const FINDING_FRAMES_MAX = 64
/** Commands, and replies, listed in one finding; its message says how many there are. */
export const FINDING_RECORDS_MAX = 64
/** Findings of one rule in one session. Further ones are counted. */
export const FINDINGS_ALIKE_MAX = 100
/** Sessions kept whatever their verdict, where only notable ones are kept. */
export const NOTABLE_SESSIONS = 20
/** Findings of the same rule, severity and certainty that are kept there: five times what a table lists. */
export const NOTABLE_ALIKE_MAX = 100
/** Lines of mail logs that are kept, at about 600 bytes; the others go first that report no trouble. */
export const LOG_LINES_KEPT_MAX = 1 << 18
/** Characters of a line of a mail log that are kept. */
export const LOG_LINE_CHARACTERS_MAX = 2048
/** Incidents that a screen can show, and faults of which is remembered that they were printed. */
export const WATCHED_INCIDENTS = 100
export const WATCHED_FAULTS_MAX = 1 << 16
/** How often a screen is drawn anew, in milliseconds. */
export const DRAW_MS = 500
/** How often a growing capture is looked at, in milliseconds. */
export const FOLLOW_POLL_MS = 200
/** Bytes of it that are read at once. */
export const FOLLOW_READ_BYTES = 1 << 18
/** How much earlier than the last packet of a capture the first one of its successor may be, in nanoseconds. */
export const ROTATION_SLACK_NS = 1_000_000_000n
/** How long a pipe may be silent after Ctrl-C, in milliseconds: its writer got the same Ctrl-C and writes its rest. */
export const PIPE_SILENCE_MS = 1000
/** Faults that `--format github` annotates: GitHub shows ten of a kind. */
export const ANNOTATED_FAULTS_MAX = 1000
/** Faults of a baseline: more than anybody accepts. */
export const BASELINE_FAULTS_MAX = 1 << 16
/** A baseline with all of these. */
export const BASELINE_BYTES_MAX = 1 << 26
/** Servers counted separately: more than a capture of one site has. The others are counted together. */
export const SERVERS_MAX = 1 << 16
/** Servers kept above that bound before the last of them are merged: sorting them each time would cost more. */
export const SERVERS_APART_SLACK = 1 << 14
/**
 * Changes from one capture to another that are remembered, at 20 bytes each: as many as two captures of two million
 * packets each have at most. Later frames of a set are not given the name of their file.
 */
export const FRAME_RUNS_MAX = 1 << 22
/** Units without a reply listed for one session. Further ones are counted. */
export const UNANSWERED_UNITS_MAX = 16
/** Limits of the same kind listed for one session. */
export const SESSION_LIMITS_MAX = 16

// Results: comparison, triage, proofs, evidence, reports, redaction.

// Comparison of two sides

/** Lines of one session that are compared: a thousand messages. The alignment of two such sessions takes a second. */
export const SESSION_VIEW_LINES_MAX = 8192
/** Line hashes of one side, at about 30 bytes: two million sessions. */
export const COMPARED_LINES_MAX = 1 << 25

/**
 * Sessions of one side that a comparison keeps: together with a hash or a frame number their index fits into 53 bits.
 */
export const COMPARED_SESSIONS_MAX = 1 << 21
/** Lines of one side that wait as text for the other side, at about 300 bytes. */
export const COMPARED_VIEWS_LINES_MAX = 1 << 18
/** Differences and side-by-side lines that are kept in full, at about 500 bytes. Further ones are counted. */
export const COMPARED_DETAILS_MAX = 1 << 18
/** How long a reply must take to count as delayed, in nanoseconds: no network takes a second. */
export const DELAY_NS = 1_000_000_000

// Documents

/** Bytes of sessions that wait in memory for the end of a document. With more, all of them wait in a temporary file. */
export const SPILL_BYTES_MAX = 8 << 20

// Triage

/** Servers and clients that triage counts separately, at up to a kilobyte each. The others are counted together. */
export const TRIAGE_ROWS_MAX = 1 << 15
/** Command sequences of all rows together, at about 200 bytes each. The rest of a row is counted together. */
export const TRIAGE_SEQUENCES_MAX = 1 << 17
/** Time bins of one row: as many marks as fit beside an address. They get wider with the capture. */
export const TRIAGE_BINS_MAX = 32
/** Rows of a triage by hour: one week. Longer captures get rows of two hours, six, twelve, a day and so on. */
export const TRIAGE_HOURS_MAX = 168

// Proofs

/** Commands, replies and other items in the proof of one finding. The proof says how many more there are. */
export const PROOF_ITEMS_MAX = 1024
/** Commands sent before a reply that the proof of one finding lists. */
export const PROOF_BLIND_MAX = 64

// Evidence

/** Sessions whose findings one evidence capture proves. */
export const EVIDENCE_SESSIONS_MAX = 64
/** Connections with up to so many packets are copied whole: some forty commands one by one, small enough to mail. */
export const EVIDENCE_PACKETS_WHOLE = 256
/** Groups copied in front of one with a finding: counting starts again only after some exchanges fit. */
export const EVIDENCE_LEAD_IN_GROUPS = 4
/** Excerpts of one connection. With more, the whole connection is hardly longer. */
export const EVIDENCE_PASSAGES_MAX = 1024
/** Packets of one evidence capture: 64 bytes are kept of each to verify the file. */
export const EVIDENCE_FRAMES_MAX = 1 << 20

// Reports

/**
 * Servers and clients whose findings a report counts, at about 2 kB each. Of others the report only gives the number.
 */
export const REPORT_ACCUSED_MAX = 1 << 14
/** Chapters of a report, the gravest first. The others are listed. */
export const REPORT_CHAPTERS_MAX = 16
/** Servers or clients that a chapter lists because they did the same in one session each. Others are summed up. */
export const REPORT_ALIKE_MAX = 64
/** Sessions remembered as controls, one for each command sequence at each server, at about 200 bytes each. */
export const REPORT_CONTROLS_MAX = 1 << 17
/** Faulty sessions that a chapter shows in full, each of another kind. */
export const REPORT_SAMPLES_MAX = 3
/** Sessions without the fault that a chapter shows: of the same service, and of others. */
export const REPORT_CONTROLS_SHOWN_MAX = 3
export const REPORT_OTHERS_SHOWN_MAX = 2
/** Bins of a timeline: one line of text. With more, bins are made wider. */
export const REPORT_BINS_MAX = 48
/** Rows of a table and columns of a matrix that fit a page. The others are summed up. */
export const REPORT_ROWS_MAX = 16
export const REPORT_COLUMNS_MAX = 8

// Wireshark

/**
 * Commands, replies and findings at frames in one Lua file: more than a capture of 500 MB with small mails has. They take
 * 40 bytes of memory each, and 10 bytes of the file.
 */
export const WIRESHARK_ITEMS_MAX = 1 << 23

// Redaction

/** Words that get a placeholder of their own in one run: some 100 MB of memory. Further words share one. */
export const PSEUDONYMS_MAX = 1 << 20
/** Bytes of the dialogues of an evidence capture that are held for redaction; message content does not count. */
export const REDACTED_BYTES_MAX = 64 << 20

// Runs on several machines.

/** Bytes after which a plain capture may be cut: several times what proves where a record starts. */
export const SLICE_BYTES_MIN = 4 * RESUME_BYTES
/** Packets of overlapping captures that are read as one slice: some 100 MB of mail, one second of work. */
export const OVERLAP_PACKETS = 500_000
/** How often a slice is tried, and the pause before the second time in milliseconds; it doubles each time. */
export const CHILD_ATTEMPTS = 3
export const CHILD_BACKOFF_MS = 1000
/**
 * How often a slice is tried again when workers die while reading it: a restart of the workers may interrupt the same
 * one twice.
 */
export const CHILD_DEATHS_MAX = 3
/** How often a run is taken up again when workers die while they merge it. */
export const RUN_DEATHS_MAX = 100
/** Jobs added to Redis in one call: Redis does nothing else meanwhile. */
export const CHILDREN_ADDED = 500
/**
 * How long a worker may be silent before its jobs are given to others, in milliseconds: a batch takes a tenth of it.
 */
export const JOB_LOCK_MS = 6000
/** How often stalled jobs are looked for, in milliseconds. */
export const JOB_STALLED_MS = 2000
/** How often a merge reports progress and checks for cancellation, in milliseconds. */
export const JOIN_TOLD_MS = 200
/** Finished runs whose outcome Redis keeps. */
export const RUNS_REMEMBERED = 1000

/** A machine analyzes packets until it has kept so many bytes of them, of connections that the engine follows. */
export const BATCH_BYTES = 16 << 20
/** Packets of a batch: four times as many as a connection that is over is remembered for (OVER_FRAMES). */
export const BATCH_PACKETS = 1 << 20

// Captures behind a URL

/**
 * How often the same bytes are requested when a store fails, and the pause before the second time in milliseconds; it
 * doubles each time.
 */
export const OBJECT_TRIES_MAX = 4
export const OBJECT_BACKOFF_MS = 300
/** How long a store may be silent before it is asked again, in milliseconds. */
export const OBJECT_PATIENCE_MS = 30_000
/** Captures that are examined at the same time before a run begins. */
export const OBJECTS_ASKED = 16
/** Objects deleted in one request: the maximum of the S3 protocol. */
export const KEYS_REMOVED_MAX = 1000
