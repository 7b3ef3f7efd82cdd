// The types of an analysis: the document that `--format json` prints and the library returns. It is filled in rules/
// and pipeline.ts and printed in report/. All text from the wire is printable ASCII.
import type { CaptureProblem } from '../errors.ts'
import type { ClosedBy, LimitCode } from '../smtp/records.ts'
import type { Grounds } from './grounds.ts'

export type Party = 'server' | 'client' | 'path'
export type Severity = 'error' | 'warning' | 'info'
export type Certainty = 'proved' | 'suspected'
export type VerdictName = 'violation' | 'suspected' | 'inconclusive' | 'conforming'

/** One capture of the set. Times are RFC 3339, UTC. */
export interface CaptureRecord {
  readonly path: string
  readonly sha256: string | null
  readonly format: 'pcap' | 'pcapng' | null
  readonly compression: 'none' | 'gzip' | 'zstd' | 'lz4'
  readonly linkTypes: readonly string[]
  readonly bytes: number
  readonly packets: number
  readonly firstPacketAt: string | null
  readonly lastPacketAt: string | null
  readonly droppedByCapture: number | null
  /** False when some of it could not be read: `error` is the first problem, `problems` lists all. */
  readonly complete: boolean
  readonly error: CaptureProblem | null
  /** Damage in file order, then oddities of packets that could be read. */
  readonly problems: readonly CaptureProblem[]
}

/** A clause of an RFC: `item` as numbered there, `keyword` of RFC 2119 or null. */
export interface Clause {
  readonly rfc: number
  readonly section: string
  readonly item: number | null
  readonly keyword: string | null
}

/** A packet in its file. Only where several captures were read. */
export interface FilePlace {
  /** Index among `captures`. */
  readonly capture: number
  /** Its name, safe to print. */
  readonly file: string
  /** Its number in this file. */
  readonly frame: number
}

/**
 * A limit of a session, and the rules that it prevented from judging. `frame` is null when it applies to the whole
 * session.
 */
export interface LimitRecord {
  readonly code: LimitCode
  readonly frame: number | null
  readonly rules: readonly string[]
  /** Further details, as text. */
  readonly reason?: string
  /** Where `frame` is. */
  readonly place?: FilePlace
}

/** A unit that never got the replies that were due to it. */
export interface UnansweredUnit {
  readonly kind: 'command' | 'content' | 'auth-response'
  readonly verb: string
  /** 1-based among the session's command lines; that of its command for content and AUTH responses. */
  readonly index: number
  readonly at: string
  readonly frames: readonly number[]
  /** The first frame in which the server acknowledged all of it; null when it never did. */
  readonly acknowledgedIn: number | null
  /** From its last byte to the close; null when the close was not captured or the clock is doubtful. */
  readonly waitedMs: number | null
}

export interface SessionRecord {
  /** `s` and the number of the connection's first packet. */
  readonly id: string
  readonly client: string
  readonly server: string
  readonly clientName: string | null
  readonly serverName: string | null
  readonly startedAt: string
  readonly endedAt: string
  readonly protocol: 'smtp' | 'esmtp' | 'lmtp' | 'unknown'
  readonly pipelining: {
    readonly advertised: boolean | null
    readonly used: boolean
  }
  readonly encryption: 'none' | 'opaque' | 'decrypted'
  readonly closedBy: ClosedBy
  readonly commands: number
  readonly replies: number
  readonly unanswered: number
  /** The first of these units; absent when there is none. */
  readonly unansweredUnits?: readonly UnansweredUnit[]
  /** The reply with which the server announced the close instead of answering them: 421; absent when there is none. */
  readonly closingReply?: number
  readonly groups: number
  readonly messages: number
  readonly limits: readonly LimitRecord[]
  readonly verdict: VerdictName
  /** The parties whose errors led to the verdict: proved ones for `violation`, suspected ones for `suspected`. */
  readonly accused: readonly Party[]
}

export interface FindingCommand {
  readonly index: number
  readonly verb: string
  readonly text: string
  readonly at: string
  readonly frames: readonly number[]
}

