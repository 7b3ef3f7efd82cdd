// Renders a report model as Markdown (CommonMark and GitHub). Untrusted text is shown as code or escaped.

import { spoken } from '../dialogue.ts'
import { markdown, markdownBlock, markdownCode, markdownWithin } from '../escape.ts'
import { decimal } from '../format-text.ts'
import { share, timelineMarks } from './case.ts'
import { cellWords } from './controls.ts'
import type { Block, CaseRow, Inline, Matrix, ReportModel, Section, Timeline, Words } from './report-model.ts'

/** Maximum line length in code blocks, which do not wrap: this fits the page of GitHub and GitLab. */
const WIDTH = 100

export function reportMarkdown({ title, subtitle, lead, chapters, closing }: ReportModel): string {
  const parts = [
    `# ${markdownWithin(title)}`,
    markdown(subtitle),
    ...lead.map((one) => block(one, '##')),
    ...chapters.flatMap((chapter) => [
      `## ${markdownWithin(chapter.title)}${chapter.certainty === 'suspected' ? ' (suspected, not proved)' : ''}`,
      ...(chapter.subtitle === '' ? [] : [markdown(chapter.subtitle)]),
      ...chapter.sections.map((one) => section(one, '###')),
    ]),
    ...closing.map((one) => section(one, '##')),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function section({ title, blocks }: Section, marks: string): string {
  return [`${marks} ${markdownWithin(title)}`, ...blocks.map((one) => block(one, `${marks}#`))]
    .filter((part) => part !== '')
    .join('\n\n')
}

const inline = (part: Inline) => (typeof part === 'string' ? markdownWithin(part) : code(part.code))
/** Escapes characters that are markup only at the beginning of a line. */
const words = ([first = '', ...rest]: Words) =>
  [typeof first === 'string' ? markdown(first) : inline(first), ...rest.map(inline)].join('')
/** For text after other words in a line. */
const more = (parts: Words) => parts.map(inline).join('')
const list = (items: readonly string[]) => items.map((item) => `- ${item}`).join('\n')

/** Without the spaces that are needed only when a span begins or ends with a backtick. */
function code(text: string): string {
  return /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/.test(text) && !text.includes('`') ? `\`${text}\`` : markdownCode(text)
}

/** `marks`: the marks of a heading inside. */
function block(one: Block, marks: string): string {
  switch (one.kind) {
    case 'paragraph':
      return words(one.words)
    case 'list':
      return list(one.items.map(words))
    case 'heading':
      return `${marks} ${markdownWithin(one.text)}`
    case 'terms':
      return list(one.entries.map(({ term, words: said }) => `**${markdownWithin(term)}**: ${more(said)}`))
    case 'quote':
      return `> ${markdown(one.text)}\n>\n> -- ${markdownWithin(one.source)}\n\n${markdown(one.note)}`
    case 'dialogue':
      return `${markdown(one.caption)}:\n\n${markdownBlock(spoken(one.lines, WIDTH).join('\n'), 'text')}`
    case 'code':
      return `${markdown(one.caption)}:\n\n${markdownBlock(one.text, '')}`
    case 'table':
      return table(
        one.head.map(markdownWithin),
        one.rows.map((row) => row.map(cell)),
      )
    case 'matrix':
      return matrix(one.matrix)
    case 'timeline':
      return timeline(one.timeline)
    case 'tiles':
      return list(
        one.tiles.map(
          ({ label, value, note }) => `**${markdownWithin(label)}**: ${markdownWithin(figure(value, note))}`,
        ),
      )
    case 'folded':
      return [
        ...(one.repeats ? [] : [`${marks} ${markdownWithin(one.title)}`]),
        ...one.blocks.map((each) => block(each, `${marks}#`)),
      ]
        .filter((part) => part !== '')
        .join('\n\n')
    case 'cases':
      return cases(one.rows)
    case 'ladder':
      // The dialogue shows all of it.
      return ''
  }
}

const figure = (value: string, note: string) => (note === '' ? value : `${value}, ${note}`)

function cases(rows: readonly CaseRow[]): string {
  return table(
    ['what', 'who', 'certainty', 'sessions'],
    rows.map(({ what, who, certainty, affected }) => [...[what, who, certainty, affected].map((each) => cell(each))]),
  )
}

/** A bar ends a cell even within code. */
function cell(part: Inline): string {
  return inline(part).replaceAll('|', '&#124;')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')
}

function matrix({ caption, columns, rows }: Matrix): string {
  const head = ['group', ...columns.map(({ name, detail }) => `${markdownWithin(name)}<br>${markdownWithin(detail)}`)]
  const cells = rows.map((row) => [code(row.shape), ...row.cells.map((one) => cell(cellWords(one)))])
  return `${markdown(caption)}:\n\n${table(head, cells)}`
}

function timeline({ title, from, width, bins }: Timeline): string {
  const met = bins.filter(({ sessions }) => sessions > 0)
  const rows = met.map(({ label, sessions, proved, suspected }) => [
    markdownWithin(label),
    decimal(sessions),
    decimal(proved),
    decimal(suspected),
    share(proved, sessions),
  ])
  return `${markdown(title)}, from ${markdownWithin(from)}, ${markdownWithin(width)} each:\n\n\`${timelineMarks(bins)}\`\n\n${table(['begun', 'sessions', 'affected', 'suspected', 'share affected'], rows)}`
}
