// `pipelint transcript`: captures -> dialogues, each printed as its session closes.
import { analyze } from '../analyze.ts'
import { PLAIN } from '../report/text.ts'
import { renderTranscript } from '../report/transcript.ts'
import { toInputs, warnOfDefect, warnOfProblems } from './captures.ts'
import { CAPTURE, OK } from './exit.ts'
import { type SelectionWords, toSelection } from './selection.ts'
import { openSink, type Sink } from './sink.ts'
import type { Surroundings } from './surroundings.ts'

export interface TranscriptWords extends SelectionWords {
  readonly frames?: true
  readonly output?: string
}

/** Characters that are collected before they are written. */
const PIECE_CHARACTERS = 65_536

export async function transcript(
  around: Surroundings,
  words: readonly string[],
  options: TranscriptWords,
): Promise<number> {
  const select = toSelection(options)
  const captures = await toInputs(words, options.output, around)
  const sink = await openSink(around.print, options.output)
  const ink = options.output === undefined ? around.ink : PLAIN
  const shape = { width: around.width, ink, frames: options.frames === true }
  const queue = new Queue(sink)
  try {
    const analysis = await analyze(captures, {
      select,
      keepSessions: 'offending',
      dialogues: true,
      onInternalError: warnOfDefect(around),
      onSession: (session) => queue.add(renderTranscript(session, shape)),
    })
    await queue.flush()
    warnOfProblems(analysis.captures, around)
    if (analysis.summary.sessions === 0) around.warn('no SMTP session was found that was asked for')
    await sink.commit()
    return analysis.captures.some(({ complete }) => !complete) ? CAPTURE : OK
  } catch (error) {
    await sink.abandon()
    throw error
  }
}

/** Texts in the order in which they are added, an empty line between two, one write at a time. */
class Queue {
  private readonly sink: Sink
  private waiting: string[] = []
  private characters = 0
  private first = true
  private written: Promise<void> = Promise.resolve()

  constructor(sink: Sink) {
    this.sink = sink
  }

  /** What is returned settles when everything handed to the sink so far is written. */
  add(text: string): Promise<void> {
    this.waiting.push(this.first ? text : `\n${text}`)
    this.characters += text.length
    this.first = false
    return this.characters < PIECE_CHARACTERS ? this.written : this.flush()
  }

  flush(): Promise<void> {
    const piece = this.waiting.join('')
    this.waiting = []
    this.characters = 0
    this.written = this.written.then(() => this.sink.write(piece))
    // Whoever waits for a later piece hears of it too; until then it is no unhandled rejection.
    this.written.catch(() => {})
    return this.written
  }
}
