// Both dialogues of a pair -> two ladder diagrams beside each other, the box between them (SVG). A unit that stands on both
// sides is tied together through the box; one that does not come out falls there.
import type { Pair } from '../../compare/comparison.ts'
import type { Difference } from '../../compare/difference.ts'
import type { Line, SideBySide } from '../../compare/side-by-side.ts'
import { html, terminal } from '../escape.ts'
import { counted, decimal } from '../text.ts'
import { elapsed } from '../vendor/dialogue-text.ts'
import {
  close,
  falling,
  type Lanes,
  lane,
  marked,
  NOTE,
  note,
  PART,
  part,
  stopped,
  text,
} from '../vendor/sequence-marks.ts'
import type { Excerpt } from './excerpt.ts'
import type { Fates } from './fates.ts'
import { type Slot, slotsOf } from './slots.ts'

type Side = 'before' | 'behind'

const SIDES = ['before', 'behind'] as const
const WIDTH = 980
const LANES: Readonly<Record<Side, Lanes>> = {
  before: { client: 96, server: 402 },
  behind: { client: 578, server: 884 },
}
const BOX = { left: LANES.before.server, right: LANES.behind.client }
const HEAD = 62
const SLOT = PART + 10
/** What falls in the box lands before its other wall, with a word beside it. */
const FALL = { wide: 36, high: 6 }
const NAME_MOST = 26
const EDGE = 6

/** Why it goes no further. */
const FATE_WORDS = { before: 'client gone', in: 'not passed on', behind: 'server gone', path: 'lost' } as const

interface Drawing {
  readonly pair: Pair
  readonly fates: Fates
  readonly starts: Readonly<Record<Side, number>>
}

/** What is drawn at which height, from the top of its slot. */
interface Placed {
  readonly row: SideBySide
  readonly line: Line
  readonly y: number
}

export function sequencePair(pair: Pair, { runs, after }: Excerpt, fates: Fates): string {
  const starts = { before: startOf(pair, 'before'), behind: startOf(pair, 'behind') }
  const drawing = { pair, fates, starts }
  const marks = [...heads(pair)]
  const ends: Record<Side, Partial<Record<'client' | 'server', number>>> = { before: {}, behind: {} }
  let y = HEAD
  const left = (n: number) => {
    if (n === 0) return
    for (const side of SIDES) marks.push(note(`${counted(n, 'line')} not drawn`, y, LANES[side]))
    y += NOTE
  }
  for (const { skipped, rows } of runs) {
    left(skipped)
    const slots = slotsOf(rows)
    marks.push(...runMarks(slots, y, drawing))
    for (const [i, slot] of slots.entries()) for (const side of SIDES) noteEnd(slot, side, y + i * SLOT)
    y += slots.length * SLOT
  }
  left(after)
  const height = y + 12
  const lanes = SIDES.flatMap((side) =>
    (['client', 'server'] as const).map((who) => lane(LANES[side][who], HEAD - 8, ends[side][who] ?? null, height)),
  )
  const box = `<rect class="inside" x="${BOX.left}" y="${HEAD - 8}" width="${BOX.right - BOX.left}" height="${height - HEAD + 8}"/>`
  const label = `Sequence diagrams of both sides: ${nameOf(pair)}. The table above has the same lines in words.`
  return `<figure class="ladder two">
<figcaption>Packet by packet. <span>On each side time runs down; seconds are counted from the first line of that side, so the two clocks need not agree. A band is one TCP segment. A dotted line through the box ties a unit to the same unit on the other side.</span></figcaption>
<div class="box" role="group" tabindex="0" aria-label="Sequence diagrams of both sides">
<svg role="img" aria-label="${html(label)}" viewBox="0 0 ${WIDTH} ${height}">
${[box, ...lanes, ...marks].join('\n')}
</svg>
</div>
</figure>`

  function noteEnd(slot: Slot, side: Side, top: number): void {
    const row = slot[side]
    const isLastOfSide = pair.behind.length === 1
    if (row?.[side]?.kind === 'close' && isLastOfSide) ends[side][row.by] ??= top + SLOT / 2
  }
}

function nameOf({ before, behind }: Pair): string {
  return `${before.session} before the box and ${behind.map(({ session }) => session).join(', ')} behind it`
}

function startOf({ rows }: Pair, side: Side): number {
  return rows.reduce((least, row) => Math.min(least, row[side]?.timeNs ?? least), Number.MAX_SAFE_INTEGER)
}