export interface FindingReply {
  readonly index: number
  readonly code: number
  readonly text: string
  readonly at: string
  readonly frames: readonly number[]
}

/** The part that an item plays in the proof of its finding. */
export type ProofRole =
  | 'command'
  | 'context'
  | 'sent-blind'
  | 'missing-reply'
  | 'overtaker'
  | 'witness'
  | 'withheld'
  | 'release'
  | 'reply'
  | 'surplus-reply'
  | 'octets'
  | 'close'
  | 'window-closed'

/** Octets of one side, or a segment, that must be looked at to check a finding. */
export interface ProofItem {
  readonly role: ProofRole
  readonly by: 'client' | 'server'
  /** The verb, the reply code, `FIN`, `RST`, or a name for the octets. */
  readonly what: string
  /** Position among the session's commands or complete replies, from 1; null where it is neither. */
  readonly index: number | null
  /** The frames in which its first and its last octet were first seen. */
  readonly frames: readonly number[]
  /** Sequence numbers on the wire: of its first octet, and of the octet after its last. */
  readonly seq: number | null
  readonly end: number | null
  /** Acknowledgement numbers of the segments in which its first and its last octet were first sent. */
  readonly ack: number | null
  readonly ackAtEnd: number | null
  /** Client items: the first frame in which the server acknowledges all of it. */
  readonly acknowledgedIn: number | null
  /** Client items: how many replies are due; null if it is not known. */
  readonly owed: number | null
  /** Client items: indexes of the replies to it; null where the proof does not need them. */
  readonly answeredBy: readonly number[] | null
}

/** How to check a finding by hand. */
export interface Proof {
  readonly by: Grounds['by']
  /** What to look at, in one sentence. */
  readonly check: string
  /** The sequence number of the first octet of each side; null when unknown or inside TLS. */
  readonly origin: { readonly client: number | null; readonly server: number | null }
  /** The least number of replies that are missing; null where the proof does not count replies. */
  readonly missing: number | null
  readonly items: readonly ProofItem[]
  /** Items that are not listed. */
  readonly omitted: number
}

export interface FindingRecord {
  /** The session's id, a dot, and the finding's number within it. */
  readonly id: string
  readonly session: string
  readonly rule: string
  readonly party: Party
  readonly severity: Severity
  readonly certainty: Certainty
  readonly clauses: readonly Clause[]
  /** What the party did, without its name: `lost 2 of 4 pipelined commands`. `may have` can stand before it. */
  readonly headline: string
  readonly message: string
  readonly expected: string
  readonly actual: string
  /** The number of its group; null when the finding is about the session as a whole. */
  readonly group: number | null
  readonly commands: readonly FindingCommand[]
  readonly replies: readonly FindingReply[]
  readonly frames: readonly number[]
  readonly evidence: readonly string[]
  /** Selects the session in Wireshark. */
  readonly displayFilter: string
  /** Where each of `frames` is; null where that is not known. */
  readonly places?: readonly (FilePlace | null)[]
  /** A display filter for each capture that has packets of the session's time. */
  readonly filters?: readonly { readonly capture: number; readonly file: string; readonly displayFilter: string }[]
  /** Null when the finding is only suspected. Absent unless proofs were requested. */
  readonly proof?: Proof | null
}

/** A finding as a part of an incident. */
export interface Symptom {
  readonly finding: string
  readonly rule: string
  readonly party: Party
  readonly severity: Severity
  readonly certainty: Certainty
}

/** One event in a session: the findings that have the same cause. */
export interface IncidentRecord {
  /** The session's id, `.i`, and the incident's number within it. */
  readonly id: string
  readonly session: string
  readonly party: Party
  /** The rule of the finding that explains the others; severity and certainty are those of this finding. */
  readonly rule: string
  readonly severity: Severity
  readonly certainty: Certainty
  /** What the party did, without its name: `lost 2 of 4 pipelined commands and closed the connection`. */
  readonly headline: string
  readonly group: number | null
  /** When the first of its commands or replies was seen; null when it names none. */
  readonly at: string | null
  /** The finding that explains the others first; at the end what the other side did because of it. */
  readonly symptoms: readonly Symptom[]
  readonly frames: readonly number[]
  /** Where each of `frames` is; null where that is not known. */
  readonly places?: readonly (FilePlace | null)[]
}

