// A capture that was read, or not -> its record.
import type { CaptureReader } from '../capture/reader.ts'
import type { CaptureError } from '../problems.ts'
import type { CaptureRecord } from './analysis.ts'
import { isoTime } from './time.ts'

/**
 * `reader` is null when not even the format could be recognised; `error` is null when the end was reached; `sha256` is
 * null where it was not asked for or the file could not be read. What is only odd about packets leaves the capture
 * complete.
 */
export function captureRecord(
  path: string,
  reader: CaptureReader | null,
  error: CaptureError | null,
  sha256: string | null,
): CaptureRecord {
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
    problems: [...damages, ...(reader?.odd ?? [])],
  }
}
