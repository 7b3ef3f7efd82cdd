// The sequence diagram of a session: its steps, starting just before the fault, and the drawing (SVG) with a
// description in words. It shows only what was proved: a capture has one time for a frame, so arrows are horizontal. A
// command that TCP acknowledged reaches the server; one that was never answered falls down behind it. Colours are CSS
// classes; faults are also marked by shape and words.
import type { Group } from '../../smtp/records.ts'
import { elapsed, unitLines } from '../dialogue.ts'
import { html, terminal } from '../escape.ts'
import { counted, decimal } from '../format-text.ts'
import { faultyGroups, isLost } from './case.ts'
import type { SequenceDiagram, Step } from './report-model.ts'
import type { DialogueSample } from './second-pass.ts'

/** Maximum number of steps in one diagram, and of units in one step, so that it stays readable. */
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

/** Of very many units, the last ones represent those that are not named. */
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

/** Horizontal positions of the two lanes. */
export interface Lanes {
  readonly client: number
  readonly server: number
}

/** Heights of one unit of a segment, of an acknowledgement or close, and of a note across the lanes. */
export const PART = 27
const SIGNAL = 28
export const NOTE = 34

/** Width of a letter of the monospaced font, slightly more than any font needs. */
const LETTER = 7.6
const AIR = 14
const ARROW = 8
/** The curve of a lost command: number of dashes, which fade along the curve. */
const DASHES = 8
const FALL_WIDE = 72
const FALL_HIGH = 40
const CROSS = 5

export function text(kind: string, x: number, y: number, anchor: 'start' | 'middle' | 'end', words: string): string {
  return `<text class="${kind}" x="${x}" y="${y}" text-anchor="${anchor}">${html(words)}</text>`
}

/** A lane: solid until its side closes, dashed afterwards. */
export function lane(x: number, top: number, end: number | null, bottom: number): string {
  const line = (kind: string, y1: number, y2: number) =>
    `<line class="${kind}" x1="${x}" y1="${y1}" x2="${x}" y2="${y2}"/>`
  if (end === null) return line('lane', top, bottom)
  return `${line('lane', top, end)}${line('lane closed', end, bottom)}`
}

/** A note about omitted steps, written across the lanes. */
export function note(words: string, y: number, { client, server }: Lanes): string {
  const middle = (client + server) / 2
  const breaks = [client, server].map(
    (x) => `<rect class="break" x="${x - 4}" y="${y}" width="8" height="${NOTE - 14}"/>`,
  )
  return `${breaks.join('')}${text('note', middle, y + 14, 'middle', words)}`
}

/** A unit with its arrow. */
export function part(from: Step['from'], words: string, y: number, lanes: Lanes): string {
  return `${label(from, from, words, y, lanes)}${arrow(from, from, y + 19, lanes)}`
}

/** How a unit without a reply is drawn. */
interface Fall {
  readonly from: Step['from']
  /** Its arrival was acknowledged; otherwise its line is dashed and has no tip. */
  readonly arrives: boolean
  readonly wide: number
  readonly high: number
  readonly fate: string
  /** What is known about it, shown after its text. */
  readonly known: string
}

/**
 * A command without a reply: its line continues beyond the server's TCP and falls. A command that was not acknowledged
 * may never have arrived.
 */
function lost(words: string, acked: number | null, y: number, lanes: Lanes): string {
  const known = acked === null ? 'never answered' : `acknowledged in frame ${decimal(acked)}, never answered`
  const fate = acked === null ? 'no reply' : 'lost'
  return falling(
    words,
    { from: 'client', arrives: acked !== null, wide: FALL_WIDE, high: FALL_HIGH, fate, known },
    y,
    lanes,
  )
}

export function falling(
  words: string,
  { from, arrives, wide, high, fate, known }: Fall,
  y: number,
  lanes: Lanes,
): string {
  const level = y + 19
  const [start, on, anchor] =
    from === 'client' ? ([lanes.server, 1, 'start'] as const) : ([lanes.client, -1, 'end'] as const)
  const way = arrives
    ? arrow(from, 'lost', level, lanes)
    : `<line class="lost unseen" x1="${from === 'client' ? lanes.client : lanes.server}" y1="${level}" x2="${start - 2 * on}" y2="${level}"/>`
  const end = { x: start + on * (wide + CROSS), y: level + high + CROSS }
  const told = text('fate', end.x + 12 * on, end.y + 4, anchor, fate)
  const drawn = `${label('lost', from, `✗ ${words}`, y, lanes)}${way}${fall(start, level, on * wide, high)}${cross(end.x, end.y)}${told}`
  return `<g><title>${html(words)}: ${html(known)}</title>${drawn}</g>`
}

