// The worker: does one task after the other, tells its progress, and can be stopped.
import { judge, type Opened, openFiles } from './judge.ts'
import { PROGRESS_MS } from './limits.ts'
import type { FromWorker, Progress, Results, Task, ToWorker } from './messages.ts'
import { readSession } from './read-session.ts'
import { save } from './save.ts'

/** The part of the worker's global object that is used. */
interface Scope {
  postMessage(message: FromWorker): void
  addEventListener(type: 'message', listener: (event: MessageEvent<ToWorker>) => void): void
}

export function startWorker(scope: Scope): void {
  let opened: Opened | null = null
  let last: Promise<void> = Promise.resolve()
  const running = new Map<number, AbortController>()

  async function perform(id: number, task: Task, signal: AbortSignal): Promise<Results[Task['kind']]> {
    const tell = throttled((progress) => scope.postMessage({ kind: 'progress', id, progress }))
    if (task.kind === 'judge') {
      opened = await openFiles(task.files, opened)
      return judge(opened, tell, signal)
    }
    if (opened === null) throw new Error('no capture is open')
    return task.kind === 'session' ? readSession(opened, task.session, tell, signal) : save(opened, task)
  }

  async function answer(id: number, task: Task, control: AbortController): Promise<void> {
    try {
      const result = await perform(id, task, control.signal)
      scope.postMessage({ kind: 'done', id, result })
    } catch (error) {
      scope.postMessage({ kind: 'failed', id, why: error instanceof Error ? error.message : String(error) })
    }
    running.delete(id)
  }

  scope.addEventListener('message', ({ data }) => {
    if (data.kind === 'stop') {
      running.get(data.id)?.abort()
      return
    }
    const control = new AbortController()
    running.set(data.id, control)
    const { id, task } = data
    last = last.then(() => answer(id, task, control))
  })
}

function throttled(tell: (progress: Progress) => void): (progress: Progress) => void {
  let told = 0
  return (progress) => {
    const now = Date.now()
    if (now - told < PROGRESS_MS) return
    told = now
    tell(progress)
  }
}
