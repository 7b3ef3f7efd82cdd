// Evidence of every rule, through every envelope and format, as it is and redacted; in excerpt where a session is long.
// `makeEvidence` judges what it wrote: that it succeeds says that the findings are the same.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { analyze } from '../../src/analyze.ts'
import { type EvidenceOptions, makeEvidence } from '../../src/evidence/make-evidence.ts'
import { SHOWN_LINE_CHARACTERS_MAX } from '../../src/limits.ts'
import { Redaction } from '../../src/redact/redaction.ts'
import { RULES } from '../../src/rules/index.ts'
import { ENVELOPES, type Envelope, type Frame, toFrames } from '../support/envelopes.ts'
import { FORMATS, toFile } from '../support/files.ts'
import { type Build, judge, judgeBytes, toCapture } from '../support/judge.ts'
import { toSegments } from '../support/packets.ts'
import { parseTranscript } from '../support/transcript.ts'
import { withEvidence } from './support.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pipelint-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const LOST = `
C> MAIL FROM:<joe.doe@corporation.org>
C| RCPT TO:<jane.roe@customer.net>
C| RSET
C| QUIT
S> 250 2.1.0 <joe.doe@corporation.org> Sender OK
S| 221 2.0.0 Service closing transmission channel`

function proof(
  text: string,
  build: Build,
  options: Partial<EvidenceOptions>,
  use: (path: string) => void | Promise<void>,
) {
  const path = join(folder, 'original')
  writeFileSync(path, toCapture(parseTranscript(text), build))
  return withEvidence(path, options, async (evidence, made) => {
    expect(made.findings).toBeGreaterThan(0)
    await use(evidence)
  })
}

describe('through every envelope', () => {
  for (const envelope of ENVELOPES) {
    test(envelope, async () => {
      await proof(LOST, { envelope }, {}, () => {})
      await proof(LOST, { envelope }, { redaction: new Redaction() }, (path) => {
        const bytes = readFileSync(path).toString('latin1')
        for (const token of ['joe.doe', 'corporation', 'jane.roe', 'customer']) expect(bytes).not.toContain(token)
      })
    })
  }
})

describe('redacted: a fragment of a fragment', () => {
  const FRAGMENTS = 'fragments-of-fragments'
  const REASON = 'packets of these sessions cannot be redacted (frame'
  const lost = (port: number) => parseTranscript(LOST, [`client 192.0.2.1:${port}`])
  const framesOf = (port: number, envelope: Envelope) => {
    const transcript = lost(port)
    return toFrames(toSegments(transcript, {}), transcript, envelope).map((frame) => ({
      ...frame,
      timeNs: frame.timeNs + (port - 49_152) * 1e9,
    }))
  }
  const redacted = (frames: readonly Frame[], options: Partial<EvidenceOptions>) => {
    const path = join(folder, 'original')
    writeFileSync(path, toFile(frames, 1, lost(1).startUs, 'pcap-le-us'))
    return withEvidence(
      path,
      { redaction: new Redaction(), ...options },
      async (evidence, { findings, sessions, unproved }) => ({
        ...{ findings, sessions, unproved },
        proved: (await analyze([evidence])).findings.map(({ rule }) => rule).sort(),
        text: readFileSync(evidence).toString('latin1'),
      }),
    )
  }

  test('is left out, named, and the rest is written', async () => {
    const plain = framesOf(49_152, 'ethernet')
    const frames = [...plain, ...framesOf(49_153, FRAGMENTS)]
    const { findings, sessions, proved, unproved, text } = await redacted(frames, {})
    expect({ findings, sessions }).toEqual({ findings: 3, sessions: 1 })
    expect(proved).toEqual(['input-lost', 'premature-close', 'reply-out-of-order'])
    expect(unproved).toContain(`${REASON} ${plain.length + 1} has a fragment of a fragment): s`)
    for (const token of ['joe.doe', 'corporation', 'jane.roe', 'customer']) expect(text).not.toContain(token)
  })

  test('is an error if nothing else is left, or the finding was named', async () => {
    const alone = framesOf(49_153, FRAGMENTS)
    await expect(redacted(alone, {})).rejects.toThrow(REASON)
    const both = [...framesOf(49_152, 'ethernet'), ...alone]
    const { findings } = await judgeBytes(toFile(both, 1, lost(1).startUs, 'pcap-le-us'))
    const named = findings.flatMap(({ id, session }) => (session === 's1' ? [] : [id]))
    await expect(redacted(both, { findings: named })).rejects.toThrow(REASON)
  })

  test('is evidence like any other where nothing is redacted', () => proof(LOST, { envelope: FRAGMENTS }, {}, () => {}))
})

describe('redacted: what a name or a placeholder must not change', () => {
  const content = (ending: string) => `
    C> MAIL FROM:<joe.doe@corporation.org>
    S> 250 ok
    C> RCPT TO:<jane.roe@customer.net>
    S> 250 ok
    C> DATA
    S> 354 go on
    C> ${ending}`

  test.each([
    [
      'a last reply without line end',
      `${content('text\n    C| .')}\n    S> 250 <1@corporation.org> Queued<nothing>\n    C> [+600s] [fin]`,
    ],
    ['CR.CR as the end of a message', `${content('text<CR>.<CR>')}\n    S> 250 ok\n    C> QUIT\n    S> 221 bye`],
    ['LF.CR as the end of a message', `${content('text<LF>.<CR>')}\n    S> 250 ok\n    C> QUIT\n    S> 221 bye`],
  ])('%s', (_, text) =>
    proof(text, {}, { redaction: new Redaction() }, (path) => {
      const bytes = readFileSync(path).toString('latin1')
      for (const token of ['joe.doe', 'corporation', 'customer']) expect(bytes).not.toContain(token)
    }),
  )
})

describe('redacted: commands that the server read as message content', () => {
  const behind = (lines: string) => `
    C> MAIL FROM:<joe.doe@corporation.org>
    S> 250 ok
    C> RCPT TO:<jane.roe@customer.net>
    S> 250 ok
    C> DATA
    C| ${lines}
    S> 354 go on
    C> [fin]`

  test.each([
    ['rset\n    C| quit'],
    ['QUIT<nothing>'],
    ['MAIL FROM:<joe.doe@corporation.org> SIZE=12'],
    ['AUTH PLAIN AGpvZS5kb2UAY29ycG9yYXRpb24='],
    ['RSET\n    C| joe.doe at customer.net'],
    [`MAIL FROM:<${'joe.doe'.repeat(300)}@corporation.org>`],
  ])('%s', (lines) =>
    proof(behind(lines), {}, { redaction: new Redaction() }, (path) => {
      const bytes = readFileSync(path).toString('latin1')
      for (const token of ['joe.doe', 'corporation', 'customer', 'AGpvZS5k']) expect(bytes).not.toContain(token)
    }),
  )
})

describe('from every format', () => {
  for (const format of FORMATS) {
    test(format, () => proof(LOST, { format }, { format: 'pcap' }, () => {}))
  }
})

describe('of every rule, redacted', () => {
  for (const { id, violates } of RULES) {
    test(id, () => proof(violates, {}, { redaction: new Redaction(), select: { rules: [id] } }, () => {}))
  }
})

/** Unknown verbs, as a client sends them: escapes, marks, names, parts of our own words. */
const ODD_VERBS = [
  '\\x1b[31mRED x',
  '\\x00\\xff',
  '"quoted" x',
  'a.b*c+(d)[e]{2}^$|\\x5c x',
  'command x',
  'was x',
  '250 ok',
  'x-secret-host.example.org now',
  'X-VERY-LONG-VERB-THAT-SENTENCES-CUT x',
  '-- x',
  'XFOO=bar@example.org',
  'AUTH:PLAIN AHVzZXIAcGFzczEyMw==',
]

describe('of unknown verbs, redacted', () => {
  for (const verb of ODD_VERBS) {
    const lines = `
