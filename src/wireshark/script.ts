// The Lua file: the data as tables and strings, then the program that shows them.

import { lua } from '../report/escape.ts'
import { clauseName, LIMIT_WORDS } from '../report/format-text.ts'
import type { CaptureRecord } from '../rules/analysis.ts'
import { RULES } from '../rules/index.ts'
import { CHECKS } from './check.ts'
import { BACKSLASH, BASE, FIRST_DIGIT } from './digits.ts'
import { DISSECTOR } from './dissector.ts'
import type { FrameData } from './frame-data.ts'
import { BLOCK_FRAMES } from './frame-items.ts'

/** The first words of a file that this program wrote. */
export const SIGNATURE = '-- pipelint: '

/** Colours of Wireshark's own list of ten: they are set while it runs, and no file of the user is changed. */
const COLOURS = [
  { slot: 1, filter: 'pipelint.proved.error' },
  { slot: 8, filter: 'pipelint.proved.warning || pipelint.suspected.error || pipelint.suspected.warning' },
] as const

/** In pieces. `captures` in the order of reading, with the names that may be shown. */
export function* luaScript(
  data: FrameData,
  captures: readonly Pick<CaptureRecord, 'path' | 'firstPacketAt'>[],
  version: string,
): Iterable<string> {
  const { heads, digitsOf } = data.heads.ranked()
  const { findings } = data
  yield `${SIGNATURE}shows what pipelint ${version} found in a capture. Wireshark 4.0 or newer:
-- wireshark -X lua_script:THIS_FILE -r THE_CAPTURE

local FIRST_DIGIT, BACKSLASH, BASE = ${FIRST_DIGIT}, ${BACKSLASH}, ${BASE}
local CHECKS, BLOCK_FRAMES = ${CHECKS}, ${BLOCK_FRAMES}
local COLOURS = {
${COLOURS.map(({ slot, filter }) => `{ slot = ${slot}, filter = ${lua(filter)} },\n`).join('')}}
local LIMITS = {
${Object.entries(LIMIT_WORDS)
  .map(([code, words]) => `[${lua(code)}] = ${lua(words)},\n`)
  .join('')}}
local HEADS = {
${heads.map((head) => `{ ${head.map(literal).join(', ')} },\n`).join('')}}
local RULES = {
${findings.rules.map(ruleTable).join('')}}
local GRADES = {
`
  for (const { field, words, party, severity, certainty } of findings.grades) {
    const pairs = Object.entries({ field, words, party, severity, certainty })
    yield `{ ${pairs.map(([name, value]) => `${name} = ${lua(value)}`).join(', ')} },\n`
  }
  yield '}\nlocal TEXTS = {\n'
  for (const text of findings.texts.list) yield `${lua(text)},\n`
  yield '}\nlocal FINDINGS = {\n'
  for (const finding of findings.list) yield `${lua(finding)},\n`
  yield '}\nlocal CAPTURES = {\n'
  for (const [i, { path, firstPacketAt }] of captures.entries()) {
    const first = firstPacketAt === null ? 'nil' : secondsOf(firstPacketAt)
    yield `{ name = ${lua(path)}, first = ${first}, blocks = {\n`
    for (const { index, text } of data.captures[i]?.blocks(digitsOf) ?? []) yield `[${index}] = ${lua(text)},\n`
    yield '} },\n'
  }
  yield `}\n${DISSECTOR}`
}

const literal = (value: string | number) => (typeof value === 'number' ? String(value) : lua(value))

function ruleTable(id: string): string {
  const clauses = RULES.find((rule) => rule.id === id)?.clauses ?? []
  return `{ id = ${lua(id)}, clauses = { ${clauses.map((clause) => lua(clauseName(clause))).join(', ')} } },\n`
}

/** `2010-11-28T07:47:08.000000Z` -> `1290930428.000000`. */
function secondsOf(iso: string): string {
  return `${Date.parse(`${iso.slice(0, 19)}Z`) / 1000}.${iso.slice(20, 26)}`
}
