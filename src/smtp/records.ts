// The records of a dialogue: readonly, owned, safe to keep. Views end here.
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

/** A line end that is none (RFC 5321 section 2.3.8), and the frame in which it was seen. */
export interface BareNewline {
  readonly octet: Bare
  /** The stream offset of the octet. */
  readonly position: number
  readonly frame: number
}

/** A dot on a line of its own between line ends of which at least one is bare: no end of content. */
export interface FalseEnd {
  readonly form: FalseEndForm
  /** The stream offset behind it. */
  readonly position: number
  readonly frame: number
  /** The server took it for the end: it answered there. */
  readonly taken: boolean
}

/**
 * What a client sends that earns replies: a command line (a BDAT line together with its chunk), message content up
 * to its final dot, or one line of an AUTH exchange.
 */
export interface Command {
  readonly kind: 'command' | 'content' | 'auth-response'
  /** 1-based among the session's command lines; content and AUTH responses carry their command's. */
  readonly index: number
  readonly verb: Verb
  /** The line, printable ASCII, credentials blanked. Empty for content and AUTH responses. */
  readonly text: string
  /** What follows the verb, with the same care. */
  readonly argument: string
  /** It may be a credential, or a line of a message: nobody asked for it. Its text is not kept. */
  readonly hidden: boolean
  readonly at: Span
  /** Bytes of the server that the first transmission of its first / last byte acknowledged. */
  readonly seenAtStart: number
  readonly seenAtEnd: number
  /** The frame in which the server's TCP first acknowledged all of it; null when it did not. */
  readonly acked: number | null
  /** When its first byte was first seen, in nanoseconds since the first packet. */
  readonly sentNs: number
  /** False when the capture or the client stopped inside it: it then earned nothing. */
  readonly complete: boolean
  /** BDAT: octets that it announced and that never came. */
  readonly missing: number
  /** The first bare newline in it; null when there is none, as far as it was looked for. */
  readonly bare: BareNewline | null
  /** Content: the first thing in it that only looks like its end. */
  readonly falseEnd: FalseEnd | null
  /** Content that was sent before the server asked for it, and reads like commands: its client had miscounted the replies. */
  readonly likeCommands: boolean
  /** It may have no reply: an empty line, or a line that may be one of AUTH's, whose beginning was not seen. */
  readonly optional: boolean
  /** Content, and the octets of a chunk, where digests were asked for and no byte is missing; else null. */
  readonly digest: ContentDigest | null
}

/**
 * How a line of a server breaks the grammar of RFC 5321 section 4.2: no three digits with a blank or hyphen behind them;
 * a first digit that is none of 2 to 5; a second digit above 5, which only its grammar forbids; another code than the first
 * line's; a bare LF at its end.
 */
export type ReplyFault = 'no-code' | 'code-range' | 'second-digit' | 'code-mismatch' | 'bare-newline' | 'no-line-end'

export interface Malformed {
  readonly fault: ReplyFault
  /** The line, printable ASCII. */
  readonly text: string
  /** `[start, end)` in the stream, line end included. */
  readonly start: number
  readonly end: number
  /** Where it begins, and where it ended or went on. */
  readonly firstFrame: number
  readonly frame: number
  /** When its last byte was first seen, in nanoseconds since the first packet. */
  readonly timeNs: number
  /** The reply that it completes. */
  readonly reply: Reply | null
  /** False where its line end may only have been late. */
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
  /** Whether an `@` stands in it. */
  readonly addressed: boolean
  readonly at: Span
  /** Bytes of the client that the first transmission of its first / last byte acknowledged. */
  readonly seenAtStart: number
  readonly seenAtEnd: number
  /** False when a line breaks the grammar of RFC 5321 section 4.2: the reply is then no evidence by counting. */
  readonly wellFormed: boolean
}

/** What a load balancer said in front of the dialogue (the PROXY protocol). */
export interface ProxyHeader {
  readonly version: 1 | 2
  /** What it says, as version 1 spells it. */
  readonly text: string
  readonly at: Span
  /** Line feeds in it: at most as many lines are in it to a server that does not expect it. */
  readonly lines: number
  /** What such a server replied to its lines. */
  readonly replies: readonly Reply[]
}

/** The proof that a unit was sent before the reply to the unit in front of it had reached the client. */
export interface Blind {
  /** `same-ack`: no server byte reached the client between the two. `before-reply`: the reply was not complete there. */
  readonly proof: 'same-ack' | 'before-reply'
  /** The unit whose reply was not waited for. */
  readonly after: Command
  /** That reply, when some of it had reached the client. */
  readonly partOf: Reply | null
  /** False where the client had waited for so long that it may have given up. */
  readonly sure: boolean
}

