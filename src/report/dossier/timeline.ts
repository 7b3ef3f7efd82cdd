// Sessions over time -> bars: all sessions of an interval in outline, those affected filled. A table says the same.
import { html } from '../inert.ts'
import { counted, decimal } from '../text.ts'
import type { Bin, Timeline } from './model.ts'
import { classOf, tableBox } from './table-box.ts'

const HEIGHT = 100
/** Of one bin, in units of the drawing, which is stretched to the width that there is. */
const STEP = 10
const BAR = 8
/** One affected session among thousands is still to be seen. */
const LEAST = 3
/** So few bars would be slabs if they filled the page. */
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
