// Adding a rule takes one value: its findings appear without edits elsewhere, even in a session that is otherwise
// skipped.
import { expect, test } from 'vitest'
import { analyze } from '../../src/analyze.ts'
import { ALLOWED_WORDS } from '../../src/redact/allow-list.ts'
import { RULES } from '../../src/rules/index.ts'
import { defineRule, type Rule } from '../../src/rules/rule.ts'
import { judge, toCapture } from '../support/judge.ts'
import { parseTranscript } from '../support/transcript.ts'

const ORDINARY = `
  C> MAIL FROM:<a@example.org>
  C| RCPT TO:<b@example.org>
  C| DATA
  S> 250 sender ok
  S| 250 recipient taken
  S| 354 go ahead
  C> text
  C| .
  S> 250 queued
  C> QUIT
  S> 221 bye`

const facts = {
  certainty: 'suspected' as const,
  expected: 'nothing',
  actual: 'something',
  message: 'something was said',
  evidence: [],
}

const added: Rule = defineRule({
  ...(RULES[0] as Rule),
  id: 'something-said',
  onlyRemarkable: undefined as never,
  groupTraits: undefined as never,
  endTraits: undefined as never,
  applies: () => true,
  *checkGroup({ exchanges }) {
    for (const { command } of exchanges) yield { ...facts, commands: [command] }
  },
  *checkEnd() {
    yield facts
  },
})

/** A rule of the catalogue may be without it, too. */
const SKIPPING = RULES.filter(({ onlyRemarkable }) => onlyRemarkable)

async function found(rules: readonly Rule[], dialogue = ORDINARY) {
  const bytes = toCapture(parseTranscript(dialogue.replaceAll('\n  ', '\n').trim()))
  async function* whole(): AsyncIterable<Uint8Array> {
    yield bytes
  }
  const { findings, sessions } = await analyze([{ name: 'test.pcap', bytes: whole() }], { rules })
  return { verbs: findings.flatMap(({ commands }) => commands.map(({ verb }) => verb)), findings, sessions }
}

test('a rule without onlyRemarkable sees every group of an ordinary session', async () => {
  const { verbs, findings, sessions } = await found([...SKIPPING, added])
  expect(verbs).toEqual(['EHLO', 'MAIL', 'RCPT', 'DATA', 'CONTENT', 'QUIT'])
  expect(new Set(findings.map(({ rule }) => rule))).toEqual(new Set(['something-said']))
  expect(findings.at(-1)?.group).toBeNull()
  expect(sessions[0]?.verdict).toBe('suspected')
})

test('a rule with onlyRemarkable does not see unremarkable groups', async () => {
  expect((await found([...SKIPPING, { ...added, onlyRemarkable: true }])).findings).toEqual([])
})

test('the findings of the catalogue are the same whether ordinary sessions are skipped or not', async () => {
  const silent: Rule = { ...added, id: 'silent', applies: () => 'never' }
  for (const rule of RULES) {
    const [few, all] = [await found(RULES, rule.violates), await found([...RULES, silent], rule.violates)]
    expect(all.findings, rule.id).toEqual(few.findings)
  }
})

test('redaction knows every word of every message; a rule lists further words in `words`', async () => {
  const lacking: Record<string, readonly string[]> = {}
  for (const rule of RULES) {
    const unknown = new Set<string>()
    // Verbs and names from the wire do not count as words of our messages.
    const ofTheWire = new Set(rule.violates.toLowerCase().match(/[a-z]+/g))
    const { findings } = await judge(parseTranscript(rule.violates))
    for (const { message, expected, actual, evidence } of findings.filter((finding) => finding.rule === rule.id)) {
      const sentences = [message, expected, actual, ...evidence].map((text) => text.replace(/"[^"]*"/g, ''))
      const words =
        sentences
          .join('\n')
          .toLowerCase()
          .match(/[0-9]*[a-z]+(?:['-][a-z]+)*/g) ?? []
      for (const word of words) {
        const isKnown = ALLOWED_WORDS.has(word) || word.split(/['-]/).every((part) => ALLOWED_WORDS.has(part))
        if (!isKnown && !ofTheWire.has(word)) unknown.add(word)
      }
    }
    if (unknown.size > 0) lacking[rule.id] = [...unknown]
  }
  expect(lacking).toEqual({})
})
