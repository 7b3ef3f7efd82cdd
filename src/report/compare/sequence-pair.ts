// Both dialogues of a pair as two sequence diagrams side by side, with the box between them (SVG). A dotted line through the
// box connects a line with the same line on the other side; the arrow of a line that was lost in the box ends there.

import type { Pair } from '../../compare/comparison.ts'
import type { Difference, DifferenceKind, Sighting } from '../../compare/difference.ts'
import type { Line, SideBySide } from '../../compare/side-by-side.ts'
import { elapsed } from '../dialogue.ts'
import { html, terminal } from '../escape.ts'
import { counted, decimal } from '../format-text.ts'
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
} from '../vendor/sequence-diagram.ts'
import type { Excerpt } from './comparison-excerpt.ts'

interface Slot {
  readonly before: SideBySide | null
  readonly behind: SideBySide | null
}

export function slotsOf(rows: readonly SideBySide[]): Slot[] {
  const here = inOrder(rows, 'before')
  const there = inOrder(rows, 'behind')
  const place = new Map(there.map((row, i) => [row, i]))
  const level = new Set(longestRising(here.filter((row) => place.has(row)).map((row) => [row, place.get(row) ?? 0])))
  const slots: Slot[] = []
  let [i, j] = [0, 0]
  while (i < here.length || j < there.length) {
    const [before = null, behind = null] = [here[i], there[j]]
    if (before !== null && before === behind) slots.push({ before, behind })
    else if (before !== null && isAlone(before)) slots.push({ before, behind: null })
    else if (behind !== null && isAlone(behind)) slots.push({ before: null, behind })
    // A level row waits until both sides reach it; two rows that are not level share a slot.
    else if (before !== null && level.has(before)) slots.push({ before: null, behind })
    else if (behind !== null && level.has(behind)) slots.push({ before, behind: null })
    else slots.push({ before, behind })
    const last = slots[slots.length - 1]
    if (last?.before != null) i++
    if (last?.behind != null) j++
  }
  return slots
}

const isAlone = ({ before, behind }: SideBySide) => before === null || behind === null

function inOrder(rows: readonly SideBySide[], side: 'before' | 'behind'): SideBySide[] {
  return rows.filter((row) => row[side] !== null).sort((a, b) => (a[side]?.place ?? 0) - (b[side]?.place ?? 0))
}

/** The longest subsequence of rows in the same order on both sides. */
function longestRising(rows: readonly (readonly [SideBySide, number])[]): SideBySide[] {
  const best: { readonly length: number; readonly from: number }[] = []
  let last = -1
  for (const [i, [, at]] of rows.entries()) {
    let [length, from] = [1, -1]
    for (let j = 0; j < i; j++) {
      const earlier = best[j]
      if (earlier === undefined || (rows[j]?.[1] ?? 0) >= at || earlier.length < length) continue
      ;[length, from] = [earlier.length + 1, j]
    }
    best.push({ length, from })
    if (length > (best[last]?.length ?? 0)) last = i
  }
  const found: SideBySide[] = []
  for (let i = last; i >= 0; i = best[i]?.from ?? -1) found.push((rows[i] as readonly [SideBySide, number])[0])
  return found
}

/** Kinds of difference of a line that only one side has, and of a line that both sides have. */
const ALONE: ReadonlySet<DifferenceKind> = new Set(['lost', 'made', 'reordered'])
const TOGETHER: ReadonlySet<DifferenceKind> = new Set(['changed', 'unanswered', 'delayed', 'closed', 'split', 'merged'])

export type Fates = ReadonlyMap<SideBySide, Difference>

export function fatesOf({ differences, rows }: Pick<Pair, 'differences' | 'rows'>): Fates {
  const open = new Map<string, Difference[]>()
  for (const difference of differences) {
    const { kind } = difference
    for (const side of ['before', 'behind'] as const) {
      const sighting = difference[side]
      // The difference of a line that both sides have is looked up by its line on the client side.
      if (sighting === null || (TOGETHER.has(kind) && side === 'behind')) continue
      const key = keyOf(side, sighting)
      const known = open.get(key)
      if (known === undefined) open.set(key, [difference])
      else known.push(difference)
    }
  }
  const fates = new Map<SideBySide, Difference>()
  for (const row of rows) {
    const kinds = row.before !== null && row.behind !== null ? TOGETHER : ALONE
    for (const side of ['before', 'behind'] as const) {
      const line = row[side]
      const list = line === null ? undefined : open.get(keyOf(side, line))
      const at = list?.findIndex(({ kind }) => kinds.has(kind)) ?? -1
      const [found] = at === -1 ? [] : (list?.splice(at, 1) ?? [])
      if (found !== undefined && !fates.has(row)) fates.set(row, found)
    }
  }
  return fates
}

function keyOf(side: 'before' | 'behind', seen: Sighting | Line): string {
  const frame = 'frames' in seen ? seen.frames[0] : seen.frame
  return `${side} ${seen.session} ${frame} ${seen.text}`
}

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
/** The size of the arrow of a line that was lost in the box: it stops inside, with a word beside it. */
const FALL = { wide: 36, high: 6 }
const NAME_MOST = 26
const EDGE = 6

/** The word where a line stops. */
const FATE_WORDS = { before: 'client gone', in: 'not passed on', behind: 'server gone', path: 'lost' } as const

interface Drawing {
  readonly pair: Pair
  readonly fates: Fates
  readonly starts: Readonly<Record<Side, number>>
}

/** A line, and the y coordinate of the top of its slot. */
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
<figcaption>Packet by packet. <span>Time runs down on each side. Seconds count from the first line of that side, so the two clocks need not agree. A shaded band is one TCP segment. A dotted line through the box connects a line with the same line on the other side.</span></figcaption>
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

/** Labels of the four lifelines: the client, the box as the client sees it, the box as the server sees it, the server. */
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

/** The dotted line through the box, from where the line came in to where it went out. */
function tie(one: Placed, other: Placed, fate: Difference | undefined): string {
  const kind = fate?.kind === 'changed' ? 'tie changed' : 'tie'
  return `<line class="${kind}" x1="${BOX.left + 3}" y1="${one.y + 22}" x2="${BOX.right - 3}" y2="${other.y + 22}"/>`
}

/** One band for each TCP segment, with its frame and time at the outer edge. */
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
