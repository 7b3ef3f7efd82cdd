// Random and mutated bytes: every file gives an analysis, and the fast path gives the same one as the long way.
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { analyze } from '../../src/analyze.ts'
import { RULES } from '../../src/rules/index.ts'
import { judge, judgeBytes, toCapture } from '../support/judge.ts'
import type { Shape } from '../support/packets.ts'
import { sampleOf } from '../support/sample.ts'
import { parseCases, parseTranscript } from '../support/transcript.ts'

const captures = new URL('../captures/', import.meta.url)
const transcripts = new URL('../transcripts/', import.meta.url)
const files = readdirSync(captures).filter((name) => /\.pcap(?:ng)?$/.test(name))

describe('any bytes', () => {
  test('a capture with octets changed anywhere gives an analysis', async () => {
    const originals = files.map((name) => readFileSync(new URL(name, captures)))
    const change = fc.record({ at: fc.nat(), octet: fc.integer({ min: 0, max: 255 }) })
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...originals),
        fc.array(change, { maxLength: 20 }),
        async (original, changes) => {
          const bytes = Uint8Array.from(original)
          for (const { at, octet } of changes) bytes[at % bytes.length] = octet
          const analysis = await judgeBytes(bytes)
          expect(analysis.captures).toHaveLength(1)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('any text of both sides gives an analysis whose counts agree', async () => {
    const words = fc.constantFrom(
      ...['C> ', 'C| ', 'S> ', 'S| ', 'C> [blind] '].flatMap((mark) =>
        ['EHLO a', 'MAIL FROM:<a@b.c>', 'DATA', 'BDAT 3', '.', '', 'QUIT', 'AUTH LOGIN', 'x<|>y', 'a\\x00b'].map(
          (line) => mark + line,
        ),
      ),
      ...[
        '220 a ESMTP',
        '250-a',
        '250 PIPELINING',
        '250 ok',
        '354 go',
        '334 x',
        '421 bye',
        '221 bye',
        '550 no',
        'junk',
      ].flatMap((line) => [`S> ${line}`, `S| ${line}`]),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(words, { minLength: 1, maxLength: 30 }), async (lines) => {
        const { summary, sessions } = await judge(parseTranscript(lines.join('\n')))
        expect(summary.violation + summary.suspected + summary.inconclusive + summary.conforming).toBe(summary.sessions)
        for (const session of sessions) expect(session.unanswered).toBeLessThanOrEqual(session.commands + 30)
      }),
      { numRuns: 600 },
    )
  })
})

describe('the fast path', () => {
  const same = async (bytes: Uint8Array) => {
    const run = async (dialogues: boolean) => {
      const told: unknown[] = []
      const analysis = await analyze(
        [
          {
            name: 'x',
            bytes: (async function* () {
              yield bytes
            })(),
          },
        ],
        {
          dialogues,
          shapes: true,
          onSession: ({ client, clientName, serverName, software, pipelined, shapes }) =>
            void told.push([client, clientName, serverName, software, pipelined, shapes]),
        },
      )
      return { analysis, told }
    }
    expect(await run(false)).toEqual(await run(true))
  }

  test('says what the long way says, on every capture', async () => {
    for (const name of files) await same(readFileSync(new URL(name, captures)))
  })

  const SHAPES: readonly Shape[] = [
    {},
    ...[1, 5, 16, 1000].map((segmentSize) => ({ segmentSize })),
    { segmentSize: 16, shuffle: 1 },
    { segmentSize: 24, duplicate: 2 },
    { initial: [0xffffffff - 40, 0xffffffff - 60] },
  ]

  for (const name of readdirSync(transcripts)) {
    test(`says what the long way says, on ${name} in every shape`, async () => {
      for (const { title, transcript } of parseCases(readFileSync(new URL(name, transcripts), 'utf8'))) {
        for (const shape of sampleOf(SHAPES, title)) await same(toCapture(transcript, { shape }))
      }
    })
  }

  test('says what the long way says of a rule and what keeps it, whatever rules were asked for', async () => {
    for (const { violates, conforms } of RULES) {
      for (const text of [violates, conforms]) await same(toCapture(parseTranscript(text)))
    }
  })

  test('takes the fast path: an ordinary session meets no rule', async () => {
    const ordinary = parseTranscript(`C> MAIL FROM:<a@example.org>\nS> 250 ok\nC> QUIT\nS> 221 bye`)
    const asked: string[] = []
    const watched = RULES.map((rule) => {
      const { applies } = rule
      return vi.spyOn(rule, 'applies').mockImplementation((session) => {
        asked.push(rule.id)
        return applies(session)
      })
    })
    await judge(ordinary)
    expect(asked).toEqual([])
    for (const spy of watched) spy.mockRestore()
  })
})
