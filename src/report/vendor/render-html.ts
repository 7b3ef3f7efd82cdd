// A report -> one HTML file: no script, nothing loaded, readable by keyboard, by ear, in the dark and on paper.
import { html } from '../escape.ts'
import { blocksHtml } from './html-blocks.ts'
import { htmlPage } from './html-page.ts'
import type { Chapter, ReportModel, Section } from './report-model.ts'
import { STYLE, STYLE_HASH } from './style.ts'

/** With so many chapters the contents name chapters only. */
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

/** Letters and digits only: an identifier is also the address of a link. */
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
