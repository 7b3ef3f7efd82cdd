// The page's end of the worker: a task in, its result out.
import type { FromWorker, Progress, Results, Task, ToWorker } from './messages.ts'

interface Waiting {
  readonly tell: ((progress: Progress) => void) | undefined
  readonly resolve: (result: never) => void
  readonly reject: (why: Error) => void
}

/** A task that is under way. */
export interface Running<Result> {
  readonly result: Promise<Result>
  /** What was read is judged; a task that needs everything ends early. */
  stop(): void
}

export class WorkerClient {
  private readonly worker: Worker
  private readonly waiting = new Map<number, Waiting>()
  private count = 0

  /** `script`: the text of the page's own script, which is the worker's, too. */
  constructor(script: string) {
    const address = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }))
    this.worker = new Worker(address, { name: 'pipelint' })
    this.worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => this.receive(data))
    this.worker.addEventListener('error', ({ message }) => this.fail(message))
  }

  run<T extends Task>(task: T, tell?: (progress: Progress) => void): Running<Results[T['kind']]> {
    const id = ++this.count
    const result = new Promise<Results[T['kind']]>((resolve, reject) => {
      this.waiting.set(id, { tell, resolve, reject })
    })
    this.send({ kind: 'task', id, task })
    return { result, stop: () => this.send({ kind: 'stop', id }) }
  }

  private send(message: ToWorker): void {
    this.worker.postMessage(message)
  }

  private receive(message: FromWorker): void {
    const waiting = this.waiting.get(message.id)
    if (waiting === undefined) return
    if (message.kind === 'progress') {
      waiting.tell?.(message.progress)
      return
    }
    this.waiting.delete(message.id)
    if (message.kind === 'done') waiting.resolve(message.result as never)
    else waiting.reject(new Error(message.why))
  }

  /** The worker itself failed: no task will be answered. */
  private fail(why: string): void {
    for (const { reject } of this.waiting.values()) reject(new Error(why))
    this.waiting.clear()
  }
}
