// Renders a report model as plain text for mail: lines of limited width, tables when they fit, else lists.

import { spoken } from '../dialogue.ts'
import { terminal } from '../escape.ts'
import { columns, counted, decimal, wrap } from '../format-text.ts'
import { share, timelineMarks } from './case.ts'
import { cellWords } from './controls.ts'
import type { Block, Inline, Matrix, ReportModel, Section, Timeline, Words } from './report-model.ts'

const INDENT = '  '
const BETWEEN = '  '

export function reportText({ title, subtitle, lead, chapters, closing }: ReportModel, width: number): string {
  const text = (words: string) => wrap(terminal(words), width).join('\n')
  const parts = [
    underlined(text(title), '='),
    text(subtitle),
    ...lead.map((one) => block(one, width)),
    ...chapters.flatMap((chapter) => [
      underlined(text(`${chapter.title}${chapter.certainty === 'suspected' ? ' (suspected, not proved)' : ''}`), '='),
      text(chapter.subtitle),
      ...chapter.sections.map((one) => section(one, width)),
    ]),
    ...closing.map((one) => section(one, width)),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function underlined(text: string, mark: string): string {
  const longest = Math.max(...text.split('\n').map(columns))
  return `${text}\n${mark.repeat(longest)}`
}

function section({ title, blocks }: Section, width: number): string {
  return [underlined(terminal(title), '-'), ...blocks.map((one) => block(one, width))]
    .filter((part) => part !== '')
    .join('\n\n')
}

/** Code that could be read as words, or as the end of a sentence, is quoted. */
function inline(part: Inline): string {
  if (typeof part === 'string') return terminal(part)
  return /[ .]$|^\.| /.test(part.code) ? `"${terminal(part.code)}"` : terminal(part.code)
}
const words = (parts: Words) => parts.map(inline).join('')

function block(one: Block, width: number): string {
  switch (one.kind) {
    case 'paragraph':
      return wrap(words(one.words), width).join('\n')
    case 'list':
      return one.items.map((item) => hanging('- ', words(item), width)).join('\n')
    case 'heading':
      return underlined(wrap(terminal(one.text), width).join('\n'), '~')
    case 'terms':
      return terms(
        one.entries.map(({ term, words: said }) => [terminal(term), words(said)] as const),
        width,
      )
    case 'quote':
      return [
        ...wrap(`"${terminal(one.text)}"`, width, INDENT + INDENT),
        ...wrap(`${terminal(one.source)}. ${terminal(one.note)}`, width, INDENT),
      ].join('\n')
    case 'dialogue':
      return [...wrap(`${terminal(one.caption)}:`, width), '', ...spoken(one.lines, width)].join('\n')
    case 'code':
      return [
        ...wrap(`${terminal(one.caption)}:`, width),
        '',
        ...one.text.split('\n').map((line) => (INDENT + INDENT + terminal(line)).trimEnd()),
      ].join('\n')
    case 'table':
      return table(
        one.head.map(terminal),
        one.rows.map((row) => row.map(inline)),
        width,
      )
    case 'matrix':
      return matrix(one.matrix, width)
    case 'timeline':
      return timeline(one.timeline, width)
    case 'tiles':
      return terms(
        one.tiles.map(
          ({ label, value, note }) => [terminal(label), terminal(note === '' ? value : `${value}, ${note}`)] as const,
        ),
        width,
      )
    case 'folded':
      return [
        ...(one.repeats ? [] : [underlined(wrap(terminal(one.title), width).join('\n'), '~')]),
        ...one.blocks.map((each) => block(each, width)),
      ]
        .filter((part) => part !== '')
        .join('\n\n')
    case 'cases':
      return table(
        ['what', 'who', 'certainty', 'sessions'],
        one.rows.map(({ what, who, certainty, affected }) => [what, who, certainty, affected].map(terminal)),
        width,
      )
    case 'ladder':
      // The dialogue shows all of it.
      return ''
  }
}

function hanging(head: string, text: string, width: number): string {
  const indent = ' '.repeat(head.length)
  return wrap(text, width, indent)
    .map((line, i) => (i === 0 ? head + line.slice(head.length) : line))
    .join('\n')
}

function terms(entries: readonly (readonly [string, string])[], width: number): string {
  const widest = Math.max(...entries.map(([term]) => term.length)) + BETWEEN.length
  return entries.map(([term, said]) => hanging(`${INDENT}${term.padEnd(widest)}`, said, width)).join('\n')
}

/** Minimum column width: in narrower cells every word has its own line. */
const CELL = 24

/** Wraps the widest column if the table then fits; otherwise every row becomes a list. */
function table(head: readonly string[], rows: readonly (readonly string[])[], width: number): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => columns(row[i] ?? ''))))
  const widest = widths.indexOf(Math.max(...widths))
  const total = widths.reduce((sum, one) => sum + one + BETWEEN.length, -BETWEEN.length)
  const room = Math.min(widths[widest] ?? 0, (widths[widest] ?? 0) + width - total)
  if (total > width && room < CELL)
    return rows
      .map((row) =>
        terms(
          row.map((cell, i) => [head[i] ?? '', cell] as const),
          width,
        ),
      )
      .join('\n\n')
  widths[widest] = room
  const isNumber = head.map((_, i) => rows.every((row) => /^[\d,.% -]+$/.test(row[i] ?? '')))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (isNumber[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join(BETWEEN)
      .trimEnd()
  const lines = (row: readonly string[]) =>
    wrap(row[widest] ?? '', room).map((part, n) =>
      line(row.map((cell, i) => (i === widest ? part : n === 0 ? cell : ''))),
    )
  return [head, ...rows].flatMap(lines).join('\n')
}

/** Servers are named below the table: address and name do not fit into a column heading. */
function matrix({ caption, columns: servers, rows }: Matrix, width: number): string {
  const names = servers.map(
    ({ name, detail, accused }, i) =>
      [`(${i + 1})`, `${terminal(name)}, ${terminal(detail)}${accused ? ', accused here' : ''}`] as const,
  )
  const head = ['group', ...names.map(([number]) => number)]
  const cells = rows.map(({ shape, cells: counts }) => [terminal(shape), ...counts.map((one) => cellWords(one))])
  return [wrap(`${terminal(caption)}:`, width).join('\n'), table(head, cells, width), terms(names, width)].join('\n\n')
}

function timeline({ title, from, width: each, bins }: Timeline, width: number): string {
  const met = bins.filter(({ sessions }) => sessions > 0)
  const rows = met.map(({ label, sessions, proved, suspected }) => [
    terminal(label),
    decimal(sessions),
    decimal(proved),
    decimal(suspected),
    share(proved, sessions),
  ])
  return [
    wrap(
      `${terminal(title)}, from ${terminal(from)}, ${terminal(each)} each (${counted(bins.length, 'interval')}):`,
      width,
    ).join('\n'),
    INDENT + timelineMarks(bins),
    table(['begun', 'sessions', 'affected', 'suspected', 'share affected'], rows, width),
  ].join('\n\n')
}
