// Rules find the same where they are only asked about groups and sessions with their traits, and where they are asked about
// everything.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { analyze } from '../../src/analyze.ts'
import { RULES } from '../../src/rules/index.ts'
import type { Rule } from '../../src/rules/rule.ts'
import { type Build, toCapture } from '../support/judge.ts'
import { parseCases, parseTranscript, type Transcript } from '../support/transcript.ts'

const ASKED_EVERYWHERE: readonly Rule[] = RULES.map(({ groupTraits: _g, endTraits: _e, ...rule }) => rule)

const BUILDS: readonly (readonly [string, Build])[] = [
  ['as written', {}],
  ['in small segments', { shape: { segmentSize: 16 } }],
  ['shuffled', { shape: { segmentSize: 24, shuffle: 1 } }],
]

async function findingsOf(bytes: Uint8Array, rules: readonly Rule[]) {
  async function* whole(): AsyncIterable<Uint8Array> {
    yield bytes
  }
  return (await analyze([{ name: 'test.pcap', bytes: whole() }], { rules })).findings
}

async function isAlike(transcript: Transcript): Promise<void> {
  for (const [name, build] of BUILDS) {
    const bytes = toCapture(transcript, build)
    expect(await findingsOf(bytes, RULES), name).toEqual(await findingsOf(bytes, ASKED_EVERYWHERE))
  }
}

test('every check of the catalogue names its traits', () => {
  for (const { id, checkGroup, checkEnd, groupTraits, endTraits } of RULES) {
    expect(groupTraits !== undefined, id).toBe(checkGroup !== undefined)
    expect(endTraits !== undefined, id).toBe(checkEnd !== undefined)
  }
})

const folder = new URL('../transcripts/', import.meta.url)
for (const file of readdirSync(folder).filter((name) => name.endsWith('.md'))) {
  test(file, async () => {
    for (const { transcript } of parseCases(readFileSync(new URL(file, folder), 'utf8'))) await isAlike(transcript)
  })
}

test('examples of the rules', async () => {
  for (const { violates, conforms } of RULES) {
    await isAlike(parseTranscript(violates))
    await isAlike(parseTranscript(conforms))
  }
})
