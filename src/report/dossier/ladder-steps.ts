// An exhibit -> the steps of its ladder diagram: what was sent, acknowledged and closed, from just before the fault on.
import type { Group } from '../../smtp/records.ts'
import { unitLines } from '../transcript.ts'
import { faultyGroups } from './case.ts'
import { isLost } from './dialogue-lines.ts'
import type { Exhibit } from './exhibit.ts'
import type { Ladder, Step } from './model.ts'

/** Steps that one ladder shows: a page's height. */
const STEPS = 24
/** Units of one step that are named. */
const PARTS = 16

export function ladderOf(exhibit: Exhibit): Ladder {
  const { id, client, server, groups, close, startNs } = exhibit
  const first = faultyGroups(exhibit)[0]?.index ?? 1
  const drawn: Step[] = groups.flatMap((group) =>
    group === null || group.index < first - 1 ? [] : stepsOf(group, exhibit),
  )
  const before = groups.reduce(
    (sum, group) => sum + (group === null || group.index >= first - 1 ? 0 : stepsOf(group, exhibit).length),
    exhibit.greeting === null ? 0 : 1,
  )
  const ordered = drawn.sort((a, b) => a.frame - b.frame)
  if (close !== null)
    ordered.push({
      ...{ from: close.by, kind: 'close', frame: close.frame, timeNs: close.timeNs - startNs },
      parts: [{ text: close.how.toUpperCase(), lost: false, acked: null }],
    })
  return { session: id, client, server, steps: ordered.slice(0, STEPS), before }
}

function stepsOf({ exchanges, replies }: Group, exhibit: Exhibit): Step[] {
  const steps = new Map<string, Step & { parts: Step['parts'][number][] }>()
  const add = (from: Step['from'], frame: number, timeNs: number, part: Step['parts'][number]) => {
    const key = `${from} ${frame}`
    const step = steps.get(key) ?? { from, kind: 'data', frame, timeNs: timeNs - exhibit.startNs, parts: [] }
    steps.set(key, step)
    if (step.parts.length < PARTS) step.parts.push(part)
  }
  for (const exchange of exchanges) {
    const { at, acked } = exchange.command
    const [text = ''] = unitLines(exchange.command)
    add('client', at.lastFrame, at.timeNs, { text, lost: isLost(exchange, exhibit), acked })
  }
  for (const { at, lines } of replies)
    add('server', at.lastFrame, at.timeNs, { text: lines[lines.length - 1] ?? '', lost: false, acked: null })
  const acks = new Set(exchanges.flatMap(({ command }) => command.acked ?? []))
  const pure = [...acks].filter((frame) => !steps.has(`server ${frame}`))
  return [
    ...steps.values(),
    ...pure.map((frame): Step => ({ from: 'server', kind: 'ack', frame, timeNs: null, parts: [] })),
  ]
}
