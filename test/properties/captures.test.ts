// What happens to captures, and must change nothing: a second tap, a mirror port that shows packets twice, damage.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { type Analysis, analyze } from '../../src/analyze.ts'
import { checksum } from '../support/checksum.ts'
import { type Frame, linkTypeOf, toFrames } from '../support/envelopes.ts'
import { toFile } from '../support/files.ts'
import { findingLines, judge, judgeBytes } from '../support/judge.ts'
import { toSegments } from '../support/packets.ts'
import { sampleOf } from '../support/sample.ts'
import { type Case, parseCases, type Transcript } from '../support/transcript.ts'

const folder = new URL('../transcripts/', import.meta.url)
const files = readdirSync(folder).filter((name) => name.endsWith('.md'))
const casesOf = (name: string): readonly Case[] => parseCases(readFileSync(new URL(name, folder), 'utf8'))

const directory = mkdtempSync(join(tmpdir(), 'pipelint-'))
afterAll(() => rmSync(directory, { recursive: true }))

const framesOf = (transcript: Transcript) => toFrames(toSegments(transcript, {}), transcript, 'ethernet')

/** The same frame one router further on. */
function routed({ bytes, timeNs }: Frame, laterNs: number): Frame {
  const copy = Buffer.from(bytes)
  copy[22] = (copy[22] as number) - 1
  copy.writeUInt16BE(0, 24)
  copy.writeUInt16BE(checksum(copy.subarray(14, 34)), 24)
  return { bytes: copy, timeNs: timeNs + laterNs }
}

/** Everything that is said of the session, but for frames and times. */
function told({ sessions, findings }: Analysis) {
  return {
    sessions: sessions.map(({ verdict, commands, replies, unanswered, groups, messages, closedBy, limits }) => ({
      ...{ verdict, commands, replies, unanswered, groups, messages, closedBy },
      limits: limits.map(({ code, rules }) => ({ code, rules })),
    })),
    findings: findings
      .map(({ rule, party, certainty, severity }) => [severity, rule, party, certainty].join(' '))
      .sort(),
  }
}

/** Judges the frames of several taps, each in a file of its own. */
async function judgeTaps(transcript: Transcript, taps: readonly (readonly Frame[])[]): Promise<Analysis> {
  const paths = taps.map((frames, i) => {
    const path = join(directory, `tap${i}.pcap`)
    writeFileSync(path, toFile(frames, linkTypeOf('ethernet'), transcript.startUs, 'pcap-le-ns'))
    return path
  })
  return analyze(paths, {
    onInternalError: (error) => {
      throw error
    },
  })
}

/**
 * Left out: a client that turns into a server, a server that answers twice, a message that comes behind its reply, a window
 * that closes, a greeting that a firewall masked, a 220 to STARTTLS, a 354 to another line than DATA. When the one record
 * that tells so is lost, what remains looks like another fault, and no rule can know better.
 */
const TELLTALES = new Set([
  'The client turns: what follows is not judged',
  'A client that holds a surplus reply is not pipelining',
  'A message is accepted at once, before it begins',
  'A NOOP that a firewall may have written over another command',
  'STARTTLS without a reply, NOOP two seconds later, and then the 220',
  'Half a line, and a client that takes no more: the rest could not be sent',
  'Lines that end in a bare CR, in one segment, and a message whose first line is NOOP',
])

describe.each(files)('%s', (name) => {
  test('by two taps, one of them behind a router', async () => {
    for (const { title, transcript } of casesOf(name)) {
      const one = framesOf(transcript)
      const expected = told(await judge(transcript))
      for (const laterNs of sampleOf([3_000, 2_000_000], title)) {
        const other = one.map((frame) => routed(frame, laterNs))
        const analysis = await judgeTaps(transcript, [one, other])
        expect(told(analysis), `${title}, ${laterNs} ns later`).toEqual(expected)
        // Before the second tap is heard of, nothing is remembered; such a copy is an old segment like any other.
        const { read, copies } = analysis.summary.packets
        expect(read).toBe(2 * one.length)
        expect(copies).toBeLessThanOrEqual(one.length)
        expect(copies).toBeGreaterThanOrEqual(one.length - 6)
      }
    }
  })

  test('by a tap for each direction', async () => {
    for (const { title, transcript } of casesOf(name)) {
      const segments = toSegments(transcript, {})
      const frames = toFrames(segments, transcript, 'ethernet')
      const sides = ['C', 'S'].map((side) => frames.filter((_, i) => segments[i]?.from === side))
      const analysis = await judgeTaps(
        transcript,
        sides.filter((side) => side.length > 0),
      )
      expect(told(analysis), title).toEqual(told(await judge(transcript)))
    }
  })

  test('twice by a mirror port on both sides of a router', async () => {
    for (const { title, transcript } of casesOf(name)) {
      const frames = framesOf(transcript).flatMap((frame) => [frame, routed(frame, 500)])
      const analysis = await judgeBytes(toFile(frames, linkTypeOf('ethernet'), transcript.startUs, 'pcap-le-ns'))
      expect(told(analysis), title).toEqual(told(await judge(transcript)))
    }
  })

  test('with one record damaged, whichever: nothing new is found', async () => {
    for (const { title, transcript } of casesOf(name)) {
      if (TELLTALES.has(title)) continue
      const frames = framesOf(transcript)
      const whole = toFile(frames, linkTypeOf('ethernet'), transcript.startUs)
      const rules = (analysis: Analysis) => findingLines(analysis).map((line) => line.split(' ').slice(1, 3).join(' '))
      const known = new Set(rules(await judgeBytes(whole)))
      let end = 24
      const records = frames.map(({ bytes }) => {
        const start = end
        end += 16 + bytes.length
        return { start, end }
      })
      for (const { start, end } of sampleOf(records, title)) {
        const damaged = Buffer.from(whole)
        damaged.writeUInt32LE(0xfffffff0, start + 8)
        const analysis = await judgeBytes(damaged)
        expect(analysis.captures[0]).toMatchObject({ complete: false, error: { code: 'corrupt' } })
        expect(
          rules(analysis).filter((rule) => !known.has(rule)),
          `${title}, record that ends at ${end}`,
        ).toEqual([])
      }
    }
  })
})

test('a segment with a wrong checksum counts as received, or is passed over when asked for', async () => {
  const [{ transcript }] = casesOf('groups.md') as [Case]
  const frames = framesOf(transcript)
  const corrupted = frames.map(({ bytes, timeNs }, i) => {
    const copy = Buffer.from(bytes)
    // The sender sends it again, for the receiver did not take it.
    if (i === 6) copy.writeUInt8((copy.at(-3) as number) ^ 1, copy.length - 3)
    return { bytes: copy, timeNs }
  })
  const path = join(directory, 'checksums.pcap')
  const again = [...corrupted.slice(0, 7), frames[6] as Frame, ...corrupted.slice(7)]
  writeFileSync(path, toFile(again, linkTypeOf('ethernet'), transcript.startUs))
  const believing = await analyze([path], { verifyChecksums: true })
  expect(believing.summary.packets).toMatchObject({ read: again.length, badChecksums: 1 })
  expect(told(believing)).toEqual(told(await judge(transcript)))
  const doubting = await analyze([path])
  expect(doubting.summary.packets.badChecksums).toBeNull()
  expect(doubting.sessions[0]?.limits.map(({ code }) => code)).toContain('overlap-conflict')
  const accusations = doubting.findings.filter(({ severity }) => severity !== 'info')
  expect(accusations.filter(({ certainty }) => certainty === 'proved')).toEqual([])
})
