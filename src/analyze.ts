// The staircase: captures -> packets -> segments -> chunks -> dialogues -> groups -> findings -> Analysis.
import { type HashedSource, hashed, sha256Of } from './capture/hash.ts'
import { CaptureReader } from './capture/reader.ts'
import { type ByteSource, fromIterable, openFile } from './capture/source.ts'
import { Decoded, SegmentDecoder } from './network/decode.ts'
import { CaptureError } from './problems.ts'
import type { Analysis, CaptureRecord } from './rules/analysis.ts'
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

export type {
  Analysis,
  CaptureRecord,
  FindingRecord,
  SessionRecord,
} from './rules/analysis.ts'
export type { Follower, SessionReport } from './rules/observe.ts'
export type { Profile } from './rules/profiles.ts'
export type { Selection } from './rules/select.ts'

/** A path, or bytes that arrive from elsewhere (standard input) under a name. */
export type CaptureInput = string | { readonly name: string; readonly bytes: AsyncIterable<Uint8Array> }

export interface AnalyzeOptions {
  readonly select?: Selection
  /** Which records are kept; the summary counts all in any case. Default `all`. */
  readonly keepSessions?: KeepSessions
  /** The server whose habits are told beside findings about clients: would it have refused this one? Default `rfc`: none. */
  readonly profile?: Profile
  /** Hands whole dialogues to `onSession`. Default false. */
  readonly dialogues?: boolean
  /** Fills `sha256` of the captures' records. Costs more than the analysis. Default false. */
  readonly hash?: boolean
  /** Counts the shapes of command groups, per session and per server. Default false. */
  readonly shapes?: boolean
  /** Sees the groups of some sessions as they settle; none are kept. */
  readonly follower?: Follower
  /** Called for each session, in the order of the packets that close them. A promise is awaited before more is read. */
  readonly onSession?: (session: SessionReport) => void | Promise<void>
  /** Called with the frame when a rule or a parser fails: a defect of this program, not of the capture. */
  readonly onInternalError?: (error: unknown, frame: number) => void
}

/**
 * Reads captures in the order given, as one timeline, and judges every SMTP session in them. A capture that cannot be
 * read to its end is judged up to there: its record says so, nothing is thrown.
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
    shapes: options.shapes === true ? new ShapeBook() : null,
    follower: options.follower ?? null,
    onInternalError: options.onInternalError ?? (() => {}),
    onVerdict: (report) => {
      if (isSelected(select, report, court.base)) docket.add(report)
    },
  }
  const ports = new Set([...SMTP_PORTS, ...(select.ports ?? [])])
  const streams = new Streams((connection) => new Conversation(connection, ports, new Trial(court)))
  const decoder = new SegmentDecoder()
  const records: CaptureRecord[] = []
  const packets = { read: 0, smtp: 0, undecodable: 0 }

  for (const capture of captures) {
    let source: ByteSource | null = null
    let reader: CaptureReader | null = null
    let error: CaptureError | null = null
    let hash: HashedSource | null = null
    let sha256: string | null = null
    try {
      source = typeof capture === 'string' ? await openFile(capture) : fromIterable(capture.name, capture.bytes)
      if (options.hash === true) source = hash = hashed(source)
      reader = await CaptureReader.open(source, packets.read === 0 ? null : court.base, packets.read + 1)
      do {
        while (reader.next()) {
          if (packets.read++ === 0) court.base = reader.base ?? court.base
          const decoded = decoder.decode(reader.packet)
          if (decoded === Decoded.SEGMENT) streams.segment(decoder.segment)
          else if (decoded === Decoded.UNDECODABLE) packets.undecodable++
        }
        docket.settle(streams.settledFrame)
        await told
      } while (await reader.refill())
      sha256 = await sha256Of(hash)
    } catch (problem) {
      if (!(problem instanceof CaptureError)) throw problem
      error = problem
      sha256 = await sha256Of(hash)
    } finally {
      await source?.close()
    }
    records.push(captureRecord(typeof capture === 'string' ? capture : capture.name, reader, error, sha256))
  }
  streams.finish()
  docket.finish()
  packets.undecodable += decoder.finish()
  await told
  packets.smtp = streams.sessionPackets
  return {
    captures: records,
    summary: tally.summary(packets),
    servers: tally.serverRecords(rules),
    ...keeping.records(),
  }
}
