// The records of a dialogue. They are readonly and own their data, so that they may be kept when the buffers they were
// parsed from are reused.
import type { Verb } from './parse/commands.ts'
import type { Bare, FalseEndForm } from './parse/content.ts'
import type { ContentDigest } from './parse/content-digest.ts'

export type { ContentDigest } from './parse/content-digest.ts'

/** `[start, end)` in the stream of one side, with the frames that carried it. */
export interface Span {
  readonly start: number
  readonly end: number
  readonly firstFrame: number
  readonly lastFrame: number
  /** When the last byte was first seen, in nanoseconds since the first packet. */
  readonly timeNs: number
}

/** A bare CR or LF, which is no valid line end (RFC 5321 section 2.3.8), and the frame in which it was seen. */
export interface BareNewline {
  readonly octet: Bare
  /** The stream offset of the octet. */
  readonly position: number
  readonly frame: number
}

/** A dot on a line of its own where at least one of the surrounding line ends is bare: not a valid end of content. */
export interface FalseEnd {
  readonly form: FalseEndForm
  /** The stream offset after it. */
  readonly position: number
  readonly frame: number
  /** The server accepted it as the end: it replied there. */
  readonly taken: boolean
}

/**
 * A unit of the client, to which the server replies: a command line (a BDAT line together with its chunk), message
 * content up to its final dot, or one line of an AUTH exchange.
 */
export interface Command {
  readonly kind: 'command' | 'content' | 'auth-response'
  /** 1-based among the session's command lines. Content and AUTH responses have the index of their command. */
  readonly index: number
  readonly verb: Verb
  /** The line, printable ASCII, credentials blanked. Empty for content and AUTH responses. */
  readonly text: string
  /** The text after the verb, with credentials blanked. */
  readonly argument: string
  /** It may be a credential, or a line of a message that the server did not ask for. Its text is not kept. */
  readonly hidden: boolean
  readonly at: Span
  /** Number of server bytes that the segment with its first / last byte acknowledged, when first sent. */
  readonly seenAtStart: number
  readonly seenAtEnd: number
  /** The first frame in which the server acknowledged all of it; null when it never did. */
  readonly acked: number | null
  /** When its first byte was first seen, in nanoseconds since the first packet. */
  readonly sentNs: number
  /** False when the capture or the client stopped inside it: it is then owed no reply. */
  readonly complete: boolean
  /** BDAT: octets that were announced and never sent. */
  readonly missing: number
  /** The first bare newline in it; null when none was found. Content is not searched completely. */
  readonly bare: BareNewline | null
  /** A line that ends in a bare LF: a server that accepts only CRLF reads it and the next line as one. */
  readonly endsInLf: boolean
  /** How many lines more than one a server may read it as: it has control characters, or is too long. */
  readonly extraLines: number
  /** Content: the first false end in it. */
  readonly falseEnd: FalseEnd | null
  /** Content that was sent before the 354 and reads like commands: the client had miscounted the replies. */
  readonly likeCommands: boolean
  /**
   * The server may send no reply: an empty line, or a line that may belong to an AUTH exchange whose beginning was not
   * captured.
   */
  readonly optional: boolean
  /** Digest of content or of a chunk; null when digests are not requested or bytes are missing. */
  readonly digest: ContentDigest | null
}

/**
 * How a server line violates the reply grammar of RFC 5321 section 4.2.
 *
 * - `no-code`: it does not start with three digits and a space or hyphen.
 * - `code-range`: the first digit is not 2 to 5.
 * - `second-digit`: the second digit is above 5, which only the grammar of section 4.2 forbids.
 * - `code-mismatch`: the code differs from that of the first line.
 * - `bare-newline`: it ends in a bare LF.
 * - `no-line-end`: it has no line end.
 */
export type ReplyFault =
  | 'no-code'
  | 'code-range'
  | 'second-digit'
  | 'code-mismatch'
  | 'bare-newline'
  | 'no-line-end'
  | 'no-final-line'

export interface Malformed {
  readonly fault: ReplyFault
  /** The line, printable ASCII. */
  readonly text: string
  /** `[start, end)` in the stream, line end included. */
  readonly start: number
  readonly end: number
  /** The frame in which it begins, and the one in which it ends or continues. */
  readonly firstFrame: number
  readonly frame: number
  /** When its last byte was first seen, in nanoseconds since the first packet. */
  readonly timeNs: number
  /** The reply that this line completes. */
  readonly reply: Reply | null
  /** False when its line end may only have been late. */
  readonly certain: boolean
}

