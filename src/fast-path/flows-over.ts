// Flows of the kernel that are over, for a slice or for the engine.
import { CLOSED_FLOW_WIDTH, writeClosed } from '../tcp/closed-flows.ts'
import { appendEnds, type EndPoints } from '../tcp/opened-flows.ts'
import type { Kernel } from './kernel.ts'

// A row, as in `kernel/flows.ts`. In numbers of 4 bytes:
const ROW_IS_SESSION = 16
const ROW_NEXT_SEQ = 26
// In numbers of 8 bytes:
const ROW_LAST_NS = 9
const ROW_LAST_FRAME = 10
const ROW_NEXT = 11

/** Adds all of them. */
export function addFlowsOver(kernel: Kernel, closed: EndPoints): void {
  const { exports } = kernel
  for (let row = exports.flowBehind(0); row !== 0; row = exports.flowBehind(row)) addFlow(kernel, row, closed)
}

function addFlow({ exports, numbers, times }: Kernel, flow: number, closed: EndPoints): void {
  const row = exports.describeFlow(flow)
  const [n, t, ends] = [row >> 2, row >> 3, exports.ASKED.value >> 2]
  const at = appendEnds(closed, CLOSED_FLOW_WIDTH, numbers, ends)
  const isSession = numbers[n + ROW_IS_SESSION] !== 0
  const [lastNs, lastFrame] = [times[t + ROW_LAST_NS] as number, times[t + ROW_LAST_FRAME] as number]
  const next = [times[t + ROW_NEXT] as number, times[t + ROW_NEXT + 1] as number] as const
  const nextSeq = [numbers[n + ROW_NEXT_SEQ] as number, numbers[n + ROW_NEXT_SEQ + 1] as number] as const
  writeClosed(closed.numbers, at, lastNs, lastFrame, isSession, next, nextSeq)
}
