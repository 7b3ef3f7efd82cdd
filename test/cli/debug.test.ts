// PIPELINT_DEBUG: the decisions about one session, on request, and nothing else changed by it.
import { afterEach, expect, test } from 'vitest'
import { areFollowed, followDecisions } from '../../src/cli/debug.ts'
import { invoke } from '../support/invoke.ts'

const WORDS = ['check', '--session', 's1', 'samples/frontbridge.pcap']
let lines: string[] = []
let stop = () => {}

afterEach(() => {
  stop()
  lines = []
})

function follow(topics: string, words: readonly string[] = WORDS): void {
  stop = followDecisions(words, { PIPELINT_DEBUG: topics }, (line) => void lines.push(line))
}

test('what was paired, what each rule came to, and how the connection ended', async () => {
  const before = await invoke(...WORDS)
  follow('rules,pairing,tcp')
  expect(areFollowed()).toBe(true)
  expect(await invoke(...WORDS)).toEqual(before)
  expect(lines).toContain(
    'pairing: frame 11: group 2 by alignment: MAIL 250, RCPT -, RSET -, QUIT 221; ' +
      'the reply to QUIT is certain, and replies before it are missing',
  )
  expect(lines).toContainEqual(expect.stringMatching(/^rules: frame \d+: input-lost: 1 finding$/))
  expect(lines).toContainEqual(expect.stringMatching(/^rules: frame \d+: lmtp-reply-count: not applicable: /))
  expect(lines).toContain('tcp: frame 12: fin of 203.0.113.25:25')
})

test('of another session nothing, of other topics nothing', async () => {
  follow('tcp', ['--session=s2'])
  await invoke(...WORDS)
  expect(lines).toEqual([])
  stop()
  expect(areFollowed()).toBe(false)
})

test('a rule that was not asked because nothing was remarkable', async () => {
  const words = ['check', '--session', 's1', 'test/cli/files/client-side.pcap']
  follow('rules', words)
  await invoke(...words)
  expect(lines.filter((line) => line.includes('rules not run'))).not.toEqual([])
})

test('what cannot be meant is refused', () => {
  expect(() => follow('rule')).toThrow('PIPELINT_DEBUG=rule: unknown topic; topics are rules, pairing, tcp')
  expect(() => follow('tcp', ['check', 'a.pcap'])).toThrow('needs one session')
  expect(() => follow('tcp', [...WORDS, '--redact'])).toThrow('cannot be combined with --redact')
  expect(() => follow('', ['check'])).not.toThrow()
})
