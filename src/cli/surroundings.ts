// What a command needs of the world: where to print, how wide, in which colours.
import { COLOURED, type Ink, PLAIN } from '../report/text.ts'

export interface Surroundings {
  /** Data: standard output. Resolves when it may be given more. */
  print(piece: string | Uint8Array): Promise<void>
  /** Standard output is a terminal: no place for a capture. */
  readonly isTerminal: boolean
  /** Everything else: standard error, one line. */
  warn(line: string): void
  /** Standard error, where it is a terminal: for what is overwritten. */
  readonly progress: NodeJS.WritableStream | null
  /** Aborted when the user wants no more (Ctrl-C), which ends the program only where nobody has asked for this. */
  interruption(): AbortSignal
  readonly width: number
  /** For what goes to standard output; a file gets no colours. */
  readonly ink: Ink
  readonly input: AsyncIterable<Uint8Array>
}

type Environment = Readonly<Record<string, string | undefined>>

const WIDTH_USUAL = 80
/** Narrower, a line holds no address; wider, no eye finds the next line. */
const WIDTH_MIN = 40
const WIDTH_MAX = 160

/** The terminal's columns, else COLUMNS, else 80. */
export function widthOf(terminal: number | undefined, { COLUMNS }: Environment): number {
  const wanted = [terminal, Number(COLUMNS)].find((n) => n !== undefined && Number.isInteger(n) && n > 0)
  return Math.max(WIDTH_MIN, Math.min(WIDTH_MAX, wanted ?? WIDTH_USUAL))
}

/** Colour only for a terminal, unless the environment says otherwise (https://no-color.org). */
export function inkOf(isTerminal: boolean, { NO_COLOR, FORCE_COLOR, TERM }: Environment): Ink {
  const isSet = (word: string | undefined) => word !== undefined && word !== ''
  if (isSet(NO_COLOR)) return PLAIN
  if (isSet(FORCE_COLOR) && FORCE_COLOR !== '0') return COLOURED
  return isTerminal && TERM !== 'dumb' ? COLOURED : PLAIN
}
