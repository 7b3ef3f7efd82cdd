// What a command gets from its environment (where to print, how wide, in which colours), and the exit codes.
import { COLOURED, PLAIN, type Style } from '../report/format-text.ts'
import type { Analysis, FindingRecord } from '../rules/analysis.ts'
import type { StopSignal } from '../stop-signal.ts'

export const OK = 0
export const FOUND = 1
export const USAGE = 2
export const CAPTURE = 3
export const DELIVERY = 4
export const INTERRUPTED = 130

/** The lowest severity of findings that makes `check` fail. */
export type FailOn = 'error' | 'warning' | 'never'

/** 3 (not read to the end) takes precedence over 1 (something was found). */
export function exitCode(analysis: Analysis, failOn: FailOn, includeSuspected: boolean): number {
  if (analysis.captures.some(({ complete }) => !complete)) return CAPTURE
  if (failOn === 'never') return OK
  const { findings, proved } = analysis.summary
  const { error, warning } = includeSuspected ? findings : proved
  return error > 0 || (failOn === 'warning' && warning > 0) ? FOUND : OK
}

/** Whether a finding alone makes `check` exit with 1; for `never`, whether it would by default. */
export function isFailure(finding: FindingRecord, failOn: FailOn, includeSuspected: boolean): boolean {
  const { severity, certainty } = finding
  const grave = severity === 'error' || (severity === 'warning' && failOn === 'warning')
  return grave && (certainty === 'proved' || includeSuspected)
}

export interface TerminalSize {
  readonly width: number
  readonly height: number
}

export interface CliContext {
  /** Writes data to standard output. Resolves when more may be written. */
  print(piece: string | Uint8Array): Promise<void>
  /** Whether standard output is a terminal, where captures must not be written. */
  readonly isTerminal: boolean
  /** Writes a line to standard error: an error, or what makes the result incomplete. */
  warn(line: string): void
  /** Writes a line that is merely useful to standard error; nothing with `--quiet`. */
  hint(line: string): void
  /** Standard error if it is a terminal, for progress lines that are overwritten. */
  readonly progress: NodeJS.WritableStream | null
  /**
   * Aborted by Ctrl-C; if the command then finishes what it has begun, also by SIGTERM and SIGHUP. Once a command has
   * called this, they no longer end the program by themselves.
   */
  interruption(finishes?: boolean): StopSignal
  readonly width: number
  /** The size of the terminal as it is now; null where nothing can be drawn anew. */
  readonly screen: (() => TerminalSize) | null
  /** The style for standard output; a file gets no colours. */
  readonly style: Style
  readonly input: AsyncIterable<Uint8Array>
}

type Environment = Readonly<Record<string, string | undefined>>

const WIDTH_USUAL = 80
/** In a narrower line an address does not fit; a wider one is hard to read. */
const WIDTH_MIN = 40
const WIDTH_MAX = 160

/** The terminal's columns, else COLUMNS, else 80. */
export function widthOf(terminal: number | undefined, { COLUMNS }: Environment): number {
  const wanted = [terminal, Number(COLUMNS)].find((n) => n !== undefined && Number.isInteger(n) && n > 0)
  return Math.max(WIDTH_MIN, Math.min(WIDTH_MAX, wanted ?? WIDTH_USUAL))
}

/** Colour only for a terminal, unless the environment says otherwise (https://no-color.org). */
export function styleOf(isTerminal: boolean, { NO_COLOR, FORCE_COLOR, TERM }: Environment): Style {
  const isSet = (word: string | undefined) => word !== undefined && word !== ''
  if (isSet(NO_COLOR)) return PLAIN
  if (isSet(FORCE_COLOR) && FORCE_COLOR !== '0') return COLOURED
  return isTerminal && TERM !== 'dumb' ? COLOURED : PLAIN
}