/** One complete reply, all its lines. `code` is 0 when the first line has none. */
export interface Reply {
  /** 1-based among the session's complete replies, the greeting being 1. */
  readonly index: number
  readonly code: number
  /** Printable ASCII, code included; the first `REPLY_LINES_MAX`. */
  readonly lines: readonly string[]
  readonly lineCount: number
  /** The enhanced status code of the first line as class * 1e6 + subject * 1e3 + detail; 0 without one. */
  readonly status: number
  /** Whether its text contains an `@`. */
  readonly addressed: boolean
  readonly at: Span
  /** Number of client bytes that the segment with its first / last byte acknowledged, when first sent. */
  readonly seenAtStart: number
  readonly seenAtEnd: number
  /**
   * False when a line violates the grammar of RFC 5321 section 4.2. Such a reply is not used as evidence when replies
   * are counted.
   */
  readonly wellFormed: boolean
}

/** The PROXY protocol header that a load balancer sent before the dialogue. */
export interface ProxyHeader {
  readonly version: 1 | 2
  /** Its content in the notation of version 1. */
  readonly text: string
  readonly at: Span
  /** Number of line feeds in it. A server that does not expect it reads at most this many lines. */
  readonly lines: number
  /** The replies of such a server to these lines. */
  readonly replies: readonly Reply[]
}

/** Evidence that a unit was sent before the client had received the reply to the preceding unit. */
export interface Blind {
  /**
   * - `same-ack`: no server byte reached the client between the two units.
   * - `before-reply`: the reply was not complete when the unit was sent.
   */
  readonly proof: 'same-ack' | 'before-reply'
  /** The preceding unit, whose reply the client did not wait for. */
  readonly after: Command
  /** That reply, when part of it had reached the client. */
  readonly partOf: Reply | null
  /** False when the client had waited so long that it may have given up. */
  readonly sure: boolean
}

/**
 * What the server answered to DATA instead of 354: a refusal, another reply, or null for none. `sure`: no other
 * possible pairing assigns a different reply to DATA.
 */
export interface RefusedData {
  readonly reply: Reply | null
  readonly sure: boolean
}

/** A line behind such a DATA, which may belong to a message. */
export interface RefusedLine extends RefusedData {
  readonly readsLike: 'header-field' | 'dot' | 'text'
}

/** A unit and the replies that the pairing assigns to it. */
export interface Exchange {
  readonly command: Command
  readonly replies: readonly Reply[]
  /** Number of replies that the server owes for the unit. */
  readonly owed: number
  /** It was sent after the server had ended the session: it is owed no reply, and is no fault of the client. */
  readonly behindEnd: boolean
  /** Evidence that it was sent without waiting for the previous reply; null when it may have waited. */
  readonly blind: Blind | null
  /**
   * Whether all possible pairings agree on whether the unit is answered ("possible": within the margin of the best
   * score).
   */
  readonly sure: boolean
  /** The keywords, in capitals, of the latest EHLO or LHLO reply that the client had received; null when unknown. */
  readonly keywords: ReadonlySet<string> | null
  /** Whether these include PIPELINING; null when unknown. */
  readonly offered: boolean | null
  /** Why it was not offered: `not listed`, `HELO`, `no EHLO`, `EHLO not answered yet`. */
  readonly offeredWhy: string
  /** DATA, BDAT, content: number of accepted recipients of the transaction; null when unknown. */
  readonly recipients: number | null
  /** Whether a mail transaction was open; null when unknown. */
  readonly transaction: boolean | null
  /** QUIT, RSET, NOOP or a new EHLO after a long silence: the client had given up waiting. */
  readonly gaveUp: boolean
  /** Whether EHLO, HELO or LHLO had been sent; null when unknown. */
  readonly greeted: boolean | null
  /**
   * For a line behind a DATA that was not answered 354, with only such lines in between: the reply to DATA, and what
   * the line looks like. Null otherwise.
   */
  readonly refusedData: RefusedLine | null
  /**
   * DATA after BDAT or BODY=BINARYMIME in the same transaction: the server must refuse it with 503 (RFC 3030 sections 2
   * and 3).
   */
  readonly chunked: boolean
  /**
   * For an unknown command that directly follows a chunk and was sent together with it: that chunk, to which the line
   * may belong. Null otherwise.
   */
  readonly chunkBefore: Command | null
  /** BDAT: the refusal of an earlier chunk of the same transaction. */
  readonly failedChunk: Reply | null
  /**
   * It follows a chunk that a server without CHUNKING refused: replies to the lines of the chunk may arrive only now.
   */
  readonly chunkAsLines: boolean
}

