// One reading of the captures, or of a slice of them: packets in order -> session reports. It owns the counters of the
// run.
import type { FrameMap } from './capture/frame-map.ts'
import type { PacketView, TimeBase } from './capture/packet.ts'
import type { CaptureInput } from './capture/sort-captures.ts'
import { Decoded, SegmentDecoder } from './decode/decode.ts'
import { DuplicateSegments } from './decode/duplicate-segments.ts'
import { FastPath, NOT_READ, NOT_TAKEN } from './fast-path/fast-path.ts'
import type { Kernel } from './fast-path/kernel.ts'
import type { FastPathOptions } from './fast-path/options.ts'
import { fastPathSetting } from './fast-path/setting.ts'
import { Checks } from './rules/checks.ts'
import { CloseOrderQueue } from './rules/close-order-queue.ts'
import { RULES } from './rules/index.ts'
import { OrdinaryRunner } from './rules/ordinary-runner.ts'
import type { KeepSessions } from './rules/retention.ts'
import type { Rule } from './rules/rule.ts'
import { type DialogueChoice, type OrdinaryCounts, RuleRunner, type RunContext } from './rules/rule-runner.ts'
import { isSelected, type Selection, selectsAll } from './rules/select.ts'
import type { Profile } from './rules/server-defaults.ts'
import type { GroupObserver, SessionReport } from './rules/session-report.ts'
import { SequenceTable } from './smtp/pairing/command-sequence.ts'
import { CurrentFingerprint, FingerprintedConsumer } from './smtp/parse/fingerprint.ts'
import { SmtpConnection } from './smtp/session/smtp-connection.ts'
import type { StopSignal } from './stop-signal.ts'
import type { StreamConsumer } from './tcp/chunk.ts'
import { ClockSpan } from './tcp/clock-span.ts'
import type { Connection } from './tcp/connection.ts'
import { engineWork } from './tcp/engine-work.ts'
import { FlowTracker } from './tcp/flow-tracker.ts'
import type { Share } from './tcp/share.ts'
import type { SliceSetting } from './tcp/slice-state.ts'
import type { Keyring } from './tls/keyring.ts'

/** How far the reading is. */
export interface Progress {
  /** Bytes of the files as they are stored. */
  readonly bytes: number
  readonly packets: number
  /** The time of the last packet, in nanoseconds since the Unix epoch; null before. */
  readonly lastNs: bigint | null
  /** Sessions that were judged, and proved findings of severity error. */
  readonly sessions: number
  readonly errors: number
}

export interface AnalyzeOptions {
  readonly select?: Selection
  /** What is judged, in this order. Default: the whole catalogue. */
  readonly rules?: readonly Rule[]
  /** Which session records are kept; the summary counts all of them. Default `all`. */
  readonly keepSessions?: KeepSessions
  /**
   * The server whose default settings are applied to findings about clients: would it have refused them? Default `rfc`:
   * none.
   */
  readonly profile?: Profile
  /** TLS key logs in the SSLKEYLOGFILE format. Those inside captures are always used. */
  readonly keyLogs?: readonly string[]
  /** Receives the secrets, for callers who pass some of them on. Null: TLS is not decrypted. Default: a new one. */
  readonly keyring?: Keyring | null
  /** Drop segments with bad checksums, as their receiver did. Default false. */
  readonly verifyChecksums?: boolean
  /** Adds dialogues to the reports of `onSession`: all, or those of the named sessions. Default false. */
  readonly dialogues?: DialogueChoice
  /** Adds the fingerprint by which a session is recognised in another capture. Default false. */
  readonly fingerprints?: boolean
  /** Adds hashes to message contents in dialogues. Default false. */
  readonly digests?: boolean
  /** Computes `sha256` of the captures. It costs more than the analysis. Default false. */
  readonly hash?: boolean
  /** Adds to each proved finding how it can be checked by hand. Default: when all session records are kept. */
  readonly proofs?: boolean
  /** Counts command sequences per session and per server, or for `onSession` only. Default false. */
  readonly shapes?: boolean | 'sessions'
  /** Is called with the groups of some sessions as they close; none are kept. */
  readonly observer?: GroupObserver
  /**
   * Called for each session, in the order of the packets that close them. A promise is awaited before reading goes on.
   */
  readonly onSession?: (session: SessionReport) => void | Promise<void>
  /** Runs no rule: reports have no findings, and their limits name the rules all the same. Default false. */
  readonly limitsOnly?: boolean
  /** Calls `onSession` as soon as a session is judged: none waits for others that closed before it. Default false. */
  readonly anyOrder?: boolean
  /** Receives which packets are from which capture, as they are read. */
  readonly frames?: FrameMap
  /** Called at the end of the last capture: the one that continues it, or null. Default: none. */
  readonly nextCapture?: () => Promise<CaptureInput | null>
  /** Judges closed connections after each read, for captures that are still written. Default false: now and then. */
  readonly live?: boolean
  /** Called after each read. */
  readonly onProgress?: (progress: Progress) => void
  /**
   * An AbortSignal, or the like of it: stops the reading. What was read is judged, and the capture records say that the rest
   * was not.
   */
  readonly signal?: StopSignal
  /** Called with the frame when a rule or parser throws: a defect of this program, not of the capture. */
  readonly onInternalError?: (error: unknown, frame: number) => void
}

