// Dialogues -> the steps of their diagrams, and which reply is drawn as the answer to which command.
import { describe, expect, test } from 'vitest'
import { analyze } from '../../../src/analyze.ts'
import { FirstPass } from '../../../src/report/vendor/first-pass.ts'
import type { SequenceDiagram } from '../../../src/report/vendor/report-model.ts'
import { planOf } from '../../../src/report/vendor/report-plan.ts'
import { SecondPass } from '../../../src/report/vendor/second-pass.ts'
import { sequenceOf } from '../../../src/report/vendor/sequence-steps.ts'
import { toCapture } from '../../support/judge.ts'
import { parseTranscript } from '../../support/transcript.ts'

async function diagramOf(dialogue: string): Promise<SequenceDiagram> {
  const capture = toCapture(parseTranscript(dialogue))
  async function* bytes(): AsyncIterable<Uint8Array> {
    yield capture
  }
  const input = () => [{ name: 'test.pcap', bytes: bytes() }]
  const all = {
    accuses: () => true,
    findings: null,
    information: false,
    parties: new Set(['server', 'client'] as const),
  }
  const first = new FirstPass(all)
  const { servers } = await analyze(input(), { shapes: true, onSession: (session) => first.session(session) })
  const plan = planOf(first, servers)
  const second = new SecondPass(plan, {
    ...{ accuses: all.accuses, wants: (finding) => first.wants(finding), show: (session) => session, quote: () => [] },
  })
  await analyze(input(), { observer: second, onSession: (session) => second.session(session) })
  const [sample] = second.samples.values()
  if (sample === undefined) throw new Error('no finding')
  return sequenceOf(sample)
}

/** `MAIL - 250 ok: in-order` */
function linksOf({ steps, links }: SequenceDiagram): string[] {
  const text = ([step, part]: readonly [number, number]) => steps[step]?.parts[part]?.text ?? ''
  return links.map(({ from, to, kind }) => `${text(from).split(' ')[0]} - ${text(to)}: ${kind}`)
}

const fates = ({ steps }: SequenceDiagram) =>
  steps.flatMap(({ parts }) => parts.flatMap(({ text, fate }) => (fate === null ? [] : [`${text}: ${fate}`])))

describe('links', () => {
  test('lost commands have none, and fall', async () => {
    const diagram = await diagramOf(`
      C> MAIL FROM:<a@example.org>
      C| RCPT TO:<b@example.org>
      C| QUIT
      S> 250 2.1.0 Sender ok
      S| 221 bye
      S> [fin]`)
    expect(linksOf(diagram)).toEqual([
      'EHLO - 250-mail.example.net (2 lines): in-order',
      'MAIL - 250 2.1.0 Sender ok: in-order',
      'QUIT - 221 bye: in-order',
    ])
    expect(fates(diagram)).toEqual(['RCPT TO:<b@example.org>: proved'])
  })

  test('replies that the codes prove to be out of order cross', async () => {
    const diagram = await diagramOf(`
      C> MAIL FROM:<a@example.org>
      C| RCPT TO:<b@example.org>
      C| DATA
      S> 250 ok
      S| 354 go on
      S| 250 ok
      C> text
      C| .
      S> 250 ok
      C> QUIT
      S> 221 bye`)
    expect(linksOf(diagram)).toContain('RCPT - 250 ok: proved')
    expect(linksOf(diagram)).toContain('DATA - 354 go on: proved')
  })

  test('two replies whose texts name each other cross, as suspected', async () => {
    const diagram = await diagramOf(`
      C> MAIL FROM:<a@example.org>
      C| RCPT TO:<b@example.org>
      C| DATA
      S> 250 2.1.5 Ok
      S| 250 2.1.0 Ok
      S| 354 go on
      C> text
      C| .
      S> 250 ok
      C> QUIT
      S> 221 bye`)
    expect(linksOf(diagram)).toContain('MAIL - 250 2.1.0 Ok: suspected')
    expect(linksOf(diagram)).toContain('RCPT - 250 2.1.5 Ok: suspected')
    expect(linksOf(diagram)).toContain('DATA - 354 go on: in-order')
  })

  test('a 421 is no certain answer, and what is suspected to be lost is marked so', async () => {
    const diagram = await diagramOf(`
      C> MAIL FROM:<a@example.org>
      C| RCPT TO:<b@example.org>
      S> [+21s] 421 4.4.2 timeout
      S> [fin]`)
    expect(linksOf(diagram)).toContain('MAIL - 421 4.4.2 timeout: unsure')
    expect(fates(diagram)).toEqual(['RCPT TO:<b@example.org>: suspected'])
  })
})
