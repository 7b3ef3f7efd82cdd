// Bytes that were never acknowledged are distinguished from those whose acknowledgement may still come, and from
// delivered ones.
import { expect, test } from 'vitest'
import { judge } from '../support/judge.ts'
import { parseTranscript } from '../support/transcript.ts'

async function told(text: string) {
  const analysis = await judge(parseTranscript(text))
  const finding = analysis.findings.find(({ rule }) => rule === 'never-acknowledged')
  return finding === undefined ? null : `${finding.certainty}: ${finding.message}`
}

test('retransmitted until the client resets', async () => {
  expect(await told('C> RSET\nS> 250 ok\nC> [unheard] NOOP\nC> [rst]')).toBe(
    'proved: 6 bytes from the client were never acknowledged by the server: sent 4 times in 0.6 s, first in frame 9',
  )
})

test('retransmitted by a server whose client is gone', async () => {
  expect(await told('C> RSET\nS> [unheard] 250 ok\nS> [+9s] [rst]')).toMatch(
    /^proved: 8 bytes from the server .* 4 times/,
  )
})

test('only the sequence number of a reset shows that bytes were sent', async () => {
  expect(await told('C> RSET\nS> 250 ok\nC> [lost] NOOP\nC> [rst]')).toMatch(
    /^suspected: 6 bytes .* not in the capture/,
  )
})

test('bytes acknowledged late, or sent once before the end, do not count', async () => {
  expect(await told('C> RSET\nS> 250 ok\nC> [again] NOOP\nS> 250 ok\nC> QUIT\nS> 221 bye')).toBeNull()
  expect(await told('C> RSET\nS> 250 ok\nC> NOOP\nC> [rst]')).toBeNull()
  expect(await told('C> RSET\nS> [lost] 250 ok\nC> NOOP\nS> 250 ok')).toBeNull()
})