/**
 * The result of pairing the replies of a group with its units. A "possible" pairing is one whose score is within a
 * margin of the best.
 */
interface Reading {
  readonly by: 'counting' | 'alignment'
  /** False when bytes, replies or the state of the dialogue are unknown, so that replies must not be counted. */
  readonly countable: boolean
  /** The first exchange that is certainly answered after all the unanswered ones; null when there is none. */
  readonly overtaker: Exchange | null
  /** Exchanges before the overtaker that have no reply in some possible pairing. */
  readonly overtaken: readonly Exchange[]
  /**
   * The least number of them that have no reply in any possible pairing, apart from those that may be missing because
   * the client ended lines by a bare LF.
   */
  readonly overtakenAtLeast: number
  /** Whether the overtaking rests on a code that only its unit can cause, rather than on reply texts. */
  readonly hard: boolean
  /** Exchanges whose replies came in another order than the units, with equal numbers of both. */
  readonly permuted: readonly Exchange[]
}

/** Replies that were sent only when, after a long silence, the client sent more input or the server timed out. */
export interface Withholding {
  readonly held: readonly Exchange[]
  /**
   * The input after which the replies came, or the time-out reply of the server, which believed that the client was
   * idle.
   */
  readonly release: Command | Reply
  readonly silenceNs: number
}

/**
 * Whether the client violated a rule of pipelining or of line ends in the group, so that anomalies of the server may be
 * its reaction.
 *
 * `unknown-verb`: something was sent blind behind an unknown verb. That is forbidden, too, but excuses less: the server
 * may close the connection (Postfix does after a line of HTTP), but if it continues, it must lose no input (RFC 2920
 * section 3.2 (6) and (9)).
 *
 * `bare-newline`: a line ended in a bare LF. The server may close the connection; what it may read as one line has one
 * reply, which `Reading` takes into account.
 */
export type ClientFault = 'none' | 'bare-newline' | 'unknown-verb' | 'offence'

/** A maximal run of units, each sent before the reply to the preceding one was complete, and all replies to them. */
export interface Group {
  /** 1-based within the session. */
  readonly index: number
  readonly exchanges: readonly Exchange[]
  /** Replies that answer no unit. */
  readonly surplus: readonly Reply[]
  /** How many of them may answer parts of the client's lines: the server may have read one line as several. */
  readonly repliesToParts: number
  /** All replies that arrived in the group, in stream order. */
  readonly replies: readonly Reply[]
  readonly reading: Reading
  readonly provoked: ClientFault
  readonly withholding: Withholding | null
}

export type ClosedBy = 'client-fin' | 'server-fin' | 'client-rst' | 'server-rst' | 'capture-end'
export type LimitCode =
  | 'gap-client'
  | 'gap-server'
  | 'unacknowledged'
  | 'clock'
  | 'snaplen'
  | 'midstream'
  | 'capture-end'
  | 'one-way-client'
  | 'one-way-server'
  | 'tls'
  | 'sasl-layer'
  | 'role-reversal'
  | 'not-smtp'
  | 'proxy-rewrite'
  | 'overlap-conflict'
  | 'resource-cap'
  | 'internal-error'

/** How a connection ended: the first FIN or RST of either side. */
export interface Close {
  readonly by: 'client' | 'server'
  readonly how: 'fin' | 'rst'
  readonly frame: number
  readonly timeNs: number
  /** Number of bytes of the other side that the closing segment, or an earlier one, acknowledged. */
  readonly peerAcked: number
  /** Its position in the stream of its side. */
  readonly position: number
  /** An RST that a box in the path sent, judging by its hop limit. */
  readonly foreign: boolean
  /**
   * For an RST: the frame that shows that an earlier RST was forged, to which this one is the reaction; 0 when there is
   * none.
   */
  readonly forgedBy: number
  /**
   * Whether the side closed on its own: an RST with the ACK flag that no segment provoked (RFC 1122 section 4.2.2.13),
   * or a FIN that was captured. What preceded a FIN that only later sequence numbers imply is unknown.
   */
  readonly active: boolean
  /** Whether the other side's receive window was closed: what this side still had to say could not be sent. */
  readonly peerWindowClosed: boolean
}
