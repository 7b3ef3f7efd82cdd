// `pipelint transcript`: captures -> dialogues, each printed as its session closes.
import { analyze } from '../analyze.ts'
import { PLAIN } from '../report/text.ts'
import { renderTranscript } from '../report/transcript.ts'
import { toInputs, warnOfDefect, warnOfProblems } from './captures.ts'
import { CAPTURE, OK } from './exit.ts'
import { type SelectionWords, toSelection } from './selection.ts'
import { openSink, type Surroundings } from './surroundings.ts'

export interface TranscriptWords extends SelectionWords {
  readonly frames?: true
  readonly output?: string
}

export async function transcript(
  around: Surroundings,
  words: readonly string[],
  options: TranscriptWords,
): Promise<number> {
  const select = toSelection(options)
  const captures = await toInputs(words, around)
  const sink = await openSink(around, options.output)
  const ink = options.output === undefined ? around.ink : PLAIN
  const shape = { width: around.width, ink, frames: options.frames === true }
  try {
    let first = true
    const analysis = await analyze(captures, {
      select,
      keepSessions: 'offending',
      dialogues: true,
      onInternalError: warnOfDefect(around),
      async onSession(session) {
        const text = renderTranscript(session, shape)
        const separator = first ? '' : '\n'
        first = false
        await sink.write(separator + text)
      },
    })
    warnOfProblems(analysis.captures, around)
    if (analysis.summary.sessions === 0) around.warn('no SMTP session was selected')
    await sink.commit()
    return analysis.captures.some(({ complete }) => !complete) ? CAPTURE : OK
  } catch (error) {
    await sink.abandon()
    throw error
  }
}
