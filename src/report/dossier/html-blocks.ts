// One block of a dossier -> its HTML. Every string goes through `html` of inert.ts; what is wide scrolls in a box of its
// own, so that the page never does.
import { html } from '../inert.ts'
import { dialogueBox } from './html-dialogue.ts'
import { ladderFigure } from './ladder.ts'
import { matrixBox } from './matrix.ts'
import type { Block, Inline, Words } from './model.ts'
import { classOf, tableBox } from './table-box.ts'
import { timelineFigure } from './timeline.ts'

type Kind<K extends Block['kind']> = Extract<Block, { readonly kind: K }>

/** A clause as `clauseName` of text.ts begins it. */
const CLAUSE = /^RFC (\d{1,5}) section (\d+(?:\.\d+)*)/
/** A cell to be read as a number: `1,204`, `12 %`, `0.25 s`. */
const NUMBER = /^-?\d[\d,.]*(?: ?%| m?s)?$/

/** `level`: of the headings among the blocks. */
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
      return ladderFigure(block.ladder)
    case 'timeline':
      return timelineFigure(block.timeline)
    case 'matrix':
      return matrixBox(block.matrix)
  }
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

/** The one address that a report names is that of a standard. */
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
  const kinds = head.map((_, column) =>
    rows.length > 0 && rows.every((row) => isNumber(row[column] ?? '')) ? 'number' : '',
  )
  const lines = rows.map((row) => {
    const cells = row.map((inline, column) =>
      column === 0
        ? `<th scope="row"${classOf(kinds[column])}>${inlineHtml(inline)}</th>`
        : `<td${classOf(kinds[column])}>${inlineHtml(inline)}</td>`,
    )
    return `<tr>${cells.join('')}</tr>`
  })
  const heads = head.map((text, column) => ({ html: html(text), kind: kinds[column] }))
  return tableBox('', caption, heads, lines)
}

function isNumber(inline: Inline): boolean {
  return NUMBER.test(typeof inline === 'string' ? inline : inline.code)
}
