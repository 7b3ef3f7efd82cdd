// Evidence of what was said inside TLS: proved with the keys, which are in the file only where they were asked for.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { analyze } from '../../src/analyze.ts'
import { makeEvidence } from '../../src/evidence/make-evidence.ts'
import { Redaction } from '../../src/redact/redaction.ts'
import { findingLines, toCapture } from '../support/judge.ts'
import { needsPeer } from '../support/peer.ts'
import { sealed } from '../support/sealed.ts'
import { parseTranscript } from '../support/transcript.ts'
import { withEvidence } from './support.ts'

const root = new URL('../../', import.meta.url)
const pathOf = (name: string) => new URL(name, root).pathname
const EARLY = 'test/tls/captures/tls13-early-data'
const SECRETS_INSIDE = 'test/captures/exim-starttls-with-secrets.pcapng'

const LOST = `
  C> MAIL FROM:<a@example.org>
  C| RCPT TO:<b@example.org>
  C| RSET
  C| QUIT
  S> 250 ok
  S| 221 bye`
const TRANSACTION = `
  C> MAIL FROM:<a@example.org>
  S> 250 ok
  C> RSET
  S> 250 ok`

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pipelint-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A capture of the dialogue inside TLS, and its key log. */
function inside(text: string): { readonly path: string; readonly keyLog: string } {
  const { transcript, keyLog } = sealed(parseTranscript(text))
  const path = join(folder, 'original')
  writeFileSync(path, toCapture(transcript, { shape: { segmentSize: 200 } }))
  return { path, keyLog }
}

/** The secrets of a key log that can be found in a file, as text in any case or as octets. */
function secretsIn(path: string, keyLog: string): readonly string[] {
  const bytes = readFileSync(path)
  const text = bytes.toString('latin1').toLowerCase()
  const secrets = keyLog
    .split('\n')
    .map((line) => line.split(' ')[2]?.toLowerCase() ?? '')
    .filter((secret) => secret !== '')
  expect(secrets.length).toBeGreaterThan(0)
  return secrets.filter((secret) => text.includes(secret.slice(0, 16)) || bytes.includes(Buffer.from(secret, 'hex')))
}

const OF_OTHERS = `CLIENT_RANDOM ${'ee'.repeat(32)} ${'fe'.repeat(48)}\n`

describe('of findings inside TLS', () => {
  test('the frames are those of the records, and the keys open it', async () => {
    const { path, keyLog } = inside(LOST)
    const original = await analyze([path], { keyLogs: [keyLog] })
    expect(findingLines(original).length).toBeGreaterThan(0)
    await withEvidence(path, { keyLogs: [keyLog] }, async (evidence, made) => {
      expect(made).toMatchObject({ sessions: 1, decrypted: 1, excerpts: 0 })
      expect(secretsIn(evidence, keyLog)).toEqual([])
      expect((await analyze([evidence], { keyLogs: [keyLog] })).findings).toEqual(original.findings)
      expect(findingLines(await analyze([evidence]))).toEqual([])
    })
  })

  test('with the secrets in it, nothing else is needed, and nothing else is there', async () => {
    const { path, keyLog } = inside(LOST)
    const options = { keyLogs: [`${OF_OTHERS}${keyLog}`], includeSecrets: true }
    await withEvidence(path, options, async (evidence) => {
      expect(secretsIn(evidence, keyLog).length).toBe(keyLog.trim().split('\n').length)
      expect(secretsIn(evidence, OF_OTHERS)).toEqual([])
      const original = await analyze([path], { keyLogs: [keyLog] })
      expect((await analyze([evidence])).findings).toEqual(original.findings)
    })
  })

  test('of a long one every record is there', async () => {
    const { path, keyLog } = inside(`${TRANSACTION.repeat(100)}${LOST}`)
    const original = await analyze([path], { keyLogs: [keyLog] })
    await withEvidence(path, { keyLogs: [keyLog] }, (_, made) =>
      expect(made).toMatchObject({ excerpts: 0, packets: original.summary.packets.read }),
    )
  })

  test('as classic pcap', async () => {
    const { path, keyLog } = inside(LOST)
    await withEvidence(path, { keyLogs: [keyLog], format: 'pcap' }, (evidence) =>
      expect(secretsIn(evidence, keyLog)).toEqual([]),
    )
  })

  test('redacted there is none', async () => {
    const { path, keyLog } = inside(LOST)
    await expect(withEvidence(path, { keyLogs: [keyLog], redaction: new Redaction() }, () => {})).rejects.toThrow(
      '--redact: s1.1 reply-out-of-order',
    )
  })

  test('redacted, only those are left out', async () => {
    const { path, keyLog } = inside(LOST)
    const plain = join(folder, 'plain')
    writeFileSync(plain, toCapture({ ...parseTranscript(LOST), startUs: 1_800_000_000_000_000 }))
    const sources = [path, plain].map((one) => ({ path: one, name: one }))
    const options = {
      ...({ select: {}, format: 'pcapng', version: '1.0.0', keyLogs: [keyLog] } as const),
      ...{ path: join(folder, 'some'), twin: join(folder, 'some-twin') },
    }
    const made = await makeEvidence(sources, { ...options, redaction: new Redaction(), findings: null })
    expect(made).toMatchObject({ sessions: 1, findings: 3 })
    expect(made.unproved).toMatch(/^s1\.1 reply-out-of-order, .* can only be seen inside TLS/)
    await expect(makeEvidence(sources, { ...options, redaction: new Redaction(), findings: ['s1.1'] })).rejects.toThrow(
      'name other findings with --finding',
    )
  })

  test('early data', async () => {
    const keyLog = readFileSync(pathOf(`${EARLY}.keylog`), 'latin1')
    const options = { keyLogs: [keyLog], includeSecrets: true, select: { ports: [44_465] } }
    await withEvidence(pathOf(`${EARLY}.pcap`), options, async (evidence, made) => {
      expect(made).toMatchObject({ findings: 1, sessions: 1, decrypted: 1 })
      // Of two connections one is there.
      expect(secretsIn(evidence, keyLog).length).toBeLessThan(keyLog.trim().split('\n').length)
      expect(findingLines(await analyze([evidence])).length).toBe(1)
    })
  })
})

