// `pipelint transcript`: prints the dialogues in captures, each as its session closes.

import { analyze, type SessionReport } from '../analyze.ts'
import { FrameMap } from '../capture/frame-map.ts'
import { redactQuote } from '../redact/redact-log.ts'
import { Redaction } from '../redact/redaction.ts'
import { FileFrames } from '../report/file-frames.ts'
import { PLAIN } from '../report/format-text.ts'
import { toLocalTime } from '../report/local-time.ts'
import { renderLogQuotes } from '../report/log-quotes.ts'
import { renderTranscript } from '../report/transcript.ts'
import { copyOf } from '../rules/session-report.ts'
import type { CliContext } from './cli-context.ts'
import { readingCode, readKeyLogs, toInputs, warnOfDefect, warnOfProblems } from './inputs.ts'
import { openOutput, WriteQueue } from './output.ts'
import { withProgress } from './progress.ts'
import { readLogs, tellOfLog } from './read-logs.ts'
import { type SelectionWords, toSelection } from './selection.ts'

export interface TranscriptWords extends SelectionWords {
  readonly frames?: true
  readonly log?: readonly string[]
  readonly redact?: true
  readonly output?: string
}

export async function transcript(
  around: CliContext,
  words: readonly string[],
  options: TranscriptWords,
): Promise<number> {
  const select = toSelection(options)
  const captures = await toInputs(words, options.output, around)
  const keyLogs = await readKeyLogs(options.keylog, around)
  const log = await readLogs(options.log, captures, around)
  const sink = await openOutput(around.print, options.output)
  const style = options.output === undefined ? around.style : PLAIN
  const queue = new WriteQueue(sink)
  let between = ''
  const shownOf = (report: SessionReport) =>
    options.localTime === true
      ? copyOf(report, { record: toLocalTime(report.record), findings: toLocalTime(report.findings) })
      : report
  const redaction = options.redact === true ? new Redaction() : null
  const frames = new FrameMap()
  const files = new FileFrames(frames, (path) => redaction?.captureName(path) ?? path)
  const shape = { width: around.width, style, frames: options.frames === true, files }
  try {
    const streams = options.output === undefined
    const analysis = await withProgress(around, captures, streams, (watch) =>
      analyze(captures, {
        ...watch,
        frames,
        select,
        keyLogs,
        verifyChecksums: options.verifyChecksums === true,
        keepSessions: 'offending',
        dialogues: true,
        onInternalError: warnOfDefect(around),
        onSession(session) {
          const quotes = (log?.linesOf(session) ?? []).map((quote) =>
            redaction ? redactQuote(quote, redaction) : quote,
          )
          const below = quotes.length === 0 ? '' : `\n${renderLogQuotes(quotes, shape)}\n`
          const shown = files.session(shownOf(redaction?.session(session) ?? session))
          const text = between + renderTranscript(shown, shape) + below
          between = '\n'
          return queue.add(text)
        },
      }),
    )
    await queue.flush()
    warnOfProblems(analysis.captures, around)
    tellOfLog(log, around)
    if (analysis.summary.sessions === 0)
      around.warn('no SMTP session matches the selection; pipelint check lists the sessions')
    await sink.commit()
    return readingCode(analysis.captures)
  } catch (error) {
    await sink.abandon()
    throw error
  }
}