/** What one server or client did, in how many sessions. */
export interface FaultRecord {
  readonly party: Party
  /** Address and port of a server, or the address of a client. `others`: those that are not counted separately. */
  readonly accused: string
  readonly name: string | null
  readonly rule: string
  readonly severity: Severity
  readonly certainty: Certainty
  /** As in an incident; in general terms where the incidents differ. */
  readonly headline: string
  /** Number of sessions with such an incident, and of such incidents. */
  readonly sessions: number
  readonly incidents: number
  /** Number of all sessions of the server; null for a client. */
  readonly of: number | null
  /** The times of the first and the last of them. */
  readonly firstAt: string
  readonly lastAt: string
}

/** How often one command sequence was sent as a group, and with which result. */
export interface SequenceCount {
  /**
   * The verbs as the client sent them: `MAIL RCPT×n DATA`. Message content is `.`; `. QUIT` is content and QUIT sent
   * together.
   */
  readonly shape: string
  /** `well`: answered correctly; `failed`: the server broke a rule in the group; `unjudged`: could not be judged. */
  readonly well: number
  readonly failed: number
  readonly unjudged: number
  /** Of the failed: those in which nothing is proved; absent for none. */
  readonly suspected?: number
  /** Not failed: those in which the client stopped waiting for a reply, and others that lack one; absent for none. */
  readonly givenUp?: number
  readonly unanswered?: number
  /** Number of failed groups by rule. One group may break several. */
  readonly rules: Readonly<Record<string, number>>
  /** Of these, the groups in which the rule is only suspected to be broken; absent for none. */
  readonly suspectedRules?: Readonly<Record<string, number>>
}

/** What happened at one server, by address and port. */
export interface ServerRecord {
  readonly server: string
  readonly serverName: string | null
  readonly sessions: number
  readonly violation: number
  readonly suspected: number
  readonly inconclusive: number
  readonly conforming: number
  /** Sessions in which an error of the server, or of its client, is proved. */
  readonly serverAtFault: number
  readonly clientAtFault: number
  /** Findings per rule identifier, in catalogue order. */
  readonly findings: Readonly<Record<string, number>>
  /** Ordered by name; only when the caller asked for command sequences. */
  readonly shapes?: readonly SequenceCount[]
}

/** Number of findings of each severity. */
export type Severities = Readonly<Record<Severity, number>>

export interface Summary {
  readonly sessions: number
  readonly violation: number
  readonly suspected: number
  readonly inconclusive: number
  readonly conforming: number
  /** Sessions among these four whose encryption is `opaque`. */
  readonly opaque: number
  readonly findings: Severities
  /** The proved ones among `findings`. */
  readonly proved: Severities
  readonly packets: {
    readonly read: number
    readonly smtp: number
    readonly undecodable: number
    /** Copies of a segment from another capture or interface. They are ignored. */
    readonly copies: number
    /** Segments ignored for a wrong checksum; null when checksums were not verified. */
    readonly badChecksums: number | null
  }
  /** By limit code: sessions in which that limit prevented some rule from judging. */
  readonly limits: Readonly<Partial<Record<LimitCode, number>>>
  /** Sessions without an error in which a unit got no reply, or the client stopped waiting for one. */
  readonly withoutReply: number
}

export interface Analysis {
  readonly captures: readonly CaptureRecord[]
  readonly summary: Summary
  /** Who did what, how often: the gravest first. */
  readonly faults: readonly FaultRecord[]
  readonly servers: readonly ServerRecord[]
  /** Ordered by id. `keepSessions` selects which are listed; the summary counts all. */
  readonly sessions: readonly SessionRecord[]
  /** Ordered by session. Empty when `keepSessions` is `none`. */
  readonly findings: readonly FindingRecord[]
}

/** The same, for documents: the lists are read in order, and may be more than memory holds. */
export interface PrintedAnalysis extends Omit<Analysis, 'sessions' | 'findings'> {
  readonly sessions: Iterable<SessionRecord>
  readonly findings: Iterable<FindingRecord>
}