/** A unit that was sent and not acknowledged: it is unknown how far it came. */
export function stopped(from: Step['from'], words: string, known: string, y: number, lanes: Lanes): string {
  const level = y + 19
  const [start, end] = from === 'client' ? [lanes.client, lanes.server] : [lanes.server, lanes.client]
  const middle = (start + end) / 2
  const way = `<line class="lost unseen" x1="${start}" y1="${level}" x2="${middle}" y2="${level}"/>`
  const drawn = `${label('lost', from, `✗ ${words}`, y, lanes)}${way}${cross(middle, level)}`
  return `<g><title>${html(words)}: ${html(known)}</title>${drawn}</g>`
}

/** A unit with a remark. */
export function marked(from: Step['from'], words: string, known: string, y: number, lanes: Lanes): string {
  const drawn = `${label('lost', from, words, y, lanes)}${arrow(from, 'lost', y + 19, lanes)}`
  return `<g><title>${html(known)}</title>${drawn}</g>`
}

function cross(x: number, y: number): string {
  return `<path class="cross" d="M${x - CROSS} ${y - CROSS}l${2 * CROSS} ${2 * CROSS}m0 ${-2 * CROSS}l${-2 * CROSS} ${2 * CROSS}"/>`
}

/** A dashed parabola that starts horizontally and falls. */
function fall(x: number, y: number, wide: number, high: number): string {
  const at = (t: number) => `${round(x + wide * t)} ${round(y + high * t * t)}`
  const dashes = Array.from({ length: DASHES }, (_, i) => {
    const [from, to] = [i / DASHES, (i + 0.62) / DASHES]
    return `<path class="fall" opacity="${round(1 - i / (DASHES + 1))}" d="M${at(from)}L${at(to)}"/>`
  })
  return dashes.join('')
}

/** A segment without data, drawn thin. */
function signal(from: Step['from'], words: string, y: number, lanes: Lanes): string {
  const middle = (lanes.client + lanes.server) / 2
  return `${arrow(from, 'ack', y + 5, lanes)}${text('ack', middle, y - 1, 'middle', fitting(words, lanes))}`
}

/** The close of one side: a heavy arrow from a bar across its lane. */
export function close(from: Step['from'], words: string, y: number, lanes: Lanes): string {
  const x = lanes[from]
  const bar = `<line class="end" x1="${x - 9}" y1="${y + 5}" x2="${x + 9}" y2="${y + 5}"/>`
  const middle = (lanes.client + lanes.server) / 2
  return `${arrow(from, 'close', y + 5, lanes)}${bar}${text('close', middle, y - 2, 'middle', fitting(words, lanes))}`
}

function arrow(from: Step['from'], kind: string, y: number, { client, server }: Lanes): string {
  const [start, end] = from === 'client' ? [client, server - 2] : [server, client + 2]
  const back = from === 'client' ? -ARROW : ARROW
  return `<line class="way ${kind}" x1="${start}" y1="${y}" x2="${end + back}" y2="${y}"/><path class="tip ${kind}" d="M${end} ${y}l${back} ${-ARROW / 2}v${ARROW}z"/>`
}

/** A label on the sender's side. Long text is cut, with the whole text in the title. */
function label(kind: string, from: Step['from'], words: string, y: number, lanes: Lanes): string {
  const [x, anchor] = from === 'server' ? [lanes.server - AIR, 'end'] : [lanes.client + AIR, 'start']
  const short = fitting(words, lanes)
  const whole = short === terminal(words) ? '' : `<title>${html(words)}</title>`
  return `<text class="part ${kind}" x="${x}" y="${y + 13}" text-anchor="${anchor}">${html(short)}${whole}</text>`
}

/** The displayed width: a control character is shown as several letters. */
function fitting(words: string, { client, server }: Lanes): string {
  const most = Math.floor((server - client - 2 * AIR) / LETTER)
  const shown = terminal(words)
  return shown.length <= most ? shown : `${shown.slice(0, most - 1)}…`
}

function round(n: number): number {
  return Math.round(n * 100) / 100
}

const WIDTH = 800
const CLIENT_X = 132
const SERVER_X = 728
/** With a lost command, there is space to the right of the server for its fall. */
const SERVER_BEFORE_FALL_X = 636
const HEAD = 58
/** Space between two steps, and around the parts of a segment. */
const BETWEEN = 12
const PADDING = 6
/** A pause of this length gets a note in the diagram. */
const QUIET_NS = 1_000_000_000
const NAME_MOST = 48
/** Width of a letter of a name, slightly more than any font needs. */
const NAME_LETTER = 6.8
/** Distance of text from the edges. */
const EDGE = 8

export function sequenceFigure(ladder: SequenceDiagram): string {
  const { session, client, server, steps } = ladder
  const gone = steps.flatMap(({ parts }) => parts.filter((one) => one.lost))
  const summary = `Ladder diagram of session ${session} between client ${client} and server ${server}: ${counted(steps.length, 'step')}, ${gone.length === 0 ? 'nothing' : counted(gone.length, 'unit')} without a reply`
  const known = gone.every(({ acked }) => acked !== null) ? 'acknowledged by its TCP' : 'sent'
  const falls = gone.length === 0 ? '' : ` What falls behind the server was ${known} and never answered.`
  return `<figure class="ladder">
<figcaption>Session ${html(session)}, packet by packet. <span>Time runs down; a band is one TCP segment.${falls}</span></figcaption>
<div class="box" role="group" tabindex="0" aria-label="Ladder diagram of session ${html(session)}">
${drawing(ladder, html(summary), gone.length > 0)}
</div>
<details><summary>The drawing in words</summary>
<ol>
${steps.map((step) => `<li>${inWords(step)}</li>`).join('\n')}
</ol>
</details>
</figure>`
}

