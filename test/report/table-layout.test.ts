// A table of ASCII is laid out as `cli-table3` lays it out, which draws the others.
import Table from 'cli-table3'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { COLOURED, PLAIN, type Style } from '../../src/report/format-text.ts'
import { type Column, tableOf } from '../../src/report/table-layout.ts'

function drawnByPackage(columns: readonly Column[], style: Style): string {
  const none = ['top', 'bottom', 'left', 'right', 'mid'].flatMap((side) => [
    side,
    `${side}-mid`,
    `${side}-left`,
    `${side}-right`,
  ])
  const chars = { ...Object.fromEntries([...none, 'left-mid', 'right-mid'].map((name) => [name, ''])), middle: '  ' }
  const table = new Table({
    head: columns.map(({ title }) => style.dim(title)),
    chars,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: columns.map(({ right }) => (right === true ? 'right' : 'left')),
  })
  for (let row = 0; row < (columns[0]?.cells.length ?? 0); row++) {
    table.push(
      columns.map(({ cells, style = (cell: string) => cell }) => (cells[row] ?? '').split('\n').map(style).join('\n')),
    )
  }
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

const word = fc.string({ unit: fc.constantFrom(...'ab -0.:/'), maxLength: 9 })
const cell = fc.array(word, { minLength: 1, maxLength: 3 }).map((lines) => lines.join('\n'))

test('ASCII', () => {
  const tables = fc.integer({ min: 0, max: 5 }).chain((rows) =>
    fc.array(
      fc.record({
        title: fc.string({ unit: fc.constantFrom(...'ab -'), minLength: 1, maxLength: 9 }),
        cells: fc.array(cell, { minLength: rows, maxLength: rows }),
        right: fc.boolean(),
        style: fc.constantFrom(COLOURED.bold, COLOURED.dim, (text: string) => text),
        rank: fc.constant(0),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  )
  fc.assert(
    fc.property(tables, fc.constantFrom(PLAIN, COLOURED), (columns, style) => {
      expect(tableOf(columns, 80, style)).toBe(drawnByPackage(columns, style))
    }),
  )
})
