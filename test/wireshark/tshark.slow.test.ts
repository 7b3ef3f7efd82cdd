// What tshark shows with the Lua file, against what the analysis says.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { analyze, type FindingRecord } from '../../src/analyze.ts'
import { lua } from '../../src/report/escape.ts'
import { toCollection } from '../support/collection.ts'
import { ENVELOPES, linkTypeOf, toFrames } from '../support/envelopes.ts'
import { toFile } from '../support/files.ts'
import { invoke } from '../support/invoke.ts'
import { toSegments } from '../support/packets.ts'
import { needsPeer } from '../support/peer.ts'
import { parseTranscript } from '../support/transcript.ts'
import { fieldsOf, framesWith, keyLogOf, scratch, tshark, writeScript } from './support.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const FOLDERS = ['samples', 'test/captures', 'test/tls/captures', 'test/tls/starttls']
const captures = FOLDERS.flatMap((folder) =>
  readdirSync(`${root}/${folder}`)
    .filter((name) => /\.pcap(ng)?$/.test(name))
    .map((name) => `${folder}/${name}`),
)
const SEED = `${root}/samples/frontbridge.pcap`

const files = scratch()
const script = files.path('shown.lua')
afterAll(files.remove)
const hasTshark = needsPeer('tshark')

/** `9>11`: the reply to a command in frame 9 is in frame 11. Sorted; as often as it is so. */
interface Expected {
  readonly pairs: readonly string[]
  readonly times: readonly string[]
  readonly rules: readonly string[]
  readonly findings: readonly FindingRecord[]
}

async function expectedOf(capture: string): Promise<Expected> {
  const keyLog = keyLogOf(capture)
  const [pairs, times, rules]: [string[], string[], string[]] = [[], [], []]
  const { findings } = await analyze([capture], {
    dialogues: true,
    keyLogs: keyLog === null ? [] : [readFileSync(keyLog, 'latin1')],
    onSession({ groups, findings, limits, firstFrame }) {
      const hasClock = !limits.some(({ code }) => code === 'clock')
      for (const { command, replies } of groups.flatMap(({ exchanges }) => exchanges))
        for (const { at } of replies) {
          pairs.push(`${command.at.lastFrame}>${at.lastFrame}`)
          const ns = at.timeNs - command.at.timeNs
          if (hasClock && ns >= 0) times.push((ns / 1e9).toFixed(9))
        }
      for (const { rule, frames } of findings)
        for (const frame of frames.length === 0 ? [firstFrame] : frames) rules.push(`${frame} ${rule}`)
    },
  })
  return { pairs: pairs.sort(), times: times.sort(), rules: rules.sort(), findings }
}

describe.runIf(hasTshark)('every pairing, response time and finding is shown at its frame', () => {
  test.each(captures)('%s', async (name) => {
    const capture = `${root}/${name}`
    await writeScript(script, capture)
    const { pairs, times, rules, findings } = await expectedOf(capture)
    const names = ['frame.number', 'pipelint.response_in', 'pipelint.response_to', 'pipelint.response_time']
    const rows = fieldsOf(capture, script, ...names, 'pipelint.rule')
    const each = (column: number, text: (frame: string, value: string) => string) =>
      rows.flatMap((row) => (row[column] ?? []).map((value) => text(row[0]?.[0] ?? '', value))).sort()
    expect(each(1, (frame, reply) => `${frame}>${reply}`)).toEqual(pairs)
    expect(each(2, (frame, command) => `${command}>${frame}`)).toEqual(pairs)
    expect(each(3, (_, time) => time)).toEqual(times)
    expect(each(4, (frame, rule) => `${frame} ${rule}`)).toEqual(rules)
    const shown = new Set(each(1, (frame, reply) => `${frame}>${reply}`))
    for (const pair of findings.flatMap(pairsOfProof)) expect(shown).toContain(pair)
  })
})

