// The marks of a sequence diagram -> SVG: lanes, arrows, notes, and what falls into nothing. Colours are classes; what
// is wrong is told by shape and words as well.
import { html, terminal } from '../escape.ts'
import { decimal } from '../text.ts'
import type { Step } from './report-model.ts'

/** Where the two lanes stand. */
export interface Lanes {
  readonly client: number
  readonly server: number
}

/** Heights of a unit of a segment, of an acknowledgement or a close, and of a note across the lanes. */
export const PART = 27
export const SIGNAL = 28
export const NOTE = 34

/** Of a letter of the monospaced font at the size of the style; a little more than any font needs. */
const LETTER = 7.6
const AIR = 14
const ARROW = 8
/** The fall: dashes along a curve, ever fainter. */
const DASHES = 8
const FALL_WIDE = 72
const FALL_HIGH = 40
const CROSS = 5

export function text(kind: string, x: number, y: number, anchor: 'start' | 'middle' | 'end', words: string): string {
  return `<text class="${kind}" x="${x}" y="${y}" text-anchor="${anchor}">${html(words)}</text>`
}

/** A lane: whole until its side closes, dashed from there on. */
export function lane(x: number, top: number, end: number | null, bottom: number): string {
  const line = (kind: string, y1: number, y2: number) =>
    `<line class="${kind}" x1="${x}" y1="${y1}" x2="${x}" y2="${y2}"/>`
  if (end === null) return line('lane', top, bottom)
  return `${line('lane', top, end)}${line('lane closed', end, bottom)}`
}

/** What the drawing leaves out, written across the lanes. */
export function note(words: string, y: number, { client, server }: Lanes): string {
  const middle = (client + server) / 2
  const breaks = [client, server].map(
    (x) => `<rect class="break" x="${x - 4}" y="${y}" width="8" height="${NOTE - 14}"/>`,
  )
  return `${breaks.join('')}${text('note', middle, y + 14, 'middle', words)}`
}

/** One unit on its way. */
export function part(from: Step['from'], words: string, y: number, lanes: Lanes): string {
  return `${label(from, from, words, y, lanes)}${arrow(from, from, y + 19, lanes)}`
}

/** How a unit that arrives and goes no further is drawn. */
export interface Fall {
  readonly from: Step['from']
  /** It was seen to arrive; else its way is dashed and has no tip. */
  readonly arrives: boolean
  readonly wide: number
  readonly high: number
  readonly fate: string
  /** What is known of it, behind its own words. */
  readonly known: string
}

/**
 * A command without a reply: it goes on behind the server's TCP and falls. One that nobody acknowledged may never have
 * got there.
 */
export function lost(words: string, acked: number | null, y: number, lanes: Lanes): string {
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

/** One that was sent and not acknowledged: how far it got is not known. */
export function stopped(from: Step['from'], words: string, known: string, y: number, lanes: Lanes): string {
  const level = y + 19
  const [start, end] = from === 'client' ? [lanes.client, lanes.server] : [lanes.server, lanes.client]
  const middle = (start + end) / 2
  const way = `<line class="lost unseen" x1="${start}" y1="${level}" x2="${middle}" y2="${level}"/>`
  const drawn = `${label('lost', from, `✗ ${words}`, y, lanes)}${way}${cross(middle, level)}`
  return `<g><title>${html(words)}: ${html(known)}</title>${drawn}</g>`
}

/** One on its way of which something has to be said. */
export function marked(from: Step['from'], words: string, known: string, y: number, lanes: Lanes): string {
  const drawn = `${label('lost', from, words, y, lanes)}${arrow(from, 'lost', y + 19, lanes)}`
  return `<g><title>${html(known)}</title>${drawn}</g>`
}

function cross(x: number, y: number): string {
  return `<path class="cross" d="M${x - CROSS} ${y - CROSS}l${2 * CROSS} ${2 * CROSS}m0 ${-2 * CROSS}l${-2 * CROSS} ${2 * CROSS}"/>`
}

/** A parabola in dashes: thrown level, pulled down, gone. */
function fall(x: number, y: number, wide: number, high: number): string {
  const at = (t: number) => `${round(x + wide * t)} ${round(y + high * t * t)}`
  const dashes = Array.from({ length: DASHES }, (_, i) => {
    const [from, to] = [i / DASHES, (i + 0.62) / DASHES]
    return `<path class="fall" opacity="${round(1 - i / (DASHES + 1))}" d="M${at(from)}L${at(to)}"/>`
  })
  return dashes.join('')
}

/** A segment without data: thin. */
export function signal(from: Step['from'], words: string, y: number, lanes: Lanes): string {
  const middle = (lanes.client + lanes.server) / 2
  return `${arrow(from, 'ack', y + 5, lanes)}${text('ack', middle, y - 1, 'middle', fitting(words, lanes))}`
}

/** The end of what a side sends: a heavy arrow from a bar across its lane. */
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

/** At the side of who speaks. What is too long is whole in its title. */
function label(kind: string, from: Step['from'], words: string, y: number, lanes: Lanes): string {
  const [x, anchor] = from === 'server' ? [lanes.server - AIR, 'end'] : [lanes.client + AIR, 'start']
  const short = fitting(words, lanes)
  const whole = short === terminal(words) ? '' : `<title>${html(words)}</title>`
  return `<text class="part ${kind}" x="${x}" y="${y + 13}" text-anchor="${anchor}">${html(short)}${whole}</text>`
}

/** Measured as it is shown: a control takes several letters. */
function fitting(words: string, { client, server }: Lanes): string {
  const most = Math.floor((server - client - 2 * AIR) / LETTER)
  const shown = terminal(words)
  return shown.length <= most ? shown : `${shown.slice(0, most - 1)}…`
}

function round(n: number): number {
  return Math.round(n * 100) / 100
}
