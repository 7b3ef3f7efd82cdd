// Renders a report model as one HTML file: no script, nothing loaded, accessible by keyboard and screen reader, with
// styles for dark mode and print. Every string goes through `html` of escape.ts. Wide content scrolls in its own box.

import { html } from '../escape.ts'
import { anchor, blocksHtml } from './html-blocks.ts'
import { caseClasses } from './html-cases.ts'
import { breakable, classOf } from './html-tables.ts'
import type { Chapter, ReportModel, Section } from './report-model.ts'
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
<h1>${breakable(title)}</h1>
<p>${breakable(subtitle)}</p>
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

/** With more chapters than this, the table of contents lists chapters only. */
const CHAPTERS_WITH_SECTIONS = 6

export function reportHtml({ title, subtitle, lead, chapters, closing }: ReportModel): string {
  const classes = caseClasses(lead.flatMap((block) => (block.kind === 'cases' ? block.rows : [])))
  const body = [
    ...(lead.length === 0 ? [] : [`<div class="lead">\n${blocksHtml(lead, 2)}\n</div>`]),
    ...chapters.map((chapter) => chapterHtml(chapter, classes.get(chapter.id))),
    ...closing.map((section) => sectionHtml(section, null)),
  ]
  const nav = contents(chapters, closing, classes)
  return htmlPage({ title, subtitle, nav, body: body.join('\n'), style: STYLE, styleHash: STYLE_HASH })
}

/** The contents, twice: beside the report where there is room, folded above it on a narrow screen. */
function contents(
  chapters: readonly Chapter[],
  closing: readonly Section[],
  classes: ReadonlyMap<string, string>,
): string {
  const entry = (id: string, text: string, below = '', kind = '') =>
    `<li${kind}><a href="#${id}">${html(text)}</a>${below}</li>`
  const below = ({ id, sections }: Chapter) =>
    chapters.length > CHAPTERS_WITH_SECTIONS || sections.length === 0
      ? ''
      : `\n<ol>\n${sections.map((section) => entry(anchor(id, section.id), section.title)).join('\n')}\n</ol>\n`
  const entries = [
    ...chapters.map((chapter) =>
      entry(anchor(chapter.id), chapter.title, below(chapter), classOf(classes.get(chapter.id))),
    ),
    ...closing.map(({ id, title }) => entry(anchor(id), title)),
  ]
  if (entries.length < 2) return ''
  const list = `<ol>\n${entries.join('\n')}\n</ol>`
  return `<nav aria-label="Contents">\n<details class="contents"><summary>Contents</summary>\n${list}\n</details>\n<div class="beside">${list}</div>\n</nav>`
}

function chapterHtml(chapter: Chapter, kind: string | undefined): string {
  const { id, title, subtitle, certainty, sections } = chapter
  const who = subtitle === '' ? '' : `<p class="who">${html(subtitle)}</p>`
  return `<article id="${anchor(id)}" aria-labelledby="${anchor(id)}.title"${classOf(kind)}>
<div class="title"><h2 id="${anchor(id)}.title">${breakable(title)}</h2> <p class="certainty ${certainty}">${certainty}</p></div>
${who}
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
