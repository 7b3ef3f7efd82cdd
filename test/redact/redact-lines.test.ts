// Lines of a dialogue: what stays, what is replaced, and that nothing changes its length.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Pseudonyms } from '../../src/redact/pseudonyms.ts'
import { redactCommandLine, redactReplyLine, redactSecret } from '../../src/redact/redact-lines.ts'

const reply = (line: string) => redactReplyLine(line, new Pseudonyms())
const command = (line: string) => redactCommandLine(line, new Pseudonyms())

describe('replies keep code, enhanced code and the words of servers', () => {
  test.each([
    ['250 2.1.5 Ok', '250 2.1.5 Ok'],
    ['250-SIZE 10240000', '250-SIZE 10240000'],
    ['250-AUTH PLAIN LOGIN CRAM-MD5', '250-AUTH PLAIN LOGIN CRAM-MD5'],
    ['250 2.0.0 Ok: queued as 4FxYz12', '250 2.0.0 Ok: queued as t000001'],
    ['550 5.1.1 <joe@corp.org>: User unknown', '550 5.1.1 <u01@h01.test>: User unknown'],
    ['250 Hello mx.corp.org [93.184.216.34]', '250 Hello h01.example [198.51.100.10]'],
    ['250 Hello [IPv6:2a02:2e0:3fe:1001:302::]', '250 Hello [IPv6:2001:db8:0:0:0:0:0:0001]'],
    ['334 VXNlcm5hbWU6', '334 t00000000001'],
    ['220 ********', '220 ********'],
    ['250-XXXXXXXA', '250-XXXXXXXA'],
    ['not a reply of corp.org', 'not a reply of h01.test'],
  ])('%s', (line, redacted) => {
    expect(reply(line).length).toBe(line.length)
    expect(reply(line)).toBe(redacted)
  })
})

describe('commands keep what the standards define', () => {
  test.each([
    ['MAIL FROM:<> SIZE=1000 BODY=8BITMIME', 'MAIL FROM:<> SIZE=1000 BODY=8BITMIME'],
    ['RCPT TO:<info@corp.org> NOTIFY=SUCCESS,DELAY', 'RCPT TO:<u001@h01.test> NOTIFY=SUCCESS,DELAY'],
    ['EHLO mail', 'EHLO h001'],
    ['AUTH PLAIN AGpvZQBzZWNyZXQ=', 'AUTH PLAIN xxxxxxxxxxxxxxxx'],
    ['AUTH PLAIN [initial response hidden]', 'AUTH PLAIN [initial response hidden]'],
    ['BDAT 86 LAST', 'BDAT 86 LAST'],
    ['XXXX', 'XXXX'],
    ['.', '.'],
  ])('%s', (line, redacted) => {
    expect(command(line).length).toBe(line.length)
    expect(command(line)).toBe(redacted)
  })
})

test('the same name gets the same placeholder, in any case and place', () => {
  const names = new Pseudonyms()
  const [, user, host] = /<(.+)@(.+)>/.exec(redactCommandLine('RCPT TO:<joe.doe@corp.org>', names)) ?? []
  expect(redactReplyLine('250 <JOE.DOE@Corp.Org> ok', names)).toBe(`250 <${user}@${host}> ok`)
  expect(redactCommandLine('EHLO corp.org', names)).toBe(`EHLO ${host}`)
})

test('any line keeps its length, and a word that is no vocabulary is gone', () => {
  const octets = fc.string({
    unit: fc.integer({ min: 0, max: 255 }).map((octet) => String.fromCharCode(octet)),
    maxLength: 80,
  })
  fc.assert(
    fc.property(octets, octets, (before, after) => {
      for (const redact of [reply, command]) {
        const line = `${before} SecretNameOfSomebody ${after}`
        expect(redact(line).length).toBe(line.length)
        expect(redact(line).toLowerCase()).not.toContain('secretnameofsomebody')
      }
      expect(redactSecret(before).length).toBe(before.length)
    }),
  )
})

test('words that are no longer told apart still keep their length', () => {
  const names = new Pseudonyms()
  for (let i = 0; i < 200; i++) expect(names.of('word', `é${i}`.slice(0, 2)).length).toBe(2)
})

describe('addresses', () => {
  const octet = fc.integer({ min: 0, max: 255 })

  test('of IPv4 keep their length, and no two become the same', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(octet, octet, octet, octet).map((parts) => parts.join('.'))), (addresses) => {
        const names = new Pseudonyms()
        const redacted = addresses.map((address) => redactReplyLine(`250 [${address}]`, names))
        for (const [i, line] of redacted.entries()) expect(line.length).toBe(`250 [${addresses[i]}]`.length)
        const shown = addresses.map((address) => names.addresses.shown(address))
        expect(new Set(shown).size).toBe(addresses.length)
        expect(shown.filter((address) => addresses.includes(address ?? ''))).toEqual([])
      }),
      { numRuns: 30 },
    )
  })

  test('of IPv6 with a dotted tail, the longest spelling there is, keep their length', () => {
    for (const tail of ['1.2.3.4', '100.20.30.4', '203.113.225.141']) {
      const line = `250 [IPv6:1111:2222:3333:4444:5555:6666:${tail}]`
      expect(redactReplyLine(line, new Pseudonyms()).length).toBe(line.length)
    }
  })

  test('of IPv6, however they are spelled, keep their length', () => {
    const names = new Pseudonyms()
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const line = `250 [IPv6:${address}]`
        expect(redactReplyLine(line, names).length).toBe(line.length)
        expect(names.addresses.shown(address)).toMatch(/^2001:db8:/)
      }),
      { numRuns: 500 },
    )
  })
})
