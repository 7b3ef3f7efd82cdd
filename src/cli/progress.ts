// Runs an analysis on the requested or a suitable number of threads, with a progress line on a terminal after one
// second, and stops cleanly on Ctrl-C.
import { availableParallelism } from 'node:os'
import type { SingleBar } from 'cli-progress'
import { type AnalyzeOptions, analyze, type Progress } from '../analyze.ts'
import { entryOf } from '../capture/expand-paths.ts'
import type { CaptureInput } from '../capture/sort-captures.ts'
import { UsageError } from '../errors.ts'
import {
  FAST_PATH_FROM_BYTES,
  THREADS_ASKED_FROM_BYTES,
  THREADS_FROM_BYTES,
  THREADS_MAX,
  THREADS_USUAL_MAX,
} from '../limits.ts'
import { plainBytesOf } from '../parallel/plain-bytes.ts'
import { decimal } from '../report/format-text.ts'
import type { Analysis } from '../rules/analysis.ts'
import type { CliContext } from './cli-context.ts'
import { areFollowed } from './debug.ts'

/** Throws UsageError for an invalid number of threads. */
export function toThreads(word: string): number {
  const number = Number(word)
  if (!/^\d+$/.test(word) || number < 1 || number > THREADS_MAX)
    throw new UsageError(`--threads ${word}: must be a number from 1 to ${THREADS_MAX}`)
  return number
}

/**
 * As `analyze`, on this number of threads, or on one where it is done as soon; undefined: chosen by the size of the
 * captures. The result is the same.
 */
export async function analyzeOn(
  threads: number | undefined,
  captures: readonly CaptureInput[],
  options: AnalyzeOptions,
): Promise<Analysis> {
  const bytes = plainBytesOf(captures)
  const number = needsOneReading(options) ? 1 : worthwhile(bytes, threads)
  // Compiling the fast path takes longer than the engine takes to read so little.
  const isSmall = bytes !== null && bytes < FAST_PATH_FROM_BYTES
  if (number === 1) return analyze(captures, options, isSmall ? { kernel: null } : {})
  const { analyzeOnThreads } = await import('../parallel/analyze-on-threads.ts')
  return analyzeOnThreads(captures, options, number)
}

/** Whether one thread must read everything in order. A resumed TLS session needs the secrets of an earlier one. */
function needsOneReading({ rules, dialogues, shapes, observer, keyLogs = [], keyring }: AnalyzeOptions): boolean {
  const isWhole =
    dialogues === true || (shapes ?? false) !== false || observer !== undefined || rules !== undefined || areFollowed()
  return isWhole || keyLogs.length > 0 || keyring !== undefined
}

/** `asked`: the number that was asked for. `bytes`: of plain files; null of anything else, which one thread reads. */
function worthwhile(bytes: number | null, asked: number | undefined): number {
  const least = asked === undefined ? THREADS_FROM_BYTES : THREADS_ASKED_FROM_BYTES
  if (bytes === null || bytes < least) return 1
  return asked ?? Math.min(availableParallelism(), THREADS_USUAL_MAX)
}

/** Total bytes of all captures; null when one of them is not a file. */
function sizeOf(captures: readonly CaptureInput[]): number | null {
  let bytes = 0
  for (const capture of captures) {
    const entry = typeof capture === 'string' ? entryOf(capture) : null
    if (entry?.isFile() !== true) return null
    bytes += entry.size
  }
  return bytes
}

/** Shorter work shows no progress. */
const PATIENCE_MS = 1000

type Watch = Pick<AnalyzeOptions, 'onProgress' | 'signal'>

/**
 * Does work that reads captures. `streams`: it prints while it reads, so that a progress line on the same terminal
 * would get in the way.
 */
export async function withProgress<T>(
  around: CliContext,
  captures: readonly CaptureInput[],
  streams: boolean,
  work: (watch: Watch) => Promise<T>,
): Promise<T> {
  const signal = around.interruption()
  const stream = streams && around.isTerminal ? null : around.progress
  if (stream === null) return await work({ signal })
  const line = new ProgressLine(stream, sizeOf(captures))
  try {
    return await work({ signal, onProgress: (progress) => line.show(progress) })
  } finally {
    line.clear()
  }
}

class ProgressLine {
  private readonly stream: NodeJS.WritableStream
  private readonly size: number | null
  private readonly startMs = performance.now()
  private bar: SingleBar | null = null
  private isAsked = false
  private isOver = false

  constructor(stream: NodeJS.WritableStream, size: number | null) {
    this.stream = stream
    this.size = size
  }

  show({ bytes, packets, sessions, errors }: Progress): void {
    const seconds = (performance.now() - this.startMs) / 1000
    if (!this.isAsked && seconds * 1000 > PATIENCE_MS) void this.open()
    this.bar?.update(bytes, {
      read: inUnits(bytes),
      size: inUnits(this.size ?? 0),
      rate: inUnits(packets / seconds, ''),
      left: this.size === null ? '' : duration((seconds * (this.size - bytes)) / bytes),
      sessions: decimal(sessions),
      errors: decimal(errors),
    })
  }

  clear(): void {
    this.isOver = true
    this.bar?.stop()
  }

  private async open(): Promise<void> {
    this.isAsked = true
    const { Presets, SingleBar } = await import('cli-progress')
    if (this.isOver) return
    const head = this.size === null ? '{read}' : '{bar} {percentage} %  {read} of {size}  {left} left'
    const bar = new SingleBar(
      {
        format: `${head}  {rate} packets/s  {sessions} sessions  {errors} errors`,
        stream: this.stream,
        barsize: 16,
        hideCursor: true,
        clearOnComplete: true,
        linewrap: false,
        etaBuffer: 1,
      },
      Presets.legacy,
    )
    bar.start(this.size ?? 1, 0, { read: '', size: '', rate: '', left: '', sessions: '', errors: '' })
    this.bar = bar
  }
}

/** `1.2 GB`, `640 k`. */
function inUnits(number: number, unit = 'B'): string {
  const steps = ['', 'k', 'M', 'G', 'T']
  const step = number < 1 ? 0 : Math.min(steps.length - 1, Math.floor(Math.log10(number) / 3))
  const value = number / 1000 ** step
  return `${value.toFixed(value < 10 && step > 0 ? 1 : 0)} ${steps[step]}${unit}`.trimEnd()
}

/** `12 s`, `3 min`. */
function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?'
  return seconds < 100 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`
}
