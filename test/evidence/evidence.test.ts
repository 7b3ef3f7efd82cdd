// Evidence proves what the original proves: over every capture of real servers and every sample, as it is and redacted.
import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { analyze } from '../../src/analyze.ts'
import { Redaction } from '../../src/redact/redaction.ts'
import { needsPeer } from '../support/peer.ts'
import { withEvidence } from './support.ts'

const root = new URL('../../', import.meta.url)
const captures = ['samples', 'test/captures'].flatMap((folder) =>
  readdirSync(new URL(folder, root))
    .filter((name) => /\.pcap(ng)?$/.test(name))
    .map((name) => `${folder}/${name}`),
)
const pathOf = (name: string) => new URL(name, root).pathname

const gist = ({ rule, party, certainty }: { rule: string; party: string; certainty: string }) =>
  `${rule} ${party} ${certainty}`

describe('the findings on the evidence are those of the original', () => {
  for (const name of captures) {
    for (const redaction of [null, new Redaction()]) {
      test(`${name}${redaction === null ? '' : ', redacted'}`, async () => {
        const original = await analyze([pathOf(name)])
        const wanted = original.findings.filter(({ severity }) => severity !== 'info')
        await withEvidence(pathOf(name), { redaction }, async (path, made) => {
          expect(made.findings).toBe(wanted.length)
          if (wanted.length === 0) return
          const sessions = new Set(wanted.map(({ session }) => session))
          const all = original.findings.filter(({ session }) => sessions.has(session))
          const proved = await analyze([path])
          expect(proved.findings.map(gist).sort()).toEqual(all.map(gist).sort())
          expect(proved.captures[0]).toMatchObject({ format: 'pcapng', packets: made.packets, complete: true })
        })
      })
    }
  }
})

describe('the sample of FrontBridge', () => {
  const sample = pathOf('samples/frontbridge.pcap')

  test('is under 20 kB', () => withEvidence(sample, {}, (path) => expect(statSync(path).size).toBeLessThan(20_000)))

  test('as classic pcap holds the same packets', async () => {
    const original = await analyze([sample])
    await withEvidence(sample, { format: 'pcap' }, async (path) => {
      const {
        captures: [capture],
        findings,
      } = await analyze([path])
      expect(capture).toMatchObject({ format: 'pcap', linkTypes: ['ETHERNET'], packets: 15 })
      expect(findings).toEqual(original.findings)
    })
  })

  test('one finding by name; none by another', async () => {
    await withEvidence(sample, { findings: ['s1.2'] }, (_, made) => expect(made.findings).toBe(1))
    await expect(withEvidence(sample, { findings: ['s1.9'] }, () => {})).rejects.toThrow(
      'no finding s1.9 in these captures; pipelint check lists the findings',
    )
  })

  test.runIf(needsPeer('tshark'))('opens in tshark without a warning, and shows its comments', () =>
    withEvidence(sample, { redaction: new Redaction() }, (path) => {
      const checks = ['-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE']
      const fields = ['frame.number', 'frame.comment', '_ws.expert'].flatMap((field) => ['-e', field])
      const { stdout, stderr } = spawnSync('tshark', ['-n', '-r', path, ...checks, '-T', 'fields', ...fields], {
        encoding: 'utf8',
      })
      expect(stderr.replace(/^Running as user .*\n/, '')).toBe('')
      const rows = stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split('\t'))
      expect(rows).toHaveLength(15)
      expect(rows.filter(([, comment]) => (comment ?? '') !== '').map(([frame]) => frame)).toEqual([
        '9',
        '10',
        '11',
        '12',
      ])
      expect(rows[8]?.[1]).toContain('s1.2 input-lost (server, proved): 2 commands')
      expect(stdout).not.toMatch(/bad checksum|malformed/i)
    }),
  )
})
