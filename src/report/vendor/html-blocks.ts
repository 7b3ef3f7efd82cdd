// The blocks of a report as HTML. Every string goes through `html` of escape.ts.
import { html } from '../escape.ts'
import { caseList } from './html-cases.ts'
import { matrixBox, tilesBox, timelineFigure } from './html-charts.ts'
import { classOf, dialogueBox, tableBox } from './html-tables.ts'
import type { Block, Inline, Words } from './report-model.ts'
import { sequenceFigure } from './sequence-diagram.ts'

type Kind<K extends Block['kind']> = Extract<Block, { readonly kind: K }>

/** The beginning of a clause as written by `clauseName`. */
const CLAUSE = /^RFC (\d{1,5}) section (\d+(?:\.\d+)*)/
/** A cell that contains a number: `1,204`, `12 %`, `0.25 s`. */
const NUMBER = /^-?\d[\d,.]*(?: ?%| m?s)?$/
/** A cell that contains a time: `2010-11-28 07:47:08`. */
const TIME = /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d/

/** Letters and digits only, because an identifier is also a link target. */
export function anchor(...ids: readonly (string | null)[]): string {
  return ids
    .filter((id) => id !== null)
    .map((id) => id.replace(/[^A-Za-z0-9]+/g, '-'))
    .join('.')
}

/** `level`: level of the headings among the blocks. */
export function blocksHtml(blocks: readonly Block[], level: 2 | 3 | 4): string {
  return blocks.map((block) => blockHtml(block, level)).join('\n')
}

function blockHtml(block: Block, level: number): string {
  switch (block.kind) {
    case 'paragraph':
      return `<p>${wordsHtml(block.words)}</p>`
    case 'list':
      return `<ul>\n${block.items.map((words) => `<li>${wordsHtml(words)}</li>`).join('\n')}\n</ul>`
    case 'heading':
      return `<h${level}>${html(block.text)}</h${level}>`
    case 'terms':
      return terms(block)
    case 'quote':
      return quote(block)
    case 'code':
      return code(block)
    case 'table':
      return table(block)
    case 'dialogue':
      return dialogueBox(block.caption, block.lines)
    case 'ladder':
      return sequenceFigure(block.ladder)
    case 'timeline':
      return timelineFigure(block.timeline)
    case 'matrix':
      return matrixBox(block.matrix)
    case 'tiles':
      return tilesBox(block.tiles)
    case 'folded':
      return folded(block, level)
    case 'cases':
      return caseList(block, anchor)
  }
}

/** What repeats something else in another form is not printed; the rest is printed as if it were unfolded. */
function folded({ title, blocks, repeats }: Kind<'folded'>, level: number): string {
  const inner = blocks.map((block) => blockHtml(block, level)).join('\n')
  return `<details class="fold${repeats ? ' again' : ''}"><summary>${html(title)}</summary>\n${inner}\n</details>`
}

function wordsHtml(words: Words): string {
  return words.map(inlineHtml).join('')
}

function inlineHtml(inline: Inline): string {
  return typeof inline === 'string' ? html(inline) : `<code>${html(inline.code)}</code>`
}

function terms({ entries }: Kind<'terms'>): string {
  const rows = entries.map(({ term, words }) => `<div><dt>${html(term)}</dt><dd>${wordsHtml(words)}</dd></div>`)
  return `<dl>\n${rows.join('\n')}\n</dl>`
}

function quote({ source, text, note }: Kind<'quote'>): string {
  return `<figure class="quote">
<blockquote><p>${html(text)}</p></blockquote>
<figcaption><cite>${clauseLink(source)}</cite>${note === '' ? '' : ` <span>${html(note)}</span>`}</figcaption>
</figure>`
}

/** The only links of a report lead to standards. */
function clauseLink(source: string): string {
  const [, rfc, section] = CLAUSE.exec(source) ?? []
  if (rfc === undefined || section === undefined) return html(source)
  const address = `https://datatracker.ietf.org/doc/html/rfc${rfc}#section-${section}`
  return `<a href="${address}" rel="noreferrer">${html(source)}</a>`
}

function code({ caption, text }: Kind<'code'>): string {
  return `<figure class="code">
<figcaption>${html(caption)}</figcaption>
<pre><code>${text.split('\n').map(html).join('\n')}</code></pre>
</figure>`
}

function table({ caption, head, rows }: Kind<'table'>): string {
  const isAll = (pattern: RegExp, column: number) =>
    rows.length > 0 && rows.every((row) => pattern.test(textOf(row[column] ?? '')))
  const kinds = head.map((_, column) => (isAll(NUMBER, column) ? 'number' : isAll(TIME, column) ? 'time' : ''))
  const lines = rows.map((row) => {
    const cells = row.map((inline, column) =>
      column === 0
        ? `<th scope="row"${classOf(kinds[column])} data-head="${html(head[0] ?? '')}">${inlineHtml(inline)}</th>`
        : `<td${classOf(kinds[column])} data-head="${html(head[column] ?? '')}">${inlineHtml(inline)}</td>`,
    )
    return `<tr>${cells.join('')}</tr>`
  })
  const heads = head.map((text, column) => ({ html: html(text), kind: kinds[column] }))
  return tableBox('stack', caption, heads, lines)
}

const textOf = (inline: Inline) => (typeof inline === 'string' ? inline : inline.code)
