// Shapes of groups at servers -> a table of failure rates. The rate is said in words, shown by a bar, and coloured.
import { html } from '../inert.ts'
import { counted, decimal } from '../text.ts'
import type { Matrix, MatrixCell } from './model.ts'
import { tableBox } from './table-box.ts'

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

/** Names of hosts may break behind a dot. */
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

/** 0 % and 100 % only where that is exact. */
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
