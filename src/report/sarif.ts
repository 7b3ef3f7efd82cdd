// Analysis -> SARIF 2.1.0 (OASIS): the catalogue as rules, a result for each finding, and what could not be read or
// seen as notifications of the run.
import { describeCaptureProblem } from '../errors.ts'
import type { CaptureRecord, FindingRecord, PrintedAnalysis, SessionRecord, Severity } from '../rules/analysis.ts'
import type { Rule } from '../rules/rule.ts'
import type { LimitCode } from '../smtp/records.ts'
import { json, markdown, sarif } from './escape.ts'
import { faultKey, faultOf } from './fault.ts'
import { clauseName, counted, LIMIT_WORDS } from './format-text.ts'
import { withFindings } from './texts-in-order.ts'
import { notProved } from './verdict-line.ts'

/** Where editors and services look for the schema that they hold a document to. */
const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json'

const LEVELS: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  error: 'error',
  warning: 'warning',
  info: 'note',
}

export function* sarifDocument(analysis: PrintedAnalysis, rules: readonly Rule[], version: string): Iterable<string> {
  const { captures, sessions, findings } = analysis
  const driver = { name: 'pipelint', version, semanticVersion: version, rules: rules.map(ruleDescriptor) }
  const run = JSON.stringify({
    tool: { driver },
    columnKind: 'utf16CodeUnits',
    artifacts: captures.map(({ path, bytes, sha256 }) => ({
      location: { uri: uriOf(path) },
      ...(bytes > 0 && { length: bytes }),
      ...(sha256 !== null && { hashes: { 'sha-256': sha256 } }),
    })),
    invocations: [invocation(analysis)],
  })
  const index = new Map(rules.map(({ id }, i) => [id, i]))
  yield json(`{"$schema":${JSON.stringify(SCHEMA)},"version":"2.1.0","runs":[${run.slice(0, -1)},"results":[`)
  let between = '\n'
  for (const [session, own] of withFindings(sessions, findings)) {
    for (const finding of own) {
      yield json(between + JSON.stringify(result(finding, session, index.get(finding.rule), captures)))
      between = ',\n'
    }
  }
  yield ']}]}\n'
}

function ruleDescriptor(rule: Rule) {
  const clauses = rule.clauses.map((clause) => `${clauseName(clause)}: "${clause.text}"`)
  const sections: readonly (readonly [string, string])[] = [
    ['What the standard says', clauses.join('\n')],
    ['What proves it', rule.proof],
    ['What excuses it', rule.excuses],
    ['How to fix it', rule.fix],
  ]
  const [first] = rule.clauses
  return {
    id: rule.id,
    shortDescription: { text: sarif(`${rule.title}.`) },
    fullDescription: { text: sarif(rule.why) },
    help: {
      text: sections.map(([title, text]) => `${title}:\n${text.split('\n').map(sarif).join('\n')}`).join('\n\n'),
      markdown: sections
        .map(([title, text]) => `**${title}**\n\n${text.split('\n').map(markdown).join('\n\n')}`)
        .join('\n\n'),
    },
    ...(first !== undefined && {
      helpUri: `https://www.rfc-editor.org/rfc/rfc${first.rfc}#section-${encodeURIComponent(first.section)}`,
    }),
    defaultConfiguration: { level: LEVELS[rule.severity] },
    properties: { tags: [`rfc${first?.rfc ?? 2920}`, rule.party], party: rule.party },
  }
}

/** The captures that have frames of the finding. Null if that is not known. */
function filesOf({ places }: FindingRecord, captures: readonly CaptureRecord[]) {
  const indexes = new Set((places ?? []).flatMap((place) => (place === null ? [] : [place.capture])))
  if (indexes.size === 0) return null
  return [...indexes].flatMap((index) => {
    const path = captures[index]?.path
    return path === undefined ? [] : [{ artifactLocation: { uri: uriOf(path), index } }]
  })
}

/** The captures that were running then. Those of a set may overlap, and their packets are read as one timeline. */
function capturesAt(captures: readonly CaptureRecord[], time: string) {
  return captures.flatMap(({ path, firstPacketAt, lastPacketAt }, index) => {
    const running = firstPacketAt !== null && lastPacketAt !== null && firstPacketAt <= time && time <= lastPacketAt
    return running ? [{ artifactLocation: { uri: uriOf(path), index } }] : []
  })
}

function result(
  finding: FindingRecord,
  session: SessionRecord,
  ruleIndex: number | undefined,
  captures: readonly CaptureRecord[],
) {
  const { id, rule, severity, certainty, message, expected, actual, group, frames } = finding
  const place = `${session.server}/${finding.session}${group === null ? '' : `/group ${group}`}`
  const logicalLocations = [{ name: finding.session, fullyQualifiedName: place, kind: 'session' }]
  const time = finding.commands[0]?.at ?? finding.replies[0]?.at ?? session.startedAt
  const files = filesOf(finding, captures) ?? capturesAt(captures, time)
  const fault = faultKey(faultOf(finding, session))
  return {
    ruleId: rule,
    ...(ruleIndex !== undefined && { ruleIndex }),
    // What is not proved asks for a human's eye; SARIF has a word for it, and then no level.
    ...(certainty === 'proved' ? { kind: 'fail', level: LEVELS[severity] } : { kind: 'review', level: 'none' }),
    message: { text: sarif(`${notProved(finding)}${message}. Expected: ${expected}. Actual: ${actual}.`) },
    locations:
      files.length === 0
        ? [{ logicalLocations }]
        : files.map((physicalLocation) => ({ physicalLocation, logicalLocations })),
    // The same in the capture of the next run, so that services recognise the fault. GitHub reads the second only.
    partialFingerprints: { 'fault/v2': fault, primaryLocationLineHash: fault },
    properties: {
      id,
      severity,
      certainty,
      party: finding.party,
      session: finding.session,
      group,
      client: session.client,
      server: session.server,
      clientName: session.clientName,
      serverName: session.serverName,
      startedAt: session.startedAt,
      clauses: finding.clauses.map(clauseName),
      commands: finding.commands,
      replies: finding.replies,
      frames,
      ...(finding.places !== undefined && { places: finding.places, filters: finding.filters }),
      evidence: finding.evidence,
      displayFilter: finding.displayFilter,
    },
  }
}

function invocation({ captures, summary }: PrintedAnalysis) {
  const unread = captures.flatMap(({ path, complete, problems }, index) =>
    problems.map((problem) => ({
      level: complete ? 'warning' : 'error',
      descriptor: { id: problem.code },
      message: { text: sarif(describeCaptureProblem(problem)) },
      locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(path), index } } }],
    })),
  )
  const unseen = Object.entries(summary.limits).map(([code, sessions]) => ({
    level: 'warning',
    descriptor: { id: code },
    message: { text: sarif(`${LIMIT_WORDS[code as LimitCode]} (${counted(sessions, 'session')})`) },
  }))
  return {
    executionSuccessful: captures.every(({ complete }) => complete),
    toolExecutionNotifications: [...unread, ...unseen],
    properties: { summary },
  }
}

/** A path as a URI reference: relative stays relative. Web addresses are encoded already, keys of S3 are not. */
function uriOf(path: string): string {
  const sound = path.replace(/\p{Cs}/gu, '\ufffd')
  if (/^https?:\/\//i.test(sound) && URL.canParse(sound)) return new URL(sound).href
  const [scheme = ''] = /^s3:\/\//i.exec(sound) ?? []
  const encoded = sound.slice(scheme.length).split('/').map(encodeURIComponent).join('/')
  return sound.startsWith('/') ? `file://${encoded}` : scheme + encoded
}
