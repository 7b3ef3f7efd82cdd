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
export const KNOWN_PHRASES = 1024
/** EHLO replies whose reading is remembered: those of the servers of one capture, usually a handful. */
export const KNOWN_OFFERS_MAX = 256
/** Exchanges that must fit behind a deficit before it counts as settled: a reply that is only late arrives before that. */
export const SETTLED_EXCHANGES = 3
/** Words of the name of a group's shape: the longest useful group has MAIL, RCPT, DATA, and the next ones behind it. */
export const SHAPE_WORDS_MAX = 12
/** Shapes interned before the book of them starts afresh: those that clients send are some dozens. */
export const SHAPES_INTERNED_MAX = 1 << 14
/** Shapes told apart in one session, and at one server: beyond them a peer makes them up. The rest is counted as one. */
export const SESSION_SHAPES_MAX = 64
export const SERVER_SHAPES_MAX = 256
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
