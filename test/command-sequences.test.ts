// Command sequences: their names, and how often they were answered correctly, failed, or could not be judged.
import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type AnalyzeOptions, analyze, type SessionReport } from '../src/analyze.ts'
import { SEQUENCE_VERBS_MAX, SEQUENCES_INTERNED_MAX } from '../src/limits.ts'
import type { SequenceCount } from '../src/rules/analysis.ts'
import { OTHER_SHAPES, SequenceSums } from '../src/rules/command-sequences.ts'
import { SequenceTable } from '../src/smtp/pairing/command-sequence.ts'
import type { Verb } from '../src/smtp/parse/commands.ts'
import { toCapture } from './support/judge.ts'
import { parseTranscript } from './support/transcript.ts'

const shapeOf = (verbs: readonly Verb[], book = new SequenceTable()) =>
  verbs.reduce((shape, verb) => shape.followedBy(verb), book.root)

async function counted(name: string, bytes: Uint8Array | null, options: AnalyzeOptions = {}) {
  async function* whole() {
    if (bytes !== null) yield bytes
  }
  const sessions: SessionReport[] = []
  const analysis = await analyze([bytes === null ? name : { name, bytes: whole() }], {
    shapes: true,
    onSession: (session) => void sessions.push(session),
    ...options,
  })
  return { analysis, sessions }
}

/** `MAIL RCPT DATA 1/0/0`: well, failed, unjudged; then the rules. */
const lines = (counts: readonly SequenceCount[]) =>
  counts.map(({ shape, well, failed, unjudged, suspected, rules, suspectedRules = {} }) =>
    [
      `${shape} ${well}/${failed}/${unjudged}`,
      ...(suspected === undefined ? [] : [`${suspected} suspected`]),
      ...Object.entries(rules).map(([rule, n]) => `${rule} ${n}`),
      ...Object.entries(suspectedRules).map(([rule, n]) => `${rule} suspected ${n}`),
    ].join(', '),
  )

async function shapesIn(dialogue: string) {
  const { sessions } = await counted('test.pcap', toCapture(parseTranscript(dialogue)))
  return lines(sessions[0]?.shapes ?? [])
}

describe('names', () => {
  test('verbs as sent, repeated verbs folded, content as a dot', () => {
    expect(shapeOf(['MAIL', 'RCPT', 'RCPT', 'RCPT', 'DATA']).name).toBe('MAIL RCPT×n DATA')
    expect(shapeOf(['CONTENT', 'QUIT']).name).toBe('. QUIT')
    expect(shapeOf(['OTHER', 'EMPTY']).name).toBe('unknown empty-line')
  })

  test('the same verbs give the same sequence', () => {
    const book = new SequenceTable()
    expect(shapeOf(['MAIL', 'RCPT', 'RCPT'], book)).toBe(shapeOf(['MAIL', 'RCPT', 'RCPT', 'RCPT', 'RCPT'], book))
    expect(shapeOf(['MAIL', 'RCPT'], book)).not.toBe(shapeOf(['MAIL', 'RCPT', 'RCPT'], book))
  })

  test('the length of a sequence and the size of the table are limited', () => {
    const long = Array.from({ length: 1000 }, (_, i): Verb => (i % 2 === 0 ? 'MAIL' : 'RSET'))
    expect(shapeOf(long).name.split(' ')).toHaveLength(SEQUENCE_VERBS_MAX + 1)
    expect(shapeOf(long).name).toMatch(/ \.\.\.$/)
    const book = new SequenceTable()
    const verbs: Verb[] = ['MAIL', 'RCPT', 'DATA', 'RSET', 'QUIT', 'NOOP']
    for (let n = 0; n < 40_000; n++) {
      let shape = book.root
      for (let rest = n; rest > 0; rest = Math.floor(rest / 6)) shape = shape.followedBy(verbs[rest % 6] as Verb)
    }
    expect(book.interned).toBeLessThan(SEQUENCES_INTERNED_MAX + 100)
  })

  test('sequences beyond the limit are counted together', () => {
    const sums = new SequenceSums(2)
    for (const shape of ['A', 'B', 'C', 'D', 'A']) sums.add(shape, { well: 1, failed: 0, unjudged: 0, rules: null })
    expect(lines(sums.counts())).toEqual(['A 2/0/0', 'B 1/0/0', `${OTHER_SHAPES} 2/0/0`])
  })
})

