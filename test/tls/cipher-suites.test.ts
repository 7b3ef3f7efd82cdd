// Every cipher suite that OpenSSL can negotiate and its record protection; and captures with damaged, truncated or
// missing records.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { suiteOf } from '../../src/tls/key-schedule.ts'
import { findingLines, judgeBytes } from '../support/judge.ts'
import { needsPeer } from '../support/peer.ts'

/** `0xC0,0x2F - ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 Kx=ECDH Au=RSA Enc=AESGCM(128) Mac=AEAD` */
const ROW = /0x(..),0x(..) - (\S+) +(\S+) .*Enc=(AESGCM|AESCCM8?|AES|CHACHA20\/POLY1305)\((\d+)\) +Mac=(\S+)/

test.runIf(needsPeer('openssl'))('OpenSSL protects records as the table says', () => {
  const rows = execFileSync('openssl', ['ciphers', '-V', 'ALL:@SECLEVEL=0'], { encoding: 'utf8' })
  let known = 0
  for (const row of rows.split('\n')) {
    const [, high = '', low = '', name = '', , cipher = '', bits = '', mac = ''] = ROW.exec(row) ?? []
    // Mail servers share no pre-shared keys with their clients.
    if (name === '' || /PSK|SRP/.test(name)) continue
    const suite = suiteOf(Number.parseInt(high + low, 16))
    const mode = { AESGCM: 'gcm', AESCCM: 'ccm', AESCCM8: 'ccm', AES: 'cbc' }[cipher] ?? 'chacha20-poly1305'
    expect(suite, name).toMatchObject({ mode, keyBytes: Number(bits) / 8 })
    if (mode === 'cbc') expect(suite?.macHash, name).toBe(mac.toLowerCase())
    else expect(suite?.tagBytes, name).toBe(cipher === 'AESCCM8' ? 8 : 16)
    expect(suite?.hash === 'sha384', name).toBe(name.endsWith('SHA384'))
    known++
  }
  expect(known).toBeGreaterThanOrEqual(50)
})

const folder = new URL('captures/', import.meta.url)
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.pcap'))
  .map((name) => name.slice(0, -5))
/** Ethernet, IPv4 and TCP with timestamps. */
const HEADERS = 14 + 20 + 32

type Damage = (packets: Buffer[], at: number, more: number) => Buffer[]

const DAMAGES: Readonly<Record<string, Damage>> = {
  'cut off': (packets, at) => packets.slice(0, at),
  lost: (packets, at, more) => packets.filter((_, i) => i !== at && i !== (at + more) % packets.length),
  'with a bit flipped': (packets, at, more) =>
    packets.map((packet, i) => {
      const octets = packet.length - 16 - HEADERS
      if (i !== at || octets <= 0) return packet
      const flipped = Buffer.from(packet)
      const place = 16 + HEADERS + (more % octets)
      flipped[place] = (flipped[place] ?? 0) ^ (1 << (more % 8))
      return flipped
    }),
}

/** The packets of a generated capture, without the file header. */
function packetsOf(bytes: Buffer): Buffer[] {
  const packets: Buffer[] = []
  for (let at = 24; at < bytes.length; ) {
    const end = at + 16 + bytes.readUInt32LE(at + 8)
    packets.push(bytes.subarray(at, end))
    at = end
  }
  return packets
}

test('after refused early data no further record is skipped', async () => {
  const name = 'tls13-early-data-refused'
  const bytes = readFileSync(new URL(`${name}.pcap`, folder))
  const keyLog = readFileSync(new URL(`${name}.keylog`, folder), 'latin1')
  const packets = packetsOf(bytes)
  for (const at of packets.keys()) {
    const damaged = Buffer.concat([bytes.subarray(0, 24), ...(DAMAGES['with a bit flipped']?.(packets, at, 0) ?? [])])
    const lines = findingLines(await judgeBytes(damaged, [keyLog]))
    expect(
      lines.filter((line) => line.startsWith('error')),
      `packet ${at + 1}`,
    ).toEqual([])
  }
})

describe('damaged records cause no findings', () => {
  for (const [how, damage] of Object.entries(DAMAGES)) {
    test(how, async () => {
      for (const name of names) {
        const bytes = readFileSync(new URL(`${name}.pcap`, folder))
        const keyLog = readFileSync(new URL(`${name}.keylog`, folder), 'latin1')
        const packets = packetsOf(bytes)
        await fc.assert(
          fc.asyncProperty(fc.nat(packets.length - 1), fc.nat(100_000), async (at, more) => {
            const damaged = Buffer.concat([bytes.subarray(0, 24), ...damage(packets, at, more)])
            const lines = findingLines(await judgeBytes(damaged, [keyLog]))
            expect(
              lines.filter((line) => line.startsWith('error')),
              name,
            ).toEqual([])
          }),
          { numRuns: 20 },
        )
      }
    })
  }
})
