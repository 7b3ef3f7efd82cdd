// A line of the server that is no reply and has control characters may be ciphertext: there is no finding, but that
// replies can no longer be counted is reported.
import { expect, test } from 'vitest'
import { findingLines, judge } from '../support/judge.ts'
import { parseTranscript } from '../support/transcript.ts'

const around = (line: string) =>
  parseTranscript(`
    C> MAIL FROM:<a@example.org>
    S> 250 ok
    C> RCPT TO:<b@example.org>
    S> ${line}
    S| 250 ok
    C> QUIT
    S> 221 bye`)

for (const line of ['\\x00\\x00\\x00', '\\x01', '\\x17\\x03\\x03\\x00\\x20abc', '\\x1b[2Jhello']) {
  test(`${line} is reported`, async () => {
    const analysis = await judge(around(line))
    const [session] = analysis.sessions
    expect(findingLines(analysis).filter((each) => each.startsWith('error'))).toEqual([])
    expect(session?.verdict).toBe('inconclusive')
    expect(session?.limits.map(({ code }) => code)).toEqual(['not-smtp'])
  })
}

test('a tab in a line of text makes it no ciphertext', async () => {
  const lines = findingLines(await judge(around('please\\x09wait')))
  expect(lines.map((line) => line.split(' ')[1])).toContain('reply-malformed')
})
