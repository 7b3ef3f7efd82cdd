// What an analysis is: the document that `--format json` prints and the library returns. Declared here, below those
// who fill it (the judge, the pipeline) and those who print it (report/). Wire text is printable ASCII throughout.
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
  /** False when some of it could not be read: `error` is the first place, `problems` has all. */
  readonly complete: boolean
  readonly error: CaptureProblem | null
  /** Damage in the order of the file, then what is odd about packets that were read. */
  readonly problems: readonly CaptureProblem[]
}

/** A clause of an RFC: `item` as numbered there, `keyword` of RFC 2119 or null. */
export interface Clause {
  readonly rfc: number
  readonly section: string
  readonly item: number | null
  readonly keyword: string | null
}

/** What kept which rules from judging a session. `frame` is null when it holds for the whole session. */
export interface LimitRecord {
  readonly code: LimitCode
  readonly frame: number | null
  readonly rules: readonly string[]
  /** What else is known about it, in words. */
  readonly reason?: string
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
  readonly groups: number
  readonly messages: number
  readonly limits: readonly LimitRecord[]
  readonly verdict: VerdictName
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

/** What an item of a proof is to its finding. */
export type ProofRole =
  | 'command'
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

/** Octets of one side, or a segment, that somebody who checks a finding has to look at. */
export interface ProofItem {
  readonly role: ProofRole
  readonly by: 'client' | 'server'
  /** The verb, the code, `FIN`, `RST`, or what the octets are. */
  readonly what: string
  /** Among the session's commands, or its complete replies; null where it is neither. */
  readonly index: number | null
  /** Where its octets were first seen: the frames of the first and the last of them. */
  readonly frames: readonly number[]
  /** Sequence numbers on the wire: of its first octet, and of the one behind its last. */
  readonly seq: number | null
  readonly end: number | null
  /** Acknowledgement numbers of the segments in which its first and its last octet were first sent. */
  readonly ack: number | null
  readonly ackAtEnd: number | null
  /** Of the client: the first frame of the server that acknowledges all of it. */
  readonly acknowledgedIn: number | null
  /** Of the client: the replies given to it, by their index; null where the proof does not need them. */
  readonly answeredBy: readonly number[] | null
}

/** How a finding can be checked by hand. */
export interface Proof {
  readonly by: Grounds['by']
  /** What to look at, in one sentence. */
  readonly check: string
  /** The sequence number of the first octet of each side; null where it is not known, or inside TLS. */
  readonly origin: { readonly client: number | null; readonly server: number | null }
  /** How many replies are missing at least; null where none are counted. */
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
  readonly message: string
  readonly expected: string
  readonly actual: string
  /** The group it stands in; null when it is about the session. */
  readonly group: number | null
  readonly commands: readonly FindingCommand[]
  readonly replies: readonly FindingReply[]
  readonly frames: readonly number[]
  readonly evidence: readonly string[]
  /** Selects the session in Wireshark. */
  readonly displayFilter: string
  /** Null where the finding is suspected only. Not there where no proofs were asked for. */
  readonly proof?: Proof | null
}

/** How often a command group of one shape was sent, and what came of it. */
export interface SequenceCount {
  /** Its verbs as the client sent them: `MAIL RCPT×n DATA`. Message content is `.`; `. QUIT` is sent in one breath. */
  readonly shape: string
  /** Answered as it had to be; in a group with a server's error; neither, since it could not be judged. */
  readonly well: number
  readonly failed: number
  readonly unjudged: number
  /** Of those that failed: how many by which rule. One group may break several. */
  readonly rules: Readonly<Record<string, number>>
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
  /** Findings per rule identifier, in the order of the catalogue. */
  readonly findings: Readonly<Record<string, number>>
  /** By name; only where the caller asked for shapes. */
  readonly shapes?: readonly SequenceCount[]
}

/** How many of each severity. */
export type Severities = Readonly<Record<Severity, number>>

export interface Summary {
  readonly sessions: number
  readonly violation: number
  readonly suspected: number
  readonly inconclusive: number
  readonly conforming: number
  /** Of those four: sessions whose encryption is `opaque`. */
  readonly opaque: number
  readonly findings: Severities
  /** Those of them that are proved. */
  readonly proved: Severities
  readonly packets: {
    readonly read: number
    readonly smtp: number
    readonly undecodable: number
    /** Segments seen a second time at another place: another capture, or another interface. They are passed over. */
    readonly copies: number
    /** Segments passed over for a wrong checksum; null where checksums were not verified. */
    readonly badChecksums: number | null
  }
  /** Sessions in which a limit kept some rule from judging, by its code. */
  readonly limits: Readonly<Partial<Record<LimitCode, number>>>
}

export interface Analysis {
  readonly captures: readonly CaptureRecord[]
  readonly summary: Summary
  readonly servers: readonly ServerRecord[]
  /** Ordered by id. Which of them are here is told by `keepSessions`; the summary counts all. */
  readonly sessions: readonly SessionRecord[]
  /** Ordered by session. None where `keepSessions` is `none`. */
  readonly findings: readonly FindingRecord[]
}
