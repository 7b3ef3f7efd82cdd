// A capture that was read, or not -> its record.
import type { CaptureState } from '../capture/timeline.ts'
import type { CaptureRecord } from './analysis.ts'
import { isoTime } from './time.ts'

/** What is only odd about packets leaves the capture complete. */
export function captureRecord({ path, reader, error, sha256 }: CaptureState): CaptureRecord {
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
