// The shell lines of a report, run against a server that has the fault and against one that has not: they say which is
// which, by the number of replies, their order, or the time between them.
import { spawn, spawnSync } from 'node:child_process'
import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { createServer as createTlsServer, TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { invoke } from '../../support/invoke.ts'
import { toCapture } from '../../support/judge.ts'
import { parseTranscript } from '../../support/transcript.ts'

/** Stands for every nc: standard input to the socket, the socket to standard output. */
const NC = `#!${process.execPath}
const socket = require('node:net').connect(Number(process.argv[3]), process.argv[2])
socket.on('error', () => process.exit(1))
process.stdin.pipe(socket).pipe(process.stdout)
`

let folder = ''
let files = 0
/** The tests of this file run beside each other, because they mostly wait. */
const newFile = (name: string) => join(folder, `${++files}-${name}`)
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pipelint-'))
  writeFileSync(join(folder, 'nc'), NC)
  chmodSync(join(folder, 'nc'), 0o755)
  // Whatever a directory above says of modules.
  writeFileSync(join(folder, 'package.json'), '{}')
})
afterAll(() => rmSync(folder, { recursive: true }))

async function captureOf(dialogue: string, ...options: string[]): Promise<string> {
  const path = newFile('test.pcap')
  writeFileSync(path, toCapture(parseTranscript(dialogue, options)))
  return path
}

