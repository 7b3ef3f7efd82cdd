// A dialogue in the rarer links and tunnels, and compressed, draws the same analysis as on Ethernet, frames aside. In the
// common ones every transcript does: transcripts.test.ts.
import { describe, expect, test } from 'vitest'
import { LINK } from '../src/decode/link-types.ts'
import { RULES } from '../src/rules/index.ts'
import { COMPRESSIONS } from './support/compressions.ts'
import { ALL_ENVELOPES, ENVELOPES, linkTypeOf } from './support/envelopes.ts'
import { judge, judgeBytes, toCapture, told } from './support/judge.ts'
import { parseTranscript } from './support/transcript.ts'

/** They rest on what a link could spoil: order, acknowledgements, lost bytes, windows, hop limits. */
const DIALOGUES = ['reply-out-of-order', 'input-lost', 'capture-loss', 'window-deadlock', 'reset-in-path']
const RARE = ALL_ENVELOPES.slice(ENVELOPES.length)

describe('rewritten', () => {
  for (const { id, violates } of RULES.filter((rule) => DIALOGUES.includes(rule.id))) {
    test(id, async () => {
      const transcript = parseTranscript(violates)
      const file = toCapture(transcript)
      const expected = told(await judgeBytes(file))
      expect(expected).toContain(`"rule": "${id}"`)
      for (const envelope of RARE) expect(told(await judge(transcript, { envelope })), envelope).toBe(expected)
      for (const [name, compress] of Object.entries(COMPRESSIONS))
        expect(told(await judgeBytes(compress(file))), name).toBe(expected)
    })
  }
})

test('every link type that is read is one of the envelopes', () => {
  const written = new Set(ALL_ENVELOPES.map(linkTypeOf))
  const missing = Object.entries(LINK).filter(([, linkType]) => !written.has(linkType))
  expect(missing.map(([name]) => name)).toEqual([])
})
