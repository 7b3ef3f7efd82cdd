// Words of the command line become a selection, or a sentence that says what would.
import { describe, expect, test } from 'vitest'
import { type SelectionWords, toRuleId, toSelection } from '../../src/cli/selection.ts'
import { UsageError } from '../../src/errors.ts'
import { invoke } from '../support/invoke.ts'

const seconds = (iso: string) => BigInt(Date.parse(iso) / 1000) * 1_000_000_000n
const REST = 999_999_999n

test('nothing asked for selects everything', () => expect(toSelection({})).toEqual({}))

describe('lists may be repeated and separated by commas', () => {
  test.each<[SelectionWords, object]>([
    [{ port: ['25,587', '2525'] }, { ports: [25, 587, 2525] }],
    [{ session: ['s1, s17'] }, { sessions: ['s1', 's17'] }],
    [{ rule: ['input-lost,premature-close'] }, { rules: ['input-lost', 'premature-close'] }],
    [{ server: ['192.0.2.1', '192.0.2.2:25'] }, { servers: ['192.0.2.1', '192.0.2.2:25'] }],
  ])('%o', (words, selection) => expect(toSelection(words)).toEqual(selection))
})

describe('addresses are spelled as records spell them', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['192.0.2.1:025', '192.0.2.1:25'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:DB8:0:0:0::1]:25', '[2001:db8::1]:25'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
    ['::', '::'],
    ['MX.Example.COM', 'mx.example.com'],
    ['mx.example.com.:025', 'mx.example.com:25'],
    ['localhost', 'localhost'],
    ['beef', 'beef'],
  ])('%s', (word, endpoint) => expect(toSelection({ client: [word] })).toEqual({ clients: [endpoint] }))
})

describe('names are those of the greeting and of EHLO', () => {
  const FAULT = 'samples/frontbridge.pcap'
  test.each([
    [['--server', 'db3ehsmhs006.BIGFISH.com'], 1],
    [['--server', 'bigfish.com'], 1],
    [['--server', 'bigfish.com:25'], 1],
    [['--server', 'bigfish.com:26'], 0],
    [['--server', 'fish.com'], 0],
    [['--client', 'amnesiac.example.com'], 1],
    [['--client', 'bigfish.com'], 0],
    [['--server', '203.0.113.25,bigfish.com', '--client', 'example.com'], 1],
  ])('%j', async (words, sessions) => {
    const { printed } = await invoke('check', '--format', 'json', ...words, FAULT)
    expect(JSON.parse(printed).summary.sessions).toBe(sessions)
  })
})

describe('times', () => {
  const morning = seconds('2010-11-28T07:47:08Z')
  test.each([
    ['2010-11-28T07:47:08Z', morning, morning + REST],
    ['2010-11-28t07:47:08z', morning, morning + REST],
    ['2010-11-28 07:47:08', morning, morning + REST],
    ['2010-11-28T02:47:08-05:00', morning, morning + REST],
    ['2010-11-28T07:47:08.25Z', morning + 250_000_000n, morning + 250_000_000n],
    ['2010-11-28T07:47:08.123456789Z', morning + 123_456_789n, morning + 123_456_789n],
    ['2010-11-28T07:47', seconds('2010-11-28T07:47:00Z'), seconds('2010-11-28T07:47:00Z') + REST],
    ['2010-11-28', seconds('2010-11-28T00:00:00Z'), seconds('2010-11-28T00:00:00Z')],
    ['1290930428', morning, morning + REST],
    ['1290930428.5', morning + 500_000_000n, morning + 500_000_000n],
  ])('%s', (word, since, until) => expect(toSelection({ since: word, until: word })).toEqual({ since, until }))
})

describe('senseless options are refused', () => {
  test.each<[SelectionWords, string]>([
    [{ port: ['0'] }, '--port 0: not a port number'],
    [{ port: ['65536'] }, '--port 65536: not a port number'],
    [{ port: ['25,smtp'] }, '--port smtp: not a port number'],
    [{ port: ['25,'] }, '--port : not a port number'],
    [{ server: ['mail..example.com'] }, '--server mail..example.com: not an address or a host name'],
    [{ server: ['mail.example.com:0'] }, '--server mail.example.com:0: not an address'],
    [{ server: ['192.0.2.256'] }, '--server 192.0.2.256: not an address'],
    [{ client: ['192.0.2.1:99999'] }, '--client 192.0.2.1:99999: not an address'],
    [{ client: ['[192.0.2.1]:25'] }, '--client [192.0.2.1]:25: not an address'],
    [{ client: ['fe80::1%eth0'] }, '--client fe80::1%eth0: not an address'],
    [{ session: ['17'] }, '--session 17: not a session identifier'],
    [{ session: ['s0'] }, '--session s0: not a session identifier'],
    [{ since: 'yesterday' }, '--since yesterday: not a time'],
    [{ since: '2010' }, '--since 2010: not a time'],
    [{ since: '2010-02-30' }, '--since 2010-02-30: not a time'],
    [{ until: '2010-11-28T25:00Z' }, '--until 2010-11-28T25:00Z: not a time'],
  ])('%o', (words, sentence) => {
    expect(() => toSelection(words)).toThrow(UsageError)
    expect(() => toSelection(words)).toThrow(sentence)
  })

  test.each([
    ['input-lots', 'did you mean input-lost?'],
    ['imput-lost', 'did you mean input-lost?'],
    ['premature_close', 'did you mean premature-close?'],
    ['everything', 'pipelint rules lists all rules'],
    ['', 'pipelint rules lists all rules'],
  ])('the rule %s', (word, hint) => {
    expect(() => toRuleId(word)).toThrow(UsageError)
    expect(() => toRuleId(word)).toThrow(hint)
  })
})