/** Who stands where: the client and the box as the client knows it, the box as the server knows it and the server. */
function heads({ before, behind, box }: Pair): string[] {
  const [inner, outer] = box === 'path' ? ['first capture', 'second capture'] : ['box', 'box']
  const [first] = behind
  const name = (words: string, x: number, anchor: 'start' | 'end') => {
    const shown = terminal(words)
    const short = shown.length <= NAME_MOST ? shown : `${shown.slice(0, NAME_MOST - 1)}…`
    return `<text class="name" x="${x}" y="38" text-anchor="${anchor}">${html(short)}${short === shown ? '' : `<title>${html(words)}</title>`}</text>`
  }
  return [
    text('who client', LANES.before.client, 20, 'middle', 'client'),
    text('who', BOX.left, 20, 'middle', inner),
    text('who', BOX.right, 20, 'middle', outer),
    text('who server', LANES.behind.server, 20, 'middle', 'server'),
    name(before.client, EDGE, 'start'),
    name(before.server, (BOX.left + BOX.right) / 2 - 8, 'end'),
    name(first?.client ?? '', (BOX.left + BOX.right) / 2 + 8, 'start'),
    name(first?.server ?? '', WIDTH - EDGE, 'end'),
  ]
}

function runMarks(slots: readonly Slot[], top: number, drawing: Drawing): string[] {
  const sides = { before: placed(slots, 'before', top), behind: placed(slots, 'behind', top) }
  const places = new Map(sides.behind.map((one) => [one.row, one]))
  const ties = sides.before.flatMap((one) => {
    const other = places.get(one.row)
    return other === undefined || one.line.kind === 'close' ? [] : [tie(one, other, drawing.fates.get(one.row))]
  })
  return [
    ...ties,
    ...SIDES.flatMap((side) => [
      ...bands(sides[side], side, drawing),
      ...sides[side].map((one) => unit(one, side, drawing)),
    ]),
  ]
}

function placed(slots: readonly Slot[], side: Side, top: number): Placed[] {
  return slots.flatMap((slot, i) => {
    const row = slot[side]
    const line = row?.[side] ?? null
    return row === null || line === null ? [] : [{ row, line, y: top + i * SLOT }]
  })
}

/** Through the box: from where it came in to where it went out. */
function tie(one: Placed, other: Placed, fate: Difference | undefined): string {
  const kind = fate?.kind === 'changed' ? 'tie changed' : 'tie'
  return `<line class="${kind}" x1="${BOX.left + 3}" y1="${one.y + 22}" x2="${BOX.right - 3}" y2="${other.y + 22}"/>`
}

/** One TCP segment each, with its frame and time at the outer edge. */
function bands(units: readonly Placed[], side: Side, { starts }: Drawing): string[] {
  const marks: string[] = []
  for (let i = 0; i < units.length; ) {
    const first = units[i] as Placed
    let end = i + 1
    while (end < units.length && isSameSegment(first, units[end] as Placed)) end++
    marks.push(...band(first, units[end - 1] as Placed, side, starts[side]))
    i = end
  }
  return marks
}

function isSameSegment(one: Placed, other: Placed): boolean {
  const isSaid = one.line.kind === 'said' && other.line.kind === 'said'
  return isSaid && one.line.frame === other.line.frame && one.row.by === other.row.by
}

function band(first: Placed, last: Placed, side: Side, startNs: number): string[] {
  const { client, server } = LANES[side]
  const { frame, timeNs, kind } = first.line
  const [x, anchor] = side === 'before' ? ([client - 14, 'end'] as const) : ([server + 14, 'start'] as const)
  const when = [
    text('frame', x, first.y + 16, anchor, `frame ${decimal(frame)}`),
    text('time', x, first.y + 30, anchor, `${elapsed(timeNs - startNs)} s`),
  ]
  if (kind === 'close') return when
  const high = last.y - first.y + PART + 6
  return [
    ...when,
    `<rect class="band ${first.row.by}" x="${client + 5}" y="${first.y}" width="${server - client - 10}" height="${high}" rx="4"/>`,
  ]
}

function unit({ row, line, y: top }: Placed, side: Side, { pair, fates }: Drawing): string {
  const lanes = LANES[side]
  const fate = fates.get(row)
  const [first = ''] = line.text.split('\n')
  const lines = line.text.split('\n').length
  const words = lines === 1 ? first : `${first} (${decimal(lines)} lines)`
  const y = top + 3
  if (line.kind === 'close') return close(row.by, line.text, y + PART / 2, lanes)
  if (fate === undefined) return part(row.by, words, y, lanes)
  const { kind, place, message } = fate
  const isIntoBox = (side === 'before') === (row.by === 'client')
  if (kind === 'lost' && isIntoBox) {
    if (row.by === 'client' && place === 'before') return stopped(row.by, words, message, y, lanes)
    const fateWords = FATE_WORDS[pair.box === 'path' && place === 'in' ? 'path' : place]
    return falling(words, { from: row.by, arrives: true, ...FALL, fate: fateWords, known: message }, y, lanes)
  }
  const isOutOfBox = !isIntoBox
  if (kind === 'made' && isOutOfBox) return marked(row.by, `+ ${words}`, message, y, lanes)
  if (kind === 'changed') return marked(row.by, `≠ ${words}`, message, y, lanes)
  if (kind === 'unanswered' && side === 'behind') return marked(row.by, `✗ no reply: ${words}`, message, y, lanes)
  return part(row.by, words, y, lanes)
}
