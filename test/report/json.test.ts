// The JSON document: valid by its schema, which is strict; in one piece whatever the pieces; harmless.
import { readFileSync } from 'node:fs'
import Ajv2020 from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { type Analysis, analyze } from '../../src/analyze.ts'
import { jsonDocument, SCHEMA } from '../../src/report/json.ts'
import { analysisOf, CAPTURE, commandsIn, crowd, FINDING, frontbridge, none, SESSION } from './fixtures.ts'

const schema = JSON.parse(readFileSync(new URL('../../src/report/schema.json', import.meta.url), 'utf8'))
const validate = new Ajv2020.default({ allErrors: true, strict: true, allowUnionTypes: true }).compile(schema)

const textOf = (analysis: Analysis) => [...jsonDocument(analysis, '1.0.0')].join('')

function expectValid(document: unknown): void {
  expect(validate(document) ? [] : validate.errors).toEqual([])
}

const error = {
  code: 'cut-off',
  path: 'cut.pcap',
  fileOffset: 40,
  needed: 16,
  available: 3,
  accordingTo: 'pcap record header',
} as const

describe('the document', () => {
  test.each([
    ['one fault', frontbridge()],
    ['no session', none()],
    ['nothing at all', none([])],
    ['a cut capture', none([{ ...CAPTURE, complete: false, error }])],
    ['a session that began earlier', analysisOf([{ ...SESSION, pipelining: { advertised: null, used: false } }], [])],
  ])('%s: is valid, and reads as JSON.stringify would write it', (_, analysis) => {
    const text = textOf(analysis)
    expectValid(JSON.parse(text))
    expect(text).toBe(`${JSON.stringify(JSON.parse(text), null, 2)}\n`)
  })

  test('its keys stand in the order of the documentation', () => {
    expect(Object.keys(JSON.parse(textOf(frontbridge())))).toEqual([
      'schema',
      'tool',
      'captures',
      'summary',
      'faults',
      'servers',
      'sessions',
      'incidents',
      'findings',
    ])
  })

  test('says what wrote it', () => {
    expect(JSON.parse(textOf(none()))).toMatchObject({ schema: SCHEMA, tool: { name: 'pipelint', version: '1.0.0' } })
  })

  test('a problem comes with its sentence', () => {
    const document = JSON.parse(textOf(none([{ ...CAPTURE, complete: false, error }])))
    expect(document.captures[0].error).toEqual({
      ...error,
      message: 'cut off at byte 40: pcap record header needs 16 bytes, but 3 remain',
    })
  })

  test('many sessions come in small pieces, none lost between two', () => {
    const analysis = crowd()
    const pieces = [...jsonDocument(analysis, '1.0.0')]
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(1 << 20)
    const document = JSON.parse(pieces.join(''))
    expect(document.sessions).toEqual(analysis.sessions)
    expect(document.findings).toEqual(analysis.findings)
  })

  test('a path arrives whole, and harmless to a terminal', () => {
    const path = 'a\x1b[2J\x7f\u009b\u202e\n"ü.pcap'
    const text = textOf(none([{ ...CAPTURE, path }]))
    expect(commandsIn(text)).toEqual([])
    expect(JSON.parse(text).captures[0].path).toBe(path)
  })
})

describe('the samples', () => {
  test.each(['frontbridge', 'frontbridge-dot-quit', 'exchange-2007'])('%s is valid', async (name) => {
    const analysis = await analyze([new URL(`../../samples/${name}.pcap`, import.meta.url).pathname])
    expectValid(JSON.parse(textOf(analysis)))
  })
})

describe('the schema', () => {
  test('closes every object of ours', () => {
    const open: string[] = []
    const walk = (node: unknown, at: string): void => {
      if (typeof node !== 'object' || node === null) return
      const { type, additionalProperties } = node as { type?: unknown; additionalProperties?: unknown }
      if (type === 'object' && additionalProperties === undefined) open.push(at)
      for (const [key, child] of Object.entries(node)) walk(child, `${at}/${key}`)
    }
    walk(schema, '')
    expect(open).toEqual([])
  })

  test.each([
    ['an unknown verdict', analysisOf([{ ...SESSION, verdict: 'fine' as 'conforming' }], [])],
    ['an unknown severity', analysisOf([SESSION], [{ ...FINDING, severity: 'fatal' as 'error' }])],
    ['a frame before the first', analysisOf([SESSION], [{ ...FINDING, frames: [0] }])],
    ['an unknown field', analysisOf([{ ...SESSION, mood: 'good' } as typeof SESSION], [])],
  ])('refuses %s', (_, analysis) => {
    expect(validate(JSON.parse(textOf(analysis)))).toBe(false)
  })
})
