// Every limit that remote dialogue can reach is reached here and reported: by `resource-cap` in the session, or by a
// count of what was left out.
import { describe, expect, test } from 'vitest'
import { type Analysis, type AnalyzeOptions, analyze } from '../src/analyze.ts'
import {
  FINDING_RECORDS_MAX,
  FINDINGS_ALIKE_MAX,
  GROUP_REPLIES_MAX,
  GROUP_UNITS_MAX,
  KEPT_BYTES_EACH_MAX,
  KEPT_BYTES_MAX,
  KEPT_RECORD_BYTES,
  LINE_BYTES_MAX,
  NOTABLE_ALIKE_MAX,
  OUT_OF_ORDER_BYTES_MAX,
  PERMUTED_UNITS_MAX,
  PROOF_BLIND_MAX,
  RECOGNISE_CHUNKS_MAX,
  REPLY_LINES_MAX,
  SESSION_LIMITS_MAX,
  SHOWN_LINE_CHARACTERS_MAX,
  SILENT_CONNECTIONS_MAX,
  UNDECIDED_BYTES_MAX,
} from '../src/limits.ts'
import { type Manner, type Turn, toFrames } from './fuzz/dialogue.ts'
import { type Frame, type Frames, writeFrames } from './fuzz/frames.ts'
import { changed } from './fuzz/segment.ts'

const MANNER: Manner = { segmentBytes: 1448, blindEvery: 0, handshake: true, close: 'fin', port: 25, apartUs: 100 }

const C = (text: string): Turn => ({ side: 0, bytes: new Uint8Array(Buffer.from(text, 'latin1')) })
const S = (text: string): Turn => ({ side: 1, bytes: new Uint8Array(Buffer.from(text, 'latin1')) })
const GREETED = [S('220 a ESMTP\r\n'), C('EHLO c\r\n'), S('250-a\r\n250 PIPELINING\r\n')]
const AT_DATA = [...GREETED, C('MAIL FROM:<a@b.c>\r\nRCPT TO:<d@e.f>\r\nDATA\r\n'), S('250 ok\r\n250 ok\r\n')]

async function judge(capture: Frames, options: AnalyzeOptions = {}): Promise<Analysis> {
  const file = writeFrames(capture)
  async function* whole(): AsyncIterable<Uint8Array> {
    yield file
  }
  return analyze([{ name: 'bounds', bytes: whole() }], options)
}

const say = (turns: readonly Turn[], manner: Partial<Manner> = {}) => toFrames(turns, { ...MANNER, ...manner })

const limitsOf = ({ sessions }: Analysis) => sessions[0]?.limits.map(({ code }) => code) ?? []

/** The same frame from another client. */
function from(frame: Frame, client: number): Frame {
  return changed(frame, (view) => view.setUint32(view.getUint16(20) === 25 ? 16 : 12, 0x0a000000 + client))
}

describe('undecided octets behind DATA', () => {
  test('in bulk', async () => {
    const octets = C('x'.repeat(UNDECIDED_BYTES_MAX))
    expect(limitsOf(await judge(say([...AT_DATA, octets])))).toContain('resource-cap')
  })

  test('one octet per segment, so that each has a record of its own', async () => {
    const octets = C('x'.repeat(UNDECIDED_BYTES_MAX / KEPT_RECORD_BYTES))
    expect(limitsOf(await judge(say([...AT_DATA, octets], { segmentBytes: 1 })))).toContain('resource-cap')
  })

  test('up to the size of a window there is no limit', async () => {
    const content = C(`${'x'.repeat(500_000)}\r\n.\r\n`)
    const analysis = await judge(say([...AT_DATA, content, S('354 go\r\n250 ok\r\n'), C('QUIT\r\n'), S('221 bye\r\n')]))
    expect(limitsOf(analysis)).not.toContain('resource-cap')
  })
})

