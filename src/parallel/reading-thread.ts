// A thread that reads a share. It takes a while to start, so that it can be started before it is known what it is to read.
import { Worker } from 'node:worker_threads'
import type { ShareStep } from './read-share.ts'
import type { ShareJob } from './worker.ts'

const PROGRAM = new URL('./worker.js', import.meta.url)

export class ReadingThread {
  private readonly worker: Worker
  private failure: unknown = null
  private fail: ((reason: unknown) => void) | null = null

  /** `program`: its script. */
  constructor(program = PROGRAM) {
    this.worker = new Worker(program)
    this.worker.on('error', (error) => this.ends(error))
    this.worker.on('exit', () => this.ends(new Error('the thread ended')))
    // One that has nothing to read does not keep the process from its end.
    this.worker.unref()
  }

  /** `tell` receives its steps; `fail` is called when it ends without a last one. */
  read(job: ShareJob, tell: (step: ShareStep) => void, fail: (reason: unknown) => void): void {
    this.worker.ref()
    this.fail = fail
    this.worker.on('message', (step: ShareStep) => {
      if (step.end !== null) this.fail = null
      tell(step)
    })
    if (this.failure === null) this.worker.postMessage(job)
    else fail(this.failure)
  }

  stop(): Promise<unknown> {
    return this.worker.terminate()
  }

  private ends(reason: unknown): void {
    this.failure ??= reason
    this.fail?.(reason)
  }
}

const early: ReadingThread[] = []

/** Starts so many that are taken later. */
export function startEarly(count: number): void {
  for (let i = 0; i < count; i++) early.push(new ReadingThread())
}

/** One that was started before, or a new one. */
export function takeThread(): ReadingThread {
  return early.pop() ?? new ReadingThread()
}
