// Credentials planted in a dialogue, in every place and spelling in which a server might take them -> none of them is in
// the output of any command, in clear or inside TLS whose keys are given; in evidence, if it is redacted.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { UsageError } from '../../src/errors.ts'
import { invoke } from '../support/invoke.ts'
import { toCapture } from '../support/judge.ts'
import { sealed } from '../support/sealed.ts'
import { parseTranscript, type Transcript } from '../support/transcript.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pipelint-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** `\0secretuser\0secretpass`, the user and the password, and a password that is no base64. */
const PLAIN = 'AHNlY3JldHVzZXIAc2VjcmV0cGFzcw'
const USER = 'c2VjcmV0dXNlcg'
const PASS = 'c2VjcmV0cGFzcw'
const RAW = 'hunter2-Tr0ub4dor'
const PLANTED = [PLAIN, USER, PASS, RAW, 'secretuser', 'secretpass'].map((token) => token.slice(0, 9).toLowerCase())

/** Something to report at the end. */
const LOST = `
  C> MAIL FROM:<a@example.org>
  C| RCPT TO:<b@example.org>
  C| RSET
  C| QUIT
  S> 250 ok
  S| 221 bye`
const CASES: Readonly<Record<string, string>> = {
  plain: `
    C> AUTH PLAIN ${PLAIN}==
    S> 235 ok`,
  'blanks and signs': [
    '\\x09',
    '  ',
    '\\x00',
    '\\x0b',
    '\\xa0',
    '=',
    ':',
    ',',
    ';',
    '\\x1b[0m ',
    '"',
    '(',
    '/',
    '_',
    '*',
    '.',
    '|',
    '+',
    '<',
  ]
    .flatMap((gap) => [
      `C> AUTH${gap}PLAIN${gap}${PLAIN}==`,
      'S> 501 no',
      `C> AUTH PLAIN${gap}${PLAIN}==`,
      'S> 501 no',
      `C> ${gap}AUTH PLAIN ${PLAIN}==`,
      'S> 501 no',
    ])
    .join('\n'),
  login: `
    C> AUTH LOGIN
    S> 334 VXNlcm5hbWU6
    C> ${USER}==
    S> 334 UGFzc3dvcmQ6
    C> ${PASS}==
    S> 235 ok`,
  'login pipelined and refused': `
    C> AUTH LOGIN
    C| ${USER}==
    C| ${PASS}==
    S> 504 no
    S| 500 no
    S| 500 no`,
  'login refused, then responses all the same': `
    C> AUTH LOGIN
    S> 504 no
    C> ${USER}==
    S> 500 5.5.2 Error: command not recognized: "${USER}=="
    C> ${PASS}==
    S> 500 5.5.2 ${PASS}==?`,
  'a password after the refusal': `
    C> AUTH LOGIN ${USER}==
    S> 535 no
    C> ${PASS}==
    S> 500 unknown command: ${PASS}==
    C> ${RAW}
    S> 500 unknown command: ${RAW}`,
  echoes: `
    C> AUTH PLAIN ${PLAIN}==
    S> 500 5.5.1 unknown: AUTH PLAIN ${PLAIN}==
    C> AUTH PLAIN ${PLAIN}==
    S> 250-AUTH PLAIN ${PLAIN}==
    S| 250 welcome AUTH=${PLAIN}==
    C> AUTH LOGIN ${RAW}
    S> 535 5.7.8 password ${RAW} is wrong`,
  'echoed while asking': `
    C> AUTH LOGIN
    S> 334 VXNlcm5hbWU6
    C> ${USER}==
    S> 334 ${USER}==
    C> ${PASS}==
    S> 535 no: ${PASS}==`,
  'cut verb': `
    C> AU<|>TH PLAIN ${PLAIN}==
    S> 235 ok`,
  'cut credential': `
    C> AUTH PLAIN ${PLAIN.slice(0, 12)}<|>${PLAIN.slice(12)}==
    S> 235 ok`,
  long: `
    C> AUTH PLAIN ${PLAIN.repeat(40)}==
    S> 500 line too long: AUTH PLAIN ${PLAIN.repeat(20)}`,
  'behind DATA that is refused': `
    C> DATA
    C| AUTH PLAIN ${PLAIN}==
    S> 503 no
    S| 503 no`,
  misspelt: [
    `AUHT PLAIN`,
    'ATUH PLAIN',
    'AUT PLAIN',
    'UTH PLAIN',
    'AUTHH PLAIN',
    'AUTH-PLAIN',
    'AUTHPLAIN',
    'LOGIN',
    'PLAIN',
    'X-AUTH',
    'XAUTH PLAIN',
    'OAUTHBEARER',
    'XOAUTH2',
    'USER',
    'PASSWORD',
    'PASS',
    'Authorization: Basic',
    'CRAM-MD5',
  ]
    .flatMap((words) => [`C> ${words} ${PLAIN}==`, 'S> 500 no'])
    .join('\n'),
  'in front of a greeting': `
    C> AUTH PLAIN ${PLAIN}==
    S> 220 late ESMTP
    S| 503 no`,
  'cancelled and again': `
    C> AUTH LOGIN
    S> 334 VXNlcm5hbWU6
    C> *
    S> 501 cancelled
    C> ${PASS}==
    S> 500 no`,
  'the server lost the challenge': `
    C> AUTH LOGIN
    S> [lost] 334 VXNlcm5hbWU6
    C> ${USER}==
    S> [lost] 334 UGFzc3dvcmQ6
    C> ${PASS}==
    S> 235 ok`,
  'the client is lost before its response': `
    C> [lost] AUTH LOGIN
    S> 334 VXNlcm5hbWU6
    C> ${USER}==
    S> 334 UGFzc3dvcmQ6
    C> ${PASS}==
    S> 235 ok`,
  'the asking is lost on both sides': `
    C> [lost] AUTH LOGIN
    S> [lost] 334 VXNlcm5hbWU6
    C> ${USER}==
    S> [lost] 334 UGFzc3dvcmQ6
    C> ${PASS}==
    S> 235 ok`,
  'bare line ends': `
    C> AUTH PLAIN ${PLAIN}==\\n<|>AUTH PLAIN ${PLAIN}==\\r<|>NOOP
    S> 501 no`,
  'two lines in one group': `
    C> AUTH PLAIN ${PLAIN}==
    C| AUTH LOGIN ${USER}==
    C| ${PASS}==
    S> 535 no
    S| 535 no
    S| 500 no`,
}

