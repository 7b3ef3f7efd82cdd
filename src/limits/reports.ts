// Bounds on what is told of sessions.

// Comparison of two sides

/** Lines of one session that are compared: a thousand messages. The alignment of two such sessions takes a second. */
export const COURSE_LINES_MAX = 8192
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
export const TRIAGE_SHAPES_MAX = 1 << 17
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
export const REPORT_EXHIBITS_MAX = 3
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
