// Every transcript draws the same, byte for byte, with the fast path and without it: in segments of every size, shuffled,
// with duplicates, from numbers that wrap, in every format and in every link of the fast path.
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { RULES } from '../../src/rules/index.ts'
import type { Envelope } from '../support/envelopes.ts'
import { FORMATS } from '../support/files.ts'
import { type Build, toCapture } from '../support/judge.ts'
import { sampleOf } from '../support/sample.ts'
import { parseCases, parseTranscript, type Transcript } from '../support/transcript.ts'
import { bothWays, difference, piped } from './both-ways.ts'

const SIZES = [1, 2, 3, 4, 5, 7, 11, 16, 23, 64, 100, 536, 1000]
const WRAPPING: readonly (readonly [number, number])[] = [
  [0xffffffff - 40, 0xffffffff - 60],
  [0x7fffffff - 30, 0xfffffff0],
]

const ENVELOPES: readonly Envelope[] = [
  ...(['vlan', 'qinq', 'cooked-v1', 'cooked-v2', 'raw', 'null', 'loop', 'ipv6'] as const),
  // And some that it leaves to the engine.
  ...(['ipv6-options', 'offloaded', 'vxlan', 'fragments'] as const),
]

const BUILDS: readonly [string, Build][] = [
  ['as written', {}],
  ...SIZES.map((n): [string, Build] => [`in segments of ${n}`, { shape: { segmentSize: n } }]),
  ...[1, 2, 3].map((n): [string, Build] => [`shuffled ${n}`, { shape: { segmentSize: 16, shuffle: n } }]),
  ...[1, 2, 3].map((n): [string, Build] => [`duplicated ${n}`, { shape: { segmentSize: 24, duplicate: n } }]),
  ...[4, 5].map((n): [string, Build] => [`duplicated whole ${n}`, { shape: { duplicate: n } }]),
  ...WRAPPING.map((initial): [string, Build] => [`from ${initial}`, { shape: { initial } }]),
  ['with timestamps', { shape: { timestamps: [5, 0xfffffff0] } }],
  ...ENVELOPES.map((envelope): [string, Build] => [envelope, { envelope }]),
  ...FORMATS.map((format): [string, Build] => [format, { format }]),
]

async function isAlike(title: string, transcript: Transcript): Promise<void> {
  for (const [name, build] of sampleOf(BUILDS, title)) {
    const bytes = toCapture(transcript, build)
    expect(difference(await bothWays(() => [piped(bytes)])), name).toBe('')
  }
}

const folder = new URL('../transcripts/', import.meta.url)
for (const file of readdirSync(folder).filter((name) => name.endsWith('.md'))) {
  describe(file, () => {
    const cases = parseCases(readFileSync(new URL(file, folder), 'utf8'))
    for (const { title, transcript } of cases) test(title, () => isAlike(title, transcript))
  })
}

describe('examples of the rules', () => {
  for (const { id, violates, conforms } of RULES) {
    test(`${id}: violates`, () => isAlike(`${id}: violates`, parseTranscript(violates)))
    test(`${id}: conforms`, () => isAlike(`${id}: conforms`, parseTranscript(conforms)))
  }
})