describe('of a capture that brings its secrets along', () => {
  const path = pathOf(SECRETS_INSIDE)
  const keyLog = Buffer.from(readFileSync(path))
    .toString('latin1')
    .match(/^[A-Z_0-9]+ [0-9a-f]{64} [0-9a-f]{32,}$/gm)
    ?.join('\n')

  test('they stay behind', () =>
    withEvidence(path, {}, (evidence, made) => {
      expect(made.decrypted).toBe(2)
      expect(secretsIn(evidence, keyLog ?? '')).toEqual([])
    }))

  test('they come along when they are asked for', () =>
    withEvidence(path, { includeSecrets: true }, async (evidence) => {
      const { sessions } = await analyze([evidence])
      expect(sessions.map(({ encryption }) => encryption)).toEqual(['decrypted', 'decrypted', 'opaque', 'opaque'])
    }))

  test('redacted, what stands in front of TLS is proved, and TLS is blanked', () =>
    withEvidence(path, { redaction: new Redaction() }, async (evidence, made) => {
      expect(made).toMatchObject({ findings: 4, decrypted: 0 })
      expect(secretsIn(evidence, keyLog ?? '')).toEqual([])
      const { sessions } = await analyze([evidence], { keyLogs: [keyLog ?? ''] })
      expect(sessions.map(({ encryption }) => encryption)).toEqual(['opaque', 'opaque', 'opaque', 'opaque'])
    }))
})

describe.runIf(needsPeer('tshark'))('tshark', () => {
  const followed = (path: string, stream: number, ...words: string[]) =>
    execFileSync('tshark', ['-r', path, ...words, '-q', '-z', `follow,tls,raw,${stream}`], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => /^\t?[0-9a-f]+$/.test(line))

  test('decrypts the evidence with the secrets in it as it does the original, and nothing without', async () => {
    const path = pathOf(`${EARLY}.pcap`)
    const log = pathOf(`${EARLY}.keylog`)
    const options = { keyLogs: [readFileSync(log, 'latin1')], select: { ports: [44_465] } }
    // The one with a finding is the second of two connections.
    const original = followed(path, 1, '-o', `tls.keylog_file:${log}`)
    expect(original.length).toBeGreaterThan(2)
    await withEvidence(path, { ...options, includeSecrets: true }, (evidence) =>
      expect(followed(evidence, 0)).toEqual(original),
    )
    await withEvidence(path, options, (evidence) => expect(followed(evidence, 0)).toEqual([]))
  })
})
