// Judges the captures once: everything that the page lists is kept in this reading, within bounds.
import { type AnalyzeOptions, analyze } from '../analyze.ts'
import { compressionOf } from '../capture/compressed.ts'
import { detectFormat, MAGIC_BYTES } from '../capture/detect-format.ts'
import { FrameMap } from '../capture/frame-map.ts'
import { KEYLOG_BYTES_MAX } from '../limits.ts'
import { UNREDACTED } from '../redact/redactor.ts'
import { withFiles } from '../report/file-frames.ts'
import { Keyring } from '../tls/keyring.ts'
import { Triage } from '../triage/triage.ts'
import { mount, unmount } from './host/files.ts'
import { Listed } from './listed.ts'
import type { Judged, Progress } from './messages.ts'

/** The captures and key logs that are open. */
export interface Opened {
  readonly paths: readonly string[]
  readonly bytes: number
  readonly keyLogs: readonly string[]
  readonly named: Judged['keyLogs']
  readonly frames: FrameMap
}

/** Gives every file a name of its own, and tells key logs from captures by what is in them. */
export async function openFiles(chosen: readonly File[], before: Opened | null): Promise<Opened> {
  for (const path of before?.paths ?? []) unmount(path)
  const paths: string[] = []
  const keyLogs: string[] = []
  const named: { name: string; secrets: number }[] = []
  let bytes = 0
  for (const file of chosen) {
    const keyLog = await keyLogIn(file)
    if (keyLog === null) {
      const path = distinct(file.name, paths)
      mount(path, file)
      paths.push(path)
      bytes += file.size
    } else {
      keyLogs.push(keyLog)
      named.push({ name: file.name, secrets: new Keyring().add(keyLog) })
    }
  }
  return { paths, bytes, keyLogs, named, frames: new FrameMap() }
}

function distinct(name: string, taken: readonly string[]): string {
  let path = name
  for (let i = 2; taken.includes(path); i++) path = `${name} (${i})`
  return path
}

/** The text of a file that is no capture and has a TLS secret; else null. */
async function keyLogIn(file: File): Promise<string | null> {
  if (file.size > KEYLOG_BYTES_MAX) return null
  const first = new Uint8Array(await file.slice(0, MAGIC_BYTES).arrayBuffer())
  if (detectFormat(first) !== null || compressionOf(first) !== 'none') return null
  const text = await file.text()
  return new Keyring().add(text) > 0 ? text : null
}

export async function judge(
  { paths, bytes: of, keyLogs, named, frames }: Opened,
  tell: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<Judged> {
  const listed = new Listed()
  const triage = new Triage('server')
  const notes: string[] = []
  const began = Date.now()
  const options: AnalyzeOptions = {
    ...{ keyLogs, frames, signal, keepSessions: 'none', shapes: 'sessions' },
    onSession(report) {
      triage.add(report)
      listed.add(report)
    },
    onProgress: ({ bytes, packets, sessions, errors }) => tell({ bytes, of, packets, sessions, errors }),
    onInternalError: (error, frame) => notes.push(internalError(error, frame)),
  }
  const analysis = await analyze(paths, options)
  const shown = withFiles(UNREDACTED, frames).analysis({ ...analysis, ...listed.inOrder() })
  return {
    ...{ analysis: shown, triage: triage.result(), keyLogs: named, notes },
    unlisted: { sessions: listed.unlistedSessions, findings: listed.unlistedFindings },
    milliseconds: Date.now() - began,
    wasStopped: signal.aborted,
  }
}

export function internalError(error: unknown, frame: number): string {
  return `internal error at frame ${frame}: ${error instanceof Error ? error.message : String(error)}; please report it`
}
