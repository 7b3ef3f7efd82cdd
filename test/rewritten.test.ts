// One session in every link, tunnel, fragmentation, file format and compression draws the same analysis, frames aside.
import { describe, expect, test } from 'vitest'
import type { Analysis } from '../src/analyze.ts'
import { RULES } from '../src/rules/index.ts'
import { COMPRESSIONS } from './support/compressions.ts'
import { ALL_ENVELOPES } from './support/envelopes.ts'
import { FORMATS } from './support/files.ts'
import { judge, judgeBytes, toCapture } from './support/judge.ts'
import { parseTranscript } from './support/transcript.ts'

/** Frame numbers, and what is made of them. */
const FRAMES: ReadonlySet<string> = new Set(['frame', 'frames', 'displayFilter'])
/** Some links carry IPv6, so of an endpoint only the port is the same. */
const ENDPOINTS: ReadonlySet<string> = new Set(['client', 'server'])

/** Everything that is said of sessions, in words that no envelope can change. */
function told({ sessions, findings, servers, summary }: Analysis): string {
  const { packets: _, ...counts } = summary
  const shown = (key: string, value: unknown) => {
    if (FRAMES.has(key)) return undefined
    if (typeof value !== 'string') return value
    if (ENDPOINTS.has(key)) return value.replace(/^.*:/, ':')
    if (key === 'id' || key === 'session') return value.replace(/^s\d+/, 's')
    return value.replace(/frames? \d+(?:(?:, | and )\d+)*/g, 'frame')
  }
  return JSON.stringify({ sessions, findings, servers, counts }, shown, 1)
}

/** A simple packet block has no time. */
const TIMED = FORMATS.filter((format) => format !== 'pcapng-simple')

describe('rewritten', () => {
  for (const { id, violates } of RULES) {
    test(id, { timeout: 60_000 }, async () => {
      const transcript = parseTranscript(violates)
      const file = toCapture(transcript)
      const expected = told(await judgeBytes(file))
      expect(expected).toContain(`"rule": "${id}"`)
      for (const envelope of ALL_ENVELOPES) expect(told(await judge(transcript, { envelope })), envelope).toBe(expected)
      for (const format of TIMED) expect(told(await judge(transcript, { format })), format).toBe(expected)
      for (const [name, compress] of Object.entries(COMPRESSIONS))
        expect(told(await judgeBytes(compress(file))), name).toBe(expected)
    })
  }
})

test('every link type that is read is one of the envelopes', async () => {
  const { LINK } = await import('../src/network/linktypes.ts')
  const { linkTypeOf } = await import('./support/envelopes.ts')
  const written = new Set(ALL_ENVELOPES.map(linkTypeOf))
  const missing = Object.entries(LINK).filter(([, linkType]) => !written.has(linkType))
  expect(missing.map(([name]) => name)).toEqual([])
})
