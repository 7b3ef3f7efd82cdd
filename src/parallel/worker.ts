// The script of a thread: reads the captures for its share of the connections.
import { parentPort } from 'node:worker_threads'
import type { Placed } from '../capture/sort-captures.ts'
import { Kernel } from '../fast-path/kernel.ts'
import { fastPathSetting } from '../fast-path/setting.ts'
import { withoutDialogue } from '../rules/session-report.ts'
import type { Share } from '../tcp/share.ts'
import type { Task } from './delivery.ts'
import { SharedPace } from './pace.ts'
import { ShareReading } from './read-share.ts'

export { engineWork } from '../tcp/engine-work.ts'

export interface ShareJob {
  readonly placed: readonly Placed[]
  readonly task: Task
  readonly share: Share
  readonly pace: SharedArrayBuffer
  /** `fastPathSetting` of the thread that started this one. */
  readonly isFastPathOff: boolean
  /** The kernel as the other thread has compiled it; null: none. */
  readonly kernel: WebAssembly.Module | null
}

// It may have been started before it was known what it is to read.
parentPort?.once('message', ({ placed, task, share, kernel, pace, isFastPathOff }: ShareJob) => {
  fastPathSetting.isOff = isFastPathOff
  if (kernel !== null) Kernel.module = kernel
  void new ShareReading(placed, task, share).read(new SharedPace(pace), (step) =>
    parentPort?.postMessage({ ...step, reports: step.reports.map(withoutDialogue) }),
  )
})
