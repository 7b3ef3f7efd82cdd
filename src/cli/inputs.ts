// Input files of the commands: captures, captures that must be read more than once (a pipe is kept on disk), and the
// key logs that --keylog names.
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { CaptureInput } from '../analyze.ts'
import { expandCaptures } from '../capture/expand-paths.ts'
import { describeCaptureProblem, UsageError } from '../errors.ts'
import { KEYLOG_BYTES_MAX } from '../limits.ts'
import { terminal } from '../report/escape.ts'
import { counted } from '../report/format-text.ts'
import type { CaptureRecord } from '../rules/analysis.ts'
import { Keyring } from '../tls/keyring.ts'
import { CAPTURE, type CliContext, INTERRUPTED, OK } from './cli-context.ts'
import { forbidOverwriting } from './output.ts'
import { copyOf } from './temporary.ts'

/** Throws UsageError for a file that cannot be read. A file without a secret only causes a warning. */
export async function readKeyLogs(paths: readonly string[] = [], around: CliContext): Promise<string[]> {
  const texts: string[] = []
  for (const path of paths) {
    const text = await readKeyLog(path)
    if (new Keyring().add(text) === 0) around.warn(`${terminal(path)}: this key log contains no TLS secret`)
    texts.push(text)
  }
  return texts
}

async function readKeyLog(path: string): Promise<string> {
  try {
    const { size } = await stat(path)
    if (size > KEYLOG_BYTES_MAX) throw new UsageError(`--keylog ${path}: larger than ${KEYLOG_BYTES_MAX} bytes`)
    return await readFile(path, 'latin1')
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`--keylog ${path}: ${(error as Error).message}`)
  }
}

/**
 * Throws UsageError when no capture is named, when a name matches no capture, and when the output is one of the
 * captures.
 */
export async function toInputs(
  words: readonly string[],
  output: string | undefined,
  around: CliContext,
): Promise<CaptureInput[]> {
  if (words.length === 0) throw new UsageError('no capture named; try pipelint --help')
  const paths = await expandCaptures(words)
  await forbidOverwriting(output, paths)
  return paths.map((path) => (path === '-' ? { name: '<standard input>', bytes: around.input } : path))
}

/** Prints a line for each place where a capture could not be read, and for each kind of anomaly. */
export function warnOfProblems(captures: readonly CaptureRecord[], around: CliContext): void {
  for (const problem of captures.flatMap(({ problems }) => problems)) {
    if (problem.code === 'interrupted') continue
    around.warn(`${terminal(problem.path)}: ${terminal(describeCaptureProblem(problem))}`)
  }
  if (isInterrupted(captures)) warnOfInterruption(captures, around)
}

export function isInterrupted(captures: readonly CaptureRecord[]): boolean {
  return captures.some(({ error }) => error?.code === 'interrupted')
}

/** One line, however many captures were not read. */
function warnOfInterruption(captures: readonly CaptureRecord[], around: CliContext): void {
  const problems = captures.flatMap(({ error }) => (error?.code === 'interrupted' ? [error] : []))
  const begun = problems.filter(({ fileOffset }) => fileOffset > 0)
  const places = begun.map(({ path, fileOffset }) => `${terminal(path)} up to byte ${fileOffset}`)
  const unread = problems.length - begun.length
  const parts = [...places, ...(unread > 0 ? [`${counted(unread, 'capture')} not at all`] : [])]
  around.warn(`interrupted: only what was read is judged (${parts.join(', ')})`)
}

/** The exit code of commands that do not grade what they found. */
export function readingCode(captures: readonly CaptureRecord[]): number {
  if (isInterrupted(captures)) return INTERRUPTED
  return captures.some(({ complete }) => !complete) ? CAPTURE : OK
}

/** Reports an internal error with its frame. */
export function warnOfDefect(around: CliContext): (error: unknown, frame: number) => void {
  return (error, frame) => {
    const what = error instanceof Error ? error.message : String(error)
    around.warn(`internal error at frame ${frame}: ${terminal(what)}; please report it`)
  }
}

/** A capture that can be read more than once, and the name to print. */
export interface Source {
  readonly path: string
  readonly name: string
}

/** In the order given. `folder` is removed afterwards. */
export function toSources(captures: readonly CaptureInput[], folder: string): Promise<Source[]> {
  return Promise.all(captures.map((capture, i) => toSource(capture, join(folder, `input-${i + 1}`))))
}

async function toSource(capture: CaptureInput, copy: string): Promise<Source> {
  if (typeof capture !== 'string') return { path: await copyOf(capture.bytes, copy), name: 'standard input' }
  const name = basename(capture)
  // A file that cannot be opened is reported when it is read.
  const once = await stat(capture).then(
    (entry) => !entry.isFile(),
    () => false,
  )
  return { path: once ? await copyOf(createReadStream(capture), copy) : capture, name }
}
