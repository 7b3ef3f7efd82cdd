// `pipelint transcript`: prints the dialogues in captures, each as its session closes.
import { analyze } from '../analyze.ts'
import { redactorFor } from '../redact/redaction.ts'
import { renderTranscript } from '../report/dialogue.ts'
import { PLAIN } from '../report/format-text.ts'
import type { CliContext } from './cli-context.ts'
import { readingCode, readKeyLogs, toInputs, warnOfDefect, warnOfProblems } from './inputs.ts'
import { openOutput, WriteQueue } from './output.ts'
import { withProgress } from './progress.ts'
import { type SelectionWords, toSelection } from './selection.ts'

export interface TranscriptWords extends SelectionWords {
  readonly frames?: true
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
  const sink = await openOutput(around.print, options.output)
  const style = options.output === undefined ? around.style : PLAIN
  const shape = { width: around.width, style, frames: options.frames === true }
  const queue = new WriteQueue(sink)
  let between = ''
  const redactor = redactorFor(options.redact === true)
  try {
    const streams = options.output === undefined
    const analysis = await withProgress(around, captures, streams, (watch) =>
      analyze(captures, {
        ...watch,
        select,
        keyLogs,
        verifyChecksums: options.verifyChecksums === true,
        keepSessions: 'offending',
        dialogues: true,
        onInternalError: warnOfDefect(around),
        onSession(session) {
          const text = between + renderTranscript(redactor.session(session), shape)
          between = '\n'
          return queue.add(text)
        },
      }),
    )
    await queue.flush()
    warnOfProblems(analysis.captures, around)
    if (analysis.summary.sessions === 0) around.warn('no SMTP session matches the selection')
    await sink.commit()
    return readingCode(analysis.captures)
  } catch (error) {
    await sink.abandon()
    throw error
  }
}
