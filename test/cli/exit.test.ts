// The exit code is what scripts rely on: every row of its table, as a pure function.
import { describe, expect, test } from 'vitest'
import { CAPTURE, exitCode, type FailOn, FOUND, OK } from '../../src/cli/cli-context.ts'
import { analysisOf, FINDING, frontbridge, none, SESSION, CAPTURE as WHOLE } from '../report/fixtures.ts'

const finding = (severity: 'error' | 'warning' | 'info', certainty: 'proved' | 'suspected') =>
  analysisOf([SESSION], [{ ...FINDING, severity, certainty }])

describe('everything was read', () => {
  test.each<[string, ReturnType<typeof finding>, FailOn, boolean, number]>([
    ['nothing found', none(), 'error', false, OK],
    ['a proved error', finding('error', 'proved'), 'error', false, FOUND],
    ['a proved error, never', finding('error', 'proved'), 'never', true, OK],
    ['a suspected error', finding('error', 'suspected'), 'error', false, OK],
    ['a suspected error that counts', finding('error', 'suspected'), 'error', true, FOUND],
    ['a proved warning', finding('warning', 'proved'), 'error', false, OK],
    ['a proved warning that counts', finding('warning', 'proved'), 'warning', false, FOUND],
    ['a suspected warning', finding('warning', 'suspected'), 'warning', false, OK],
    ['a suspected warning that counts', finding('warning', 'suspected'), 'warning', true, FOUND],
    ['information', finding('info', 'proved'), 'warning', true, OK],
    ['a proved error, from warnings on', finding('error', 'proved'), 'warning', false, FOUND],
  ])('%s', (_, analysis, failOn, includeSuspected, code) => {
    expect(exitCode(analysis, failOn, includeSuspected)).toBe(code)
  })
})

describe('not everything was read', () => {
  const cut = { ...WHOLE, complete: false }
  test.each<[string, ReturnType<typeof finding>, FailOn]>([
    ['nothing found', none([WHOLE, cut]), 'error'],
    ['a violation', { ...frontbridge(), captures: [cut] }, 'error'],
    ['a violation, never', { ...frontbridge(), captures: [cut] }, 'never'],
  ])('%s', (_, analysis, failOn) => {
    expect(exitCode(analysis, failOn, false)).toBe(CAPTURE)
  })
})
