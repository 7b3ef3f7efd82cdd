// Where everything lies in the memory of the kernel, which has a fixed size. docs/fast-path.md draws it. Nothing is
// allocated while packets are read: each kind of record has an array, and a list of free places in it.

const KIB: u32 = 1024
const MIB: u32 = 1024 * KIB

/** One bit for each TCP port: set where SMTP is spoken. */
export const PORTS: usize = 64 * KIB
const PORTS_BYTES: u32 = 8 * KIB

/** The end points of a flow that the host asks for. */
export const ASKED: usize = PORTS + PORTS_BYTES
const ASKED_BYTES: u32 = 64

/** How far the records of a capture have been taken. */
export const WALKED: usize = ASKED + ASKED_BYTES
// With 64 bytes, rows of flows would begin at multiples of 128: a million short connections take a tenth longer then.
const WALKED_BYTES: u32 = 128

/** Ends of the lines of one segment: addresses behind LF, 4 bytes each. */
export const LINES: usize = WALKED + WALKED_BYTES
/** Longer payloads are left to the engine. Each line has two bytes at least. */
export const PAYLOAD_MAX: u32 = 65535
const LINES_BYTES: u32 = 33 * KIB * 4

/** Of a share: records that are to be taken. */
export const SIFTED: usize = LINES + LINES_BYTES
export const SIFTED_MAX: u32 = 256
export const SIFTED_BYTES: u32 = 16

/** Sessions that ended and that the host has not taken yet. */
export const ENDED: usize = SIFTED + SIFTED_MAX * SIFTED_BYTES
export const ENDED_MAX: u32 = 256
export const ENDED_BYTES: u32 = 256

/** Sums of servers: a hash table, at most half of it used. */
export const SUMS: usize = ENDED + ENDED_MAX * ENDED_BYTES
export const SUMS_MAX: u32 = 4096
export const SUM_BYTES: u32 = 104

/** Command sequences: a tree of nodes. */
export const SEQUENCES: usize = SUMS + SUMS_MAX * SUM_BYTES
export const SEQUENCES_MAX: u32 = 4096
export const SEQUENCE_BYTES: u32 = 32

/** Texts of greetings, EHLO lines and EHLO replies. */
export const TEXTS: usize = SEQUENCES + SEQUENCES_MAX * SEQUENCE_BYTES
export const TEXTS_MAX: u32 = 4096
export const TEXT_BYTES: u32 = 2 * KIB

/** The hash table of flows: 4 bytes each, 0 where there is none. About half of them are used at most. */
export const PLACES: usize = TEXTS + TEXTS_MAX * TEXT_BYTES
export const PLACES_MAX: u32 = 1 << 19

/** Flows: those that are over are remembered for 2^18 packets, and some are open. Row 0 is not used. */
export const ROWS: usize = PLACES + PLACES_MAX * 4
export const ROWS_MAX: u32 = (1 << 18) + (1 << 14)
export const ROW_BYTES: u32 = 128

/** Rows of closed flows in the order of closing: a ring of row numbers and entry numbers. */
export const CLOSED: usize = ROWS + ROWS_MAX * ROW_BYTES
export const CLOSED_MAX: u32 = 1 << 19

/** Segments that wait for others: a ring. */
export const WAITING: usize = CLOSED + CLOSED_MAX * 8
export const WAITING_MAX: u32 = 1 << 12
const WAITING_BYTES: u32 = WAITING_MAX * 32

/** Open connections. */
export const CONNECTIONS: usize = WAITING + WAITING_BYTES
export const CONNECTIONS_MAX: u32 = 1 << 15
/** An odd number of cache lines: the same fields of all connections do not compete for the same places. */
export const CONNECTION_BYTES: u32 = 1856

/** Packets of open connections: chunks of references. Chunk 0 is not used. */
export const CHUNKS: usize = CONNECTIONS + CONNECTIONS_MAX * CONNECTION_BYTES
export const CHUNKS_MAX: u32 = 1 << 15
export const CHUNK_BYTES: u32 = 512

/** Copies of packets whose window is used again: blocks. Block 0 is not used. */
export const BLOCKS: usize = CHUNKS + CHUNKS_MAX * CHUNK_BYTES
export const BLOCKS_MAX: u32 = 1 << 13
export const BLOCK_BYTES: u32 = 4 * KIB

/**
 * Windows of captures. As many as hold what the most silent connections send that may be open: a packet that is still needed
 * when its window is used again has to be copied.
 */
export const WINDOWS: usize = BLOCKS + BLOCKS_MAX * BLOCK_BYTES
export const WINDOW_BYTES: u32 = 2 * MIB
export const WINDOWS_MAX: u32 = 5

/** Behind all: vector instructions read up to 64 bytes further than what they look at. */
export const MEMORY_BYTES: usize = WINDOWS + WINDOWS_MAX * WINDOW_BYTES + 64 * KIB
