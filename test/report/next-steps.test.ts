// Where something could not be seen, what would show it.
import { expect, test } from 'vitest'
import { nextSteps } from '../../src/report/next-steps.ts'
import type { LimitCode } from '../../src/smtp/records.ts'
import { analysisOf, SESSION } from './fixtures.ts'

const stepsFor = (...codes: LimitCode[]) => {
  const limits = codes.map((code) => ({ code, frame: null, rules: ['input-lost'] }))
  const session = { ...SESSION, limits, verdict: 'inconclusive' as const, accused: [] }
  return nextSteps(analysisOf([session, { ...session, id: 's16', server: '203.0.113.3:587' }], []), 200)
}

test('keys where TLS hides the dialogue', () => {
  expect(stepsFor('tls')).toEqual([
    '  To see inside TLS, give the session keys: --keylog FILE (in the format of SSLKEYLOGFILE).',
  ])
})

test('the line that captures what is missing, for the ports of the servers', () => {
  expect(stepsFor('snaplen', 'capture-end', 'one-way-client')).toEqual([
    '  Capture again with an end after the sessions, both directions and whole packets (-s 0):',
    "    tcpdump -i any -n -s 0 -B 65536 -w mail.pcap 'tcp port 25 or 587'",
  ])
})

test('nothing where no capture could show more', () => {
  expect(stepsFor('not-smtp', 'overlap-conflict')).toEqual([])
  expect(stepsFor()).toEqual([])
})
