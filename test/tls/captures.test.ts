// Dialogues of OpenSSL with itself, for every cipher suite and handshake variant (made by record.mjs): each is
// decrypted, and tshark decrypts the same bytes.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { analyze } from '../../src/analyze.ts'
import { CaptureReader } from '../../src/capture/reader.ts'
import { openFile } from '../../src/capture/source.ts'
import { Decoded, SegmentDecoder } from '../../src/decode/decode.ts'
import { FlowTracker } from '../../src/tcp/flow-tracker.ts'
import { Keyring } from '../../src/tls/keyring.ts'
import { TlsConnection } from '../../src/tls/tls-connection.ts'
import { findingLines } from '../support/judge.ts'
import { needsPeer } from '../support/peer.ts'
import { sampleOf } from '../support/sample.ts'

const folder = new URL('captures/', import.meta.url)
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.pcap'))
  .map((name) => name.slice(0, -5))
const capture = (name: string) => new URL(`${name}.pcap`, folder).pathname
const keyLog = (name: string) => readFileSync(new URL(`${name}.keylog`, folder), 'latin1')

describe('captures of OpenSSL', () => {
  for (const name of names) {
    test(`${name} is decrypted`, async () => {
      const analysis = await analyze([capture(name)], { keyLogs: [keyLog(name)] })
      expect(analysis.sessions.length).toBe(/resumed|early/.test(name) ? 2 : 1)
      for (const session of analysis.sessions) {
        expect(session.encryption).toBe('decrypted')
        expect(session.limits).toEqual([])
        expect([session.commands, session.replies, session.messages]).toEqual([5, 7, 1])
        expect(session.clientName).toBe('client.example.com')
      }
      // Early data is sent before the server's greeting.
      const early = name === 'tls13-early-data' ? ['warning talk-before-greeting client proved'] : []
      expect(findingLines(analysis).map((line) => line.split(':')[0])).toEqual(early)
    })
  }

  test('a master secret known only from the session that is resumed', async () => {
    for (const name of ['tls12-resumed-by-ticket', 'tls12-resumed-by-id']) {
      const [first = ''] = keyLog(name).split('\n')
      const { sessions } = await analyze([capture(name)], { keyLogs: [first] })
      expect(sessions.map(({ encryption }) => encryption)).toEqual(['decrypted', 'decrypted'])
    }
  })

  test('the secret of a resumed session is exported under its own random', async () => {
    const name = 'tls12-resumed-by-id'
    const [first = ''] = keyLog(name).split('\n')
    const keyring = new Keyring()
    const randoms: (readonly string[])[] = []
    await analyze([capture(name)], {
      keyLogs: [first],
      keyring,
      onSession: ({ tls }) => void randoms.push(tls?.clientRandoms ?? []),
    })
    const [, resumed = []] = randoms
    expect(keyring.linesOf(resumed, 'given')).toBe('')
    expect(keyLog(name)).toContain(keyring.linesOf(resumed, 'known').trim())
    expect(keyring.linesOf(resumed, 'known')).toMatch(/^CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}\n$/)
  })

  test('a handshake whose own secrets are missing from the keys', async () => {
    const log = keyLog('tls13-aes128-gcm').split('\n')
    const { sessions } = await analyze([capture('tls13-aes128-gcm')], {
      keyLogs: [log.filter((line) => !line.includes('HANDSHAKE')).join('\n')],
    })
    expect(sessions.map(({ encryption, commands }) => [encryption, commands])).toEqual([['decrypted', 5]])
  })
})

describe('keys that do not help', () => {
  const reasonOf = async (name: string, log: string) => {
    const { sessions, findings } = await analyze([capture(name)], { keyLogs: [log], select: { ports: [44_465] } })
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(sessions[0]?.encryption).toBe('opaque')
    expect(sessions[0]?.verdict).toBe('inconclusive')
    return sessions[0]?.limits.find(({ code }) => code === 'tls')?.reason
  }
  /** The same secrets, each with a wrong digit. */
  const wrong = (log: string) => log.replace(/[0-9a-f]$/gm, (digit) => (digit === '0' ? '1' : '0'))

  test('no keys', async () => {
    expect(await reasonOf('tls13-aes128-gcm', '')).toBe('no keys were given')
  })
  test('keys of another session', async () => {
    expect(await reasonOf('tls13-aes128-gcm', keyLog('tls13-chacha20'))).toBe('the keys belong to other sessions')
    expect(await reasonOf('tls12-chacha20', keyLog('tls13-chacha20'))).toBe('the keys belong to other sessions')
  })
  test('wrong keys', async () => {
    for (const name of names)
      expect(await reasonOf(name, wrong(keyLog(name))), name).toBe('the keys do not decrypt this session')
  })
  test('some of the keys', async () => {
    const log = keyLog('tls13-aes128-gcm').replace(/^SERVER_TRAFFIC.*$/m, '')
    expect(await reasonOf('tls13-aes128-gcm', log)).toBe('some secrets of this session are missing from the keys')
  })
})

/** What both sides said inside TLS, in hexadecimal: client, server, by connection. */
async function ours(name: string): Promise<[string, string][]> {
  const keyring = new Keyring()
  keyring.add(keyLog(name))
  const said: [string, string][] = []
  const streams = new FlowTracker(() => {
    const texts: [string, string] = ['', '']
    said.push(texts)
    const tls = new TlsConnection(0, [0, 0], keyring, 0, {
      preamble: (_side, _chunk, at) => at,
      plain(side, { kind, bytes, offset, length }) {
        if (kind === 'bytes') texts[side] += Buffer.from(bytes.subarray(offset, offset + length)).toString('hex')
      },
      secured: () => {},
      opaque: (reason) => expect(reason).toBe(''),
    })
    return {
      chunk(side, chunk) {
        tls.take(side, chunk)
        return true
      },
      end: () => true,
    }
  })
  const source = await openFile(capture(name))
  const reader = await CaptureReader.open(source)
  const decoder = new SegmentDecoder()
  do {
    while (reader.next()) if (decoder.decode(reader.packet) === Decoded.SEGMENT) streams.segment(decoder.segment)
  } while (await reader.refill())
  streams.finish()
  await source.close()
  return said
}

function theirs(name: string, stream: number): [string, string] {
  const words = ['-r', capture(name), '-o', `tls.keylog_file:${new URL(`${name}.keylog`, folder).pathname}`]
  const output = execFileSync('tshark', [...words, '-q', '-z', `follow,tls,raw,${stream}`], { encoding: 'utf8' })
  const rows = output.split('\n').filter((line) => /^\t?[0-9a-f]+$/.test(line))
  const of = (tab: boolean) => rows.filter((line) => line.startsWith('\t') === tab).map((line) => line.trim())
  return [of(false).join(''), of(true).join('')]
}

/** Early data that the server refused and ignored: tshark shows it before the rest of the connection. */
const REFUSED = Buffer.from('EHLO client.example.com\r\n').toString('hex')

describe.runIf(needsPeer('tshark'))('tshark', () => {
  for (const name of sampleOf(names, 'TLS of tshark')) {
    test(`${name}: decrypts the same bytes`, async () => {
      for (const [i, [client, server]] of (await ours(name)).entries()) {
        const refused = name.endsWith('refused') && i === 1 ? REFUSED : ''
        expect([refused + client, server].sort()).toEqual(theirs(name, i).sort())
      }
    })
  }
})
