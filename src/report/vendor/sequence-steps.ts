// A dialogue sample -> the steps of its sequence diagram: what was sent, acknowledged and closed, from just before the
// fault on.
import type { Group } from '../../smtp/records.ts'
import { counted, decimal } from '../text.ts'
import { unitLines } from '../transcript.ts'
import { faultyGroups } from './case.ts'
import { isLost } from './dialogue-lines.ts'
import type { DialogueSample } from './dialogue-sample.ts'
import type { SequenceDiagram, Step } from './report-model.ts'

/** Units and signals that one ladder shows, and units of one step: what can be read on a page. */
const ROWS = 30
const PARTS = 10

type Part = Step['parts'][number]

export function sequenceOf(sample: DialogueSample): SequenceDiagram {
  const { id, client, server, groups, close, startNs } = sample
  const first = faultyGroups(sample)[0]?.index ?? 1
  const drawn: Step[] = groups.flatMap((group) =>
    group === null || group.index < first - 1 ? [] : stepsOf(group, sample),
  )
  const before = groups.reduce(
    (sum, group) => sum + (group === null || group.index >= first - 1 ? 0 : stepsOf(group, sample).length),
    sample.greeting === null ? 0 : 1,
  )
  // An acknowledgement that comes with a reply or with the close is drawn as that.
  const carried = new Set(
    drawn.flatMap(({ from, kind, frame }) => (from === 'server' && kind === 'data' ? [frame] : [])),
  )
  const ordered = drawn
    .filter(({ kind, frame }) => kind !== 'ack' || (!carried.has(frame) && frame !== close?.frame))
    .sort((a, b) => a.frame - b.frame)
  if (close !== null)
    ordered.push({
      ...{ from: close.by, kind: 'close', frame: close.frame, timeNs: close.timeNs - startNs },
      parts: [{ text: close.how.toUpperCase(), lost: false, acked: null }],
    })
  let rows = 0
  const steps = ordered.filter(({ parts }) => {
    rows += parts.length
    return rows <= ROWS
  })
  return { session: id, client, server, steps, before, after: ordered.length - steps.length }
}

function stepsOf({ exchanges, replies }: Group, sample: DialogueSample): Step[] {
  const steps = new Map<string, Step & { parts: Part[] }>()
  const add = (from: Step['from'], frame: number, timeNs: number, part: Part) => {
    const key = `${from} ${frame}`
    const step = steps.get(key) ?? { from, kind: 'data', frame, timeNs: timeNs - sample.startNs, parts: [] }
    steps.set(key, step)
    step.parts.push(part)
  }
  for (const exchange of exchanges) {
    const { at, acked } = exchange.command
    const [text = ''] = unitLines(exchange.command)
    add('client', at.lastFrame, at.timeNs, { text, lost: isLost(exchange, sample), acked })
  }
  for (const { at, lines, lineCount } of replies) {
    const text = `${lines[0] ?? ''}${lineCount > 1 ? ` (${counted(lineCount, 'line')})` : ''}`
    add('server', at.lastFrame, at.timeNs, { text, lost: false, acked: null })
  }
  const acked = new Map<number, number>()
  for (const { command } of exchanges)
    if (command.acked !== null) acked.set(command.acked, (acked.get(command.acked) ?? 0) + 1)
  const acks = [...acked].map(([frame, count]): Step => {
    const text = `ACK of ${counted(count, 'unit')}`
    return { from: 'server', kind: 'ack', frame, timeNs: null, parts: [{ text, lost: false, acked: null }] }
  })
  return [...[...steps.values()].map((step) => ({ ...step, parts: shortened(step.parts) })), ...acks]
}

/** The last of very many stand for those that are not named. */
function shortened(parts: readonly Part[]): readonly Part[] {
  if (parts.length <= PARTS) return parts
  const rest = parts.slice(PARTS - 1)
  const lost = rest.filter((part) => part.lost).length
  const some = lost > 0 && lost < rest.length ? `, ${decimal(lost)} without a reply` : ''
  const acked = rest.some((part) => part.acked === null) ? null : (rest[0]?.acked ?? null)
  return [
    ...parts.slice(0, PARTS - 1),
    { text: `[${counted(rest.length, 'more unit')}${some}]`, lost: lost === rest.length, acked },
  ]
}
