// Analysis -> workflow commands of GitHub Actions, which become annotations: one for each fault, however many sessions
// have it, since GitHub shows only ten of a kind.
import { describeCaptureProblem } from '../errors.ts'
import { ANNOTATED_FAULTS_MAX } from '../limits.ts'
import type { CaptureRecord, FindingRecord, PrintedAnalysis, SessionRecord } from '../rules/analysis.ts'
import { terminal } from './escape.ts'
import { faultKey, faultOf } from './fault.ts'
import { counted } from './format-text.ts'
import type { Fails } from './junit.ts'
import { withFindings } from './texts-in-order.ts'

interface Annotation {
  level: 'error' | 'warning' | 'notice'
  /** The first finding of the fault, and its session. */
  readonly finding: FindingRecord
  readonly session: SessionRecord
  sessions: number
}

const LEVELS = ['error', 'warning', 'notice'] as const

export interface GithubOptions {
  readonly fails: Fails
  /** Faults that were there before: they are counted only. */
  readonly isKnown: Fails
  /** Annotate information, too. */
  readonly all: boolean
}

export function* githubCommands(analysis: PrintedAnalysis, options: GithubOptions): Iterable<string> {
  const { captures, summary } = analysis
  for (const { path, problems, complete } of captures) {
    for (const problem of problems)
      yield command(complete ? 'warning' : 'error', { file: path, title: path }, describeCaptureProblem(problem))
  }
  const { annotations, known, beyond } = collect(analysis, options)
  for (const annotation of annotations) yield annotationOf(annotation, captures)
  const { sessions, violation, suspected, inconclusive, conforming } = summary
  const numbers = [
    `${counted(sessions, 'session')}: ${violation} violation, ${suspected} suspected`,
    `${inconclusive} inconclusive, ${conforming} conforming`,
    ...(known > 0 ? [`${counted(known, 'finding')} in the baseline`] : []),
    ...(beyond > 0 ? [`${counted(beyond, 'finding')} of further faults not shown`] : []),
  ]
  yield command('notice', { title: 'pipelint' }, numbers.join(', '))
}

function collect({ sessions, findings }: PrintedAnalysis, { fails, isKnown, all }: GithubOptions) {
  const faults = new Map<string, Annotation>()
  let known = 0
  let beyond = 0
  for (const [session, own] of withFindings(sessions, findings)) {
    const seen = new Set<string>()
    for (const finding of own) {
      if (finding.severity === 'info' && !all) continue
      if (isKnown(finding, session)) {
        known++
        continue
      }
      const isFailure = fails(finding, session)
      const level = isFailure ? 'error' : finding.severity === 'info' ? 'notice' : 'warning'
      const key = `${faultKey(faultOf(finding, session))} ${finding.certainty}`
      const before = faults.get(key)
      if (before === undefined && faults.size === ANNOTATED_FAULTS_MAX) {
        beyond++
        continue
      }
      if (before === undefined) faults.set(key, { level, finding, session, sessions: 1 })
      else if (!seen.has(key)) before.sessions++
      if (before !== undefined && LEVELS.indexOf(level) < LEVELS.indexOf(before.level)) before.level = level
      seen.add(key)
    }
  }
  const annotations = [...faults.values()].sort(
    (a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level) || b.sessions - a.sessions,
  )
  return { annotations, known, beyond }
}

function annotationOf({ level, finding, session, sessions }: Annotation, captures: readonly CaptureRecord[]): string {
  const { rule, party, certainty, message, expected, actual, frames } = finding
  const client = party === 'client'
  const [who, name] = client ? [session.client, session.clientName] : [session.server, session.serverName]
  const suspected = certainty === 'proved' ? '' : ' (suspected)'
  const title = `${rule}: ${client ? 'client' : 'server'} ${who}${name === null ? '' : ` (${name})`}${suspected}`
  const [capture] = captures
  const file = captures.length === 1 && capture !== undefined ? { file: capture.path } : {}
  const lines = [
    `${message}.`,
    `Expected: ${expected}.`,
    `Actual: ${actual}.`,
    `In ${counted(sessions, 'session')}, first in ${session.id} from ${session.client} to ${session.server} at ${session.startedAt}, frames ${frames.join(', ')}.`,
  ]
  return command(level, { ...file, title }, lines.join('\n'))
}

function command(level: Annotation['level'], properties: Readonly<Record<string, string>>, message: string): string {
  const own = Object.entries(properties).map(([name, value]) => `${name}=${property(terminal(value))}`)
  return `::${level} ${own.join(',')}::${data(message)}\n`
}

/** As `@actions/core` escapes; what comes from a capture is printable already. */
const data = (text: string) =>
  text.split('\n').map(terminal).join('\n').replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')

const property = (text: string) => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
