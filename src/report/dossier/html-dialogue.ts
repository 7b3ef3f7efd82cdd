// A dialogue -> a table of its lines: what was said, in which frame, when, and by which frame TCP had it.
import { html } from '../inert.ts'
import { elapsed } from './elapsed.ts'
import type { DialogueLine } from './model.ts'
import { tableBox } from './table-box.ts'

/** The signs that the transcript uses, too: whoever prints in black and white can still tell who speaks. */
const SIGNS: Readonly<Record<DialogueLine['who'], string>> = { client: 'C>', server: 'S>', mark: '!!', note: '--' }

export function dialogueBox(caption: string, lines: readonly DialogueLine[]): string {
  const timed = lines.some(({ timeNs }) => timeNs !== null)
  const acknowledged = lines.some(({ acked }) => acked !== null)
  const heads = ['line', 'frame', ...(timed ? ['seconds'] : []), ...(acknowledged ? ['ACK in'] : [])]
  const rows = lines.map((line, i) => {
    const cells = [
      `<td class="line"><code><b>${html(SIGNS[line.who])}</b> ${html(line.text)}</code>${tag(line)}</td>`,
      number(line.frame === null ? '' : String(line.frame)),
      ...(timed ? [number(line.timeNs === null ? '' : elapsed(line.timeNs))] : []),
      ...(acknowledged ? [number(line.acked === null ? '' : String(line.acked))] : []),
    ]
    const classes = [line.who, ...(line.lost ? ['lost'] : []), ...(turns(lines[i - 1], line) ? ['turn'] : [])]
    return `<tr class="${classes.join(' ')}">${cells.join('')}</tr>`
  })
  const named = heads.map((head, i) => ({ html: head, kind: i === 0 ? '' : 'number' }))
  return tableBox('dialogue', caption, named, rows)
}

function number(text: string): string {
  return `<td class="number">${text}</td>`
}

function tag({ lost }: DialogueLine): string {
  return lost ? ' <strong class="tag">no reply</strong>' : ''
}

/** Air where the other side begins to speak. */
function turns(before: DialogueLine | undefined, line: DialogueLine): boolean {
  return before !== undefined && before.who !== line.who
}
