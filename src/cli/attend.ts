// While captures are read: a line of progress on a terminal for what takes longer than a second, and an end at Ctrl-C.
import type { SingleBar } from 'cli-progress'
import type { AnalyzeOptions, Progress } from '../analyze.ts'
import type { CaptureInput } from '../capture/order.ts'
import { decimal } from '../report/text.ts'
import type { Surroundings } from './surroundings.ts'
import { sizeOf } from './threads.ts'

/** What takes less needs no progress. */
const PATIENCE_MS = 1000

type Watch = Pick<AnalyzeOptions, 'onProgress' | 'signal'>

/**
 * Does work that reads captures. `streams`: it prints while it reads, so that on the same terminal there is no place for
 * anything else.
 */
export async function attend<T>(
  around: Surroundings,
  captures: readonly CaptureInput[],
  streams: boolean,
  work: (watch: Watch) => Promise<T>,
): Promise<T> {
  const signal = around.interruption()
  const stream = streams && around.isTerminal ? null : around.progress
  if (stream === null) return await work({ signal })
  const line = new ProgressLine(stream, await sizeOf(captures))
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
