// The script of a thread: reads the captures for its share of the connections.
import { parentPort, workerData } from 'node:worker_threads'
import type { Placed } from '../capture/sort-captures.ts'
import { withoutDialogue } from '../rules/session-report.ts'
import type { Share } from '../tcp/share.ts'
import type { Task } from './delivery.ts'
import { SharedPace } from './pace.ts'
import { ShareReading } from './read-share.ts'

export interface ShareJob {
  readonly placed: readonly Placed[]
  readonly task: Task
  readonly share: Share
  readonly pace: SharedArrayBuffer
}

const { placed, task, share, pace } = workerData as ShareJob

await new ShareReading(placed, task, share).read(new SharedPace(pace), (step) =>
  parentPort?.postMessage({ ...step, reports: step.reports.map(withoutDialogue) }),
)
