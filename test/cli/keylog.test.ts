// --keylog: what it opens, what is wrong with it, and that no secret comes out of any output.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const capture = 'test/tls/captures/tls13-aes128-gcm.pcap'
const keyLog = 'test/tls/captures/tls13-aes128-gcm.keylog'

function pipelint(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return spawnSync(process.execPath, ['dist/run/cli.js', ...words], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  })
}

describe('--keylog', () => {
  test.each([['check'], ['check', '--all', '--explain'], ['check', '--format', 'json'], ['transcript', '--frames']])(
    '%s prints no secret',
    (...words) => {
      const { status, stdout, stderr } = pipelint([...words, '--keylog', keyLog, capture])
      expect(status).toBe(0)
      expect(stdout).toMatch(/conforming/)
      const secrets = readFileSync(`${root}${keyLog}`, 'latin1')
        .split(/\s+/)
        .filter((word) => /^[0-9a-f]{32,}$/.test(word))
      expect(secrets.length).toBeGreaterThan(4)
      for (const secret of secrets) expect(`${stdout}${stderr}`.toLowerCase()).not.toContain(secret.slice(0, 16))
    },
  )

  test('the environment is not asked', () => {
    const { stdout } = pipelint(['--port', '44465', capture], { SSLKEYLOGFILE: `${root}${keyLog}` })
    expect(stdout).toContain('inconclusive')
    expect(stdout).toContain('encrypted')
  })

  test('a file that is not there is wrong usage', () => {
    const { status, stderr } = pipelint(['--keylog', 'no-such-file', capture])
    expect(status).toBe(2)
    expect(stderr).toMatch(/^pipelint: --keylog no-such-file: /)
  })

  test('one without a secret is worth a warning', () => {
    const { status, stderr } = pipelint(['--keylog', 'README.md', 'samples/exchange-2007.pcap'])
    expect(status).toBe(0)
    expect(stderr).toContain('README.md: this key log contains no TLS secret')
  })

  test('the transcript shows what is said inside, and without keys how much', () => {
    const inside = pipelint(['transcript', '--keylog', keyLog, capture]).stdout
    expect(inside).toContain('C> EHLO client.example.com')
    expect(inside).toContain('S> 221 2.0.0 bye')
    const outside = pipelint(['transcript', '--port', '44465', capture]).stdout
    expect(outside).toMatch(/C> \[TLS, \d+ records?, [\d,]+ bytes\]/)
    expect(outside).toContain('encrypted: no keys were given')
  })
})
