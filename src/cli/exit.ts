// What happened -> the exit code, as documented: scripts rely on it.
import type { Analysis, FindingRecord } from '../rules/analysis.ts'

export const OK = 0
export const FOUND = 1
export const USAGE = 2
export const CAPTURE = 3
export const DELIVERY = 4
export const INTERRUPTED = 130

/** From which severity on findings make `check` fail. */
export type FailOn = 'error' | 'warning' | 'never'

/** 3 (not read to the end) wins over 1 (something was found). */
export function exitCode(analysis: Analysis, failOn: FailOn, includeSuspected: boolean): number {
  if (analysis.captures.some(({ complete }) => !complete)) return CAPTURE
  if (failOn === 'never') return OK
  const { findings, proved } = analysis.summary
  const { error, warning } = includeSuspected ? findings : proved
  return error > 0 || (failOn === 'warning' && warning > 0) ? FOUND : OK
}

/** Whether a finding alone makes `check` exit with 1; for `never`, whether it would by default. */
export function isFailure(finding: FindingRecord, failOn: FailOn, includeSuspected: boolean): boolean {
  const { severity, certainty } = finding
  const grave = severity === 'error' || (severity === 'warning' && failOn === 'warning')
  return grave && (certainty === 'proved' || includeSuspected)
}