describe('a group', () => {
  test('of more commands than are kept', async () => {
    const analysis = await judge(say([...GREETED, C('NOOP\r\n'.repeat(GROUP_UNITS_MAX * 4 + 10))]))
    expect(limitsOf(analysis)).toContain('resource-cap')
    expect(analysis.sessions[0]?.commands).toBe(GROUP_UNITS_MAX * 4 + 11)
  })

  test('of more replies than are kept', async () => {
    const analysis = await judge(say([...GREETED, S('250 ok\r\n'.repeat(GROUP_REPLIES_MAX + 10))]))
    expect(limitsOf(analysis)).toContain('resource-cap')
    expect(analysis.sessions[0]?.replies).toBe(GROUP_REPLIES_MAX + 12)
  })

  test('of more commands than are kept, with replies meanwhile: dropping its first commands releases their text', async () => {
    const lines = Array.from({ length: GROUP_UNITS_MAX + 100 }, (_, n) => `VRFY user-${n}\r\n`)
    const [front, rest] = [lines.slice(0, 3000).join(''), lines.slice(3000).join('')]
    const answers = (times: number) => S('252 perhaps\r\n'.repeat(times))
    const turns = [...GREETED, C(front), answers(2800), C(rest), answers(GROUP_UNITS_MAX - 2700), C('QUIT\r\n')]
    const { findings } = await judge(say([...turns, S('221 bye\r\n')]))
    const texts = findings.flatMap(({ commands }) => commands.map(({ text }) => text))
    expect(texts.filter((text) => !/^VRFY user-\d+$/.test(text))).toEqual([])
    expect(texts).toContain('VRFY user-2800')
  })

  test('of more text than one connection may keep', async () => {
    const reply = `${`250-${'x'.repeat(16_000)}\r\n`.repeat(REPLY_LINES_MAX)}250 ok\r\n`
    const times = Math.ceil(KEPT_BYTES_EACH_MAX / reply.length)
    const analysis = await judge(say([...GREETED, S(reply.repeat(times))], { segmentBytes: 16_000 }))
    expect(limitsOf(analysis)).toContain('resource-cap')
  })
})

describe('replies that name the commands of others, in a group with more of them than are compared each with each', () => {
  const count = PERMUTED_UNITS_MAX * 3
  const names = Array.from({ length: count }, (_, n) => `user-${n}@example.org`)
  const rcpts = names.map((name) => `RCPT TO:<${name}>\r\n`).join('')
  const answered = (order: readonly string[]) => order.map((name) => `250 <${name}> ok\r\n`).join('')
  const outOfOrder = async (order: readonly string[]) => {
    const turns = [...GREETED, C(`MAIL FROM:<>\r\n${rcpts}`), S(`250 ok\r\n${answered(order)}`), C('QUIT\r\n')]
    const { findings } = await judge(say([...turns, S('221 bye\r\n')]))
    return findings.filter(({ rule }) => rule === 'reply-out-of-order')
  }

  test('a rotation of all of them is found', async () => {
    const [found] = await outOfOrder([...names.slice(1), ...names.slice(0, 1)])
    expect(found).toMatchObject({ certainty: 'suspected' })
    expect(found?.message).toContain(`${count} replies`)
    expect((found?.message ?? '').length).toBeLessThan(1000)
  })

  test('and so are two that changed places, far apart', async () => {
    const [first = '', ...rest] = names
    const [found] = await outOfOrder([...rest.slice(-1), ...rest.slice(0, -1), first])
    expect(found?.message).toContain('2 replies')
  })

  test('names that are none of the group’s are no order', async () => {
    expect(await outOfOrder(names.map((name) => `alias-of-${name.replace('@', '@mail.')}`))).toEqual([])
  })
})

describe('lines and replies', () => {
  test('a line of any length is one command, of which the beginning is shown', async () => {
    const turns = [...GREETED, C(`NOOP ${'x'.repeat(LINE_BYTES_MAX * 3)}\r\nRSET\r\n`), S('250 ok\r\n250 ok\r\n')]
    const { sessions, findings } = await judge(say(turns))
    expect(sessions[0]).toMatchObject({ commands: 3, unanswered: 0 })
    const [{ text } = { text: '' }] = findings[0]?.commands ?? []
    expect(text).toContain(`[... ${LINE_BYTES_MAX - SHOWN_LINE_CHARACTERS_MAX} more]`)
  })

  test('a reply of any number of lines is one reply', async () => {
    const long = `${'250-x\r\n'.repeat(REPLY_LINES_MAX * 3)}250 ok\r\n`
    const { sessions } = await judge(say([...GREETED, C('HELP\r\n'), S(long), C('QUIT\r\n'), S('221 bye\r\n')]))
    expect(sessions[0]).toMatchObject({ replies: 4, unanswered: 0 })
  })
})

describe('out of order', () => {
  test('after a gap that is never filled, all later bytes are still read', async () => {
    const content = 'x'.repeat(OUT_OF_ORDER_BYTES_MAX)
    const turns = [
      ...AT_DATA,
      S('354 go\r\n'),
      C(content),
      C('\r\n.\r\n'),
      S('250 ok\r\n'),
      C('QUIT\r\n'),
      S('221 bye\r\n'),
    ]
    const { linkType, frames } = say(turns, { segmentBytes: 16_000 })
    // Nothing is acknowledged until everything is sent, so only the limit can end the wait for the gap.
    const hole = frames.findIndex(({ bytes }) => bytes.length > 10_000)
    const analysis = await judge({ linkType, frames: frames.filter((_, i) => i !== hole) })
    expect(limitsOf(analysis)).toContain('resource-cap')
    expect(analysis.sessions[0]).toMatchObject({ verdict: 'inconclusive', closedBy: 'client-fin', commands: 5 })
    expect(analysis.findings.filter(({ severity }) => severity === 'error')).toEqual([])
  })
})