C> ${verb}
C| ${verb}
C| QUIT
S> 500 5.5.2 what
S| 500 5.5.2 what
S| 221 2.0.0 bye`
    test(verb, () => proof(lines, {}, { redaction: new Redaction() }, () => {}))
  }
})

describe('of a long session', () => {
  const transaction = `
C> MAIL FROM:<a@example.org>
S> 250 2.1.0 Ok
C> RCPT TO:<b@example.org>
S> 250 2.1.5 Ok
C> RSET
S> 250 2.0.0 Ok`
  const long = `${transaction.repeat(150)}${LOST}`

  test.each([false, true])('the passages in question are enough; redacted: %s', async (redact) => {
    const original = await judge(parseTranscript(long))
    await proof(long, {}, { redaction: redact ? new Redaction() : null }, async (path) => {
      const { captures, findings } = await analyze([path])
      expect(captures[0]?.packets).toBeLessThan((original.captures[0]?.packets ?? 0) / 10)
      const accused = findings.filter(({ severity }) => severity === 'error').map(({ rule }) => rule)
      expect(accused).toEqual(original.findings.filter(({ severity }) => severity === 'error').map(({ rule }) => rule))
    })
  })
})

describe('of lines that records cut, redacted', () => {
  const word = (length: number) => 'corporation'.repeat(Math.ceil(length / 11)).slice(0, length)
  const hidden = (path: string) => expect(readFileSync(path).toString('latin1')).not.toContain('corporation')

  test('in the middle of a word', () =>
    proof(
      `C> EHLO client.example.com
      S> 220 mail.example.net ESMTP ${word(SHOWN_LINE_CHARACTERS_MAX)}
      S| 250-mail.example.net
      S| 250 PIPELINING
      C> QUIT
      S> 221 bye`,
      {},
      { redaction: new Redaction() },
      hidden,
    ))

  test.each([
    'the queue of corporation.net is temporarily deferred because of corporations',
    'a line of one word and then another of the length that is quoted, corporation',
  ])('where a sentence quotes it: %s', (line) =>
    proof(
      `C> NOOP
      S> ${line}
      S| 250 ok`,
      {},
      { redaction: new Redaction() },
      hidden,
    ),
  )

  test('not where a sentence quotes a part of one long word: the placeholder of the whole is not known', () =>
    expect(proof(`C> NOOP\nS> ${word(80)}\nS| 250 ok`, {}, { redaction: new Redaction() }, () => {})).rejects.toThrow(
      'the packets of these sessions alone do not show the same findings: s1.1 reply-malformed',
    ))

  test('nor is one such session in the way of the others', async () => {
    const sources = [LOST, `C> NOOP\nS> ${word(80)}\nS| 250 ok`].map((text, i) => {
      const capture = join(folder, `source-${i}`)
      const apart = { ...parseTranscript(text), startUs: 1_700_000_000_000_000 + i * 600_000_000 }
      writeFileSync(capture, toCapture(apart))
      return { path: capture, name: `source-${i}` }
    })
    const options = { select: {}, format: 'pcapng', version: '1.0.0', redaction: new Redaction() } as const
    const paths = { path: join(folder, 'some'), twin: join(folder, 'some-twin') }
    const made = await makeEvidence(sources, { ...options, ...paths, findings: null })
    expect(made.sessions).toBe(1)
    expect(made.unproved).toContain('s13.1 reply-malformed')
    hidden(paths.path)
    await expect(makeEvidence(sources, { ...options, ...paths, findings: ['s1.1', 's13.1'] })).rejects.toThrow('s13.1')
  })

  test('where BDAT does not tell its size', () =>
    proof(
      `S> 220 mail.example.net ESMTP
      C> EHLO client.example.com
      S> 250-mail.example.net
      S| 250-PIPELINING
      S| 250 CHUNKING
      C> MAIL FROM:<a@corporation.net>
      S> 250 ok
      C> RCPT TO:<b@corporation.net>
      S> 250 ok
      C> BDAT 5 X
      S> 521 5.5.4 Syntax: BDAT count [LAST]
      C> BDAT 221 LAST
      C| mail from:<b@corporation.net>
      C| rcpt to:<a@corporation.net>
      C| data
      C| Subject: corporation
      C|
      C| .`,
      {},
      { redaction: new Redaction() },
      hidden,
    ))
})
