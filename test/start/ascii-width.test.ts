// The bundled program answers without string-width what that would answer.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const require = createRequire(import.meta.url)
const path = require.resolve('string-width', { paths: [require.resolve('cli-table3')] })

interface Plugin {
  readonly transform: { readonly filter: { readonly id: RegExp }; readonly handler: (code: string) => string }
}

const plugin = new URL('../../.ci/ascii-width.mjs', import.meta.url)
const { filter, handler } = ((await import(plugin.href)) as { asciiWidth: Plugin }).asciiWidth.transform

type Width = (text: unknown) => number

function bundled(): Width {
  const module = { exports: {} }
  new Function('module', 'require', handler(readFileSync(path, 'utf8')))(module, createRequire(path))
  return module.exports as Width
}

test('the bundler finds the package', () => {
  expect(path).toMatch(filter.id)
})

test('text is as wide as string-width says', () => {
  const [width, real] = [bundled(), require(path) as Width]
  const known = [
    '',
    ' ',
    '~',
    '…',
    'cut…',
    '\x7f',
    '\n',
    'a\n',
    '\t',
    '\x1b[31mred\x1b[39m',
    'é',
    'e\u0301',
    '漢字',
    '👩‍👩‍👧',
    null,
    undefined,
    12,
  ]
  for (const text of known) expect(width(text)).toBe(real(text))
  fc.assert(fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), (text) => width(text) === real(text)))
})
