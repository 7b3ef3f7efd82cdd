// The samples are built from the transcripts beside them, byte for byte (`npm run samples` writes them).
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { toCollection } from './support/collection.ts'
import { expectGolden } from './support/golden.ts'
import { findingLines, judge, judgeBytes, toCapture } from './support/judge.ts'
import { parseTranscript } from './support/transcript.ts'

const folder = new URL('../samples/', import.meta.url)
const textOf = (name: string) => readFileSync(new URL(`${name}.txt`, folder), 'utf8')
const texts = readdirSync(folder)
  .filter((name) => name.endsWith('.txt'))
  .map((name) => name.slice(0, -4))
const names = texts.filter((name) => membersOf(name).length === 0)
const collections = texts.filter((name) => membersOf(name).length > 0)

/** `# of: frontbridge` puts another sample into a collection. */
function membersOf(name: string): string[] {
  return [...textOf(name).matchAll(/^# of: (.+)$/gm)].map((match) => match[1] ?? '')
}

/** `# client: 192.0.2.1:49152` among the first lines sets an option. */
function read(name: string) {
  const text = textOf(name)
  const options = [...text.matchAll(/^# (client|server|start): (.+)$/gm)].map((match) => `${match[1]} ${match[2]}`)
  return parseTranscript(text, options)
}

const FAULTS = [
  'error input-lost server proved: no reply to RCPT, RSET',
  'error premature-close server proved: FIN with 2 replies outstanding',
  'error reply-out-of-order server proved: 221 to QUIT while RCPT, RSET had no reply',
]

describe('samples', () => {
  for (const name of names) {
    test(name, () => expectGolden(new URL(`${name}.pcap`, folder).pathname, toCapture(read(name))))
  }

  for (const name of collections) {
    test(name, () => expectGolden(new URL(`${name}.pcap`, folder).pathname, toCollection(membersOf(name).map(read))))
  }

  test('a collection is judged as its members are', async () => {
    const found = findingLines(await judgeBytes(toCollection(membersOf('five-dialogues').map(read))))
    expect(found).toEqual(FAULTS)
  })

  test('the five of the FrontBridge report are there', () => {
    expect(new Set(names)).toEqual(
      new Set(['exchange-2007', 'exchange-internet', 'frontbridge', 'frontbridge-split-group', 'frontbridge-dot-quit']),
    )
  })

  test('frontbridge breaks three rules, the others none', async () => {
    for (const name of names) {
      const found = findingLines(await judge(read(name)))
      expect(found, name).toEqual(name === 'frontbridge' ? FAULTS : [])
    }
  })
})
