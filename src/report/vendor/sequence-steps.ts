// The steps of a sequence diagram, starting just before the fault, and which reply answers which command. Only what was
// proved or is marked as suspected: a command is without a reply if a finding says so.
import type { Certainty } from '../../rules/analysis.ts'
import type { Command, Exchange, Group, Reply } from '../../smtp/records.ts'
import { unitLines } from '../dialogue.ts'
import { counted, decimal } from '../format-text.ts'
import { enumerated, fateOf, faultyGroups } from './case.ts'
import { type FrameNames, frameNames } from './frame-names.ts'
import type { ReplyLink, SequenceDiagram, Step } from './report-model.ts'
import type { DialogueSample } from './second-pass.ts'
import { groupsOf } from './second-pass.ts'

/** Maximum number of rows in one diagram of a report, and of units in one step, so that it stays readable. */
const ROWS = 30
const PARTS = 10

const SERVICE_CLOSING = 421

/** A unit of a step; `of` is what it shows, null for several in one. */
type Part = Step['parts'][number] & { readonly of: Command | Reply | null }
type DrawnStep = Omit<Step, 'parts'> & { readonly parts: readonly Part[] }

/** `most`: maximum number of rows. */
export function sequenceOf(sample: DialogueSample, most = ROWS): SequenceDiagram {
  const { id, client, server, groups, close, startNs } = sample
  const first = faultyGroups(sample)[0]?.index ?? 1
  const drawn: DrawnStep[] = groups.flatMap((group) =>
    group === null || group.index < first - 1 ? [] : stepsOf(group, sample),
  )
  const before = groups.reduce(
    (sum, group) => sum + (group === null || group.index >= first - 1 ? 0 : stepsOf(group, sample).length),
    sample.greeting === null ? 0 : 1,
  )
  // An acknowledgement in a segment with a reply or close is part of that step.
  const carried = new Set(
    drawn.flatMap(({ from, kind, frame }) => (from === 'server' && kind === 'data' ? [frame] : [])),
  )
  const ordered = drawn
    .filter(({ kind, frame }) => kind !== 'ack' || (!carried.has(frame) && frame !== close?.frame))
    .sort((a, b) => a.frame - b.frame)
  if (close !== null)
    ordered.push({
      ...{ from: close.by, kind: 'close', frame: close.frame, timeNs: close.timeNs - startNs },
      parts: [signal(close.how.toUpperCase())],
    })
  let rows = 0
  const steps = ordered.filter(({ parts }) => {
    rows += parts.length
    return rows <= most
  })
  const shown = { session: id, client, server, before, after: ordered.length - steps.length }
  const names = frameNames(
    sample.files,
    steps.map(({ frame }) => frame),
  )
  return {
    ...shown,
    file: names.file,
    steps: steps.map((step) => toStep(step, names, sample)),
    links: linksOf(steps, sample),
  }
}

function toStep({ parts, frame, ...step }: DrawnStep, names: FrameNames, { files }: DialogueSample): Step {
  const place = names.place(frame)
  const ackedPlace = (acked: number | null) =>
    acked === null || files === null ? {} : { ackedIn: files.sentence(acked) }
  return {
    ...{ ...step, frame: names.number(frame) },
    ...(place !== undefined && { place }),
    parts: parts.map(({ text, fate, acked }) => ({ text, fate, acked, ...ackedPlace(acked) })),
  }
}

const signal = (text: string): Part => ({ text, fate: null, acked: null, of: null })

function stepsOf({ exchanges, replies }: Group, sample: DialogueSample): DrawnStep[] {
  const steps = new Map<string, Omit<Step, 'parts'> & { parts: Part[] }>()
  const add = (from: Step['from'], frame: number, timeNs: number, part: Part) => {
    const key = `${from} ${frame}`
    const step = steps.get(key) ?? { from, kind: 'data', frame, timeNs: timeNs - sample.startNs, parts: [] }
    steps.set(key, step)
    step.parts.push(part)
  }
  for (const exchange of exchanges) {
    const { at, acked } = exchange.command
    const [text = ''] = unitLines(exchange.command)
    add('client', at.lastFrame, at.timeNs, { text, fate: fateOf(exchange, sample), acked, of: exchange.command })
  }
  for (const reply of replies) {
    const { at, lines, lineCount } = reply
    const text = `${lines[0] ?? ''}${lineCount > 1 ? ` (${counted(lineCount, 'line')})` : ''}`
    add('server', at.lastFrame, at.timeNs, { text, fate: null, acked: null, of: reply })
  }
  const acked = new Map<number, Command[]>()
  for (const { command } of exchanges)
    if (command.acked !== null) acked.set(command.acked, [...(acked.get(command.acked) ?? []), command])
  const acks = [...acked].map(
    ([frame, commands]): DrawnStep => ({
      ...{ from: 'server', kind: 'ack', frame, timeNs: null },
      parts: [signal(`ACK of ${kindsOf(commands)}`)],
    }),
  )
  return [...[...steps.values()].map((step) => ({ ...step, parts: shortened(step.parts) })), ...acks]
}

