// The drawing (SVG) of a sequence diagram. A capture has one time for a frame, so arrows are horizontal. A command that
// TCP acknowledged reaches the server; one that was never answered falls down behind it. Behind the server, a line leads
// from every command to its reply: lines that cross are replies out of order. What is only suspected is dashed. Colours
// are CSS classes; faults are also marked by shape and words.
import { elapsed } from '../dialogue.ts'
import { html, terminal } from '../escape.ts'
import { counted, decimal } from '../format-text.ts'
import type { ReplyLink, SequenceDiagram, Step } from './report-model.ts'

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
  /** It is only suspected to be lost. */
  readonly isDoubtful?: boolean
}

/**
 * A command without a reply: its line continues beyond the server's TCP and falls. A command that was not acknowledged
 * may never have arrived.
 */
function lost({ text, fate, acked, ackedIn }: Step['parts'][number], y: number, lanes: Lanes): string {
  const isDoubtful = fate === 'suspected'
  const known = `${acked === null ? '' : `acknowledged in ${ackedIn ?? `frame ${decimal(acked)}`}, `}${isDoubtful ? 'no reply captured: suspected, not proved, to be lost' : 'never answered'}`
  const word = isDoubtful ? 'suspected' : acked === null ? 'no reply' : 'lost'
  const fall = { arrives: acked !== null, wide: FALL_WIDE, high: FALL_HIGH, fate: word, known, isDoubtful }
  return falling(text, { from: 'client', ...fall }, y, lanes)
}

