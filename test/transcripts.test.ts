// Every transcript runs as written; then its dialogue must survive every segment size, shuffled and duplicated arrival,
// sequence numbers that wrap, and every envelope and format.
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Analysis } from '../src/analyze.ts'
import { RULES } from '../src/rules/index.ts'
import { ENVELOPES } from './support/envelopes.ts'
import { FORMATS } from './support/files.ts'
import { type Build, findingLines, judge, told } from './support/judge.ts'
import { sampleOf } from './support/sample.ts'
import { parseCases, parseTranscript, type Transcript } from './support/transcript.ts'

const WRAPPING: readonly (readonly [number, number])[] = [
  [0xffffffff - 40, 0xffffffff - 60],
  [0x7fffffff - 30, 0xfffffff0],
]

/** Every shape in which the same dialogue must draw the same findings. */
const BUILDS: readonly [string, Build][] = [
  ...[1, 2, 3, 5, 7, 16, 64, 1000].map((n): [string, Build] => [`in segments of ${n}`, { shape: { segmentSize: n } }]),
  ...[1, 2, 3].map((n): [string, Build] => [`shuffled ${n}`, { shape: { segmentSize: 16, shuffle: n } }]),
  ...[1, 2, 3].map((n): [string, Build] => [`duplicated ${n}`, { shape: { segmentSize: 24, duplicate: n } }]),
  ...WRAPPING.map((initial): [string, Build] => [`from ${initial}`, { shape: { initial } }]),
  ...ENVELOPES.map((envelope): [string, Build] => [envelope, { envelope }]),
  ...FORMATS.map((format): [string, Build] => [format, { format }]),
]

/** A simple packet block has no time: findings that need long waits cannot be made from it. */
const rests = (transcript: Transcript) => transcript.shown.some(({ gapNs }) => gapNs >= 1e9)

/** What is found without times: nothing new, and nothing surer. Who sent a second segment may have waited long before. */
function weakened(lines: readonly string[], expected: readonly string[]): void {
  const possible = new Set(expected.flatMap((line) => [line, line.replace(' proved: ', ' suspected: ')]))
  for (const line of lines) expect(possible, 'pcapng-simple').toContain(line)
}

async function survives(title: string, transcript: Transcript, written: Analysis): Promise<void> {
  const expected = findingLines(written)
  const [session] = written.sessions
  const possible = BUILDS.filter(([, { format }]) => format !== 'pcapng-simple' || !rests(transcript))
  for (const [name, build] of sampleOf(possible, title)) {
    const analysis = await judge(transcript, build)
    if (build.format === 'pcapng-simple') weakened(findingLines(analysis), expected)
    else expect(findingLines(analysis), name).toEqual(expected)
    expect(analysis.sessions[0]?.commands, `${name}: commands`).toBe(session?.commands)
    expect(analysis.sessions[0]?.replies, `${name}: replies`).toBe(session?.replies)
    // Links and formats change nothing at all; a simple packet block loses the times.
    if (build.shape === undefined && build.format !== 'pcapng-simple') expect(told(analysis), name).toBe(told(written))
  }
}

const folder = new URL('transcripts/', import.meta.url)
for (const file of readdirSync(folder).filter((name) => name.endsWith('.md'))) {
  describe(file, () => {
    for (const { title, transcript, findings, disturbed } of parseCases(readFileSync(new URL(file, folder), 'utf8'))) {
      test(title, async () => {
        const written = await judge(transcript)
        const lines = findingLines(written)
        // A line without a colon stands for any words behind it.
        const shown = lines.map((line, i) =>
          [...findings].sort()[i]?.includes(': ') ? line : (line.split(': ')[0] ?? ''),
        )
        expect(shown).toEqual([...findings].sort())
        if (!disturbed) await survives(title, transcript, written)
      })
    }
  })
}

describe('examples of the rules', () => {
  for (const rule of RULES) {
    const [violates, conforms] = [`${rule.id}: violates`, `${rule.id}: conforms`]
    test(violates, async () => {
      const transcript = parseTranscript(rule.violates)
      const analysis = await judge(transcript)
      expect(analysis.findings.map(({ rule }) => rule)).toContain(rule.id)
      await survives(violates, transcript, analysis)
    })
    test(conforms, async () => {
      const transcript = parseTranscript(rule.conforms)
      const analysis = await judge(transcript)
      expect(findingLines(analysis)).toEqual([])
      expect(analysis.findings.map(({ rule }) => rule)).not.toContain(rule.id)
      await survives(conforms, transcript, analysis)
    })
  }
})
