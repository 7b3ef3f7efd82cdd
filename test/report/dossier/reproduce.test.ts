// The shell lines of a report, run: what they send reaches a server as one group.
import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { invoke } from '../../support/invoke.ts'

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
})
afterEach(() => rmSync(folder, { recursive: true }))

async function scriptsOf(capture: string): Promise<string[]> {
  const { printed } = await invoke('report', '--format', 'md', capture)
  return [...printed.matchAll(/```\n(\(sleep[^`]*)```/g)].map(([, script]) => script ?? '')
}

/** The pieces in which a server received what the script sent. */
async function received(script: string, shell: string): Promise<string[]> {
  const pieces: string[] = []
  const server = createServer((socket) => {
    socket.write('220 mail.example.com ESMTP\r\n')
    socket.on('data', (piece) => {
      pieces.push(piece.toString('latin1'))
      if (piece.includes('QUIT')) socket.end('221 bye\r\n')
      else socket.write('250 ok\r\n')
    })
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const here = script.replaceAll('sleep 5', 'sleep 0.2').replace(/nc \S+ \d+/, `nc 127.0.0.1 ${port}`)
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

test('behind STARTTLS: what openssl is told', async () => {
  const [, script = ''] = await scriptsOf('samples/frontbridge.pcap')
  expect(script).toContain('openssl s_client -quiet -starttls smtp -connect 203.0.113.25:25\n')
})