export function falling(
  words: string,
  { from, arrives, wide, high, fate, known, isDoubtful = false }: Fall,
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
  const sign = isDoubtful ? '?' : '✗'
  const drawn = `${label('lost', from, `${sign} ${words}`, y, lanes)}${way}${fall(start, level, on * wide, high)}${isDoubtful ? '' : cross(end.x, end.y)}${told}`
  return `<g${isDoubtful ? ' class="doubt"' : ''}><title>${html(words)}: ${html(known)}</title>${drawn}</g>`
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

const WIDTH = 860
const CLIENT_X = 132
const SERVER_X = 788
/** With replies or lost commands there is a gutter behind the server, from its lane to this line. */
const SERVER_BEFORE_GUTTER_X = 650
const GUTTER = 76
const HEAD = 58
/** Space between two steps, and around the parts of a segment. */
const BETWEEN = 12
const PADDING = 6
/** A pause of this length is drawn as a silence: higher when it is longer, up to a limit. */
const QUIET_NS = 1_000_000_000
const QUIET_LEAST = 30
const QUIET_MOST = 110
const NAME_MOST = 48
/** Letters of a frame and its file beside the client's lane. */
const PLACE_MOST = 15
/** Width of a letter of a name, slightly more than any font needs. */
const NAME_LETTER = 6.8
/** Distance of text from the edges. */
const EDGE = 8

export function sequenceFigure(ladder: SequenceDiagram): string {
  const { session, client, server, steps } = ladder
  const gone = steps.flatMap(({ parts }) => parts.filter(({ fate }) => fate !== null))
  const summary = `Sequence diagram of session ${session} between client ${client} and server ${server}: ${counted(steps.length, 'step')}, ${gone.length === 0 ? 'nothing' : counted(gone.length, 'unit')} without a reply`
  return `<figure class="ladder">
<figcaption>Session ${html(session)}, packet by packet. <span>${legend(ladder).map(html).join(' ')}</span></figcaption>
<div class="box" role="group" tabindex="0" aria-label="Sequence diagram of session ${html(session)}">
${drawing(ladder, html(summary))}
</div>
</figure>`
}

/** What the drawing uses, and nothing that it does not. */
function legend({ steps, links, file = null }: SequenceDiagram): string[] {
  const fates = new Set(steps.flatMap(({ parts }) => parts.map(({ fate }) => fate)))
  const kinds = new Set(links.map(({ kind }) => kind))
  const proved = steps.flatMap(({ parts }) => parts.filter(({ fate }) => fate === 'proved'))
  const known = proved.every(({ acked }) => acked !== null) ? 'acknowledged by its TCP' : 'sent'
  return [
    'Time runs down; a band is one TCP segment.',
    ...(file === null ? [] : [`Frames are those of ${file}.`]),
    ...(links.length > 0 ? ['Behind the server, a line leads from each command to its reply.'] : []),
    ...(kinds.has('proved') ? ['Red lines that cross are replies out of order.'] : []),
    ...(fates.has('proved') ? [`What falls behind the server was ${known} and never answered.`] : []),
    ...(fates.has('suspected') || kinds.has('suspected') ? ['A coloured dashed line is suspected, not proved.'] : []),
    ...(kinds.has('unsure') ? ['A grey dashed line: which reply belongs to the command is not certain.'] : []),
  ]
}

/** The vertical positions of the drawing: of each step, and the silences between them. */
interface Layout {
  readonly tops: readonly number[]
  readonly silences: readonly { readonly y: number; readonly height: number; readonly words: string }[]
  readonly end: number
}

function layoutOf({ steps, links, before }: SequenceDiagram): Layout {
  let y = HEAD + (before > 0 ? NOTE : 0)
  let since: number | null = null
  const tops: number[] = []
  const silences: Layout['silences'][number][] = []
  for (const [i, step] of steps.entries()) {
    if (since !== null && step.timeNs !== null && step.timeNs - since >= QUIET_NS) {
      const ns = step.timeNs - since
      const height = Math.min(QUIET_MOST, QUIET_LEAST + Math.round(10 * Math.log2(ns / QUIET_NS)))
      silences.push({ y, height, words: `${duration(ns)} of silence${owedWords(owedBefore(i, steps, links))}` })
      y += height + BETWEEN
    }
    tops.push(y)
    y += heightOf(step)
    since = step.timeNs ?? since
  }
  return { tops, silences, end: y }
}

/** Number of drawn commands before a step whose reply is drawn in it or later, or never came. */
function owedBefore(step: number, steps: readonly Step[], links: readonly ReplyLink[]): number {
  const late = links.filter(({ from, to }) => from[0] < step && to[0] >= step).length
  const lost = steps.slice(0, step).flatMap(({ parts }) => parts.filter(({ fate }) => fate !== null)).length
  return late + lost
}

const owedWords = (owed: number) => (owed === 0 ? '' : `, ${counted(owed, 'reply', 'replies')} outstanding`)

/** `2.5 s`, `12.2 s`, `3 min 5 s`. */
function duration(ns: number): string {
  const seconds = ns / QUIET_NS
  if (seconds < 60) return `${(Math.floor(seconds * 10) / 10).toFixed(1).replace(/\.0$/, '')} s`
  const rest = Math.floor(seconds) % 60
  return `${decimal(Math.floor(seconds / 60))} min${rest === 0 ? '' : ` ${rest} s`}`
}

function drawing(ladder: SequenceDiagram, summary: string): string {
  const { client, server, steps, links, before, after } = ladder
  const gutter = links.length > 0 || steps.some(({ parts }) => parts.some(({ fate }) => fate !== null))
  const lanes: Lanes = { client: CLIENT_X, server: gutter ? SERVER_BEFORE_GUTTER_X : SERVER_X }
  const { tops, silences, end } = layoutOf(ladder)
  const height = end + BETWEEN + (after > 0 ? NOTE : 0)
  const ends: Partial<Record<Step['from'], number>> = {}
  for (const [i, step] of steps.entries())
    if (step.kind === 'close') ends[step.from] ??= (tops[i] ?? 0) + SIGNAL / 2 + 5
  const linked = new Set(links.map(({ to }) => to[0]))
  const marks = [
    ...head('client', client, lanes.client),
    ...head('server', server, lanes.server),
    ...silences.map((one) => silence(one, lanes)),
    ...steps.map((step, i) => bandOf(step, tops[i] ?? 0, lanes, linked.has(i))),
    ...(['client', 'server'] as const).map((side) => lane(lanes[side], HEAD - 8, ends[side] ?? null, height)),
    ...(before > 0 ? [note(`${counted(before, 'earlier step')} not drawn`, HEAD, lanes)] : []),
    ...[...links].sort((a, b) => RANK[a.kind] - RANK[b.kind]).map((link) => linkLine(link, steps, tops, lanes)),
    ...steps.map((step, i) => stepMarks(step, tops[i] ?? 0, lanes)),
    ...(after > 0 ? [note(`${counted(after, 'later step')} not drawn`, end, lanes)] : []),
  ]
  return `<svg role="img" aria-label="${summary}" viewBox="0 0 ${WIDTH} ${height}">
${marks.filter((mark) => mark !== '').join('\n')}
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

/** The time in which nothing was sent, as a shaded area. */
function silence({ y, height, words }: Layout['silences'][number], { client, server }: Lanes): string {
  const area = `<rect class="silence" x="${client + 5}" y="${y}" width="${server - client - 10}" height="${height}"/>`
  return `${area}${text('note', (client + server) / 2, y + height / 2 + 4, 'middle', words)}`
}

/** Faults are drawn over the rest. */
const RANK: Readonly<Record<ReplyLink['kind'], number>> = { 'in-order': 0, unsure: 1, suspected: 2, proved: 3 }

/** The line from where a command arrives to where its reply begins, behind the server's lane. */
function linkLine({ from, to, kind }: ReplyLink, steps: readonly Step[], tops: readonly number[], { server }: Lanes) {
  const level = ([step, part]: readonly [number, number]) => (tops[step] ?? 0) + PADDING + part * PART + 19
  const [y1, y2] = [level(from), level(to)]
  const rail = server + GUTTER
  const words = (at: readonly [number, number]) => steps[at[0]]?.parts[at[1]]?.text ?? ''
  const out = kind === 'proved' ? ', out of order' : kind === 'suspected' ? ', suspected to be out of order' : ''
  const title = `<title>${html(words(from))} was answered by ${html(words(to))}${out}${kind === 'unsure' ? ' (not certain)' : ''}</title>`
  const bend = Math.min(24, (y2 - y1) / 3)
  return `<g class="link ${kind}">${title}<path d="M${server} ${y1}C${server + 30} ${round(y1 + bend)} ${rail - 30} ${round(y2 - bend)} ${rail} ${y2}"/><circle cx="${server}" cy="${y1}" r="2.5"/><circle cx="${rail}" cy="${y2}" r="2.5"/></g>`
}

function heightOf({ kind, parts }: Step): number {
  return (kind === 'data' ? 2 * PADDING + Math.max(1, parts.length) * PART : SIGNAL) + BETWEEN
}

/** The band of a segment with data; one with replies reaches the ends of their lines. */
function bandOf(step: Step, y: number, { client, server }: Lanes, isLinked: boolean): string {
  if (step.kind !== 'data') return ''
  const [left, right] = [client + 5, isLinked ? server + GUTTER + 6 : server - 5]
  return `<rect class="band ${step.from}" x="${left}" y="${y}" width="${right - left}" height="${heightOf(step) - BETWEEN}" rx="4"/>`
}

function stepMarks(step: Step, y: number, lanes: Lanes): string {
  const { from, kind, parts, timeNs } = step
  const middle = y + (heightOf(step) - BETWEEN) / 2
  const when = [
    frameText(step, middle + (timeNs === null ? 4 : -2)),
    ...(timeNs === null ? [] : [text('time', CLIENT_X - 16, middle + 12, 'end', `${elapsed(timeNs)} s`)]),
  ]
  if (kind !== 'data') {
    const words = signalWords(step)
    return [...when, kind === 'ack' ? signal(from, words, middle, lanes) : close(from, words, middle, lanes)].join('\n')
  }
  const units = parts.map((one, i) => {
    const at = y + PADDING + i * PART
    return one.fate !== null ? lost(one, at, lanes) : part(from, one.text, at, lanes)
  })
  return [...when, ...units].join('\n')
}

/** The number of the frame; the end of a long file name, with the whole of it in the title. */
function frameText({ frame, place }: Step, y: number): string {
  const words = place ?? `frame ${decimal(frame)}`
  if (words.length <= PLACE_MOST) return text('frame', CLIENT_X - 16, y, 'end', words)
  const short = `…${words.slice(1 - PLACE_MOST)}`
  return `<text class="frame" x="${CLIENT_X - 16}" y="${y}" text-anchor="end">${html(short)}<title>${html(words)}</title></text>`
}

function signalWords({ parts }: Step): string {
  return parts.map(({ text }) => text).join(', ')
}
