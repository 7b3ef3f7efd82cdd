// The charts of the HTML report: how often command sequences failed at each server, sessions over time, and the tiles
// with the figures that count. Every string goes through `html` of escape.ts.
import { html } from '../escape.ts'
import { counted, decimal } from '../format-text.ts'
import { breakable, classOf, tableBox } from './html-tables.ts'
import type { Bin, Matrix, MatrixCell, Tile, Timeline } from './report-model.ts'

/** The figures that count, each with what it means. */
export function tilesBox(tiles: readonly Tile[]): string {
  const boxes = tiles.map(({ label, value, note, tone, share }) => {
    const rate = share === null ? '' : bar(share)
    return `<div class="tile ${tone}"><dt>${html(label)}</dt><dd><b>${html(value)}</b>${rate}${note === '' ? '' : ` <span>${html(note)}</span>`}</dd></div>`
  })
  return `<dl class="tiles">\n${boxes.join('\n')}\n</dl>`
}

export function matrixBox({ caption, columns, rows }: Matrix): string {
  const heads = columns.map(({ name, detail, accused }) => ({
    html: `${breakable(name)}${detail === '' ? '' : `<small>${breakable(detail)}</small>`}${accused ? '<strong class="tag">accused</strong>' : ''}`,
    kind: accused ? 'accused' : '',
  }))
  const lines = rows.map(
    ({ shape, cells }) => `<tr><th scope="row"><code>${html(shape)}</code></th>${cells.map(cellHtml).join('')}</tr>`,
  )
  return tableBox('matrix', caption, [{ html: 'group' }, ...heads], lines)
}

function cellHtml(cell: MatrixCell | null): string {
  if (cell === null) return '<td class="none">not sent</td>'
  const { well, proved, suspected, unjudged } = cell
  const judged = well + proved + suspected
  if (judged === 0) return `<td class="none">not judged<small>${counted(unjudged, 'group')}</small></td>`
  const rest = unjudged === 0 ? '' : `<small>${decimal(unjudged)} not judged</small>`
  const [kind, sign] = proved > 0 ? ['failed', '✗'] : suspected > 0 ? ['doubted', '?'] : ['well', '✓']
  const head = `<b>${sign} ${percent(proved > 0 ? proved : suspected, judged)}</b>`
  return `<td class="${kind}">${head}${bar(proved / judged, suspected / judged)}<small>${failedWords(proved, suspected, judged)}</small>${rest}</td>`
}

/** `2 of 3 failed, 1 more suspected`. */
function failedWords(proved: number, suspected: number, judged: number): string {
  const of = `of ${decimal(judged)}`
  if (suspected === 0) return `${proved === 0 ? 'none' : decimal(proved)} ${of} failed`
  if (proved === 0) return `${decimal(suspected)} ${of} suspected`
  return `${decimal(proved)} ${of} failed, ${decimal(suspected)} more suspected`
}

/** 0 % and 100 % only when exact. */
function percent(failed: number, judged: number): string {
  const rounded = Math.round((100 * failed) / judged)
  if (failed > 0 && rounded === 0) return '&lt; 1 %'
  if (failed < judged && rounded === 100) return '&gt; 99 %'
  return `${rounded} %`
}

/** What is only suspected is drawn behind what is proved, with gaps. */
function bar(proved: number, suspected = 0): string {
  const tenths = (rate: number) => Math.round(rate * 1000) / 10
  const [width, more] = [tenths(proved), tenths(suspected)]
  const doubtful =
    more === 0 ? '' : `<line class="doubt" x1="${width}" y1="2" x2="${Math.round((width + more) * 10) / 10}" y2="2"/>`
  return `<svg class="rate" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect class="all" width="100" height="4"/>${width === 0 && more > 0 ? '' : `<rect class="part" width="${width}" height="4"/>`}${doubtful}</svg>`
}

const HEIGHT = 100
/** Width of one bin in units of the drawing, which is stretched to the available width. */
const STEP = 10
const BAR = 8
/** Minimum height: one affected session among thousands stays visible. */
const LEAST = 3
/** With fewer bars than this, bars would be too wide across the whole page. */
const FEW = 8

