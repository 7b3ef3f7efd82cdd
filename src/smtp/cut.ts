// A group that grows without end -> its answered front, which can be judged by itself, and the rest, which goes on.
import type { Reply } from './records.ts'
import type { Unit } from './unit.ts'

export interface Part {
  readonly units: readonly Unit[]
  readonly replies: readonly Reply[]
  readonly surplus: readonly Reply[]
}

export interface Cut {
  readonly front: Part
  readonly rest: Part
  /** The last unit of the front, behind which the rest may be blind. */
  readonly last: Unit
  /** From this unit on text is needed when the front is judged; null when nothing of it has any. */
  readonly textFrom: Unit | null
}

/** Cuts in front of the unit at `head`, which exists and is not the first. */
export function cutAt(head: number, { units, replies, surplus }: Part): Cut {
  const last = units[head - 1] as Unit
  // An empty line in front may have no reply.
  const answered = units.findLast((unit, u) => u < head && unit.replies.length > 0)
  const end = answered?.replies[answered.replies.length - 1]?.at.end ?? 0
  const isEarlier = (reply: Reply) => reply.at.end <= end
  const isLater = (reply: Reply) => reply.at.end > end
  const front = { units: units.slice(0, head), replies: replies.filter(isEarlier), surplus: surplus.filter(isEarlier) }
  const rest = { units: units.slice(head), replies: replies.filter(isLater), surplus: surplus.filter(isLater) }
  // What is judged gives up its text, and that of all replies but the latest: it is read now.
  for (const reply of [...last.replies, ...rest.replies]) reply.lines
  return { front, rest, last, textFrom: [last, ...rest.units].find(({ kind }) => kind === 'command') ?? null }
}
