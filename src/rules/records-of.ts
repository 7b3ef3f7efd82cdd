// Builds the records of captures and sessions.
import type { TimeBase } from '../capture/packet.ts'
import type { CaptureFacts } from '../capture/reader.ts'
import { problemsOf } from '../capture/warnings.ts'
import type { CaptureError } from '../errors.ts'
import type { Encryption } from '../smtp/session/session.ts'
import type { SessionSummary } from '../smtp/session/session-summary.ts'
import type { Side } from '../tcp/chunk.ts'
import type { ConnectionFacts } from '../tcp/connection.ts'
import type { CaptureRecord, LimitRecord, SessionRecord, VerdictName } from './analysis.ts'
import { isoTime } from './time.ts'

/** From `MergedCaptures`, or assembled from byte ranges that were read in parallel. */
interface CaptureRead {
  readonly path: string
  /** Null when the format was not recognised. */
  readonly reader: CaptureFacts | null
  readonly error: Pick<CaptureError, 'problem'> | null
  readonly sha256: string | null
}

/** Oddities of packets (`reader.odd`) do not make the capture incomplete; damage does. */
export function captureRecord({ path, reader, error, sha256 }: CaptureRead): CaptureRecord {
  const base = reader?.base ?? null
  const damages = [...(reader?.damages ?? []), ...(error === null ? [] : [error.problem])]
  const at = (ns: number | null | undefined) => (base === null || ns == null ? null : isoTime(base, ns))
  return {
    path,
    sha256,
    format: reader?.format ?? null,
    compression: reader?.compression ?? 'none',
    linkTypes: reader?.linkTypes ?? [],
    bytes: reader?.bytes ?? 0,
    packets: reader?.packets ?? 0,
    firstPacketAt: at(reader?.firstNs),
    lastPacketAt: at(reader?.lastNs),
    droppedByCapture: reader?.droppedByCapture ?? null,
    complete: damages.length === 0,
    error: damages[0] ?? null,
    problems: [...damages, ...problemsOf(reader?.odd ?? [], path)],
  }
}

export function recordOf(
  connection: ConnectionFacts,
  client: Side,
  session: SessionSummary,
  base: TimeBase,
  limits: readonly LimitRecord[],
  encryption: Encryption,
  verdict: VerdictName,
): SessionRecord {
  return {
    id: `s${connection.firstFrame}`,
    client: connection.ends.name(client),
    server: connection.ends.name(client === 0 ? 1 : 0),
    clientName: session.clientName,
    serverName: session.serverName,
    startedAt: isoTime(base, connection.startNs),
    endedAt: isoTime(base, connection.lastNs),
    protocol: session.protocol,
    pipelining: { advertised: session.offered, used: session.used },
    encryption,
    closedBy: session.closedBy,
    commands: session.commands,
    replies: session.replies,
    unanswered: session.unanswered,
    groups: session.groups,
    messages: session.messages,
    limits,
    verdict,
  }
}