/** SMTP ports. A connection to one of them is a session, whatever its bytes look like. */
const SMTP_PORTS: readonly number[] = [24, 25, 465, 587, 2525]

/** Returned by `take` for a fragment, where fragments are not reassembled. */
export const FRAGMENT = -1

/** What is read, and what is wanted of it. */
export interface PipelineSetting {
  /** A slice of the captures is read: only connections that begin in it are followed. */
  readonly slice?: SliceSetting | null
  /** The captures are read into the windows of this kernel; null: none, and all is read in full. Default: one of its own. */
  readonly kernel?: Kernel | null
  /** Only this share of the connections is followed. */
  readonly share?: Share | null
  /** Takes the number of ordinary sessions where no reports of them are wanted. */
  readonly counts?: OrdinaryCounts | null
  /** `counts` receives them as often as reports are delivered, not only at the end. Default: where progress is wanted. */
  readonly tellsSums?: boolean
}

export class Pipeline {
  readonly rules: readonly Rule[]
  readonly streams: FlowTracker
  readonly decoder: SegmentDecoder
  readonly copies = new DuplicateSegments()
  readonly closeOrder: CloseOrderQueue
  /** Null where every packet is to be read in full. */
  readonly fastPath: FastPath | null
  /** Whether sums are passed on as often as reports. */
  private readonly tellsSums: boolean
  read = 0
  undecodable = 0
  badChecksums = 0
  private readonly context: RunContext
  private readonly slice: SliceSetting | null
  private readonly ownClock = new ClockSpan()

