// A pool of threads that analyze batches, the main thread among them: it reads packets for all, and analyzes a batch
// itself when the others are busy. When a thread dies, another takes its place and its batches.
import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { BATCH_TRIES_MAX } from '../limits.ts'
import { analyzeBatch, type BatchResult, type Task } from './analyze-batch.ts'
import type { PacketBatch } from './packet-batch.ts'

/** Anything that analyzes batches. */
export interface Mapper {
  /** Batches that it accepts before the first is done. */
  readonly depth: number
  map(batch: PacketBatch): Promise<BatchResult>
}

/** Batches of one thread: one that it analyzes and one that waits. */
const EACH = 2

interface Job {
  readonly batch: PacketBatch
  deaths: number
  readonly resolve: (result: BatchResult) => void
  readonly reject: (error: unknown) => void
}

export class WorkerThreads implements Mapper {
  readonly depth: number
  private readonly task: Task
  private readonly program: URL
  private readonly waiting: Job[] = []
  /** The jobs of each thread, in order. */
  private readonly workers = new Map<Worker, Job[]>()
  private isClosed = false

  /** `program`: the script of a thread. */
  constructor(number: number, task: Task, program = new URL('./worker.js', import.meta.url)) {
    this.depth = EACH * number
    this.task = task
    this.program = program
    for (let n = 0; n < number; n++) this.start()
  }

  /** Whether one more batch would have to wait for a busy thread. */
  get isFull(): boolean {
    for (const jobs of this.workers.values()) if (jobs.length < EACH) return false
    return true
  }

  map(batch: PacketBatch): Promise<BatchResult> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ batch, deaths: 0, resolve, reject })
      this.hand()
    })
  }

  async close(): Promise<void> {
    this.isClosed = true
    await Promise.all([...this.workers.keys()].map((worker) => worker.terminate()))
  }

  private start(): void {
    const worker = new Worker(this.program, { workerData: this.task })
    let reason: unknown = new Error('the thread ended')
    worker.on('message', (result: BatchResult) => this.finish(worker, result))
    worker.on('error', (error) => {
      reason = error
    })
    worker.on('exit', () => this.replace(worker, reason))
    this.workers.set(worker, [])
  }

  /** Gives batches to the threads that have the fewest. */
  private hand(): void {
    for (let has = 0; has < EACH; has++) {
      for (const [worker, jobs] of this.workers) {
        if (jobs.length !== has) continue
        const job = this.waiting.shift()
        if (job === undefined) return
        jobs.push(job)
        worker.postMessage(job.batch)
      }
    }
  }

  private finish(worker: Worker, result: BatchResult): void {
    this.workers.get(worker)?.shift()?.resolve(result)
    this.hand()
  }

  /** A thread died. Others take its batches, unless threads keep dying of the same one. */
  private replace(worker: Worker, reason: unknown): void {
    if (this.isClosed) return
    const jobs = this.workers.get(worker) ?? []
    this.workers.delete(worker)
    const [first] = jobs
    if (first !== undefined && ++first.deaths >= BATCH_TRIES_MAX) jobs.shift()?.reject(reason)
    this.waiting.unshift(...jobs)
    // A thread that dies without work would die again: the remaining ones go on.
    if (first !== undefined || this.workers.size === 0) this.start()
    this.hand()
  }
}

/** The batch that this thread analyzes, and one more: earlier ones of slower threads come first. */
const OWN = 2

export class WorkerPool implements Mapper {
  readonly depth: number
  private readonly others: WorkerThreads
  private readonly task: Task

  /** `threads`: at least two. `program`: the script of the other threads. */
  constructor(threads: number, task: Task, program?: URL) {
    this.others = new WorkerThreads(threads - 1, task, program)
    this.task = task
    this.depth = this.others.depth + OWN
  }

  async map(batch: PacketBatch): Promise<BatchResult> {
    // Lets messages of threads that are done arrive.
    if (this.others.isFull) await setImmediate()
    return this.others.isFull ? analyzeBatch(batch, this.task) : this.others.map(batch)
  }

  close(): Promise<void> {
    return this.others.close()
  }
}
