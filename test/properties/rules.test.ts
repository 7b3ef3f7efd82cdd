// For every rule: a conforming session with one mutation, its example, gives the expected findings and nothing else,
// whatever conforming mail comes before; and where frames are missing from the capture, the blame may go but never moves.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RULES } from '../../src/rules/index.ts'
import { linkTypeOf, toFrames } from '../support/envelopes.ts'
import { toFile } from '../support/files.ts'
import { findingLines, judge, judgeBytes } from '../support/judge.ts'
import { toSegments } from '../support/packets.ts'
import { parseTranscript, type Transcript } from '../support/transcript.ts'

/** One transaction of a client and a server that keep every rule: in one group or command by command. */
const transaction = fc
  .record({
    recipients: fc.integer({ min: 1, max: 4 }),
    grouped: fc.boolean(),
    octets: fc.integer({ min: 2, max: 400 }),
  })
  .map(({ recipients, grouped, octets }) => {
    const commands = [
      'MAIL FROM:<x@example.org>',
      ...Array.from({ length: recipients }, (_, i) => `RCPT TO:<r${i}@example.org>`),
      'DATA',
    ]
    const replies = ['250 2.1.0 ok', ...Array.from({ length: recipients }, () => '250 2.1.5 ok'), '354 go ahead']
    const lines = grouped
      ? [
          ...commands.map((line, i) => `C${i === 0 ? '>' : '|'} ${line}`),
          ...replies.map((line, i) => `S${i === 0 ? '>' : '|'} ${line}`),
        ]
      : commands.flatMap((line, i) => [`C> ${line}`, `S> ${replies[i]}`])
    return [...lines, `C> {${octets} bytes}`, 'C| .', 'S> 250 2.0.0 queued'].join('\n')
  })

/** Examples that begin behind the usual greeting, so that something can come before them. */
const EXTENSIBLE = RULES.filter(({ violates }) => !/^S> |^C> (?:EHLO|LHLO|HELO|PROXY)/.test(violates))

describe('one mutation of a conforming session', () => {
  for (const rule of EXTENSIBLE) {
    test(rule.id, async () => {
      const alone = findingLines(await judge(parseTranscript(rule.violates)))
      await fc.assert(
        fc.asyncProperty(fc.array(transaction, { minLength: 1, maxLength: 3 }), async (before) => {
          const analysis = await judge(parseTranscript([...before, rule.violates].join('\n')))
          expect(findingLines(analysis)).toEqual(alone)
          expect(analysis.findings.map((finding) => finding.rule)).toContain(rule.id)
        }),
        { numRuns: 15 },
      )
    })
  }
})

describe('through a capture that lacks frames', () => {
  for (const rule of RULES) {
    test(rule.id, async () => {
      const transcript = parseTranscript(rule.violates)
      const whole = await judge(transcript)
      const blamed = new Set(whole.findings.map(({ party }) => party))
      await fc.assert(
        fc.asyncProperty(fc.infiniteStream(fc.integer({ min: 0, max: 9 })), async (dice) => {
          const analysis = await judgeBytes(withLoss(transcript, dice))
          const errors = analysis.findings.filter(({ severity }) => severity === 'error')
          for (const { party } of errors) expect([...blamed]).toContain(party)
        }),
        { numRuns: 60 },
      )
    })
  }
})

/** Every tenth frame is missing, or so. */
function withLoss(transcript: Transcript, dice: Iterator<number>): Buffer {
  const frames = toFrames(toSegments(transcript, {}), transcript, 'ethernet').filter(() => dice.next().value !== 0)
  return toFile(frames, linkTypeOf('ethernet'), transcript.startUs, 'pcap-le-us')
}