const DOCUMENTS = [
  ...['table', 'json', 'ndjson', 'csv', 'junit', 'sarif'].map((format) => ['check', '--format', format]),
  ['check', '--all', '--explain'],
  ['transcript'],
  ...['html', 'md', 'text'].map((format) => ['report', '--format', format]),
  ['triage', '--format', 'json'],
]

async function shown(path: string, keyLog: string | null): Promise<readonly string[]> {
  const keys = keyLog === null ? [] : ['--keylog', keyLog]
  const found: string[] = []
  const look = (where: string, text: string) => {
    const lower = text.toLowerCase()
    for (const token of PLANTED) {
      const at = lower.indexOf(token)
      if (at >= 0) found.push(`${where}: ${text.slice(Math.max(0, at - 60), at + 30)}`)
    }
  }
  for (const words of DOCUMENTS) {
    for (const redact of [[], ['--redact']]) {
      const { printed, warnings } = await invoke(...words, ...redact, ...keys, path)
      look([...words, ...redact].join(' '), printed + warnings.join('\n'))
    }
  }
  const evidence = join(folder, 'evidence.pcapng')
  const { warnings, exitCode } = await invoke('evidence', '--redact', ...keys, '-o', evidence, path).catch(refused)
  if (exitCode === 0) look('evidence --redact', readFileSync(evidence).toString('latin1') + warnings.join('\n'))
  else if (!warnings.some((line) => line.includes('can only be seen inside TLS')))
    found.push(`evidence --redact: ${exitCode} ${warnings.join('; ')}`)
  return found
}

/** Inside TLS nothing is left to be redacted. */
function refused(error: unknown) {
  if (error instanceof UsageError) return { warnings: [error.message], exitCode: 2 }
  throw error
}

function written(name: string, transcript: Transcript): string {
  const path = join(folder, `${name}.pcap`)
  writeFileSync(path, toCapture(transcript))
  return path
}

for (const [name, text] of Object.entries(CASES)) {
  test(name, async () => {
    const transcript = parseTranscript(`${text}${LOST}`)
    expect(await shown(written('clear', transcript), null)).toEqual([])
    const { transcript: inside, keyLog } = sealed(transcript)
    const path = join(folder, 'keys')
    writeFileSync(path, keyLog)
    expect(await shown(written('sealed', inside), path)).toEqual([])
  })
}
