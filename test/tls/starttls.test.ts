// Real servers after STARTTLS, with TLS 1.2 and 1.3. A scripted client logged what it sent and received. The decrypted
// dialogue must equal that log, be judged like the same dialogue in plaintext, and equal what tshark decrypts, byte for
// byte.
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, expect, test } from 'vitest'
import { analyze } from '../../src/analyze.ts'
import { CaptureReader } from '../../src/capture/reader.ts'
import { openFile } from '../../src/capture/source.ts'
import { Decoded, SegmentDecoder } from '../../src/decode/decode.ts'
import type { ChunkView, Side } from '../../src/tcp/chunk.ts'
import { FlowTracker } from '../../src/tcp/flow-tracker.ts'
import { Keyring } from '../../src/tls/keyring.ts'
import { TlsConnection } from '../../src/tls/tls-connection.ts'
import { judge } from '../support/judge.ts'
import { needsPeer } from '../support/peer.ts'
import { parseTranscript, type Shown } from '../support/transcript.ts'

const folder = new URL('starttls/', import.meta.url)
const paths = [
  new URL('../captures/exim-starttls-with-secrets.pcapng', import.meta.url).pathname,
  ...readdirSync(folder).map((name) => new URL(name, folder).pathname),
]

const PROBE = [220, 250, 220, 250, 250, 250, 250, 221]
const FORTY = [220, 250, 220, ...Array<number>(41).fill(250), 221]
/** Haraka ignores a QUIT in the same segment as the end of the message. */
const message = (name: string) => [220, 250, 220, 250, 250, 250, 550, 250, 354, 250, name === 'haraka' ? 503 : 221]
/** The commands that the client sent and the codes that it received, by connection: first TLS 1.2, then 1.3. */
const dialogues = (name: string): readonly (readonly [number, readonly number[]])[] => {
  const four = [
    [7, PROBE],
    [9, message(name)],
    [44, FORTY],
    // Two more were injected before TLS.
    [7, PROBE],
  ] as const
  return [...four, ...four]
}

describe('is read as what the client sent and received', () => {
  for (const path of paths) {
    const name = basename(path, '.pcapng')
    test(name, async () => {
      const read: [number, number[]][] = []
      await analyze([path], {
        dialogues: true,
        onSession({ record, greeting, groups }) {
          if (record.encryption !== 'decrypted') return
          expect(record.limits).toEqual([])
          const replies = [greeting, ...groups.flatMap((group) => group.replies)]
          read.push([record.commands, replies.map((reply) => reply?.code ?? 0)])
        },
      })
      expect(read).toEqual(dialogues(name))
    })
  }
})

/** One connection: what both sides said before and inside TLS, in the order in which it was seen. */
interface Said {
  readonly shown: Shown[]
  /** Inside TLS, in hexadecimal: client, server. */
  readonly inside: [string, string]
  injected: boolean
}

const QUIET = {
  lost: false,
  late: false,
  again: false,
  unheard: false,
  closed: false,
  far: false,
  fin: false,
  rst: 'none',
} as const
const HANDSHAKE = 0x16

/** TLS begins after the reply to STARTTLS, whatever else the client sends before it. */
class Unwrapped {
  readonly said: Said = { shown: [], inside: ['', ''], injected: false }
  private readonly keyring: Keyring
  private readonly text = ['', '']
  private tls: TlsConnection | null = null

  constructor(keyring: Keyring) {
    this.keyring = keyring
  }

  chunk(side: Side, chunk: ChunkView): boolean {
    if (this.tls !== null) {
      this.tls.take(side, chunk)
      return true
    }
    if (chunk.kind !== 'bytes') return true
    const bytes = Buffer.from(chunk.bytes.subarray(chunk.offset, chunk.offset + chunk.length))
    const begun = (this.text[0] ?? '').indexOf('STARTTLS\r\n')
    this.text[side] += bytes.toString('latin1')
    this.show(side, bytes, chunk)
    if (side === 1 && begun >= 0) this.begin(begun + 'STARTTLS\r\n'.length, this.text[1]?.length ?? 0)
    return true
  }

  end(): boolean {
    return true
  }

