// Reads the captures again for one session: its dialogue and its sequence diagram, as they are drawn in a report.
import { analyze, type SessionReport } from '../analyze.ts'
import { UNREDACTED } from '../redact/redactor.ts'
import { FileFrames, withFiles } from '../report/file-frames.ts'
import { dialogueLines } from '../report/vendor/evidence-section.ts'
import { dialogueBox } from '../report/vendor/html-tables.ts'
import { toDialogueSample } from '../report/vendor/second-pass.ts'
import { sequenceFigure } from '../report/vendor/sequence-diagram.ts'
import { sequenceOf } from '../report/vendor/sequence-steps.ts'
import { copyOf } from '../rules/session-report.ts'
import type { Group } from '../smtp/records.ts'
import type { Opened } from './judge.ts'
import { DIAGRAM_ROWS_MAX, GROUPS_SHOWN_MAX } from './limits.ts'
import type { Progress, SessionShown } from './messages.ts'

export async function readSession(
  { paths, bytes: of, keyLogs, frames }: Opened,
  id: string,
  tell: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<SessionShown | null> {
  const groups: Group[] = []
  let found: SessionReport | null = null
  await analyze(paths, {
    ...{ keyLogs, signal, keepSessions: 'none', select: { sessions: [id] } },
    observer: {
      sessions: new Set([id]),
      group(_, group) {
        if (groups.length < GROUPS_SHOWN_MAX) groups.push(group)
      },
    },
    onSession(report) {
      found = report
    },
    onProgress: ({ bytes, packets, sessions, errors }) => tell({ bytes, of, packets, sessions, errors }),
  })
  return found === null ? null : shown(found, groups, new FileFrames(frames), withFiles(UNREDACTED, frames))
}

function shown(
  report: SessionReport,
  groups: readonly Group[],
  files: FileFrames,
  named: ReturnType<typeof withFiles>,
): SessionShown {
  const { record, findings } = named.session(report)
  const sample = toDialogueSample(copyOf(report, { groups }), findings, {
    log: [],
    files: files.isNeeded ? files : null,
  })
  const { lines, file } = dialogueLines(sample)
  const caption = `Dialogue of session ${report.id}${file === null ? '' : `; frames of ${file}`}`
  return {
    ...{ record, findings },
    dialogue: dialogueBox(caption, lines),
    diagram: sequenceFigure(sequenceOf(sample, DIAGRAM_ROWS_MAX)),
  }
}
