// Text that may be a line of a message is never shown, even where the server took it for a command.
import { expect, test } from 'vitest'
import { judge } from '../support/judge.ts'
import { parseTranscript } from '../support/transcript.ts'

test('lines behind a refused DATA', async () => {
  const analysis = await judge(
    parseTranscript(`
      C> MAIL FROM:<a@example.org>
      C| RCPT TO:<b@example.org>
      C| DATA
      S> 250 ok
      S| 250 ok
      S| 550 no
      C> Subject: confidential
      C| the merger is on
      C| .
      S> 500 what
      S| 500 what
      S| 500 what
      C> QUIT
      S> 221 bye`),
  )
  expect(analysis.findings.map(({ rule, certainty }) => `${rule} ${certainty}`)).toContain('content-without-354 proved')
  const [finding] = analysis.findings.filter(({ rule }) => rule === 'content-without-354')
  expect(finding?.commands.map(({ text }) => text)).toEqual(['[hidden]', '[hidden]', '.'])
  expect(JSON.stringify(analysis)).not.toMatch(/confidential|merger/)
})
