// What a stranger wrote is seen and not obeyed, whatever prints it.
import fc from 'fast-check'
import MarkdownIt from 'markdown-it'
import { describe, expect, test } from 'vitest'
import { csv, html, json, markdown, markdownBlock, markdownCode, terminal, xml } from '../../src/report/escape.ts'
import { commandsIn } from './fixtures.ts'

const anything = fc.string({ unit: 'binary' })
const HOSTILE = 'a\x1b[2J\r\n\x7f\u0085\u200f\u202e\u2066\u{e0041}\ufeff\ufffe\ud800ü漢'
const SHOWN = 'a\\u{1b}[2J\\u{d}\\u{a}\\u{7f}\\u{85}\\u{200f}\\u{202e}\\u{2066}\\u{e0041}\\u{feff}\\u{fffe}\\u{d800}ü漢'

test('terminal shows controls and what reorders or hides text, and leaves the rest', () => {
  expect(terminal(HOSTILE)).toBe(SHOWN)
  fc.assert(fc.property(anything, (text) => void expect(commandsIn(terminal(text))).toEqual([])))
})

test('json keeps the meaning of JSON', () => {
  fc.assert(
    fc.property(anything, (text) => {
      const inert = json(JSON.stringify([text], null, 2))
      expect(JSON.parse(inert)).toEqual([text])
      expect(commandsIn(inert.replaceAll('\n', ''))).toEqual([])
    }),
  )
})

test('html and xml leave nothing that could be markup', () => {
  expect(html(`<a title="b" c='d'>&\``)).toBe('&lt;a title=&quot;b&quot; c=&#39;d&#39;&gt;&amp;&#96;')
  expect(xml(`]]><a title="b" c='d'>&`)).toBe(']]&gt;&lt;a title=&quot;b&quot; c=&#39;d&#39;&gt;&amp;')
  for (const inert of [html, xml]) {
    expect(inert(HOSTILE)).toBe(SHOWN)
    fc.assert(fc.property(anything, (text) => void expect(inert(text)).not.toMatch(/[<>"']|&(?![a-z]+;|#\d+;)/)))
  }
})

describe('markdown', () => {
  test.each([
    ['# <b>*a*</b>', '\\# &lt;b&gt;\\*a\\*&lt;/b&gt;'],
    ['[a](http://b) ![c]', '\\[a\\](http:\\//b) !\\[c\\]'],
    ['a | `b` | www.c', 'a &#124; \\`b\\` &#124; www\\.c'],
    ['- a', '\\- a'],
    ['1. a', '1\\. a'],
    ['@a & $b$ ~c~', '@&#8203;a &amp; \\$b\\$ \\~c\\~'],
    ['a\n\nb', 'a\\\\u{a}\\\\u{a}b'],
  ])('%j', (text, inert) => expect(markdown(text)).toBe(inert))

  // Every character that means something somewhere in Markdown, and some that do only together.
  const markup = fc
    .array(
      fc.oneof(
        fc.constantFrom(...'\\`*_{}[]()<>#+-.!|~$&:;@/=\'"^%0 1a'),
        fc.constantFrom(
          'http://a.bc',
          'www.a.bc',
          'a@b.cd',
          '&amp;',
          '&#64;',
          '<b>',
          '![a](b)',
          '\n',
          '    ',
          '```',
          '***',
        ),
        fc.string({ unit: 'binary', maxLength: 2 }),
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join(''))
  const reader = new MarkdownIt({ html: true, linkify: true })

  test('a reader of Markdown sees the text and no markup', () => {
    fc.assert(
      fc.property(markup, (text) => {
        const [block] = reader.parse(`seen: ${markdown(text)}.`, {}).filter(({ type }) => type === 'inline')
        const kinds = new Set(block?.children?.map(({ type }) => type))
        expect([...kinds].filter((kind) => kind !== 'text')).toEqual([])
        const seen = block?.children?.map(({ content }) => content).join('')
        expect(seen?.replaceAll('\u200b', '')).toBe(`seen: ${terminal(text)}.`)
      }),
      { numRuns: 2000 },
    )
  })

  test('at the start of a line, too', () => {
    fc.assert(
      fc.property(markup, (text) => {
        const kinds = new Set(reader.parse(`${markdown(text)} x`, {}).map(({ type }) => type))
        expect([...kinds].filter((kind) => !['paragraph_open', 'inline', 'paragraph_close'].includes(kind))).toEqual([])
      }),
      { numRuns: 2000 },
    )
  })

  test('in a cell of a table, too', () => {
    fc.assert(
      fc.property(markup, (text) => {
        const table = reader.parse(`| a | b |\n|---|---|\n| ${markdown(text)} | c |`, {})
        expect(table.filter(({ type }) => type === 'td_open')).toHaveLength(2)
      }),
      { numRuns: 2000 },
    )
  })

  test('code is that, whatever is in it', () => {
    fc.assert(
      fc.property(markup, (text) => {
        const [block] = reader.parse(markdownBlock(text, 'smtp'), {})
        expect(block?.content).toBe(`${text.split('\n').map(terminal).join('\n')}\n`)
        const [inline] = reader.parse(`seen: ${markdownCode(text)}`, {}).filter(({ type }) => type === 'inline')
        expect(inline?.children?.map(({ type }) => type)).toEqual(['text', 'code_inline'])
      }),
      { numRuns: 2000 },
    )
  })

  test('code is fenced by more backticks than are in it', () => {
    expect(markdownCode('RCPT TO:<a>')).toBe('` RCPT TO:<a> `')
    expect(markdownCode('a``b')).toBe('``` a``b ```')
    expect(markdownBlock('C> ```\n\x1b', 'smtp')).toBe('````smtp\nC> ```\n\\u{1b}\n````')
  })
})

describe('csv', () => {
  test.each([
    ['plain', 'plain'],
    ['a,b', '"a,b"'],
    ['say "a"', '"say ""a"""'],
    ['=cmd|', `"'=cmd|"`],
    ['+1', `"'+1"`],
    ['-1', `"'-1"`],
    ['@SUM(A1)', `"'@SUM(A1)"`],
    ['\t=1', '\\u{9}=1'],
    [' =1', `"' =1"`],
    ['＝1', `"'＝1"`],
    ['a;=1', '"a;=1"'],
    ['a\r\nb', 'a\\u{d}\\u{a}b'],
  ])('%j', (text, cell) => expect(csv(text)).toBe(cell))
})