export function timelineFigure({ title, from, width, bins }: Timeline): string {
  const most = Math.max(1, ...bins.map(({ sessions }) => sessions))
  const sum = (of: (bin: Bin) => number) => bins.reduce((total, bin) => total + of(bin), 0)
  const all = {
    label: title,
    sessions: sum((bin) => bin.sessions),
    proved: sum((bin) => bin.proved),
    suspected: sum((bin) => bin.suspected),
  }
  const summary = `${binWords(all)}, from ${from}, one bar for ${width}`
  const labels = [
    bins[0],
    ...(bins.length > 2 ? [bins[bins.length >> 1]] : []),
    ...(bins.length > 1 ? [bins.at(-1)] : []),
  ]
  return `<figure class="timeline">
<figcaption>${html(title)} <span>from ${html(from)}, one bar for ${html(width)}; the highest is ${counted(most, 'session')}</span></figcaption>
<div${classOf(bins.length <= FEW ? 'few' : '')}>
<svg role="img" aria-label="${html(summary)}" viewBox="0 0 ${Math.max(1, bins.length) * STEP} ${HEIGHT + 1}" preserveAspectRatio="none">
${bins.map((bin, i) => bars(bin, i * STEP + (STEP - BAR) / 2, most)).join('\n')}
<line class="axis" x1="0" y1="${HEIGHT}" x2="${Math.max(1, bins.length) * STEP}" y2="${HEIGHT}"/>
</svg>
<p class="labels" aria-hidden="true">${labels.map((bin) => `<span>${html(bin?.label ?? '')}</span>`).join('')}</p>
</div>
<p class="key">${key(all)}</p>
<details><summary>The bars as numbers</summary>
${numbers(title, bins)}
</details>
</figure>`
}

/** Only what is in the chart. */
function key({ proved, suspected }: Bin): string {
  const entry = (kind: string, words: string) => `<span><i${classOf(kind)}></i> ${words}</span>`
  return [
    ...(proved > 0 ? [entry('affected', 'affected')] : []),
    ...(suspected > 0 ? [entry('doubted', 'suspected, not proved')] : []),
    entry('', 'other sessions'),
  ].join(' ')
}

function binWords({ label, sessions, proved, suspected }: Bin): string {
  const more = suspected === 0 ? '' : `, ${decimal(suspected)} suspected`
  return `${label}: ${decimal(proved)} of ${counted(sessions, 'session')} affected${more}`
}

function bars(bin: Bin, x: number, most: number): string {
  const { sessions, proved, suspected } = bin
  if (sessions === 0) return ''
  const high = (count: number) => Math.max(LEAST, Math.round((count / most) * HEIGHT * 10) / 10)
  const bar = (kind: string, height: number, below = 0) =>
    `<rect class="${kind}" x="${x}" y="${Math.round((HEIGHT - below - height) * 10) / 10}" width="${BAR}" height="${height}"/>`
  const base = proved === 0 ? 0 : high(proved)
  const drawn = [
    bar('all', high(sessions)),
    ...(suspected === 0 ? [] : [bar('doubted', high(suspected), base)]),
    ...(proved === 0 ? [] : [bar('affected', base)]),
  ]
  return `<g><title>${html(binWords(bin))}</title>${drawn.join('')}</g>`
}

function numbers(title: string, bins: readonly Bin[]): string {
  const cell = (count: number) => `<td class="number">${decimal(count)}</td>`
  const rows = bins.map(
    ({ label, sessions, proved, suspected }) =>
      `<tr><th scope="row">${html(label)}</th>${cell(sessions)}${cell(proved)}${cell(suspected)}</tr>`,
  )
  const heads = ['sessions', 'affected', 'suspected'].map((word) => ({ html: word, kind: 'number' }))
  return tableBox('', `${title}, as numbers`, [{ html: 'from' }, ...heads], rows)
}
