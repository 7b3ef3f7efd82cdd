// Caption, heads and rows that are HTML already -> a table in a box of its own: what is wide scrolls there, by keyboard
// too, and the caption stays in sight.
import { html } from '../inert.ts'

interface Head {
  readonly html: string
  readonly kind?: string | undefined
}

/** `caption` is text; `kind`: the class of the table. */
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
