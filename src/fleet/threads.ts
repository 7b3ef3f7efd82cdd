// Threads that read slabs. What comes in: slabs. What goes out: what each came to. A thread that dies takes nothing with
// it: another one takes its place, and its slab.
import { Worker } from 'node:worker_threads'
import { SLAB_TRIES_MAX } from '../limits.ts'
import type { SlabResult, Task } from './map.ts'
import type { Slab } from './slab.ts'

/** Whoever reads slabs for themselves, so many at once. */
export interface Mapper {
  readonly width: number
  map(slab: Slab): Promise<SlabResult>
}

interface Job {
  readonly slab: Slab
  tries: number
  readonly resolve: (result: SlabResult) => void
  readonly reject: (error: unknown) => void
}

export class Threads implements Mapper {
  readonly width: number
  private readonly task: Task
  private readonly program: URL
  private readonly waiting: Job[] = []
  private readonly idle: Worker[] = []
  private readonly busy = new Map<Worker, Job>()
  private isClosed = false

  /** `program`: what a thread runs. */
  constructor(width: number, task: Task, program = new URL('./worker.js', import.meta.url)) {
    this.width = width
    this.task = task
    this.program = program
    for (let n = 0; n < width; n++) this.start()
  }

  map(slab: Slab): Promise<SlabResult> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ slab, tries: 0, resolve, reject })
      this.hand()
    })
  }

  async close(): Promise<void> {
    this.isClosed = true
    await Promise.all([...this.idle, ...this.busy.keys()].map((worker) => worker.terminate()))
  }

  private start(): void {
    const worker = new Worker(this.program, { workerData: this.task })
    let reason: unknown = new Error('the thread ended')
    worker.on('message', (result: SlabResult) => this.finish(worker, result))
    worker.on('error', (error) => {
      reason = error
    })
    worker.on('exit', () => this.replace(worker, reason))
    this.idle.push(worker)
  }

  private hand(): void {
    while (this.idle.length > 0 && this.waiting.length > 0) {
      const worker = this.idle.shift() as Worker
      const job = this.waiting.shift() as Job
      job.tries++
      this.busy.set(worker, job)
      worker.postMessage(job.slab)
    }
  }

  private finish(worker: Worker, result: SlabResult): void {
    this.busy.get(worker)?.resolve(result)
    this.busy.delete(worker)
    this.idle.push(worker)
    this.hand()
  }

  /** A thread died: whoever is next takes its slab, unless threads die over it. */
  private replace(worker: Worker, reason: unknown): void {
    if (this.isClosed) return
    const job = this.busy.get(worker)
    this.busy.delete(worker)
    const at = this.idle.indexOf(worker)
    if (at >= 0) this.idle.splice(at, 1)
    if (job !== undefined && job.tries >= SLAB_TRIES_MAX) job.reject(reason)
    else if (job !== undefined) this.waiting.unshift(job)
    // One that dies without work would die again: those that are left must do.
    if (job !== undefined || this.idle.length + this.busy.size === 0) this.start()
    this.hand()
  }
}
