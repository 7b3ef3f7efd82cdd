// Builds the record of a capture.
import type { CaptureFacts } from '../capture/reader.ts'
import { problemsOf } from '../capture/warnings.ts'
import type { CaptureError } from '../errors.ts'
import type { CaptureRecord } from './analysis.ts'
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

/** The records of captures with file names only, since directories are private. */
export function namedCaptures(
  captures: readonly CaptureRecord[],
  sources: readonly { readonly path: string; readonly name: string }[],
): CaptureRecord[] {
  const names = new Map(sources.map(({ path, name }) => [path, name]))
  const nameOf = (path: string) => names.get(path) ?? path
  return captures.map((capture) => ({
    ...capture,
    path: nameOf(capture.path),
    error: capture.error && { ...capture.error, path: nameOf(capture.error.path) },
    problems: capture.problems.map((problem) => ({ ...problem, path: nameOf(problem.path) })),
  }))
}