/** The pairs that the JSON document gives: `answeredBy` of the commands in a proof. */
function pairsOfProof({ proof }: FindingRecord): string[] {
  const items = proof?.items ?? []
  const replies = new Map(items.filter(({ by }) => by === 'server').map(({ index, frames }) => [index, frames.at(-1)]))
  return items.flatMap(({ frames, answeredBy }) =>
    (answeredBy ?? []).flatMap((index) => (replies.has(index) ? `${frames.at(-1)}>${replies.get(index)}` : [])),
  )
}

describe.runIf(hasTshark)('the seed capture', () => {
  test('display filters', async () => {
    await writeScript(script, SEED)
    const frames = (filter: string) => framesWith(SEED, script, filter)
    expect(frames('pipelint.rule == "input-lost"')).toEqual([9, 10, 11])
    expect(frames('pipelint.proved.error == "premature-close"')).toEqual([9, 12])
    expect(frames('pipelint.suspected.error')).toEqual([])
    expect(frames('pipelint.verdict == "violation"')).toHaveLength(15)
    expect(frames('pipelint.unanswered == "RSET"')).toEqual([9])
    expect(frames('pipelint.command == "RCPT" && pipelint.group == 2')).toEqual([9])
    expect(frames('pipelint.response_in == 11')).toEqual([9])
    expect(frames('pipelint.response_to == 9 && pipelint.response_time > 0.08')).toEqual([11])
    expect(frames('pipelint.answers == "QUIT"')).toEqual([11])
    expect(frames('pipelint.reply == 221')).toEqual([11])
    expect(frames('_ws.expert.severity == error && pipelint.expert.proved_error')).toEqual([11, 12])
  })

  test('the packet list', async () => {
    await writeScript(script, SEED)
    const { stdout } = tshark(SEED, script, '-Y', 'frame.number == 9 || frame.number == 11')
    expect(stdout).toContain('[reply in 11; no reply captured: RCPT, RSET; proved: reply-out-of-order, input-lost')
    expect(stdout).toContain('[reply to 9 after 0.085 s; proved: ')
    const quiet = tshark(SEED, script, '-o', 'pipelint.info:FALSE', '-Y', 'frame.number == 9')
    expect(quiet.stdout).not.toContain('reply in')
  })

  test('with two passes', async () => {
    await writeScript(script, SEED)
    const { stdout } = tshark(SEED, script, '-2', '-Y', 'pipelint.rule == "input-lost"')
    expect(stdout.split('\n').filter(Boolean)).toHaveLength(3)
  })

  test('with a read filter, which gives the frames other numbers, nothing is shown', async () => {
    await writeScript(script, SEED)
    const { stdout, stderr } = tshark(SEED, script, '-2', '-R', 'tcp.len > 0', '-Y', 'pipelint.rule')
    expect(stdout).toBe('')
    expect(stderr).toBe('pipelint, frame 1: pipelint judged another capture for this Lua file\n')
  })
})

const dialogue = (...lines: string[]) => parseTranscript(lines.join('\n'))
const LOST = ['C> MAIL FROM:<a@example.org>', 'C| RCPT TO:<b@example.org>', 'C| QUIT', 'S> 250 ok', 'S| 221 bye']
const start = (transcript: ReturnType<typeof dialogue>) => ({ ...transcript, startUs: 1_290_930_428_000_000 })

describe.runIf(hasTshark)('packets in every envelope', () => {
  test.each(ENVELOPES)('%s', async (envelope) => {
    const transcript = start(dialogue(...LOST))
    const frames = toFrames(toSegments(transcript, {}), transcript, envelope)
    const capture = files.path('envelope.pcap')
    writeFileSync(capture, toFile(frames, linkTypeOf(envelope), transcript.startUs))
    await writeScript(script, capture)
    const { pairs, rules } = await expectedOf(capture)
    expect(rules.length).toBeGreaterThan(0)
    const rows = fieldsOf(capture, script, 'frame.number', 'pipelint.response_in', 'pipelint.rule')
    const each = (column: number, mark: string) =>
      rows.flatMap((row) => (row[column] ?? []).map((value) => `${row[0]?.[0]}${mark}${value}`)).sort()
    expect(each(1, '>')).toEqual(pairs)
    expect(each(2, ' ')).toEqual(rules)
  })
})

