// What a box need not pass on, or passes on in another form: it lost nothing.
import { expect, test } from 'vitest'
import { BEFORE, BEHIND, client, compareReports, server, sideOf } from '../support/sides.ts'
import { parseTranscript } from '../support/transcript.ts'

const HELLO = ['S> 220 mail.example.net ESMTP', 'C> EHLO client.example.com', 'S> 250-mail.example.net']
const OFFER = ['S| 250-PIPELINING', 'S| 250 CHUNKING']
const MAIL = ['C> MAIL FROM:<a@example.org>', 'S> 250 2.1.0 ok a']
const RCPT = ['C> RCPT TO:<b@example.org>', 'S> 250 2.1.5 ok b']
const BYE = ['S> 250 2.0.0 queued as 1', 'C> QUIT', 'S> 221 bye']

async function differences(before: readonly string[], behind: readonly string[]) {
  const here = await sideOf([parseTranscript([...HELLO, ...OFFER, ...before].join('\n'), client(1))], BEFORE)
  const there = await sideOf([parseTranscript([...HELLO, ...OFFER, ...behind].join('\n'), server(1))], BEHIND)
  const { pairs } = compareReports(here, there)
  return pairs.flatMap((pair) => pair.differences.map(({ kind, place, message }) => `${kind} ${place}: ${message}`))
}

test('message content that is passed on as a chunk, and the other way round', async () => {
  const content = [...MAIL, ...RCPT, 'C> DATA', 'S> 354 go ahead', 'C> hello', 'C| .', ...BYE]
  const chunk = [...MAIL, ...RCPT, 'C> BDAT 7 LAST', 'C| hello', ...BYE]
  expect(await differences(content, chunk)).toEqual([
    'lost in: the box answered DATA itself with 354 and did not pass it on',
    'changed in: message content was changed to BDAT 7 LAST',
  ])
  expect(await differences(chunk, content)).toEqual([
    'made in: the box sent DATA, which the client did not send',
    'changed in: BDAT 7 LAST was changed to message content',
  ])
})

test.each([
  ['1s', 'lost before: RCPT TO:<b@example.org> could not be passed on: the client had reset the connection'],
  ['60s', 'lost in: the box acknowledged RCPT TO:<b@example.org> but did not pass it on'],
])('a client that resets %s after a command', async (wait, told) => {
  const before = [...MAIL, 'C> RCPT TO:<b@example.org>', 'S> <nothing>', `C> [+${wait}] [rst]`]
  const behind = [...MAIL, 'C> [fin]', 'S> [fin]']
  expect((await differences(before, behind)).filter((line) => line.startsWith('lost'))).toEqual([told])
})
