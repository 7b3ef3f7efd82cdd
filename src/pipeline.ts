// Packets in order -> segments -> chunks -> dialogues -> groups -> findings -> reports of sessions: one reading of the
// captures, or of a slice of them. What is counted on the way is kept here.
import type { PacketView, TimeBase } from './capture/packet.ts'
import { Decoded, SegmentDecoder } from './decode/decode.ts'
import { DuplicateSegments } from './decode/duplicate-segments.ts'
import { CloseOrderQueue } from './rules/close-order-queue.ts'
import { RULES } from './rules/index.ts'
import { OrdinaryRunner } from './rules/ordinary-trial.ts'
import type { KeepSessions } from './rules/retention.ts'
import type { Rule } from './rules/rule.ts'
import { type DialogueChoice, RuleRunner, type RunContext } from './rules/rule-runner.ts'
import { isSelected, type Selection } from './rules/select.ts'
import type { Profile } from './rules/server-defaults.ts'
import type { GroupObserver, SessionReport } from './rules/session-report.ts'
import { OrdinaryReader } from './smtp/ordinary/whole-session.ts'
import { SequenceTable } from './smtp/pairing/command-sequence.ts'
import { CurrentFingerprint, FingerprintedConsumer, FingerprintedReader } from './smtp/parse/fingerprint.ts'
import { SMTP_PORTS, SmtpConnection } from './smtp/session/smtp-connection.ts'
import type { StreamConsumer } from './tcp/chunk.ts'
import type { Connection } from './tcp/connection.ts'
import { FlowTracker } from './tcp/flow-tracker.ts'
import type { OpenedFlows } from './tcp/opened-flows.ts'
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
  readonly observer?: GroupObserver
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

export class Pipeline {
  readonly rules: readonly Rule[]
  readonly streams: FlowTracker
  readonly decoder: SegmentDecoder
  readonly copies = new DuplicateSegments()
  readonly closeOrder: CloseOrderQueue
  read = 0
  undecodable = 0
  badChecksums = 0
  private readonly context: RunContext

  /**
   * `deliver` gets the reports of the selected sessions in the order of closing. `openings`: what is read is a slice of
   * the captures, and what does not begin in it is not followed.
   */
  constructor(
    options: AnalyzeOptions,
    keyring: Keyring | null,
    deliver: (report: SessionReport) => void,
    openedFlows: OpenedFlows | null = null,
  ) {
    const { select = {}, dialogues = false } = options
    this.rules = RULES.filter(({ id }) => select.rules?.includes(id) ?? true)
    this.closeOrder = new CloseOrderQueue(deliver)
    const context: RunContext = {
      rules: this.rules,
      base: { seconds: 0, nanoseconds: 0 },
      profile: options.profile ?? 'rfc',
      dialogues,
      proofs: options.proofs ?? (options.keepSessions ?? 'all') === 'all',
      digests: options.digests === true,
      fingerprints: options.fingerprints === true ? new CurrentFingerprint() : null,
      shapes: options.shapes ? new SequenceTable() : null,
      observer: options.observer ?? null,
      onInternalError: options.onInternalError ?? (() => {}),
      onVerdict: (report) => {
        if (isSelected(select, report, context.base)) this.closeOrder.add(report)
      },
    }
    this.context = context
    const ports = new Set([...SMTP_PORTS, ...(select.ports ?? [])])
    const { fingerprints } = context
    const admit = (connection: Connection): StreamConsumer => {
      const smtpConnection = new SmtpConnection(
        connection,
        ports,
        keyring,
        new RuleRunner(context, `s${connection.firstFrame}`),
      )
      return fingerprints === null
        ? smtpConnection
        : new FingerprintedConsumer(smtpConnection, connection, fingerprints)
    }
    // Where every group is wanted, none may be counted only.
    const isCounted = dialogues !== true && context.observer === null
    const ordinary = isCounted ? new OrdinaryReader(ports, new OrdinaryRunner(context)) : undefined
    const reader = ordinary && fingerprints ? new FingerprintedReader(ordinary, fingerprints) : ordinary
    this.streams = new FlowTracker(admit, reader, openedFlows)
    this.decoder = new SegmentDecoder(options.verifyChecksums, openedFlows === null)
  }

  /** The absolute time of the first packet of all. */
  set base(base: TimeBase) {
    this.context.base = base
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
    this.closeOrder.settle(Math.min(this.streams.settledFrame, frame))
  }

  /** Nothing more will come. */
  finish(): void {
    this.streams.finish()
    this.closeOrder.finish()
    this.undecodable += this.decoder.finish()
  }

  private follow(packet: PacketView): number {
    const connection = this.streams.segment(this.decoder.segment)
    if (this.closeOrder.isFull) this.settle(packet.frame)
    return connection
  }
}