/** `3 commands`, `1 command and 1 message`, `1 response of AUTH`. */
function kindsOf(commands: readonly Command[]): string {
  const numberOf = (wanted: Command['kind']) => commands.filter(({ kind }) => kind === wanted).length
  const kinds = [
    [numberOf('command'), 'command'],
    [numberOf('content'), 'message'],
    [numberOf('auth-response'), 'response'],
  ] as const
  return enumerated(kinds.filter(([count]) => count > 0).map(([count, word]) => counted(count, word)))
}

/** Of very many units, the last ones represent those that are not named. */
function shortened(parts: readonly Part[]): readonly Part[] {
  if (parts.length <= PARTS) return parts
  const rest = parts.slice(PARTS - 1)
  const lost = rest.filter(({ fate }) => fate !== null)
  const some = lost.length > 0 && lost.length < rest.length ? `, ${decimal(lost.length)} without a reply` : ''
  const acked = rest.some((part) => part.acked === null) ? null : (rest[0]?.acked ?? null)
  const fate = lost.length < rest.length ? null : lost.some((one) => one.fate === 'suspected') ? 'suspected' : 'proved'
  return [
    ...parts.slice(0, PARTS - 1),
    { text: `[${counted(rest.length, 'more unit')}${some}]`, fate, acked, of: null },
  ]
}

/** Which drawn reply answers which drawn command. */
function linksOf(steps: readonly DrawnStep[], sample: DialogueSample): ReplyLink[] {
  const places = new Map<Command | Reply, readonly [number, number]>()
  for (const [i, { parts }] of steps.entries())
    for (const [j, { of }] of parts.entries()) if (of !== null) places.set(of, [i, j])
  const links = sample.groups.flatMap((group) => {
    if (group === null) return []
    const order = orderOf(group, sample)
    return pairsOf(group).flatMap(([exchange, reply]) => {
      const [from, to] = [places.get(exchange.command), places.get(reply)]
      return from === undefined || to === undefined ? [] : [{ from, to, order, exchange, reply }]
    })
  })
  return links.map(({ from, to, order, exchange, reply }) => {
    const isCrossing = links.some((other) => crosses(exchange, reply, other.exchange, other.reply))
    // By 421 a server ends the session; whether it has read the command is not known.
    const isAnswer = exchange.sure && reply.code !== SERVICE_CLOSING
    return { from, to, kind: isCrossing ? (order ?? 'unsure') : isAnswer ? 'in-order' : 'unsure' }
  })
}

/**
 * The commands with their replies. Two that are suspected to be exchanged are paired by
 * count, so they are exchanged here.
 */
function pairsOf({ exchanges, reading }: Group): (readonly [Exchange, Reply])[] {
  const [a, b, ...more] = reading.permuted
  const swapped = reading.by === 'counting' && more.length === 0
  const repliesOf = (exchange: Exchange) => {
    if (!swapped || a === undefined || b === undefined) return exchange.replies
    if (exchange.command === a.command) return b.replies
    return exchange.command === b.command ? a.replies : exchange.replies
  }
  return exchanges.flatMap((exchange) => repliesOf(exchange).map((reply) => [exchange, reply] as const))
}

/** One of the two was sent first and answered last. */
function crosses(a: Exchange, replyToA: Reply, b: Exchange, replyToB: Reply): boolean {
  return (a.command.at.start - b.command.at.start) * (replyToA.at.start - replyToB.at.start) < 0
}

/** How certain it is that the replies of a group came in another order than its commands; null without a finding. */
function orderOf(group: Group, { findings, groups }: DialogueSample): Certainty | null {
  const about = findings.filter(
    (finding) => finding.rule === 'reply-out-of-order' && groupsOf(finding, groups).includes(group),
  )
  if (about.length === 0) return null
  return about.some(({ certainty }) => certainty === 'proved') ? 'proved' : 'suspected'
}