/** The shell code of a report: the function, and the scripts in order. */
async function scriptsOf(capture: string) {
  const { printed } = await invoke('report', '--format', 'md', capture)
  const [reader = ''] = /replies\(\) \{[^`]*?\n\}/.exec(printed) ?? []
  return {
    reader,
    printed,
    scripts: [...printed.matchAll(/```\n(\(sleep[^`]*)```/g)].map(([, script]) => script ?? ''),
  }
}

/** What a server does with the commands that it receives: one reply each by default. */
interface Behaviour {
  /** The replies to a command; none to lose it. */
  readonly answer?: (command: string, state: State) => readonly string[] | null
  /** Replies wait until the client sends more. */
  readonly holdsBack?: boolean
  readonly lmtp?: boolean
  readonly closes?: (command: string) => boolean
}

interface State {
  recipients: number
  inContent: boolean
  readonly pieces: string[]
}

/** A server for one connection. Pieces are what arrived at once. */
function serve(
  socket: Duplex,
  { answer, holdsBack = false, lmtp = false, closes }: Behaviour,
  state: State,
  greets: boolean,
) {
  let rest = ''
  let held: string[] = []
  socket.on('error', () => {})
  if (greets) socket.write('220 mail.example.com ESMTP\r\n')
  socket.on('data', (piece: Buffer) => {
    state.pieces.push(piece.toString('latin1'))
    const lines = (rest + piece.toString('latin1')).split('\r\n')
    rest = lines.pop() ?? ''
    let replies: string[] = []
    for (const line of lines) {
      const given = answer?.(line, state) ?? usual(line, state, lmtp)
      replies.push(...given)
      if (/^QUIT/.test(line) && !state.inContent) closes ??= (command) => command === 'QUIT'
      if (closes?.(line) === true && !state.inContent) {
        socket.end([...held, ...replies].map((reply) => `${reply}\r\n`).join(''))
        return
      }
    }
    if (holdsBack && lines.length > 1) {
      held = replies
      replies = []
    } else if (held.length > 0) {
      replies.unshift(...held)
      held = []
    }
    if (replies.length > 0) socket.write(replies.map((reply) => `${reply}\r\n`).join(''))
  })
}

function usual(line: string, state: State, lmtp: boolean): string[] {
  if (state.inContent) {
    if (line !== '.') return []
    state.inContent = false
    return Array<string>(lmtp ? state.recipients : 1).fill('250 queued')
  }
  if (/^RCPT/.test(line)) state.recipients++
  if (/^(?:EHLO|LHLO)/.test(line)) return ['250-mail.example.com', '250 PIPELINING']
  if (line === 'DATA') {
    state.inContent = true
    return ['354 go on']
  }
  return line === 'QUIT' ? ['221 bye'] : ['250 ok']
}

interface Outcome {
  readonly said: string
  readonly verdict: string
  readonly pieces: readonly string[]
}

type Tls = 'none' | 'starttls' | 'implicit'

interface How {
  readonly shell?: string
  readonly tls?: Tls
  readonly key?: Key | null
  /** False: nothing listens at the address. */
  readonly isThere?: boolean
}

/** Runs a script against a server; pauses are shorter, and so are the times that it judges by. */
async function run(
  { reader, scripts }: { readonly reader: string; readonly scripts: readonly string[] },
  which: number,
  behaviour: Behaviour,
  { shell = 'sh', tls = 'none', key = null, isThere = true }: How = {},
): Promise<Outcome> {
  const state: State = { recipients: 0, inContent: false, pieces: [] }
  const arrived = newFile('arrived')
  writeFileSync(arrived, '')
  const met = (socket: Duplex, greets: boolean) => {
    const note = () => appendFileSync(arrived, '\n')
    serve(socket, behaviour, state, greets)
    socket.on('data', note)
    note()
  }
  const server =
    tls === 'implicit' && key !== null
      ? createTlsServer(key, (socket) => met(socket, true))
      : createServer((socket) =>
          tls === 'none' ? met(socket, true) : upgrade(socket, key, (inside) => met(inside, false)),
        )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  if (!isThere) server.close()
  // A group is sent when the one before it has arrived: programs may take long to start. Long pauses are shorter.
  const pause = (seconds: number, n: number) => {
    if (!isThere || seconds > 5) return `sleep ${seconds > 5 ? 3 : 0.3}`
    return `i=0; until [ "$(wc -l < ${arrived})" -ge ${n} ] || [ $i -ge 80 ]; do i=$((i + 1)); sleep 0.1; done; sleep 0.2`
  }
  let pauses = 0
  const script = (scripts[which] ?? '')
    .replace(/sleep (\d+)/g, (_, seconds) => pause(Number(seconds), ++pauses))
    .replaceAll('+10', '+2')
    .replace(/nc \S+ \d+/, `nc 127.0.0.1 ${port}`)
    .replace(/-connect \S+/, `-connect 127.0.0.1:${port}`)
  const child = spawn(shell, ['-c', `${reader}\n${script}`], { env: { PATH: `${folder}:${process.env.PATH}` } })
  let said = ''
  child.stdout.on('data', (piece: Buffer) => {
    said += piece.toString('latin1')
  })
  await new Promise((resolve) => child.on('close', resolve))
  server.close()
  return { said, verdict: said.trimEnd().split('\n').at(-1) ?? '', pieces: state.pieces }
}

/** The part of a session before TLS. */
function upgrade(socket: Duplex, key: Key | null, begin: (inside: Duplex) => void): void {
  socket.on('error', () => {})
  socket.write('220 mail.example.com ESMTP\r\n')
  socket.on('data', (piece: Buffer) => {
    const isStart = piece.toString('latin1').startsWith('STARTTLS')
    socket.write(isStart ? '220 go ahead\r\n' : '250-mail.example.com\r\n250 STARTTLS\r\n')
    if (!isStart) return
    socket.removeAllListeners('data')
    const inside = new TLSSocket(socket as never, { isServer: true, ...key })
    inside.once('secure', () => begin(inside))
  })
}

interface Key {
  readonly key: string
  readonly cert: string
}

function makeKey(): Key {
  const [file, cert] = [newFile('key.pem'), newFile('cert.pem')]
  const words = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=mail.example.com']
  expect(spawnSync('openssl', [...words, '-keyout', file, '-out', cert]).status).toBe(0)
  return { key: readFileSync(file, 'latin1'), cert: readFileSync(cert, 'latin1') }
}

const GROUP = 'MAIL FROM:<sender@example.com>\r\nRCPT TO:<recipient@example.com>\r\nRSET\r\nQUIT\r\n'
/** FrontBridge: what stands between MAIL and QUIT is lost. */
const LOSES: Behaviour = {
  answer: (line, { pieces }) => (pieces.at(-1)?.endsWith('QUIT\r\n') && /^R/.test(line) ? [] : null),
}

describe.each(['bash', 'sh'])('the number of replies, in %s', (shell) => {
  test.concurrent('a server that loses commands, and one that does not', async () => {
    const scripts = await scriptsOf('samples/frontbridge.pcap')
    const bad = await run(scripts, 0, LOSES, { shell })
    expect(bad.verdict).toBe('FAULT: 221 instead of the reply to RCPT; missing replies: 2')
    expect(bad.pieces).toEqual(['EHLO client.example.com\r\n', GROUP])
    const good = await run(scripts, 0, {}, { shell })
    expect(good.verdict).toBe('NO FAULT: each command has one reply, in order')
    expect(good.said).toMatch(
      /^\d\d:\d\d:\d\d greeting: 220 .*\n.* EHLO: 250 PIPELINING\n.* MAIL: 250 ok\n.* RCPT: 250 ok\n/,
    )
  })

  test.concurrent('for comparison: QUIT apart, where it does well', async () => {
    const scripts = await scriptsOf('samples/five-dialogues.pcap')
    const { verdict, pieces } = await run(scripts, 2, LOSES, { shell })
    expect(verdict).toMatch(/^NO FAULT/)
    expect(pieces.slice(1)).toEqual([GROUP.replace('QUIT\r\n', ''), 'QUIT\r\n'])
  })
})

describe('no result instead of a false one', () => {
  test.concurrent.each<[string, Behaviour]>([
    ['the recipient is refused', { answer: (line) => (/^RCPT/.test(line) ? ['550 no such user'] : null) }],
    [
      'the server says 421',
      { answer: (line) => (/^RCPT/.test(line) ? ['421 too busy'] : null), closes: (line) => /^RCPT/.test(line) },
    ],
    ['EHLO is refused', { answer: (line) => (/^EHLO/.test(line) ? ['554 go away'] : null) }],
  ])('%s', async (_, behaviour) => {
    const { verdict } = await run(await scriptsOf('samples/frontbridge.pcap'), 0, behaviour)
    expect(verdict).toBe('NO RESULT: refused')
  })

  test.concurrent('there is no server', async () => {
    const scripts = await scriptsOf('samples/frontbridge.pcap')
    expect((await run(scripts, 0, {}, { isThere: false })).verdict).toBe('NO RESULT: no answer')
  })
})

test.concurrent('replies 354 before the reply to RCPT', async () => {
  const capture = await captureOf(`
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    C| DATA
    S> 250 ok
    S| 354 go on
    S| 250 ok
    C> text
    C| .
    S> 250 ok
    C> QUIT
    S> 221 bye
    S> [fin]`)
  const scripts = await scriptsOf(capture)
  let kept: string[] = []
  const bad: Behaviour = {
    answer: (line, state) => {
      if (/^RCPT/.test(line)) {
        kept = ['250 ok']
        return []
      }
      if (line !== 'DATA') return null
      state.inContent = true
      return ['354 go on', ...kept]
    },
  }
  expect((await run(scripts, 0, bad)).verdict).toBe('FAULT: 354 instead of the reply to RCPT; missing replies: 0')
  const good = await run(scripts, 0, {})
  expect(good.verdict).toMatch(/^NO FAULT/)
  expect(good.pieces.at(-2)).toBe('Subject: test\r\n\r\ntest\r\n.\r\n')
})

test.concurrent('an extra reply', async () => {
  const capture = await captureOf(`
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    C| RSET
    S> 250 ok
    S| 250 ok
    S| 250 ok
    S| 250 ok
    C> NOOP
    S> 250 ok
    C> QUIT
    S> 221 bye
    S> [fin]`)
  const { reader, scripts, printed } = await scriptsOf(capture)
  expect(printed).toContain('reply-unexpected')
  const bad: Behaviour = { answer: (line) => (line === 'RSET' ? ['250 ok', '250 ok'] : null) }
  expect((await run({ reader, scripts }, 0, bad)).verdict).toMatch(/^FAULT: 221 instead|^FAULT: extra replies: 1/)
  expect((await run({ reader, scripts }, 0, {})).verdict).toMatch(/^NO FAULT/)
})

test.concurrent('replies that are held back until more input comes', async () => {
  const round = `
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    C> [+15s] NOOP
    S> 250 ok
    S| 250 ok
    S| 250 ok
    C> RSET
    S> 250 ok`
  const scripts = await scriptsOf(await captureOf(`${round}${round}\n    C> QUIT\n    S> 221 bye\n    S> [fin]`))
  const bad = await run(scripts, 0, { holdsBack: true })
  expect(bad.verdict).toBe('FAULT: wrong time of the reply to NOOP; missing replies: 0')
  expect((await run(scripts, 0, {})).verdict).toMatch(/^NO FAULT/)
}, 30_000)

test.concurrent('a message that is accepted before it has ended', async () => {
  const capture = await captureOf(`
    C> MAIL FROM:<a@example.org>
    S> 250 ok
    C> RCPT TO:<b@example.org>
    S> 250 ok
    C> DATA
    S> 354 go on
    C> text<|>
    S> 250 queued
    C> more
    C| .
    C> QUIT
    S> 221 bye
    S> [fin]`)
  const { reader, scripts, printed } = await scriptsOf(capture)
  expect(printed).toContain('reply-before-command')
  const bad: Behaviour = {
    answer: (line, state) => {
      if (state.inContent && line === 'test') return ['250 queued']
      if (!state.inContent || line !== '.') return null
      state.inContent = false
      return []
    },
  }
  expect((await run({ reader, scripts }, 0, bad)).verdict).toMatch(/^FAULT: wrong time of the reply to content/)
  expect((await run({ reader, scripts }, 0, {})).verdict).toMatch(/^NO FAULT/)
}, 30_000)

test.concurrent('pipelining that is refused, and the same commands one by one', async () => {
  const capture = await captureOf(`
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    C| RSET
    S> 503 5.5.1 pipelining not allowed
    S| 503 5.5.1 pipelining not allowed
    S| 503 5.5.1 pipelining not allowed
    C> QUIT
    S> 221 bye
    S> [fin]`)
  const { reader, scripts, printed } = await scriptsOf(capture)
  expect(printed).toContain('pipelining-rejected')
  const bad: Behaviour = {
    answer: (_, { pieces }) => ((pieces.at(-1)?.split('\r\n').length ?? 0) > 2 ? ['503 no'] : null),
  }
  expect((await run({ reader, scripts }, 0, bad)).verdict).toBe('FAULT: MAIL was refused; missing replies: 0')
  expect((await run({ reader, scripts }, 0, {})).verdict).toMatch(/^NO FAULT/)
  expect((await run({ reader, scripts }, 2, bad)).verdict).toMatch(/^NO FAULT/)
})

test.concurrent('commands that are lost behind a refusal: the recipient is to be refused', async () => {
  const capture = await captureOf(`
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    C| RSET
    C| QUIT
    S> 250 ok
    S| 550 no such user
    S| 221 bye
    S> [fin]`)
  const { reader, scripts, printed } = await scriptsOf(capture)
  expect(printed).toContain('one that the server refuses, as in the capture')
  const refuses = (more: Behaviour['answer']): Behaviour => ({
    answer: (line, state) => (/^RCPT/.test(line) ? ['550 no such user'] : (more?.(line, state) ?? null)),
  })
  const bad = refuses((line) => (line === 'RSET' ? [] : null))
  expect((await run({ reader, scripts }, 0, bad)).verdict).toMatch(/^FAULT: 221 .* RSET; missing replies: 1$/)
  expect(
    (
      await run(
        { reader, scripts },
        0,
        refuses(() => null),
      )
    ).verdict,
  ).toMatch(/^NO FAULT/)
})

const LMTP = `
    S> 220 mda.example.net LMTP
    C> LHLO client.example.com
    S> 250-mda.example.net
    S| 250 PIPELINING
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    C| RCPT TO:<c@example.org>
    C| DATA
    S> 250 ok
    S| 250 ok
    S| 250 ok
    S| 354 go on
    C> text
    C| .
    C| QUIT
    S> 250 delivered
    S| 221 bye
    S> [fin]`

test.concurrent('in LMTP: LHLO, a recipient for each reply, and the parameter of lmtp(8)', async () => {
  const { reader, scripts, printed } = await scriptsOf(await captureOf(LMTP))
  expect(printed).toContain('lmtp_discard_lhlo_keyword_address_maps = ')
  expect(printed).toContain('-starttls lmtp')
  expect(printed).not.toMatch(/smtp_discard_ehlo|-starttls smtp/)
  const bad: Behaviour = {
    lmtp: true,
    answer: (line, state) => {
      if (!state.inContent || line !== '.') return null
      state.inContent = false
      return ['250 delivered']
    },
  }
  const { verdict, pieces } = await run({ reader, scripts }, 0, bad)
  expect(verdict).toBe('FAULT: 221 instead of the reply to content; missing replies: 1')
  expect(pieces).toEqual([
    'LHLO client.example.com\r\n',
    'MAIL FROM:<sender@example.com>\r\n',
    'RCPT TO:<recipient@example.com>\r\n',
    'RCPT TO:<recipient@example.com>\r\n',
    'DATA\r\n',
    'Subject: test\r\n\r\ntest\r\n.\r\nQUIT\r\n',
  ])
  expect((await run({ reader, scripts }, 0, { lmtp: true })).verdict).toMatch(/^NO FAULT/)
})

/** Part of every system that has a mail server; without it the line is not run, which is said. */
const hasOpenssl = spawnSync('openssl', ['version']).status === 0
if (!hasOpenssl && process.env.CI === 'true') throw new Error('openssl is missing')

describe.skipIf(!hasOpenssl)('in TLS', () => {
  test.concurrent('after STARTTLS, which the server offers', async () => {
    const scripts = await scriptsOf('samples/frontbridge.pcap')
    expect(scripts.printed).toContain('The same after STARTTLS, which the server offers')
    const how = { tls: 'starttls', key: makeKey() } as const
    const bad = await run(scripts, 1, LOSES, how)
    expect(bad.verdict).toBe('FAULT: 221 instead of the reply to RCPT; missing replies: 2')
    expect(bad.pieces).toEqual(['EHLO client.example.com\r\n', GROUP])
    expect((await run(scripts, 1, {}, how)).verdict).toMatch(/^NO FAULT/)
  })
})

test.concurrent('what no count, order or time shows is not claimed to be reproduced', async () => {
  const { printed } = await invoke('report', '--format', 'md', 'test/report/vendor/permuted.pcap')
  expect(printed).toContain('A shell command cannot reproduce this fault')
  expect(printed).not.toContain('replies()')
})
