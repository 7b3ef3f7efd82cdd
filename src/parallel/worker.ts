// The script of a thread: reads the captures for its share of the connections.
import { parentPort, workerData } from 'node:worker_threads'
import type { Placed } from '../capture/sort-captures.ts'
import { fastPathSetting } from '../fast-path/setting.ts'
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
  /** `fastPathSetting` of the thread that started this one. */
  readonly isFastPathOff: boolean
}

const { placed, task, share, pace, isFastPathOff } = workerData as ShareJob
fastPathSetting.isOff = isFastPathOff

void new ShareReading(placed, task, share).read(new SharedPace(pace), (step) =>
  parentPort?.postMessage({ ...step, reports: step.reports.map(withoutDialogue) }),
)
