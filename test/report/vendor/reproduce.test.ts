// The shell lines of a report, run: what they send reaches a server as one group.
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { invoke } from '../../support/invoke.ts'
import { toCapture } from '../../support/judge.ts'
import { parseTranscript } from '../../support/transcript.ts'

/** Stands for every nc: standard input to the socket, the socket to standard output. */
const NC = `#!${process.execPath}
const socket = require('node:net').connect(Number(process.argv[3]), process.argv[2])
process.stdin.pipe(socket).pipe(process.stdout)
`

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pipelint-'))
  writeFileSync(join(folder, 'nc'), NC)
  chmodSync(join(folder, 'nc'), 0o755)
  // Whatever a directory above says of modules.
  writeFileSync(join(folder, 'package.json'), '{}')
})
afterEach(() => rmSync(folder, { recursive: true }))

async function scriptsOf(capture: string): Promise<string[]> {
  const { printed } = await invoke('report', '--format', 'md', capture)
  return [...printed.matchAll(/```\n(\(sleep[^`]*)```/g)].map(([, script]) => script ?? '')
}

/** Runs the script; the pieces in which a server received what it sent, inside TLS where it has a key. */
async function received(script: string, shell: string, key: { key: string; cert: string } | null = null) {
  const pieces: string[] = []
  const answer = (socket: Duplex) => {
    socket.on('error', () => {})
    socket.on('data', (piece: Buffer) => {
      const text = piece.toString('latin1')
      if (key !== null && !(socket instanceof TLSSocket)) {
        socket.write(text.startsWith('STARTTLS') ? '220 go ahead\r\n' : '250-mail.example.com\r\n250 STARTTLS\r\n')
        if (!text.startsWith('STARTTLS')) return
        socket.removeAllListeners('data')
        answer(new TLSSocket(socket, { isServer: true, ...key }))
        return
      }
      pieces.push(text)
      if (text.includes('QUIT')) socket.end('221 bye\r\n')
      else socket.write('250 ok\r\n')
    })
  }
  const server = createServer((socket) => {
    socket.write('220 mail.example.com ESMTP\r\n')
    answer(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const here = script
    .replaceAll('sleep 5', `sleep ${key === null ? 0.2 : 1}`)
    .replace(/nc \S+ \d+/, `nc 127.0.0.1 ${port}`)
    .replace(/-connect \S+/, `-connect 127.0.0.1:${port}`)
  const child = spawn(shell, ['-c', here], { env: { PATH: `${folder}:${process.env.PATH}` }, stdio: 'ignore' })
  await new Promise((resolve) => child.on('close', resolve))
  server.close()
  return pieces
}

describe.each(['bash', 'sh'])('%s', (shell) => {
  test('the group leaves at once, behind EHLO', async () => {
    const [script = ''] = await scriptsOf('samples/frontbridge.pcap')
    expect(await received(script, shell)).toEqual([
      'EHLO client.example.com\r\n',
      'MAIL FROM:<sender@example.com>\r\nRCPT TO:<recipient@example.com>\r\nRSET\r\nQUIT\r\n',
    ])
  })

  test('for comparison: QUIT by itself', async () => {
    const [, , script = ''] = await scriptsOf('samples/five-dialogues.pcap')
    expect(await received(script, shell)).toEqual([
      'EHLO client.example.com\r\n',
      'MAIL FROM:<sender@example.com>\r\nRCPT TO:<recipient@example.com>\r\nRSET\r\n',
      'QUIT\r\n',
    ])
  })
})

/** Part of every system that has a mail server; without it the line is not run, which is said. */
const hasOpenssl = spawnSync('openssl', ['version']).status === 0
if (!hasOpenssl && process.env.CI === 'true') throw new Error('openssl is missing')

test.skipIf(!hasOpenssl)('behind STARTTLS: the same in TLS', async () => {
  const [file, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const words = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=mail.example.com']
  expect(spawnSync('openssl', [...words, '-keyout', file, '-out', cert]).status).toBe(0)
  const [, script = ''] = await scriptsOf('samples/frontbridge.pcap')
  const key = { key: readFileSync(file, 'latin1'), cert: readFileSync(cert, 'latin1') }
  expect(await received(script, 'bash', key)).toEqual([
    'EHLO client.example.com\r\n',
    'MAIL FROM:<sender@example.com>\r\nRCPT TO:<recipient@example.com>\r\nRSET\r\nQUIT\r\n',
  ])
})

test('in LMTP: LHLO, a recipient for each reply, and the parameter of lmtp(8)', async () => {
  const capture = join(folder, 'lmtp.pcap')
  const dialogue = `
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
  writeFileSync(capture, toCapture(parseTranscript(dialogue)))
  const { printed } = await invoke('report', '--format', 'md', capture)
  expect(printed).toContain('lmtp_discard_lhlo_keyword_address_maps = ')
  expect(printed).not.toMatch(/smtp_discard_ehlo|-starttls smtp/)
  const [script = ''] = await scriptsOf(capture)
  expect(await received(script, 'bash')).toEqual([
    'LHLO client.example.com\r\n',
    'MAIL FROM:<sender@example.com>\r\n',
    'RCPT TO:<recipient@example.com>\r\n',
    'RCPT TO:<recipient@example.com>\r\n',
    'DATA\r\n',
    'Subject: test\r\n\r\ntest\r\n.\r\nQUIT\r\n',
  ])
})
