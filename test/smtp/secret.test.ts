import { expect, test } from 'vitest'
import { Pseudonyms } from '../../src/redact/pseudonyms.ts'
import { redactCommandLine, redactReplyLine } from '../../src/redact/redact-lines.ts'
import { withoutEcho, withoutSecret } from '../../src/smtp/parse/secret.ts'

const SECRET = 'AHNlY3JldHVzZXIAc2VjcmV0cGFzcw'
/** Every spelling that some server might accept, as octets. */
const SPELLINGS = [
  `AUTH PLAIN ${SECRET}==`,
  `auth plain ${SECRET}`,
  `AUTH  PLAIN  ${SECRET}`,
  `AUTH\tPLAIN\t${SECRET}`,
  `AUTH PLAIN=${SECRET}`,
  `AUTH=PLAIN ${SECRET}`,
  `AUTH:PLAIN:${SECRET}`,
  `AUTH PLAIN,${SECRET}`,
  ` AUTH PLAIN ${SECRET}`,
  `\t auth LOGIN ${SECRET}`,
  `X-EXPS GSSAPI ${SECRET}`,
  `x-exps\tlogin\t${SECRET}`,
  `AUTH ${SECRET}`,
  `AUTHENTICATE PLAIN ${SECRET}`,
  `AUTHINFO PASS ${SECRET}`,
  `XAUTH ${SECRET}`,
  `PASS ${SECRET}`,
  `Proxy-Authorization: Basic ${SECRET}`,
  `AUTH SCRAM-SHA-256\v${SECRET}`,
  `AUTH X-OWN-MECHANISM ${SECRET}`,
]
const shown = (line: string) => line.replace(/[^ -~]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)

test('a credential is not shown, however the line is spaced', () => {
  for (const line of SPELLINGS) {
    expect(withoutSecret(shown(line)), line).not.toContain(SECRET.slice(0, 6))
    expect(withoutSecret(shown(line)), line).toContain('hidden]')
  }
})

test('redaction masks the credential in place, and keeps placeholders', () => {
  for (const line of SPELLINGS) {
    const redacted = redactCommandLine(line, new Pseudonyms())
    expect(redacted, line).not.toContain(SECRET.slice(0, 6))
    expect(redacted, line).toHaveLength(line.length)
    // The text read from redacted packets must equal the redacted text of the original.
    expect(withoutSecret(shown(redacted)), line).toBe(
      shown(
        redactCommandLine(withoutSecret(shown(line)).replace(/\\x09/g, '\t').replace(/\\x0b/g, '\v'), new Pseudonyms()),
      ),
    )
  }
})

test('lines without credential are unchanged', () => {
  for (const line of [
    'AUTH PLAIN',
    'auth login',
    'AUTH',
    'AUTH ',
    'EHLO auth.example',
    'MAIL FROM:<pass@example.org>',
    'PASS',
  ])
    expect(withoutSecret(line)).toBe(line)
  expect(withoutSecret('AUTH CRAM-MD5')).toBe('AUTH CRAM-MD5')
})

test('a refusal that quotes the command', () => {
  const echo = `500 5.5.1 Command unrecognized: "AUTH\\x09PLAIN\\x09${SECRET}=="`
  expect(withoutEcho(echo)).toBe(echo.replace(`${SECRET}==`, 'x'.repeat(SECRET.length + 2)))
  expect(redactReplyLine(echo, new Pseudonyms())).not.toContain(SECRET.slice(0, 6))
  for (const line of [
    '504 5.5.4 AUTH LOGIN mechanism not supported',
    '530 AUTH required, see 12345678',
    '535 AUTH PLAIN Authentication failed',
  ])
    expect(withoutEcho(line)).toBe(line)
})
