// What happened on the way between client and server -> a sequence diagram (SVG) and the same in words. It shows what
// was proved and no more: a capture has one time for a frame, so arrows are level; a command that TCP acknowledged
// reaches the server, and one that was never answered falls into nothing behind it.
import { html, terminal } from '../escape.ts'
import { counted, decimal } from '../text.ts'
import { elapsed } from './dialogue-text.ts'
import type { SequenceDiagram, Step } from './report-model.ts'
import { close, type Lanes, lane, lost, NOTE, note, PART, part, SIGNAL, signal, text } from './sequence-marks.ts'

const WIDTH = 800
const CLIENT_X = 132
const SERVER_X = 728
/** Where something is lost, there is room behind the server to fall. */
const SERVER_BEFORE_FALL_X = 636
const HEAD = 58
/** Between two steps, and around the parts of one segment. */
const BETWEEN = 12
const PADDING = 6
/** So long nobody spoke: a wait, which the drawing says. */
const QUIET_NS = 1_000_000_000
const NAME_MOST = 48
/** Of a letter of a name; a little more than any font needs. */
const NAME_LETTER = 6.8
/** What is written keeps so far from the edges. */
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

/** A name stands above its lane; one that has no room there begins or ends at the edge. */
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
