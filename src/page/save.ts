// What the page saves: the violation report, the evidence, and the JSON document of `check`, all as the command line
// writes them.

import { version } from 'pipelint:build'
import { analyze } from '../analyze.ts'
import { FrameMap } from '../capture/frame-map.ts'
import { makeEvidence } from '../evidence/make-evidence.ts'
import { readForReport } from '../evidence/report-readings.ts'
import { Redaction } from '../redact/redaction.ts'
import { UNREDACTED } from '../redact/redactor.ts'
import { withFiles } from '../report/file-frames.ts'
import { counted } from '../report/format-text.ts'
import { jsonDocument } from '../report/json.ts'
import { compose } from '../report/vendor/compose.ts'
import { reportHtml } from '../report/vendor/render-html.ts'
import type { FindingRecord, SessionRecord } from '../rules/analysis.ts'
import { BlobTexts } from './blob-texts.ts'
import { fileAt, unmount } from './host/files.ts'
import { internalError, type Opened } from './judge.ts'
import type { Saved, SaveTask } from './messages.ts'

/** Paths of the evidence while it is made. No file of a user is called so. */
const EVIDENCE = '/evidence'
const TWIN = '/twin'

/** Throws UsageError and DeliveryError with a sentence for the user. */
export async function save(opened: Opened, task: SaveTask): Promise<Saved> {
  const defects: string[] = []
  const saveIt = { report: saveReport, evidence: saveEvidence, json: saveJson }[task.what]
  const saved = await saveIt(opened, task, (error, frame) => defects.push(internalError(error, frame)))
  return { ...saved, note: [saved.note, ...defects].join('; ') }
}

type OnInternalError = (error: unknown, frame: number) => void

const sourcesOf = ({ paths }: Opened) => paths.map((path) => ({ path, name: path }))
const selectOf = ({ server }: SaveTask) => (server === null ? {} : { servers: [server] })

/** `mail.pcap.gz` and `report.html` -> `mail-report.html`. */
function nameFor({ paths }: Opened, { redact }: SaveTask, ending: string): string {
  const first = (paths[0] ?? 'captures').replace(/(?:\.(?:pcap|pcapng|cap|dmp|gz|zst|lz4))+$/i, '')
  return `${redact ? 'redacted' : first}-${ending}`
}

async function saveReport(opened: Opened, task: SaveTask, onInternalError: OnInternalError): Promise<Saved> {
  const { readings } = await readForReport({
    ...{ sources: sourcesOf(opened), select: selectOf(task), findings: null, keyLogs: opened.keyLogs, version },
    ...{ verifyChecksums: false, redact: task.redact, evidence: null, readLog: null, onInternalError },
  })
  const file = new Blob([reportHtml(compose(readings))], { type: 'text/html' })
  return { name: nameFor(opened, task, 'report.html'), file, note: 'the violation report' }
}

async function saveEvidence(opened: Opened, task: SaveTask, onInternalError: OnInternalError): Promise<Saved> {
  try {
    const { findings, sessions, packets, unproved, leftOut } = await makeEvidence(sourcesOf(opened), {
      ...{ select: selectOf(task), findings: null, format: 'pcapng', version, keyLogs: opened.keyLogs },
      ...{ redaction: task.redact ? new Redaction() : null, path: EVIDENCE, twin: TWIN, onInternalError },
    })
    const file = fileAt(EVIDENCE) ?? new Blob([])
    const note = [
      `${counted(findings, 'finding')} of ${counted(sessions, 'session')} in ${counted(packets, 'packet')}`,
      ...(unproved === null ? [] : [`left out: ${unproved}`]),
      ...(leftOut > 0 ? [`${counted(leftOut, 'more session')} with findings left out`] : []),
    ]
    return { name: nameFor(opened, task, 'evidence.pcapng'), file, note: findings === 0 ? '' : note.join('; ') }
  } finally {
    unmount(EVIDENCE)
    unmount(TWIN)
  }
}

/** Sessions wait in texts outside the memory of the script: they are printed behind what is known only at the end. */
async function saveJson(opened: Opened, task: SaveTask, onInternalError: OnInternalError): Promise<Saved> {
  const frames = new FrameMap()
  const redactor = withFiles(task.redact ? new Redaction() : UNREDACTED, frames)
  const [records, findingLists] = [new BlobTexts(), new BlobTexts()]
  const analysis = await analyze(opened.paths, {
    ...{ keyLogs: opened.keyLogs, keepSessions: 'none', proofs: true, frames, select: selectOf(task), onInternalError },
    onSession({ firstFrame, record, findings }) {
      records.add(firstFrame, JSON.stringify(record))
      if (findings.length > 0) findingLists.add(firstFrame, JSON.stringify(findings))
    },
  })
  const sessions = {
    *[Symbol.iterator]() {
      for (const text of records.inOrder()) yield redactor.record(JSON.parse(text) as SessionRecord)
    },
  }
  const findings = {
    *[Symbol.iterator]() {
      for (const text of findingLists.inOrder())
        for (const finding of JSON.parse(text) as FindingRecord[]) yield redactor.finding(finding)
    },
  }
  const parts: Blob[] = []
  for (const piece of jsonDocument({ ...redactor.analysis(analysis), sessions, findings }, version))
    parts.push(new Blob([piece]))
  const file = new Blob(parts, { type: 'application/json' })
  return { name: nameFor(opened, task, 'check.json'), file, note: counted(analysis.summary.sessions, 'session') }
}
