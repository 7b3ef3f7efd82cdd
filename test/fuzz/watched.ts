// Inputs -> answers, each within its time and its memory: the thread that does not answer is ended, and that is the
// answer.
import { Worker } from 'node:worker_threads'
import { allowedMs } from './oracle.ts'
import type { Answer, Examined, Request } from './worker.ts'

const HEAP_MB = 400
const RESIDENT_MB = 600
/** A busy machine is no hang. */
const PATIENCE = 20
const LOOK_EVERY_MS = 100

export class Watched {
  private worker = this.start()

  /** What the latest input reached; empty when it was given up. */
  reached: Int32Array = new Int32Array()

  async examine(request: Request): Promise<Answer | null> {
    const { worker } = this
    this.reached = new Int32Array()
    const before = process.memoryUsage.rss()
    return new Promise((resolve) => {
      const allowed = PATIENCE * allowedMs(request.input)
      const deadline = setTimeout(() => give({ kind: 'hang', what: `no answer in ${Math.round(allowed)} ms` }), allowed)
      const looking = setInterval(() => {
        const grown = (process.memoryUsage.rss() - before) / 1e6
        if (grown > RESIDENT_MB) give({ kind: 'memory', what: `grew by ${Math.round(grown)} MB` })
      }, LOOK_EVERY_MS)
      const give = (answer: Answer | null, isOver = answer !== null) => {
        clearTimeout(deadline)
        clearInterval(looking)
        worker.removeAllListeners('message')
        worker.removeAllListeners('error')
        // Whatever happened, the next input meets a fresh program.
        if (isOver) this.worker = this.start()
        if (isOver) void worker.terminate()
        resolve(answer)
      }
      worker.on('message', ({ failure, reached }: Examined) => {
        this.reached = reached
        give(failure)
      })
      worker.on('error', (error) => give({ kind: 'crash', what: String(error) }))
      worker.postMessage(request)
    })
  }

  async close(): Promise<void> {
    await this.worker.terminate()
  }

  private start(): Worker {
    return new Worker(new URL('./worker.js', import.meta.url), { resourceLimits: { maxOldGenerationSizeMb: HEAP_MB } })
  }
}
