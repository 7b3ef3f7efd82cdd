// A dossier -> one HTML file: no script, nothing loaded, readable by keyboard, by ear, in the dark and on paper.
import { html } from '../escape.ts'
import { blocksHtml } from './html-blocks.ts'
import type { Chapter, ReportModel, Section } from './report-model.ts'
import { STYLE, STYLE_HASH } from './style.ts'

/** Nothing may be loaded or run, whatever a stranger wrote; the one style is known by its hash. */
const POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'`

/** With so many chapters the contents name chapters only. */
const CHAPTERS_WITH_SECTIONS = 6

export function reportHtml({ title, subtitle, lead, chapters, closing }: ReportModel): string {
  const body = [
    ...(lead.length === 0 ? [] : [`<div class="lead">\n${blocksHtml(lead, 2)}\n</div>`]),
    ...chapters.map(chapterHtml),
    ...closing.map((section) => sectionHtml(section, null)),
  ]
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta http-equiv="Content-Security-Policy" content="${POLICY}"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<meta name="referrer" content="no-referrer"/>
<title>${html(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<a class="skip" href="#report">Skip to the report</a>
<header>
<h1>${html(title)}</h1>
<p>${html(subtitle)}</p>
</header>
${contents(chapters, closing)}
<main id="report" tabindex="-1">
${body.join('\n')}
</main>
<footer><p>This file is complete in itself: it loads nothing and runs no script.</p></footer>
</body>
</html>
`
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