  /**
   * `deliver` receives the reports of the selected sessions in the order of closing, but for those that `counts` counts.
   */
  constructor(
    options: AnalyzeOptions,
    keyring: Keyring | null,
    deliver: (report: SessionReport) => void,
    { slice = null, kernel, share = null, counts = null, tellsSums = false }: PipelineSetting = {},
  ) {
    const { select = {}, dialogues = false } = options
    this.tellsSums = tellsSums || options.onProgress !== undefined
    const isRun = (id: string) => (select.rules?.includes(id) ?? true) && select.ignored?.includes(id) !== true
    this.rules = (options.rules ?? RULES).filter(({ id }) => isRun(id))
    const judging = options.limitsOnly === true ? [] : this.rules
    const readsAll = judging.some(({ onlyRemarkable }) => onlyRemarkable !== true)
    this.closeOrder = new CloseOrderQueue(deliver)
    const context: RunContext = {
      rules: this.rules,
      checks: new Checks(judging),
      readsAll,
      base: { seconds: 0, nanoseconds: 0 },
      profile: options.profile ?? 'rfc',
      dialogues,
      counts: selectsAll(select) ? counts : null,
      proofs: options.proofs ?? (options.keepSessions ?? 'all') === 'all',
      digests: options.digests === true,
      fingerprints: options.fingerprints === true ? new CurrentFingerprint() : null,
      shapes: options.shapes ? new SequenceTable() : null,
      observer: options.observer ?? null,
      onInternalError: options.onInternalError ?? (() => {}),
      onVerdict: (report) => {
        if (!isSelected(select, report, context.base)) return
        if (options.anyOrder === true) deliver(report)
        else this.closeOrder.add(report)
      },
    }
    this.context = context
    const ports = new Set([...SMTP_PORTS, ...(select.ports ?? [])])
    const { fingerprints } = context
    const admit = (connection: Connection): StreamConsumer => {
      engineWork.note()
      connection.onSmtpPort = ports.has(connection.ends.port(0)) || ports.has(connection.ends.port(1))
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
    this.slice = slice
    this.streams = new FlowTracker(admit, slice?.openedFlows, share)
    // Groups cannot be counted without records where the caller or a rule wants every group.
    const readsInFull = dialogues === true || readsAll || context.observer !== null
    const isOff = fastPathSetting.isOff || options.verifyChecksums === true || kernel === null
    const setting = { ports, slice, share, kernel: kernel ?? null }
    this.fastPath = isOff || readsInFull ? null : this.fastPathFor(context, keyring, setting)
    this.streams.ordinary = this.fastPath
    this.decoder = new SegmentDecoder(options.verifyChecksums, slice === null)
  }

  /** The absolute time of the first packet of the set. */
  set base(base: TimeBase) {
    this.context.base = base
  }

  /** Returns the number of the packet's connection, 0 when there is none that is open, or FRAGMENT. */
  take(packet: PacketView): number {
    this.read++
    if (this.fastPath === null) this.ownClock.note(packet.timeNs)
    if (this.closeOrder.isFull) this.settle(packet.frame)
    const taken = this.fastPath?.take(packet) ?? NOT_TAKEN
    if (taken !== NOT_TAKEN && taken !== NOT_READ) return taken
    const number = this.decode(packet, taken === NOT_READ)
    if (number !== 0) this.slice?.keep(packet, number)
    return number
  }

  /** The times of all packets that were taken. */
  get clock(): ClockSpan {
    return this.fastPath?.clock ?? this.ownClock
  }

  /** `mayBeOrdinary`: its connection may be one of the fast path. */
  private decode(packet: PacketView, mayBeOrdinary: boolean): number {
    switch (this.decoder.decode(packet)) {
      case Decoded.SEGMENT:
        return this.copies.has(this.decoder.segment) ? 0 : this.follow(mayBeOrdinary)
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

  /** Judges connections to which no packet can belong any more. */
  expire({ timeNs, frame }: PacketView): void {
    this.streams.expire(timeNs, frame)
  }

  /** Delivers the reports whose order no later packet can change. */
  settle(frame = Number.POSITIVE_INFINITY): void {
    const { fastPath } = this
    fastPath?.settle()
    this.closeOrder.settle(Math.min(this.streams.settledFrame, frame))
    fastPath?.chooseSums()
    if (this.tellsSums) fastPath?.settleSums()
  }

  /** Judges what is still open: no packet follows. */
  finish(): void {
    this.streams.finish()
    this.fastPath?.settle()
    this.fastPath?.settleSums()
    this.closeOrder.finish()
    this.undecodable += this.decoder.finish()
  }

  /** Nothing more is asked of it. */
  close(): void {
    this.fastPath?.close()
  }

  private fastPathFor(
    context: RunContext,
    keyring: Keyring | null,
    setting: Pick<FastPathOptions, 'ports' | 'slice' | 'share' | 'kernel'>,
  ): FastPath {
    const [sequences, dialogues] = [context.shapes !== null, context.dialogues !== false]
    const hasKeys = () => keyring !== null && keyring.size > 0
    const openings = context.fingerprints?.openings ?? null
    const options = { ...setting, sequences, dialogues, openings, hasKeys, onFailure: context.onInternalError }
    return new FastPath(this.streams, this.copies, new OrdinaryRunner(context), options)
  }

  private follow(mayBeOrdinary: boolean): number {
    const { segment } = this.decoder
    const connection = this.streams.segment(segment, mayBeOrdinary)
    this.context.fingerprints?.openings.note(connection, segment)
    return connection
  }
}
