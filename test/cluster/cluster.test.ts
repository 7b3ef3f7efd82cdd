// The shortest run on processes of its own and a real Redis: the same output as `check`; and one clear line where
// something is missing. Everything else of a run: cluster.slow.test.ts.
import { copyFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { DeliveryError, UsageError } from '../../src/errors.ts'
import { invoke } from '../support/invoke.ts'
import { needsPeer } from '../support/peer.ts'
import { pipelint, Site } from './site.ts'

const samples = fileURLToPath(new URL('../../samples', import.meta.url))

test.runIf(needsPeer('redis-server'))('a run that is waited for prints what check prints', async () => {
  const site = await Site.open()
  try {
    const files = readdirSync(samples)
      .filter((name) => name.endsWith('.pcap'))
      .map((name) => join(site.captures, name))
    for (const path of files) copyFileSync(join(samples, path.slice(site.captures.length)), path)
    site.work()
    const expected = await pipelint('check', '--all', ...files)
    const { printed, exitCode } = await site.cluster('submit', '--wait', '--all', ...files)
    expect({ printed, exitCode }).toEqual({ printed: expected.printed, exitCode: expected.exitCode })
  } finally {
    await site.close()
  }
})

describe('without a Redis', () => {
  const words = ['--work-dir', process.cwd()]
  const sample = 'samples/frontbridge.pcap'
  const refusal = (...command: readonly string[]) =>
    invoke('cluster', ...command).catch((error: UsageError | DeliveryError) => error)

  test('a word that is no URL', async () => {
    for (const url of ['nonsense', 'http://127.0.0.1', 'redis://', 'redis://h/x']) {
      const error = await refusal('submit', sample, '--redis', url, ...words)
      expect(error).toBeInstanceOf(UsageError)
      expect(error).toHaveProperty('message', expect.stringMatching(/^--redis: must be redis:\/\/[^\n]*$/))
    }
  })

  test('no server listens', async () => {
    const url = 'redis://user:secret@127.0.0.1:1'
    for (const command of [
      ['submit', sample],
      ['work', '--root', '.'],
      ['status', '20101128T074708-0c1d2e3f'],
    ]) {
      const error = await refusal(...command, '--redis', url, ...words)
      expect(error).toBeInstanceOf(DeliveryError)
      expect(error).toHaveProperty(
        'message',
        expect.stringMatching(/^redis:\/\/127\.0\.0\.1:1: (?!.*secret)[^\n]*ECONNREFUSED[^\n]*$/),
      )
    }
  })

  test('no work directory, no run, no root', async () => {
    const url = ['--redis', 'redis://127.0.0.1:1']
    const cases = [
      [['submit', sample, ...url, '--work-dir', 'nowhere'], '--work-dir nowhere: no such directory'],
      [['status', 'nonsense', ...url, ...words], 'nonsense: not the name of a run'],
      [['work', ...url, ...words, '--root', 'nowhere'], '--root nowhere: no such directory'],
      [['work', ...url, ...words, '--root', '.', '--concurrency', '0'], '--concurrency 0: must be a number from 1 to'],
      [['submit', ...url, ...words, '--slice-bytes', '9', sample], '--slice-bytes 9: must be a number, at least'],
      [['work', ...url, ...words, '--root', 'https://user:word@h/'], 'a URL with a user, a query or'],
      [['submit', ...url, ...words, 'https://h/a.pcap?sig=1'], 'a URL with a user, a query or'],
      [['submit', ...url, ...words, 'https://h/mx1/'], 'https://h/mx1/: a web server cannot list its files'],
      [
        ['status', '20101128T074708-0c1d2e3f', ...url, '--work-dir', 'https://h'],
        '--work-dir https://h/: not writable',
      ],
      [
        ['submit', ...url, ...words, '-'],
        '-: not a file; workers open captures by path, so standard input and pipes do not work',
      ],
    ] as const
    for (const [command, line] of cases) {
      const error = await refusal(...command)
      expect(error).toBeInstanceOf(UsageError)
      expect(error).toHaveProperty('message', expect.stringContaining(line))
    }
  })
})