describe.runIf(hasTshark)('what is only suspected', () => {
  const SUSPECTED = [
    'C> MAIL FROM:<a@example.org>',
    'C| RCPT TO:<b@example.org>',
    'S> 250 2.1.5 Recipient ok',
    'S| 250 2.1.0 Sender ok',
    'C> QUIT',
    'S> 221 2.0.0 Bye',
  ]

  test('is shown apart from what is proved, in the words of the verdict', async () => {
    const capture = files.path('suspected.pcap')
    writeFileSync(capture, toCollection([dialogue(...SUSPECTED)]))
    const { findings } = await analyze([capture])
    await writeScript(script, capture)
    for (const { rule, certainty, severity, frames } of findings.filter(({ severity }) => severity !== 'info')) {
      expect(framesWith(capture, script, `pipelint.${certainty}.${severity} == "${rule}"`)).toEqual(frames)
      const other = certainty === 'proved' ? 'suspected' : 'proved'
      expect(framesWith(capture, script, `pipelint.${other}.${severity} == "${rule}"`)).toEqual([])
    }
    expect(findings.map(({ certainty }) => certainty)).toEqual(['suspected'])
    expect(framesWith(capture, script, 'pipelint.message contains "not proved: "')).toEqual(findings[0]?.frames)
    expect(framesWith(capture, script, '_ws.expert.severity == error')).toEqual([])
    expect(framesWith(capture, script, 'pipelint.expert.suspected_error')).toEqual(findings[0]?.frames.slice(-1))
    expect(framesWith(capture, script, 'pipelint.uncertain == "MAIL"')).toHaveLength(1)
    const { stdout } = tshark(capture, script, '-V', '-O', 'pipelint', '-Y', 'pipelint.rule')
    expect(stdout).toContain(`Suspected error: server may have ${findings[0]?.headline}`)
  })
})

describe.runIf(hasTshark)('another capture than the one that was judged', () => {
  const edited = (...words: string[]) => {
    const path = files.path('edited.pcap')
    const { status } = spawnSync('editcap', [...words.slice(0, -1), SEED, path, words.at(-1) ?? ''])
    expect(status).toBe(0)
    return path
  }
  const shownIn = (capture: string) => {
    const { stdout, stderr } = tshark(capture, script, '-Y', 'pipelint.rule || pipelint.proved.error')
    return { shown: stdout, told: stderr }
  }

  test('nothing is shown in it', async () => {
    await writeScript(script, SEED)
    const other = shownIn(`${root}/samples/exchange-2007.pcap`)
    expect(other).toEqual({
      shown: '',
      told: 'pipelint, frame 1: pipelint judged another capture for this Lua file\n',
    })
    expect(framesWithProblem(`${root}/samples/exchange-2007.pcap`)).toEqual([1])
  })

  test.each(['1', '2', '5', '8'])('without frame %s', async (frame) => {
    await writeScript(script, SEED)
    const { shown, told } = shownIn(edited(frame))
    expect(shown).toBe('')
    expect(told).toMatch(/^pipelint, frame \d+: (?:pipelint judged another capture|from this frame on)/)
  })

  function framesWithProblem(capture: string): number[] {
    const { stdout } = tshark(capture, script, '-Y', 'pipelint.problem', '-T', 'fields', '-e', 'frame.number')
    return stdout.split('\n').filter(Boolean).map(Number)
  }
})

