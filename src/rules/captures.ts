// A capture that was read, or not -> its record.
import { problemsOf } from '../capture/oddities.ts'
import type { CaptureFacts } from '../capture/reader.ts'
import type { CaptureError } from '../problems.ts'
import type { CaptureRecord } from './analysis.ts'
import { isoTime } from './time.ts'

/** As the timeline keeps it, or put together from ranges. */
interface CaptureRead {
  readonly path: string
  /** Null when not even its format was recognised. */
  readonly reader: CaptureFacts | null
  readonly error: Pick<CaptureError, 'problem'> | null
  readonly sha256: string | null
}

/** What is only odd about packets leaves the capture complete. */
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