describe('many connections', () => {
  test('without payload: the oldest are dropped, and still judged when data arrives later', async () => {
    const { linkType, frames } = say([...GREETED, C('QUIT\r\n'), S('221 bye\r\n')])
    const [syn] = frames as [Frame]
    const flood = Array.from({ length: SILENT_CONNECTIONS_MAX + 10 }, (_, n) => from(syn, n))
    const mine = frames.map((frame) => from(frame, 0))
    const { sessions } = await judge({ linkType, frames: [mine[0] as Frame, ...flood.slice(1), ...mine.slice(1)] })
    expect(sessions).toHaveLength(1)
    expect(sessions[0]).toMatchObject({ commands: 2, unanswered: 0 })
  })

  test('that keep too much together: the oldest are given up', async () => {
    const { linkType, frames } = say([C('EHLO c\r\n')], { close: 'none' })
    const count = Math.ceil(KEPT_BYTES_MAX / 12_000)
    const many = Array.from({ length: count }, (_, n) => frames.map((frame) => from(frame, n))).flat()
    const { sessions } = await judge({ linkType, frames: many })
    expect(sessions).toHaveLength(count)
    const capped = sessions.filter(({ limits }) => limits.some(({ code }) => code === 'resource-cap'))
    expect(capped.length).toBeGreaterThan(0)
    expect(capped.length).toBeLessThan(count / 2)
    expect(capped[0]).toBe(sessions[0])
  })

  test('segments before the protocol can be detected', async () => {
    const { linkType, frames } = say([C('E')], { port: 4711, close: 'none' })
    const last = frames.at(-1) as Frame
    const windows = Array.from({ length: RECOGNISE_CHUNKS_MAX + 10 }, (_, n) =>
      changed(last, (view) => {
        view.setUint32(24, view.getUint32(24) + 1)
        view.setUint16(34, n % 2)
      }),
    )
    const { summary } = await judge({ linkType, frames: [...frames, ...windows] })
    expect(summary.sessions).toBe(0)
  })
})

describe('findings', () => {
  const again = (times: number) =>
    Array.from({ length: times }, () => [C('NOOP\r\nRSET\r\n'), S('250 ok\r\n250 ok\r\n')])

  test('of one rule in one session', async () => {
    const analysis = await judge(say([...GREETED, ...again(FINDINGS_ALIKE_MAX + 5).flat()]))
    expect(analysis.findings.filter(({ rule }) => rule === 'command-after-sync-command')).toHaveLength(
      FINDINGS_ALIKE_MAX,
    )
    expect(limitsOf(analysis)).toContain('resource-cap')
    expect(analysis.sessions[0]?.limits.length).toBeLessThanOrEqual(SESSION_LIMITS_MAX * 2)
  })

  test('about more commands than are listed', async () => {
    const many = FINDING_RECORDS_MAX * 2
    const { findings } = await judge(
      say([...GREETED, C('MAIL FROM:<a@b.c>\r\n'.repeat(many)), C('QUIT\r\n'), S('221 x\r\n')]),
    )
    expect(findings.length).toBeGreaterThan(0)
    for (const { commands } of findings) expect(commands.length).toBeLessThanOrEqual(FINDING_RECORDS_MAX)
  })

  test('about more units sent blind than a proof lists: the message counts them all', async () => {
    const greeted = [S('220 a ESMTP\r\n'), C('EHLO c\r\n'), S('250 a\r\n'), C('MAIL FROM:<a@b.c>\r\n'), S('250 ok\r\n')]
    for (const sent of [PROOF_BLIND_MAX, PROOF_BLIND_MAX + 1]) {
      const turns = [...greeted, C('RCPT TO:<d@e.f>\r\n'.repeat(sent + 1)), S('250 ok\r\n'.repeat(sent + 1))]
      const { findings } = await judge(say(turns))
      const finding = findings.find(({ rule }) => rule === 'pipelining-not-advertised')
      expect(finding?.message).toContain(`the client sent ${sent} commands without waiting`)
      const named = finding?.proof?.items.filter(({ role }) => role === 'sent-blind')
      expect(named).toHaveLength(PROOF_BLIND_MAX)
    }
  })

  test('alike in many sessions: counted, and only the first are kept for a table', async () => {
    const { linkType, frames } = say([...GREETED, ...again(1).flat()])
    const count = NOTABLE_ALIKE_MAX + 20
    const many = Array.from({ length: count }, (_, n) => frames.map((frame) => from(frame, n))).flat()
    const { summary, findings } = await judge({ linkType, frames: many }, { keepSessions: 'notable' })
    expect(summary).toMatchObject({ sessions: count, violation: count })
    expect(findings.filter(({ rule }) => rule === 'command-after-sync-command')).toHaveLength(NOTABLE_ALIKE_MAX)
  })
})
