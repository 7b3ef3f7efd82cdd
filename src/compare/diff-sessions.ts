// The views of what belongs together -> what differs and where it arose. What one side may only not have seen is no
// difference: then it cannot be told.
import { type Arranged, arrange } from './arrange.ts'
import { type BoxKind, boxKindOf } from './box-kind.ts'
import { closes } from './close-diff.ts'
import { delays } from './delay-diff.ts'
import type { Difference, Judgement, Reason } from './difference.ts'
import { diffEncrypted } from './encrypted-diff.ts'
import { align, type Step, type Traces } from './line-alignment.ts'
import { commandCost, ReplyCost } from './line-cost.ts'
import { commandDifferences, replyDifferences } from './line-diff.ts'
import type { Match } from './matches.ts'
import type { DialogueLines, SessionView } from './session-view.ts'
import { endsSideBySide, type SideBySide, sideBySide } from './side-by-side.ts'

/** `explain`: with both dialogues line by line. */
export function diffSessions(
  match: Pick<Match, 'by' | 'forwarded'>,
  before: readonly SessionView[],
  behind: readonly SessionView[],
  explain: boolean,
): Judgement {
  const box = boxKindOf(match, before, behind)
  const blind = [...blindSpots('before', before, box), ...blindSpots('behind', behind, box)]
  const encrypted = [...before, ...behind].some(({ opaque }) => opaque)
  const lines = arrange(before, behind)
  const shown = (traces?: Traces) => (explain ? bothDialogues(before, behind, lines, traces) : [])
  if (blind.length > 0) return { ...cannotTell(box, blind), rows: shown() }
  if (encrypted) return { box, omitted: 0, ...diffEncrypted(box, before, behind), rows: shown() }
  const commands = align(lines.before.sent, lines.behind.sent, commandCost)
  if (commands === null) return cannotTell(box, [{ side: 'both', code: 'too-different' }])
  const replies = alignReplies(lines.before, lines.behind, commands)
  if (replies === null || !haveMuchInCommon(lines.before, lines.behind, { commands, replies })) {
    const code = match.by === 'time' ? 'by-time-alone' : 'too-different'
    return { ...cannotTell(box, [{ side: 'both', code }]), rows: shown() }
  }
  const open = [...before, ...behind].some(({ openEnd }) => openEnd)
  const traces = {
    commands: seen(commands, lines.before.sent, lines.behind.sent, open),
    replies: seen(replies, lines.before.said, lines.behind.said, open),
  }
  const differences: Difference[] = [
    ...numbers(before, behind),
    ...commandDifferences({ ...lines, box, closedBehind: closedBy(behind), traces }),
    ...replyDifferences({ ...lines, box, closedBefore: before[before.length - 1]?.close ?? null, traces }),
    ...delays(lines.before, lines.behind, traces),
    ...closes(before, behind, box),
  ]
  const cut = commands.length - traces.commands.length + replies.length - traces.replies.length
  const reasons = cut === 0 ? [] : openEnds(before, behind)
  const outcome = reasons.length > 0 ? 'cannot-tell' : differences.length > 0 ? 'different' : 'same'
  return {
    box,
    outcome,
    differences,
    omitted: 0,
    reasons,
    notes: [],
    rows: outcome === 'same' ? [] : shown({ commands, replies }),
  }
}

/** Line by line, as far as they can be read; none where they cannot be aligned. */
function bothDialogues(
  before: readonly SessionView[],
  behind: readonly SessionView[],
  lines: Arranged,
  known: Traces | undefined,
): SideBySide[] {
  const traces = known ?? tracesOf(lines)
  if (traces === null) return []
  return [...sideBySide(lines.before, lines.behind, traces), ...endsSideBySide(before, behind)]
}

function tracesOf({ before, behind }: Arranged): Traces | null {
  const commands = align(before.sent, behind.sent, commandCost)
  const replies = commands === null ? null : alignReplies(before, behind, commands)
  return commands === null || replies === null ? null : { commands, replies }
}

/** On one connection, bytes that nobody acknowledged are what was lost on the way: that is what is looked for. */
function blindSpots(side: 'before' | 'behind', views: readonly SessionView[], box: BoxKind): Reason[] {
  const codes = views.flatMap((view) => view.blindSpots)
  return codes.filter((code) => box !== 'path' || code !== 'unacknowledged').map((code) => ({ side, code }))
}

function cannotTell(box: BoxKind, reasons: readonly Reason[]): Judgement {
  return { box, outcome: 'cannot-tell', differences: [], omitted: 0, reasons, notes: [], rows: [] }
}

function closedBy(views: readonly SessionView[]): 'client' | 'server' | null {
  return views[views.length - 1]?.close?.by ?? null
}

/** A box that opens another number of sessions than it accepts. */
function* numbers(before: readonly SessionView[], behind: readonly SessionView[]): Iterable<Difference> {
  if (before.length === 1 && behind.length === 1) return
  const sessions = (n: number) => (n === 1 ? '1 session' : `${n} sessions`)
  yield {
    kind: 'sessions',
    what: 'connection',
    place: 'in',
    message: `the box made ${sessions(behind.length)} behind it of ${sessions(before.length)} before it`,
    before: null,
    behind: null,
  }
}

/**
 * Replies correspond where their commands do. Those to a command that only one side has are left alone: they are told with
 * it. Where it is not certain which command a reply answers, only its text counts.
 */
function alignReplies(before: DialogueLines, behind: DialogueLines, commands: readonly Step[]): readonly Step[] | null {
  const cost = new ReplyCost(commands)
  return align(before.said, behind.said, (a, b) => cost.of(a, b))
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

function openEnds(before: readonly SessionView[], behind: readonly SessionView[]): Reason[] {
  return [
    ...(before.some(({ openEnd }) => openEnd) ? [{ side: 'before', code: 'capture-end' } as const] : []),
    ...(behind.some(({ openEnd }) => openEnd) ? [{ side: 'behind', code: 'capture-end' } as const] : []),
  ]
}

/** Half of the lines of the side with fewer stand on the other: else they are no pair, or the box is a server itself. */
function haveMuchInCommon(before: DialogueLines, behind: DialogueLines, { commands, replies }: Traces): boolean {
  const count = ({ sent, said }: DialogueLines) => sent.length + said.length
  const shared =
    commands.filter((step) => isSame(step, before.sent, behind.sent)).length +
    replies.filter((step) => isSame(step, before.said, behind.said)).length
  return 2 * shared >= Math.min(count(before), count(behind))
}