  private begin(client: number, server: number): void {
    this.said.injected = (this.text[0]?.length ?? 0) > client
    this.tls = new TlsConnection(0, [client, server], this.keyring, 0, {
      preamble: (side, { bytes, offset, length }, at) => {
        const found = bytes.subarray(0, offset + length).indexOf(HANDSHAKE, at)
        this.said.injected ||= side === 0 && found !== at
        return found
      },
      plain: (side, chunk) => {
        if (chunk.kind !== 'bytes') return
        const bytes = Buffer.from(chunk.bytes.subarray(chunk.offset, chunk.offset + chunk.length))
        this.said.inside[side] += bytes.toString('hex')
        this.text[side] += bytes.toString('latin1')
        this.show(side, bytes, chunk)
      },
      secured: () => {},
      opaque: () => {},
    })
  }

  private show(side: Side, payload: Uint8Array, { peerAcked }: ChunkView): void {
    const others = this.text[1 - side]?.length ?? 0
    const blind = peerAcked < others
    this.said.shown.push({ side: side === 0 ? 'C' : 'S', payload, gapNs: 1_000_000, blind, ...QUIET })
  }
}

async function unwrapped(path: string): Promise<Said[]> {
  const source = await openFile(path)
  const reader = await CaptureReader.open(source)
  const keyring = new Keyring()
  keyring.follow(reader.keyLogs)
  const connections: Unwrapped[] = []
  const streams = new FlowTracker(() => {
    const connection = new Unwrapped(keyring)
    connections.push(connection)
    return connection
  })
  const decoder = new SegmentDecoder()
  do {
    while (reader.next()) if (decoder.decode(reader.packet) === Decoded.SEGMENT) streams.segment(decoder.segment)
  } while (await reader.refill())
  streams.finish()
  await source.close()
  return connections.map(({ said }) => said)
}

describe('is judged like the same dialogue in plaintext', () => {
  for (const path of paths) {
    test(basename(path, '.pcapng'), async () => {
      const { sessions, findings } = await analyze([path])
      let compared = 0
      for (const [i, { shown, inside, injected }] of (await unwrapped(path)).entries()) {
        // What was injected before TLS is not part of the dialogue.
        if (inside[0] === '' || injected) continue
        const { id, commands, replies } = sessions[i] ?? {}
        const plain = await judge({ ...parseTranscript('C> QUIT'), shown })
        // A correct dialogue in plaintext after STARTTLS counts as decrypted before capture.
        expect(plain.sessions[0]).toMatchObject({ commands, replies })
        const accused = findings.filter(({ session, severity }) => session === id && severity !== 'info')
        expect(accused.map(({ rule }) => rule)).toEqual(
          plain.findings.filter(({ severity }) => severity !== 'info').map(({ rule }) => rule),
        )
        compared++
      }
      expect(compared).toBe(6)
    })
  }
})

/** What tshark shows of the first streams of all files, in one run. */
function theirs(path: string, streams: number): [string, string][] {
  const wanted = Array.from({ length: streams }, (_, i) => ['-z', `follow,tls,raw,${i}`]).flat()
  const output = execFileSync('tshark', ['-r', path, '-q', ...wanted], { encoding: 'utf8' })
  return output
    .split(/^Filter: tcp\.stream eq /m)
    .slice(1)
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
    .map((shown) => {
      const rows = shown
        .split('\n')
        .slice(1)
        .filter((line) => /^\t?[0-9a-f]+$/.test(line))
      const of = (tab: boolean) => rows.filter((line) => line.startsWith('\t') === tab).map((line) => line.trim())
      return [of(false).join(''), of(true).join('')]
    })
}

describe.runIf(needsPeer('tshark'))('tshark', () => {
  for (const path of paths) {
    test(`${basename(path, '.pcapng')}: decrypts the same bytes`, async () => {
      let compared = 0
      const ours = await unwrapped(path)
      const followed = theirs(path, ours.length)
      for (const [i, { inside }] of ours.entries()) {
        // tshark shows first the side that wrote the first record.
        expect([...inside].sort(), `stream ${i}`).toEqual(followed[i]?.sort())
        if (inside[0] !== '') compared++
      }
      expect(compared).toBe(8)
    })
  }
})