/** What DATA drew instead of 354: a refusal, another reply, or none. `sure`: no other reading gives DATA another one. */
export interface RefusedData {
  readonly reply: Reply | null
  readonly sure: boolean
}

/** A line behind it that may be one of a message. */
export interface RefusedLine extends RefusedData {
  readonly readsLike: 'header-field' | 'dot' | 'text'
}

/** A unit and the replies that the group's reading gives it. */
export interface Exchange {
  readonly command: Command
  readonly replies: readonly Reply[]
  /** How many replies the unit earns. */
  readonly owed: number
  /** It was said to a server that had ended the session: it earns nothing, and proves nothing about its sender. */
  readonly behindEnd: boolean
  /** How it was sent, relative to the unit before it; null when it may have waited. */
  readonly blind: Blind | null
  /** No other reading within the margin has it answered where this one has not, or the other way round. */
  readonly sure: boolean
  /** The keywords of the latest EHLO or LHLO reply, in capitals, that the client held; null when not known. */
  readonly keywords: ReadonlySet<string> | null
  /** PIPELINING among them; null when not known. */
  readonly offered: boolean | null
  /** Why it was not offered: `not listed`, `HELO`, `no EHLO`, `EHLO not answered yet`. */
  readonly offeredWhy: string
  /** DATA, BDAT, content: recipients of the transaction that were accepted; null when not known. */
  readonly recipients: number | null
  /** Whether a mail transaction was open; null when not known. */
  readonly transaction: boolean | null
  /** QUIT, RSET or NOOP after long silence: the client had given up waiting. */
  readonly gaveUp: boolean
  /** Whether EHLO, HELO or LHLO had been sent; null when not known. */
  readonly greeted: boolean | null
  /** A line behind a DATA that drew no 354, with nothing but such lines in between: what it drew, and what the line looks like. Else null. */
  readonly refusedData: RefusedLine | null
  /** DATA where only chunks may follow, behind BDAT or BODY=BINARYMIME: RFC 3030 sections 2 and 3 have it refused with 503. */
  readonly chunked: boolean
  /** A line that is no command directly behind a chunk, sent in one breath with it: the chunk, of which it may be the rest. Else null. */
  readonly chunkBefore: Command | null
  /** BDAT: the refusal of an earlier chunk of the same transaction. */
  readonly failedChunk: Reply | null
  /** Behind a chunk that a server without CHUNKING refused: its lines may have drawn replies that only come now. */
  readonly chunkAsLines: boolean
}

/** How a group was paired. */
interface Reading {
  readonly by: 'counting' | 'alignment'
  /** False where bytes, replies or the state of the dialogue are unknown: nothing may be counted. */
  readonly countable: boolean
  /** The first exchange whose unit is answered for certain behind all the units that are not; else null. */
  readonly overtaker: Exchange | null
  /** Exchanges in front of it that have no reply in some reading within the margin. */
  readonly overtaken: readonly Exchange[]
  /** How many they are in every reading within the margin. */
  readonly overtakenAtLeast: number
  /** Whether the overtaking rests on a code that only its unit can draw, rather than on texts. */
  readonly hard: boolean
  /** Exchanges whose replies came in another order than the units, the totals being equal. */
  readonly permuted: readonly Exchange[]
}

/** Replies that came only when, after long silence, the client sent something more or the server was about to give up. */
export interface Withholding {
  readonly held: readonly Exchange[]
  /** What released them: new input, or the server's own time-out, by which it took the connection for idle. */
  readonly release: Command | Reply
  readonly silenceNs: number
}

/**
 * Whether the client broke a rule of pipelining or of line ends in a group, so that what the server does in it may be its answer to that.
 * Behind a verb that no table knows nothing may be sent blind either, but that is all that can be said of it: the server may
 * close (Postfix does, behind a line of HTTP), and where it goes on it must lose nothing (RFC 2920 section 3.2 (6) and (9)).
 */
export type ClientFault = 'none' | 'unknown-verb' | 'offence'

/** A maximal run of units each sent before the reply to the one in front was there, and all their replies. */
export interface Group {
  /** 1-based within the session. */
  readonly index: number
  readonly exchanges: readonly Exchange[]
  /** Replies that no unit earned. */
  readonly surplus: readonly Reply[]
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
  /** Bytes of the other side that the closing segment, or an earlier one, acknowledged. */
  readonly peerAcked: number
  /** Where it stands in the stream of its side. */
  readonly position: number
  /** An RST that, by its hop limit, a box in the path sent. */
  readonly foreign: boolean
  /** An RST: the frame that shows that one before it was forged, of which it is the consequence; 0 for none. */
  readonly forgedBy: number
  /**
   * An RST with the ACK flag and no provoking segment: RFC 1122 section 4.2.2.13. A FIN that was captured: of one that only
   * other numbers imply, nobody knows what it followed.
   */
  readonly active: boolean
}