function drawing({ client, server, steps, before, after }: SequenceDiagram, summary: string, falls: boolean): string {
  const lanes: Lanes = { client: CLIENT_X, server: falls ? SERVER_BEFORE_FALL_X : SERVER_X }
  const marks = [...head('client', client, lanes.client), ...head('server', server, lanes.server)]
  let y = HEAD
  if (before > 0) {
    marks.push(note(`${counted(before, 'earlier step')} not drawn`, y, lanes))
    y += NOTE
  }
  const ends: Partial<Record<Step['from'], number>> = {}
  let since: number | null = null
  for (const step of steps) {
    if (since !== null && step.timeNs !== null && step.timeNs - since >= QUIET_NS) {
      marks.push(note(`${elapsed(step.timeNs - since)} seconds later`, y, lanes))
      y += NOTE
    }
    marks.push(stepMarks(step, y, lanes))
    y += heightOf(step)
    if (step.kind === 'close') ends[step.from] ??= y - BETWEEN - SIGNAL / 2 + 5
    since = step.timeNs ?? since
  }
  if (after > 0) {
    marks.push(note(`${counted(after, 'later step')} not drawn`, y, lanes))
    y += NOTE
  }
  const height = y + BETWEEN
  const both = (['client', 'server'] as const).map((side) => lane(lanes[side], HEAD - 8, ends[side] ?? null, height))
  return `<svg role="img" aria-label="${summary}" viewBox="0 0 ${WIDTH} ${height}">
${[...both, ...marks].join('\n')}
</svg>`
}

/** A name is centred above its lane; a long one is aligned with the edge. */
function head(side: Step['from'], name: string, x: number): string[] {
  const shown = terminal(name)
  const short = shown.length <= NAME_MOST ? shown : `${shown.slice(0, NAME_MOST - 1)}…`
  const fits = (short.length * NAME_LETTER) / 2 <= Math.min(x, WIDTH - x) - EDGE
  const [edge, towards] = side === 'client' ? [EDGE, 'start'] : [WIDTH - EDGE, 'end']
  const [at, anchor] = fits ? [x, 'middle'] : [edge, towards]
  return [
    text(`who ${side}`, x, 18, 'middle', side),
    `<text class="name" x="${at}" y="36" text-anchor="${anchor}">${html(short)}${short === shown ? '' : `<title>${html(name)}</title>`}</text>`,
  ]
}

function heightOf({ kind, parts }: Step): number {
  return (kind === 'data' ? 2 * PADDING + Math.max(1, parts.length) * PART : SIGNAL) + BETWEEN
}

function stepMarks(step: Step, y: number, lanes: Lanes): string {
  const { from, kind, parts, frame, timeNs } = step
  const high = heightOf(step) - BETWEEN
  const middle = y + high / 2
  const when = [
    text('frame', CLIENT_X - 16, middle + (timeNs === null ? 4 : -2), 'end', `frame ${decimal(frame)}`),
    ...(timeNs === null ? [] : [text('time', CLIENT_X - 16, middle + 12, 'end', `${elapsed(timeNs)} s`)]),
  ]
  if (kind !== 'data') {
    const words = signalWords(step)
    return [...when, kind === 'ack' ? signal(from, words, middle, lanes) : close(from, words, middle, lanes)].join('\n')
  }
  const left = lanes.client + 5
  const band = `<rect class="band ${from}" x="${left}" y="${y}" width="${lanes.server - 5 - left}" height="${high}" rx="4"/>`
  const units = parts.map((one, i) => {
    const at = y + PADDING + i * PART
    return one.lost ? lost(one.text, one.acked, at, lanes) : part(from, one.text, at, lanes)
  })
  return [...when, band, ...units].join('\n')
}

function signalWords({ parts }: Step): string {
  return parts.map(({ text }) => text).join(', ')
}

function inWords(step: Step): string {
  const { from, kind, parts, frame, timeNs } = step
  const when = timeNs === null ? '' : ` at ${elapsed(timeNs)} s`
  const said =
    kind === 'data'
      ? parts
          .map((one) => `<code>${html(one.text)}</code>${one.lost ? ` <strong>${fate(one.acked)}</strong>` : ''}`)
          .join(', ')
      : html(signalWords(step))
  return `Frame ${decimal(frame)}${when}: the ${from} ${kind === 'close' ? 'closes with' : 'sends'} ${said}.`
}

function fate(acked: number | null): string {
  return acked === null ? '(never answered)' : `(acknowledged in frame ${decimal(acked)}, never answered)`
}
