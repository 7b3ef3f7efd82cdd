// Times of records in the zone of this machine, with their offset.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { inSeconds, localTime, toLocalTime, zoneOf } from '../../src/report/local-time.ts'
import { invoke } from '../support/invoke.ts'
import { FINDING, SESSION } from './fixtures.ts'

const zone = process.env.TZ
beforeEach(() => {
  process.env.TZ = 'Europe/Berlin'
})
afterEach(() => {
  if (zone === undefined) delete process.env.TZ
  else process.env.TZ = zone
})

test.each([
  ['Europe/Berlin', '2010-11-28T07:47:08.000000Z', '2010-11-28T08:47:08.000000+01:00'],
  ['Europe/Berlin', '2010-07-28T22:47:08Z', '2010-07-29T00:47:08+02:00'],
  ['America/New_York', '2010-11-28T02:47:08.251000Z', '2010-11-27T21:47:08.251000-05:00'],
  ['Asia/Kolkata', '2010-11-28T07:47:08Z', '2010-11-28T13:17:08+05:30'],
  ['UTC', '2010-11-28T07:47:08Z', '2010-11-28T07:47:08+00:00'],
  ['UTC', '198.51.100.7:25', '198.51.100.7:25'],
  ['UTC', '2010-99-28T07:47:08Z', '2010-99-28T07:47:08Z'],
])('%s: %s is %s', (name, iso, local) => {
  process.env.TZ = name
  expect(localTime(iso)).toBe(local)
})

test('only times are converted', () => {
  const text = '250 2010-11-28T07:47:08Z'
  const record = toLocalTime({ ...SESSION, serverName: SESSION.startedAt, findings: [{ ...FINDING, message: text }] })
  expect(record.startedAt).toBe('2010-11-28T08:47:08.000000+01:00')
  expect(record.serverName).toBe(SESSION.startedAt)
  expect(record.findings[0]).toMatchObject({
    message: text,
    commands: [{ at: '2010-11-28T08:47:08.251000+01:00' }, {}],
  })
})

test('the zone is named', () => {
  expect([zoneOf('2010-11-28T07:47:08Z'), zoneOf('2010-11-28T08:47:08+01:00')]).toEqual(['UTC', '+01:00'])
  expect(inSeconds('2010-11-28T08:47:08.000000+01:00')).toBe('2010-11-28T08:47:08+01:00')
})

describe('--local-time', () => {
  const FAULT = 'samples/frontbridge.pcap'
  test.each([
    [['check'], 'since 08:47:08 +01:00 on'],
    [['triage'], 'since 08:47:08 +01:00 on'],
    [['triage', '--by', 'hour'], 'begun (+01:00)'],
    [['transcript'], '2010-11-28T08:47:08'],
  ])('%j', async (words, text) => {
    const { printed } = await invoke(...words, '--local-time', FAULT)
    expect(printed).toContain(text)
    // What was on the wire stays as it is.
    expect(printed).not.toMatch(/07:47:08(?:\.0+)?Z|07:47:08 UTC/)
  })

  test('is not for machines', async () => {
    const { printed } = await invoke('check', '--local-time', '--format', 'json', FAULT)
    expect(JSON.parse(printed).sessions[0].startedAt).toBe('2010-11-28T07:47:08.000000Z')
  })

  test('--since and --until are read so', async () => {
    const sessions = async (...words: string[]) =>
      JSON.parse(
        (
          await invoke(
            '--format',
            'json',
            '--since',
            '2010-11-28 08:47',
            '--until',
            '2010-11-28 08:48',
            ...words,
            FAULT,
          )
        ).printed,
      ).summary.sessions
    expect(await sessions('--local-time')).toBe(1)
    expect(await sessions()).toBe(0)
  })
})