describe('counts', () => {
  test('unremarkable groups count as answered correctly', async () => {
    const found = await shapesIn(`
      C> MAIL FROM:<a@example.org>
      C| RCPT TO:<b@example.org>
      C| DATA
      S> 250 2.1.0 ok
      S| 250 2.1.5 good
      S| 354 go on
      C> {80 bytes}
      C| .
      C| QUIT
      S> 250 2.0.0 queued
      S| 221 bye`)
    expect(found).toEqual(['. QUIT 1/0/0', 'EHLO 1/0/0', 'MAIL RCPT DATA 1/0/0'])
  })

  test('a group fails once, even if it breaks several rules or one at the end of the session', async () => {
    const found = await shapesIn(`
      C> MAIL FROM:<a@example.org>
      C| RCPT TO:<b@example.org>
      C| RSET
      C| QUIT
      S> 250 ok
      S| 221 bye
      S> [fin]`)
    expect(found).toEqual([
      'EHLO 1/0/0',
      'MAIL RCPT RSET QUIT 0/1/0, input-lost 1, premature-close 1, reply-out-of-order 1',
    ])
  })

  test('groups in which nothing is proved are counted apart', async () => {
    const lossBehindFin = await shapesIn(`
      C> MAIL FROM:<a@example.org>
      C| RCPT TO:<b@example.org>
      C| RSET
      C| QUIT
      C> [fin]
      S> [+80ms] 250 2.1.0 ok
      S| 221 2.0.0 bye
      S> [fin]`)
    expect(lossBehindFin).toEqual([
      'EHLO 1/0/0',
      'MAIL RCPT RSET QUIT 0/1/0, 1 suspected, input-lost 1, reply-out-of-order 1, input-lost suspected 1, reply-out-of-order suspected 1',
    ])
  })

  test('where another device may have done it, nothing stays proved', async () => {
    const found = await shapesIn(`
      S> 220 ************************************
      C> EHLO client.example.com
      S> 250-mail.example.net
      S| 250 PIPELINING
      C> MAIL FROM:<a@example.org>
      C| RCPT TO:<b@example.org>
      C| RSET
      C| QUIT
      S> 250 2.1.0 ok
      S| 221 2.0.0 bye
      S> [fin]`)
    expect(found.find((line) => line.startsWith('MAIL'))).toMatch(
      /^MAIL RCPT RSET QUIT 0\/1\/0, 1 suspected, .*input-lost suspected 1, premature-close suspected 1/,
    )
  })

  test('units sent later within a group are a sequence of their own', async () => {
    const found = await shapesIn(`
      C> MAIL FROM:<a@example.org>
      C| RCPT TO:<b@example.org>
      C| DATA
      S> 250 ok
      S| 354 go on
      C> {80 bytes}
      C| .
      S> 250 queued
      C> QUIT
      S> 221 bye`)
    expect(found.filter((line) => line.includes('/1/'))).toHaveLength(1)
    expect(found.find((line) => line.includes('/1/'))).toMatch(/^MAIL RCPT DATA 0\/1\/0, input-lost 1/)
  })

  test('a group without replies at the end of the capture is unjudged', async () => {
    const { sessions } = await counted(
      'test.pcap',
      toCapture(
        parseTranscript('C> MAIL FROM:<a@example.org>\nC| RCPT TO:<b@example.org>\nC| DATA\nS> 250 ok', ['no-close']),
      ),
    )
    expect(lines(sessions[0]?.shapes ?? [])).toEqual(['EHLO 1/0/0', 'MAIL RCPT DATA 0/0/1'])
  })

  test('a rule broken by the client is no failure of the server', async () => {
    const found = await shapesIn(`
      C> NOOP
      C| MAIL FROM:<a@example.org>
      S> 250 ok
      S| 250 ok`)
    expect(found).toContain('NOOP MAIL 1/0/0')
  })
})

describe('over real captures', () => {
  const folders = ['../samples/', './captures/'].map((name) => new URL(name, import.meta.url))
  const captures = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => /\.pcap(?:ng)?$/.test(name))
      .map((name) => new URL(name, folder).pathname),
  )
  for (const path of captures) {
    test(`${path.slice(path.lastIndexOf('/') + 1)}: the same with and without records`, async () => {
      const frugal = await counted(path, null)
      const lavish = await counted(path, null, { dialogues: true })
      expect(frugal.sessions.map(({ id, shapes }) => [id, ...lines(shapes)])).toEqual(
        lavish.sessions.map(({ id, shapes }) => [id, ...lines(shapes)]),
      )
      expect(frugal.analysis.servers).toEqual(lavish.analysis.servers)
    })
  }

  test('are counted only on request', async () => {
    const { analysis, sessions } = await counted(captures[0] as string, null, { shapes: false })
    expect(analysis.servers[0]).not.toHaveProperty('shapes')
    expect(sessions[0]?.shapes).toEqual([])
  })
})
