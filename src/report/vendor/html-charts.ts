// The charts of the HTML report: how often command sequences failed at each server, sessions over time, and the tiles
// with the figures that count. Every string goes through `html` of escape.ts.
import { html } from '../escape.ts'
import { counted, decimal } from '../format-text.ts'
import { classOf, tableBox } from './html-tables.ts'
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

/** Host names may break after a dot. */
function breakable(name: string): string {
  return html(name).replace(/\.(?=[a-z])/gi, '.<wbr/>')
}

function cellHtml(cell: MatrixCell | null): string {
  if (cell === null) return '<td class="none">not sent</td>'
  const { well, failed, unjudged } = cell
  const judged = well + failed
  if (judged === 0) return `<td class="none">not judged<small>${counted(unjudged, 'group')}</small></td>`
  const rest = unjudged === 0 ? '' : `<small>${decimal(unjudged)} not judged</small>`
  const words = failed === 0 ? `none of ${decimal(judged)} failed` : `${decimal(failed)} of ${decimal(judged)} failed`
  const rate = `<b>${failed === 0 ? '✓' : '✗'} ${percent(failed, judged)}</b>`
  return `<td class="${failed === 0 ? 'well' : 'failed'}">${rate}${bar(failed / judged)}<small>${words}</small>${rest}</td>`
}

/** 0 % and 100 % only when exact. */
function percent(failed: number, judged: number): string {
  const rounded = Math.round((100 * failed) / judged)
  if (failed > 0 && rounded === 0) return '&lt; 1 %'
  if (failed < judged && rounded === 100) return '&gt; 99 %'
  return `${rounded} %`
}

function bar(rate: number): string {
  const width = Math.round(rate * 1000) / 10
  return `<svg class="rate" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect class="all" width="100" height="4"/><rect class="part" width="${width}" height="4"/></svg>`
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
  const affected = bins.reduce((sum, bin) => sum + bin.affected, 0)
  const sessions = bins.reduce((sum, bin) => sum + bin.sessions, 0)
  const summary = `${title}: ${decimal(affected)} of ${counted(sessions, 'session')} affected, from ${from}, one bar for ${width}`
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
<p class="key"><span><i class="affected"></i> affected</span> <span><i></i> other sessions</span></p>
<details><summary>The bars as numbers</summary>
${numbers(title, bins)}
</details>
</figure>`
}

function bars({ label, sessions, affected }: Bin, x: number, most: number): string {
  if (sessions === 0) return ''
  const bar = (kind: string, count: number) => {
    const height = Math.max(LEAST, Math.round((count / most) * HEIGHT * 10) / 10)
    return `<rect class="${kind}" x="${x}" y="${HEIGHT - height}" width="${BAR}" height="${height}"/>`
  }
  const title = `<title>${html(label)}: ${decimal(affected)} of ${counted(sessions, 'session')} affected</title>`
  return `<g>${title}${bar('all', sessions)}${affected === 0 ? '' : bar('affected', affected)}</g>`
}

function numbers(title: string, bins: readonly Bin[]): string {
  const rows = bins.map(
    ({ label, sessions, affected }) =>
      `<tr><th scope="row">${html(label)}</th><td class="number">${decimal(sessions)}</td><td class="number">${decimal(affected)}</td></tr>`,
  )
  const number = (word: string) => ({ html: word, kind: 'number' })
  return tableBox('', `${title}, as numbers`, [{ html: 'from' }, number('sessions'), number('affected')], rows)
}
