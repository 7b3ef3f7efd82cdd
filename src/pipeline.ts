// Packets in order -> segments -> chunks -> dialogues -> groups -> findings -> reports of sessions: one reading of the
// captures, or of a slice of them. What is counted on the way is kept here.
import type { PacketView, TimeBase } from './capture/packet.ts'
import { Decoded, SegmentDecoder } from './decode/decode.ts'
import { Copies } from './decode/duplicate-segments.ts'
import { Docket } from './rules/close-order-queue.ts'
import { RULES } from './rules/index.ts'
import { OrdinaryTrial } from './rules/ordinary-trial.ts'
import type { KeepSessions } from './rules/retention.ts'
import type { Rule } from './rules/rule.ts'
import { type Court, type DialogueChoice, Trial } from './rules/rule-runner.ts'
import { isSelected, type Selection } from './rules/select.ts'
import type { Profile } from './rules/server-defaults.ts'
import type { Follower, SessionReport } from './rules/session-report.ts'
import { OrdinaryReader } from './smtp/ordinary/whole-session.ts'
import { ShapeBook } from './smtp/pairing/command-sequence.ts'
import { CurrentFingerprint, FingerprintedConsumer, FingerprintedReader } from './smtp/parse/fingerprint.ts'
import { Conversation, SMTP_PORTS } from './smtp/session/smtp-connection.ts'
import type { StreamConsumer } from './tcp/chunk.ts'
import type { Connection } from './tcp/connection.ts'
import { Streams } from './tcp/flow-tracker.ts'
import type { Openings } from './tcp/opened-flows.ts'
import type { Keyring } from './tls/keyring.ts'

/** How far the reading is. */
export interface Progress {
  /** Of the captures as they are stored. */
  readonly bytes: number
  readonly packets: number
  /** Sessions that were judged, and proved findings of severity error. */
  readonly sessions: number
  readonly errors: number
}

export interface AnalyzeOptions {
  readonly select?: Selection
  /** Which records are kept; the summary counts all in any case. Default `all`. */
  readonly keepSessions?: KeepSessions
  /** The server whose habits are told beside findings about clients: would it have refused this one? Default `rfc`: none. */
  readonly profile?: Profile
  /** Key logs of TLS sessions, in the format of SSLKEYLOGFILE. Those that captures bring along are used in any case. */
  readonly keyLogs?: readonly string[]
  /** Takes up the secrets, for a caller who must hand some of them on. Null: nothing is read inside TLS. Default: a new one. */
  readonly keyring?: Keyring | null
  /** Believe checksums: a segment with a wrong one is passed over, as its receiver did. Default false. */
  readonly verifyChecksums?: boolean
  /** Hands whole dialogues to `onSession`: all, or those of sessions that are named. Default false. */
  readonly dialogues?: DialogueChoice
  /** Adds to each session what it is known again by in another capture. Default false. */
  readonly fingerprints?: boolean
  /** Adds to the contents in dialogues what identifies them. Default false. */
  readonly digests?: boolean
  /** Fills `sha256` of the captures' records. Costs more than the analysis. Default false. */
  readonly hash?: boolean
  /** Adds to each proved finding how it can be checked by hand. Default: where the records of all sessions are kept. */
  readonly proofs?: boolean
  /** Counts the shapes of command groups, per session and per server, or for `onSession` alone. Default false. */
  readonly shapes?: boolean | 'sessions'
  /** Sees the groups of some sessions as they settle; none are kept. */
  readonly follower?: Follower
  /** Called for each session, in the order of the packets that close them. A promise is awaited before more is read. */
  readonly onSession?: (session: SessionReport) => void | Promise<void>
  /** Called whenever more was read. */
  readonly onProgress?: (progress: Progress) => void
  /** Ends the reading where it stands: what was read is judged, and the captures say that the rest was not. */
  readonly signal?: AbortSignal
  /** Called with the frame when a rule or a parser fails: a defect of this program, not of the capture. */
  readonly onInternalError?: (error: unknown, frame: number) => void
}

/** What `take` says of a packet that is a fragment, where fragments are not put together. */
export const FRAGMENT = -1

export class Analyst {
  readonly rules: readonly Rule[]
  readonly streams: Streams
  readonly decoder: SegmentDecoder
  readonly copies = new Copies()
  readonly docket: Docket
  read = 0
  undecodable = 0
  badChecksums = 0
  private readonly court: Court

  /**
   * `deliver` gets the reports of the selected sessions in the order of closing. `openings`: what is read is a slice of
   * the captures, and what does not begin in it is not followed.
   */
  constructor(
    options: AnalyzeOptions,
    keyring: Keyring | null,
    deliver: (report: SessionReport) => void,
    openings: Openings | null = null,
  ) {
    const { select = {}, dialogues = false } = options
    this.rules = RULES.filter(({ id }) => select.rules?.includes(id) ?? true)
    this.docket = new Docket(deliver)
    const court: Court = {
      rules: this.rules,
      base: { seconds: 0, nanoseconds: 0 },
      profile: options.profile ?? 'rfc',
      dialogues,
      proofs: options.proofs ?? (options.keepSessions ?? 'all') === 'all',
      digests: options.digests === true,
      fingerprints: options.fingerprints === true ? new CurrentFingerprint() : null,
      shapes: options.shapes ? new ShapeBook() : null,
      follower: options.follower ?? null,
      onInternalError: options.onInternalError ?? (() => {}),
      onVerdict: (report) => {
        if (isSelected(select, report, court.base)) this.docket.add(report)
      },
    }
    this.court = court
    const ports = new Set([...SMTP_PORTS, ...(select.ports ?? [])])
    const { fingerprints } = court
    const admit = (connection: Connection): StreamConsumer => {
      const conversation = new Conversation(connection, ports, keyring, new Trial(court, `s${connection.firstFrame}`))
      return fingerprints === null ? conversation : new FingerprintedConsumer(conversation, connection, fingerprints)
    }
    // Where every group is wanted, none may be counted only.
    const isCounted = dialogues !== true && court.follower === null
    const ordinary = isCounted ? new OrdinaryReader(ports, new OrdinaryTrial(court)) : undefined
    const reader = ordinary && fingerprints ? new FingerprintedReader(ordinary, fingerprints) : ordinary
    this.streams = new Streams(admit, reader, openings)
    this.decoder = new SegmentDecoder(options.verifyChecksums, openings === null)
  }

  /** The absolute time of the first packet of all. */
  set base(base: TimeBase) {
    this.court.base = base
  }

  /** The number of the packet's connection; 0 when there is none that is not over; FRAGMENT. */
  take(packet: PacketView): number {
    this.read++
    switch (this.decoder.decode(packet)) {
      case Decoded.SEGMENT:
        return this.copies.has(this.decoder.segment) ? 0 : this.follow(packet)
      case Decoded.UNDECODABLE:
        this.undecodable++
        return 0
      case Decoded.BAD_CHECKSUM:
        this.badChecksums++
        return 0
      case Decoded.FRAGMENT:
        return FRAGMENT
      default:
        return 0
    }
  }

  /** Delivers what no packet to come can change the place of: a part was read to its end. */
  settle(frame = Number.POSITIVE_INFINITY): void {
    this.docket.settle(Math.min(this.streams.settledFrame, frame))
  }

  /** Nothing more will come. */
  finish(): void {
    this.streams.finish()
    this.docket.finish()
    this.undecodable += this.decoder.finish()
  }

  private follow(packet: PacketView): number {
    const connection = this.streams.segment(this.decoder.segment)
    if (this.docket.isFull) this.settle(packet.frame)
    return connection
  }
}
