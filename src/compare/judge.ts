// The two courses of one session -> what differs and where it arose. What one side may only not have seen is no
// difference: then nobody can tell.
import { align, type Step } from './align.ts'
import { type Course, linesOf } from './course.ts'
import { delays } from './delays.ts'
import type { Difference, Judgement, Reason } from './difference.ts'
import { closes } from './ends.ts'
import { commandCost, replyCost } from './lines.ts'
import { commandDifferences, replyDifferences, type Traces } from './traces.ts'

export function judge(before: Course, behind: Course): Judgement {
  const blind: Reason[] = [
    ...before.blindSpots.map((code): Reason => ({ side: 'before', code })),
    ...behind.blindSpots.map((code): Reason => ({ side: 'behind', code })),
  ]
  if (blind.length > 0) return { outcome: 'cannot-tell', differences: [], reasons: blind }
  const commands = align(before.sent, behind.sent, commandCost)
  const replies = align(before.said, behind.said, replyCost)
  if (commands === null || replies === null || !haveMuchInCommon(before, behind, { commands, replies })) {
    return { outcome: 'cannot-tell', differences: [], reasons: [{ side: 'both', code: 'too-different' }] }
  }
  const open = before.openEnd || behind.openEnd
  const traces = {
    commands: seen(commands, before.sent, behind.sent, open),
    replies: seen(replies, before.said, behind.said, open),
  }
  const differences: Difference[] = [
    ...commandDifferences(before, behind, traces),
    ...replyDifferences(before, behind, traces),
    ...delays(before, behind, traces),
    ...closes(before, behind),
  ]
  const cut = commands.length - traces.commands.length + replies.length - traces.replies.length
  const reasons = cut === 0 ? [] : openEnds(before, behind)
  const outcome = reasons.length > 0 ? 'cannot-tell' : differences.length > 0 ? 'different' : 'same'
  return { outcome, differences, reasons }
}

/** Where an end was not seen, what follows the last line that both have word for word may only be missing. */
function seen<T extends { readonly text: string }>(
  steps: readonly Step[],
  before: readonly T[],
  behind: readonly T[],
  open: boolean,
): readonly Step[] {
  let end = steps.length
  while (open && end > 0 && !isSame(steps[end - 1] as Step, before, behind)) end--
  return steps.slice(0, end)
}

function isSame<T extends { readonly text: string }>(step: Step, before: readonly T[], behind: readonly T[]): boolean {
  if (step.before === null || step.behind === null) return false
  return before[step.before]?.text.toUpperCase() === behind[step.behind]?.text.toUpperCase()
}

function openEnds(before: Course, behind: Course): Reason[] {
  return [
    ...(before.openEnd ? [{ side: 'before', code: 'capture-end' } as const] : []),
    ...(behind.openEnd ? [{ side: 'behind', code: 'capture-end' } as const] : []),
  ]
}

/** Half of the lines of the side with fewer stand on the other: else they are no pair, or the box is a server itself. */
function haveMuchInCommon(before: Course, behind: Course, { commands, replies }: Traces): boolean {
  const shared =
    commands.filter((step) => isSame(step, before.sent, behind.sent)).length +
    replies.filter((step) => isSame(step, before.said, behind.said)).length
  return 2 * shared >= Math.min(linesOf(before), linesOf(behind))
}
