// The staircase: captures -> packets -> segments -> chunks -> dialogues -> groups -> findings -> Analysis.
import { type CaptureInput, inOrderOfTime } from './capture/order.ts'
import { Timeline } from './capture/timeline.ts'
import { Copies } from './network/copies.ts'
import { Decoded, SegmentDecoder } from './network/decode.ts'
import type { Analysis } from './rules/analysis.ts'
import { captureRecord } from './rules/captures.ts'
import { Docket } from './rules/docket.ts'
import { RULES } from './rules/index.ts'
import { Keeping, type KeepSessions } from './rules/keeping.ts'
import type { Follower, SessionReport } from './rules/observe.ts'
import type { Profile } from './rules/profiles.ts'
import { isSelected, type Selection } from './rules/select.ts'
import { Tally } from './rules/tally.ts'
import { type Court, Trial } from './rules/trial.ts'
import { Conversation, SMTP_PORTS } from './smtp/conversation.ts'
import { ShapeBook } from './smtp/shape.ts'
import { Streams } from './stream/streams.ts'
import { Keyring } from './tls/keyring.ts'

export type { CaptureInput } from './capture/order.ts'
export type {
  Analysis,
  CaptureRecord,
  FindingRecord,
  SessionRecord,
} from './rules/analysis.ts'
export type { Follower, SessionReport } from './rules/observe.ts'
export type { Profile } from './rules/profiles.ts'
export type { Selection } from './rules/select.ts'

export interface AnalyzeOptions {
  readonly select?: Selection
  /** Which records are kept; the summary counts all in any case. Default `all`. */
  readonly keepSessions?: KeepSessions
  /** The server whose habits are told beside findings about clients: would it have refused this one? Default `rfc`: none. */
  readonly profile?: Profile
  /** Key logs of TLS sessions, in the format of SSLKEYLOGFILE. Those that captures bring along are used in any case. */
  readonly keyLogs?: readonly string[]
  /** Believe checksums: a segment with a wrong one is passed over, as its receiver did. Default false. */
  readonly verifyChecksums?: boolean
  /** Hands whole dialogues to `onSession`. Default false. */
  readonly dialogues?: boolean
  /** Fills `sha256` of the captures' records. Costs more than the analysis. Default false. */
  readonly hash?: boolean
  /** Counts the shapes of command groups, per session and per server, or for `onSession` alone. Default false. */
  readonly shapes?: boolean | 'sessions'
  /** Sees the groups of some sessions as they settle; none are kept. */
  readonly follower?: Follower
  /** Called for each session, in the order of the packets that close them. A promise is awaited before more is read. */
  readonly onSession?: (session: SessionReport) => void | Promise<void>
  /** Called with the frame when a rule or a parser fails: a defect of this program, not of the capture. */
  readonly onInternalError?: (error: unknown, frame: number) => void
}

/**
 * Reads captures as one timeline, in the order of their packets' times whatever the order given, and judges every SMTP
 * session in them. What of a capture cannot be read is told in its record, the rest is judged, nothing is thrown.
 */
export async function analyze(captures: readonly CaptureInput[], options: AnalyzeOptions = {}): Promise<Analysis> {
  const { select = {}, keepSessions = 'all', dialogues = false } = options
  const rules = RULES.filter(({ id }) => select.rules?.includes(id) ?? true)
  const tally = new Tally(options.shapes === true)
  let told: Promise<void> | undefined
  const keeping = new Keeping(keepSessions)
  const docket = new Docket((report) => {
    tally.add(report)
    keeping.add(report)
    told = options.onSession?.(report) ?? told
  })
  const court: Court = {
    rules,
    base: { seconds: 0, nanoseconds: 0 },
    profile: options.profile ?? 'rfc',
    dialogues,
    shapes: options.shapes ? new ShapeBook() : null,
    follower: options.follower ?? null,
    onInternalError: options.onInternalError ?? (() => {}),
    onVerdict: (report) => {
      if (isSelected(select, report, court.base)) docket.add(report)
    },
  }
  const ports = new Set([...SMTP_PORTS, ...(select.ports ?? [])])
  const keyring = new Keyring()
  keyring.follow(options.keyLogs ?? [])
  const streams = new Streams((connection) => new Conversation(connection, ports, keyring, new Trial(court)))
  const decoder = new SegmentDecoder(options.verifyChecksums)
  const copies = new Copies()
  const packets = { read: 0, smtp: 0, undecodable: 0, badChecksums: options.verifyChecksums === true ? 0 : null }

  const timeline = new Timeline(await inOrderOfTime(captures), options.hash === true, keyring)
  try {
    while (await timeline.refill()) {
      while (timeline.next()) {
        if (packets.read++ === 0) court.base = timeline.base ?? court.base
        const decoded = decoder.decode(timeline.packet)
        if (decoded === Decoded.SEGMENT) {
          if (!copies.has(decoder.segment)) streams.segment(decoder.segment)
        } else if (decoded === Decoded.UNDECODABLE) packets.undecodable++
        else if (decoded === Decoded.BAD_CHECKSUM) packets.badChecksums = (packets.badChecksums ?? 0) + 1
        if (docket.isFull) docket.settle(Math.min(streams.settledFrame, timeline.packet.frame))
      }
      docket.settle(streams.settledFrame)
      await told
    }
  } finally {
    await timeline.close()
  }
  streams.finish()
  docket.finish()
  packets.undecodable += decoder.finish()
  await told
  packets.smtp = streams.sessionPackets
  return {
    captures: timeline.captures.map(captureRecord),
    summary: tally.summary({ ...packets, copies: copies.count }),
    servers: tally.serverRecords(rules),
    ...keeping.records(),
  }
}
