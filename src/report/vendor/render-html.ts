// Renders a report model as one HTML file: no script, nothing loaded, accessible by keyboard and screen reader, with
// styles for dark mode and print. Every string goes through `html` of escape.ts. Wide content scrolls in its own box.

import { elapsed, SIGNS } from '../dialogue.ts'
import { html } from '../escape.ts'
import { counted, decimal } from '../format-text.ts'
import type {
  Bin,
  Block,
  Chapter,
  DialogueLine,
  Inline,
  Matrix,
  MatrixCell,
  ReportModel,
  Section,
  Timeline,
  Words,
} from './report-model.ts'
import { sequenceFigure } from './sequence-diagram.ts'
import { STYLE, STYLE_HASH } from './style.ts'

interface Page {
  readonly title: string
  readonly subtitle: string
  /** HTML; empty when there is none. */
  readonly nav: string
  /** HTML. */
  readonly body: string
  readonly style: string
  /** SHA-256 of the style sheet in base64. */
  readonly styleHash: string
}

export function htmlPage({ title, subtitle, nav, body, style, styleHash }: Page): string {
  // Content Security Policy: nothing may be loaded or run, whatever untrusted text contains. The style sheet is allowed
  // by its hash.
  const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'`
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta http-equiv="Content-Security-Policy" content="${policy}"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<meta name="referrer" content="no-referrer"/>
<title>${html(title)}</title>
<style>${style}</style>
</head>
<body>
<a class="skip" href="#report">Skip to the report</a>
<header>
<h1>${html(title)}</h1>
<p>${html(subtitle)}</p>
</header>
${nav}
<main id="report" tabindex="-1">
${body}
</main>
<footer><p>This file is complete in itself: it loads nothing and runs no script.</p></footer>
</body>
</html>
`
}

interface Head {
  readonly html: string
  readonly kind?: string | undefined
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

function classOf(kind: string | undefined): string {
  return kind === undefined || kind === '' ? '' : ` class="${kind}"`
}

function dialogueBox(caption: string, lines: readonly DialogueLine[]): string {
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
    const isFault = line.certainty !== undefined
    const kinds = [...(line.lost ? [isFault ? 'lost' : 'open'] : []), ...(isFault ? [line.certainty] : [])]
    const classes = [line.who, ...kinds, ...(turns(lines[i - 1], line) ? ['turn'] : [])]
    return `<tr class="${classes.join(' ')}">${cells.join('')}</tr>`
  })
  const named = heads.map((head, i) => ({ html: head, kind: i === 0 ? '' : 'number' }))
  return tableBox('dialogue', caption, named, rows)
}

function number(text: string): string {
  return `<td class="number">${text}</td>`
}

function tag({ lost, certainty }: DialogueLine): string {
  if (!lost) return ''
  return ` <strong class="tag">${certainty === 'suspected' ? 'no reply captured' : 'no reply'}</strong>`
}

/** Extra space where the other side begins to speak. */
function turns(before: DialogueLine | undefined, line: DialogueLine): boolean {
  return before !== undefined && before.who !== line.who
}

function matrixBox({ caption, columns, rows }: Matrix): string {
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

function timelineFigure({ title, from, width, bins }: Timeline): string {
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

type Kind<K extends Block['kind']> = Extract<Block, { readonly kind: K }>

/** The beginning of a clause as written by `clauseName`. */
const CLAUSE = /^RFC (\d{1,5}) section (\d+(?:\.\d+)*)/
/** A cell that contains a number: `1,204`, `12 %`, `0.25 s`. */
const NUMBER = /^-?\d[\d,.]*(?: ?%| m?s)?$/

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

/** With more chapters than this, the table of contents lists chapters only. */
const CHAPTERS_WITH_SECTIONS = 6

export function reportHtml({ title, subtitle, lead, chapters, closing }: ReportModel): string {
  const body = [
    ...(lead.length === 0 ? [] : [`<div class="lead">\n${blocksHtml(lead, 2)}\n</div>`]),
    ...chapters.map(chapterHtml),
    ...closing.map((section) => sectionHtml(section, null)),
  ]
  const nav = contents(chapters, closing)
  return htmlPage({ title, subtitle, nav, body: body.join('\n'), style: STYLE, styleHash: STYLE_HASH })
}

/** Letters and digits only, because an identifier is also a link target. */
function anchor(...ids: readonly (string | null)[]): string {
  return ids
    .filter((id) => id !== null)
    .map((id) => id.replace(/[^A-Za-z0-9]+/g, '-'))
    .join('.')
}

function contents(chapters: readonly Chapter[], closing: readonly Section[]): string {
  const entry = (id: string, text: string, below = '') => `<li><a href="#${id}">${html(text)}</a>${below}</li>`
  const below = ({ id, sections }: Chapter) =>
    chapters.length > CHAPTERS_WITH_SECTIONS || sections.length === 0
      ? ''
      : `\n<ol>\n${sections.map((section) => entry(anchor(id, section.id), section.title)).join('\n')}\n</ol>\n`
  const entries = [
    ...chapters.map((chapter) => entry(anchor(chapter.id), chapter.title, below(chapter))),
    ...closing.map(({ id, title }) => entry(anchor(id), title)),
  ]
  if (entries.length < 2) return ''
  return `<nav aria-label="Contents"${chapters.length > 1 ? ' class="several"' : ''}>\n<ol>\n${entries.join('\n')}\n</ol>\n</nav>`
}

function chapterHtml(chapter: Chapter): string {
  const { id, title, certainty, sections } = chapter
  return `<article id="${anchor(id)}" aria-labelledby="${anchor(id)}.title">
<div class="title"><h2 id="${anchor(id)}.title">${html(title)}</h2> <p class="certainty ${certainty}">${certainty}</p></div>
${sections.map((section) => sectionHtml(section, id)).join('\n')}
</article>`
}

function sectionHtml({ id, title, blocks }: Section, chapter: string | null): string {
  const level = chapter === null ? 2 : 3
  return `<section id="${anchor(chapter, id)}">
<h${level}>${html(title)}</h${level}>
${blocksHtml(blocks, level === 2 ? 3 : 4)}
</section>`
}
