// Key logs as programs write them; and a keyring never prints its secrets by accident.
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { KEYLOG_BYTES_MAX } from '../../src/limits.ts'
import { Keyring } from '../../src/tls/keyring.ts'

const RANDOM = 'ab'.repeat(32)
const MASTER = '0123456789abcdef'.repeat(6)
const LINE = `CLIENT_RANDOM ${RANDOM} ${MASTER}`
const random = Buffer.from(RANDOM, 'hex')
const masterOf = (text: string) => {
  const keyring = new Keyring()
  keyring.add(text)
  return Buffer.from(keyring.of(random)?.get('CLIENT_RANDOM') ?? []).toString('hex')
}

test('lines are found among comments, blank lines, unknown labels and invalid text', () => {
  expect(masterOf(`# SSL/TLS secrets log file\n\nEXPORTER_SECRET ${RANDOM} ${MASTER}\nnonsense\n${LINE}\n`)).toBe(
    MASTER,
  )
})

test('line ends of every kind, and none at the end of the file', () => {
  for (const text of [LINE, `${LINE}\r\n`, `x\r\n${LINE} \n`, LINE.toUpperCase()]) expect(masterOf(text)).toBe(MASTER)
})

test('a truncated line is ignored', () => {
  expect(masterOf(LINE.slice(0, -3))).toBe('')
  expect(masterOf(`CLIENT_RANDOM ${RANDOM}`)).toBe('')
})

test('growing key logs are read as they grow', () => {
  const log: string[] = []
  const keyring = new Keyring()
  keyring.follow(log)
  expect(keyring.size).toBe(0)
  log.push(LINE)
  expect(keyring.of(random)?.size).toBe(1)
})

test('secrets of the requested connections are exported, and no others', () => {
  const keyring = new Keyring()
  keyring.add(`${LINE}\nCLIENT_RANDOM ${'cd'.repeat(32)} ${MASTER}\n`)
  expect(keyring.linesOf([RANDOM], 'given')).toBe(`${LINE}\n`)
  expect(keyring.linesOf(['ef'.repeat(32)], 'known')).toBe('')
})

test('secrets are not printed with the object that contains them', () => {
  const keyring = new Keyring()
  keyring.add(LINE)
  keyring.remember(Uint8Array.of(1), Buffer.from(MASTER, 'hex'))
  const printed = `${inspect(keyring, { depth: 9, showHidden: true })}${JSON.stringify(keyring)}${String(keyring)}`
  expect(printed).not.toContain(MASTER.slice(0, 16))
  expect(printed).not.toContain('01 23 45 67')
})

test('the limit on a key log exceeds what one machine writes in a day', () => {
  expect(KEYLOG_BYTES_MAX / LINE.length).toBeGreaterThan(1e6)
})
