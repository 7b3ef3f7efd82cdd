// How wide, and in which colours: the terminal first, then what the environment says.
import { describe, expect, test } from 'vitest'
import { styleOf, widthOf } from '../../src/cli/cli-context.ts'
import { COLOURED, PLAIN } from '../../src/report/format-text.ts'

describe('width', () => {
  test.each([
    [undefined, undefined, 80],
    [100, undefined, 100],
    [100, '60', 100],
    [undefined, '60', 60],
    [0, '60', 60],
    [undefined, '', 80],
    [undefined, 'wide', 80],
    [undefined, '-5', 80],
    [10, undefined, 40],
    [400, undefined, 160],
  ])('a terminal of %s, COLUMNS=%s: %i', (terminal, columns, width) => {
    expect(widthOf(terminal, { COLUMNS: columns })).toBe(width)
  })
})

describe('colours', () => {
  test.each([
    [true, {}, COLOURED],
    [false, {}, PLAIN],
    [true, { NO_COLOR: '1' }, PLAIN],
    [true, { NO_COLOR: '' }, COLOURED],
    [false, { FORCE_COLOR: '1' }, COLOURED],
    [false, { FORCE_COLOR: '0' }, PLAIN],
    [true, { FORCE_COLOR: '1', NO_COLOR: '1' }, PLAIN],
    [true, { TERM: 'dumb' }, PLAIN],
  ])('terminal: %s, %o', (isTerminal, environment, style) => expect(styleOf(isTerminal, environment)).toBe(style))
})