describe.runIf(hasTshark)('several captures', () => {
  test('one Lua file shows each of them, and names the other', async () => {
    const part = (name: string, frames: string) => {
      const path = files.path(name)
      expect(spawnSync('editcap', ['-r', '-F', 'pcap', SEED, path, frames]).status).toBe(0)
      return path
    }
    const [first, second] = [part('first.pcap', '1-9'), part('second.pcap', '10-15')]
    const { printed, exitCode } = await invoke('wireshark', '-o', script, second, first)
    expect(exitCode).toBe(0)
    expect(printed.split('\n').map((line) => line.split(' ').at(-1))).toEqual([first, second, ''])
    expect(framesWith(first, script, 'pipelint.rule == "input-lost"')).toEqual([9])
    expect(framesWith(second, script, 'pipelint.rule == "input-lost"')).toEqual([1, 2])
    expect(framesWith(second, script, 'pipelint.verdict == "violation"')).toEqual([1, 2, 3, 4, 5, 6])
    expect(framesWith(first, script, 'pipelint.other_capture == "frame 2 of second.pcap"')).toEqual([9])
    expect(framesWith(second, script, 'pipelint.other_capture == "frame 9 of first.pcap"')).toEqual([1, 2, 3])
    expect(framesWith(first, script, 'pipelint.response_in')).toEqual([6])
    const { stdout } = tshark(second, script, '-V', '-O', 'pipelint', '-Y', 'frame.number == 2')
    expect(stdout).toContain('ACK in frame 1 of second.pcap')
  })
})

describe.runIf(hasTshark)('packets with thousands of commands and replies', () => {
  test('each is shown, and the Info column stays short', async () => {
    const capture = files.path('many.pcap')
    const many = 4000
    const commands = Array.from({ length: many }, (_, i) => (i === 0 ? 'C> RSET' : 'C| RSET'))
    const replies = Array.from({ length: many }, (_, i) => (i % 40 === 0 ? 'S> 250 ok' : 'S| 250 ok'))
    writeFileSync(capture, toCollection([dialogue(...commands, ...replies)]))
    await writeScript(script, capture)
    const { pairs } = await expectedOf(capture)
    expect(pairs.length).toBeGreaterThan(many)
    const rows = fieldsOf(capture, script, 'frame.number', 'pipelint.response_in')
    expect(rows.flatMap((row) => (row[1] ?? []).map((reply) => `${row[0]?.[0]}>${reply}`)).sort()).toEqual(pairs)
    const { stdout } = tshark(capture, script, '-Y', 'pipelint.command == "RSET"')
    expect(stdout).toMatch(/ \[reply in 8, 9, [\d, ]{1,200}, and more\]/)
  })
})

/** What would end a string, begin an escape, or end a line in Lua. */
const HOSTILE = ['"]]..os.exit(7)..[[', '\\x5c" .. error("x") --', '\\x00\\x01\\x0d\\x1b[2J', '%s%d%%\\x7f\\xff', ']=]']

describe.runIf(hasTshark)('text from the wire', () => {
  test.each(HOSTILE)('%j', async (text) => {
    const capture = files.path('hostile.pcap')
    const lines = [`C> ${text}`, `C| RCPT TO:<${text}@example.org>`, `S> 500 ${text}`, `S> ${text}`, 'S> [fin]']
    writeFileSync(capture, toCollection([dialogue(...lines)]))
    await writeScript(script, capture)
    const { pairs, rules } = await expectedOf(capture)
    expect(rules.length).toBeGreaterThan(0)
    const rows = fieldsOf(capture, script, 'frame.number', 'pipelint.response_in', 'pipelint.rule')
    expect(rows.flatMap((row) => (row[1] ?? []).map((reply) => `${row[0]?.[0]}>${reply}`)).sort()).toEqual(pairs)
    expect(rows.flatMap((row) => (row[2] ?? []).map((rule) => `${row[0]?.[0]} ${rule}`)).sort()).toEqual(rules)
  })

  test('a name of a file', async () => {
    const [one, two] = [`${files.path('a"]]\n')}\\.pcap`, files.path('b" .. x.pcap')]
    for (const path of [one, two]) writeFileSync(path, readFileSync(SEED))
    expect((await invoke('wireshark', '-o', script, one, two)).exitCode).toBe(0)
    expect(tshark(one, script, '-Y', 'pipelint.session').stderr).toBe('')
  })

  test('Lua 5.2 reads a string as it was written', () => {
    writeFileSync(script, `io.stderr:write(${lua('a"\\\n\0é\u20281%d')}, "\\n")`)
    expect(tshark(SEED, script, '-c', '1').stderr).toBe('a"\\\n\0é\u20281%d\n')
  })
})
