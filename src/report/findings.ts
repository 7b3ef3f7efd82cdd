// Findings -> blocks of text, the gravest first, capped so that a large capture stays readable.
import type { Analysis, FindingRecord } from '../rules/analysis.ts'
import { clauseName, counted, type Ink, wrap } from './text.ts'

interface Options {
  readonly width: number
  readonly ink: Ink
  readonly all: boolean
}

/** Findings listed without `all`, in total and of one rule at one server. */
const LISTED = 20
const LISTED_ALIKE = 3

export function renderFindings(analysis: Analysis, options: Options): string {
  const { findings, sessions } = analysis
  const serverOf = new Map(sessions.map((session) => [session.id, session.server]))
  const listed = options.all ? findings : findings.filter(({ severity }) => severity !== 'info')
  const ordered = [...listed].sort((a, b) => rank(a) - rank(b))
  const alike = new Map<string, number>()
  const blocks: string[] = []
  for (const finding of ordered) {
    const kind = `${finding.rule} at ${serverOf.get(finding.session) ?? ''}`
    const before = alike.get(kind) ?? 0
    alike.set(kind, before + 1)
    if (options.all || (before < LISTED_ALIKE && blocks.length < LISTED)) blocks.push(block(finding, options))
  }
  const rest = ordered.length - blocks.length
  if (rest > 0) blocks.push(unlisted(rest, alike, options))
  return blocks.join('\n\n')
}

function rank({ severity, certainty }: FindingRecord): number {
  return ['error', 'warning', 'info'].indexOf(severity) * 2 + (certainty === 'proved' ? 0 : 1)
}

function unlisted(rest: number, alike: ReadonlyMap<string, number>, { ink, width }: Options): string {
  const most = [...alike].filter(([, n]) => n > LISTED_ALIKE).sort((a, b) => b[1] - a[1])
  const lines = most.slice(0, 10).flatMap(([kind, n]) => wrap(`${n.toLocaleString('en-US')} ${kind}`, width, '  '))
  return [ink.dim(`and ${counted(rest, 'more finding')} (--all lists them)`), ...lines].join('\n')
}

function block(finding: FindingRecord, { ink, width }: Options): string {
  const { severity, certainty, rule, party, session, group } = finding
  const colour = severity === 'error' ? ink.red : severity === 'warning' ? ink.yellow : ink.blue
  const where = group === null ? session : `${session} group ${group}`
  const clause = finding.clauses[0]
  const field = (name: string, text: string) => hanging(name, text, width)
  return [
    `${colour(severity.toUpperCase())} ${ink.bold(rule)} (${party}, ${certainty}) in ${where}`,
    ...wrap(finding.message, width, '  '),
    ...field('clause', clause === undefined ? '' : clauseName(clause)),
    ...field('expected', finding.expected),
    ...field('actual', finding.actual),
    ...finding.evidence.flatMap((sentence, i) => field(i === 0 ? 'evidence' : '', sentence)),
    ...field('frames', finding.frames.join(', ')),
    ...field('filter', finding.displayFilter),
  ].join('\n')
}

/** A name and its text, the text's later lines below the first. */
function hanging(name: string, text: string, width: number): string[] {
  const indent = ' '.repeat(12)
  const [first = '', ...rest] = wrap(text, width, indent)
  return [`  ${name.padEnd(10)}${first.slice(12)}`, ...rest]
}
