// The tables of the HTML report. A wide table scrolls in its own box; on a narrow screen the rows of a simple table
// become lists, each value with the name of its column. Every string goes through `html` of escape.ts.
import { elapsed, SIGNS } from '../dialogue.ts'
import { html } from '../escape.ts'
import type { DialogueLine } from './report-model.ts'

interface Head {
  readonly html: string
  readonly kind?: string | undefined
}

/** Host names may break after a dot. */
export function breakable(name: string): string {
  return html(name).replace(/\.(?=[a-z])/gi, '.<wbr/>')
}

/** `caption` is text; `kind` is the class of the table. */
export function tableBox(kind: string, caption: string, heads: readonly Head[], rows: readonly string[]): string {
  return `<div class="box" role="group" tabindex="0" aria-label="${html(caption)}"><table${classOf(kind)}>
<caption><span>${html(caption)}</span></caption>
<thead><tr>${heads.map((head) => `<th scope="col"${classOf(head.kind)}>${head.html}</th>`).join('')}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table></div>`
}

export function classOf(kind: string | undefined): string {
  return kind === undefined || kind === '' ? '' : ` class="${kind}"`
}

export function dialogueBox(caption: string, lines: readonly DialogueLine[]): string {
  const timed = lines.some(({ timeNs }) => timeNs !== null)
  const acknowledged = lines.some(({ acked }) => acked !== null)
  const heads = ['line', 'frame', ...(timed ? ['seconds'] : []), ...(acknowledged ? ['ACK in'] : [])]
  const rows = lines.map((line, i) => {
    const cells = [
      `<td class="line"><code><b>${html(SIGNS[line.who])}</b> ${html(line.text)}</code>${tag(line)}</td>`,
      number('frame', html(line.place ?? String(line.frame ?? ''))),
      ...(timed ? [number('seconds', line.timeNs === null ? '' : elapsed(line.timeNs))] : []),
      ...(acknowledged ? [number('ACK in', html(line.ackedPlace ?? String(line.acked ?? '')))] : []),
    ]
    const isFault = line.certainty !== undefined
    const kinds = [...(line.lost ? [isFault ? 'lost' : 'open'] : []), ...(isFault ? [line.certainty] : [])]
    if (line.severity !== undefined) kinds.push(line.severity)
    const classes = [line.who, ...kinds, ...(turns(lines[i - 1], line) ? ['turn'] : [])]
    return `<tr class="${classes.join(' ')}">${cells.join('')}</tr>`
  })
  const named = heads.map((head, i) => ({ html: head, kind: i === 0 ? '' : 'number' }))
  return tableBox('dialogue stack', caption, named, rows)
}

/** Without a value the cell has no name of its column, so that nothing stands in the list of a narrow screen. */
function number(head: string, text: string): string {
  return `<td class="number"${text === '' ? '' : ` data-head="${head}"`}>${text}</td>`
}

function tag({ lost, certainty }: DialogueLine): string {
  if (!lost) return ''
  return ` <strong class="tag">${certainty === 'suspected' ? 'no reply captured' : 'no reply'}</strong>`
}

/** Extra space where the other side begins to speak. */
function turns(before: DialogueLine | undefined, line: DialogueLine): boolean {
  return before !== undefined && before.who !== line.who
}
