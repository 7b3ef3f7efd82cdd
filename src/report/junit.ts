// Analysis -> JUnit's XML as Jenkins and its kin read it: a suite for each server, a case for each session. What is
// proved fails; a session that could not be judged is skipped, never passed; a capture that was not read to its end is
// an error.
import { addressOf } from '../decode/address.ts'
import { describeCaptureProblem } from '../errors.ts'
import type { CaptureRecord, FindingRecord, PrintedAnalysis, SessionRecord, VerdictName } from '../rules/analysis.ts'
import { xml } from './escape.ts'
import { stableEndpoint } from './fault.ts'
import { filterLines, frameLists, limitPlace } from './file-frames.ts'
import { clauseName, counted, LIMIT_WORDS } from './format-text.ts'
import { TextList, type TextsInOrder, withFindings } from './texts-in-order.ts'
import { notProved } from './verdict-line.ts'

/** Which findings make a case fail: those for which `check` would exit with 1. */
export type Fails = (finding: FindingRecord, session: SessionRecord) => boolean

interface Case {
  readonly name: string
  readonly seconds: number
  readonly outcome: 'passed' | 'failed' | 'error' | 'skipped'
  /** The elements in the case, in the order that the schema wants: skipped, error, failure, system-out. */
  readonly body: readonly string[]
}

const MS = 1000

type Counts = Record<Case['outcome'], number>

/** The cases of one element `testsuite`, counted. */
interface Suite {
  readonly number: number
  readonly counts: Counts
  /** How many sessions each client had. */
  readonly clients: Map<string, number>
}

/** `waiting` keeps the cases until all are counted: JUnit wants the numbers first. */
export function* junitDocument(
  analysis: PrintedAnalysis,
  fails: Fails,
  waiting: TextsInOrder = new TextList(),
): Iterable<string> {
  const suites = new Map<string, Suite>()
  const suiteOf = (name: string) => {
    const suite = suites.get(name) ?? { number: suites.size, counts: noCases(), clients: new Map() }
    suites.set(name, suite)
    return suite
  }
  const add = (name: string, one: Case) => {
    const suite = suiteOf(name)
    suite.counts[one.outcome]++
    waiting.add(suite.number, caseElement(name, one))
  }
  for (const capture of analysis.captures) add('captures', captureCase(capture))
  for (const [session, findings] of withFindings(analysis.sessions, analysis.findings)) {
    const name = stableEndpoint(session.server)
    add(name, sessionCase(caseName(session, suiteOf(name)), session, findings, fails))
  }
  const all = noCases()
  for (const { counts } of suites.values())
    for (const outcome of Object.keys(all) as (keyof Counts)[]) all[outcome] += counts[outcome]
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="pipelint" ${attributes(numbersOf(all))}>\n`
  const cases = waiting.inOrder()[Symbol.iterator]()
  for (const [name, { counts }] of suites) {
    yield `<testsuite ${attributes({ name, ...numbersOf(counts), skipped: String(counts.skipped) })}>\n`
    for (let left = totalOf(counts); left > 0; left--) yield `${cases.next().value}\n`
    yield '</testsuite>\n'
  }
  yield '</testsuites>\n'
}

const noCases = (): Counts => ({ passed: 0, failed: 0, error: 0, skipped: 0 })

const totalOf = ({ passed, failed, error, skipped }: Counts) => passed + failed + error + skipped

const numbersOf = (counts: Counts) => ({
  tests: String(totalOf(counts)),
  failures: String(counts.failed),
  errors: String(counts.error),
})

/** The same from run to run: a test is recognised by its name. */
function caseName({ client }: SessionRecord, { clients }: Suite): string {
  const address = addressOf(client)
  const number = (clients.get(address) ?? 0) + 1
  clients.set(address, number)
  return `session ${number} from ${address}`
}

/** Which session this is in the captures. */
function sessionLine({ id, client, server, serverName, startedAt }: SessionRecord): string {
  return `session ${id}: ${client} to ${server}${serverName === null ? '' : ` (${serverName})`} at ${startedAt}`
}

function captureCase({ path, problems, complete }: CaptureRecord): Case {
  const told = problems.map(describeCaptureProblem)
  if (complete) {
    const body = told.length === 0 ? [] : [element('system-out', {}, told.join('\n'))]
    return { name: path, seconds: 0, outcome: 'passed', body }
  }
  const error = element('error', { type: problems[0]?.code ?? '', message: told[0] ?? '' }, told.join('\n'))
  return { name: path, seconds: 0, outcome: 'error', body: [error] }
}

function sessionCase(name: string, session: SessionRecord, findings: readonly FindingRecord[], fails: Fails): Case {
  const failures = findings.filter((finding) => fails(finding, session))
  const others = findings.filter((finding) => !fails(finding, session))
  const unclear = failures.length === 0 && isUnclear(session.verdict)
  const body: string[] = []
  if (unclear) body.push(element('skipped', {}, whyUnclear(session, others)))
  if (failures.length > 0) body.push(failureElement(failures))
  const output = unclear || findings.length > 0 ? [sessionLine(session), ...others.map(tell)] : []
  if (output.length > 0) body.push(element('system-out', {}, output.join('\n\n')))
  return {
    name,
    seconds: Math.max(0, Date.parse(session.endedAt) - Date.parse(session.startedAt)) / MS,
    outcome: failures.length > 0 ? 'failed' : unclear ? 'skipped' : 'passed',
    body,
  }
}

const isUnclear = (verdict: VerdictName) => verdict === 'inconclusive' || verdict === 'suspected'

/** One element, however many findings: most readers show only the first. */
function failureElement(failures: readonly FindingRecord[]): string {
  const [first, ...rest] = failures
  const more = rest.length === 0 ? '' : ` (and ${counted(rest.length, 'more finding')})`
  const message = first === undefined ? '' : `${notProved(first)}${first.message}${more}`
  return element('failure', { type: first?.rule ?? '', message }, failures.map(tell).join('\n\n'))
}

function whyUnclear({ verdict, limits }: SessionRecord, findings: readonly FindingRecord[]): string {
  if (verdict === 'suspected') {
    const messages = findings.filter(({ severity }) => severity === 'error').map(({ message }) => message)
    return `suspected, not proved: ${messages.join('; ')}`
  }
  const harmful = limits.filter(({ rules }) => rules.length > 0)
  const reasons = harmful.map((limit) => {
    const place = limitPlace(limit)
    return `${limit.code}${place === null ? '' : ` in ${place}`}: ${LIMIT_WORDS[limit.code]}`
  })
  return `inconclusive: ${[...new Set(reasons)].join('; ')}`
}

function tell(finding: FindingRecord): string {
  const { severity, rule, party, certainty, message, expected, actual, evidence, clauses } = finding
  return [
    `${severity.toUpperCase()} ${rule} (${party}, ${certainty}): ${message}`,
    ...clauses.slice(0, 1).map((clause) => `clause: ${clauseName(clause)}`),
    `expected: ${expected}`,
    `actual: ${actual}`,
    ...evidence.map((sentence) => `evidence: ${sentence}`),
    ...frameLists(finding).map((list) => `frames: ${list}`),
    ...filterLines(finding).map((filter) => `filter: ${filter}`),
  ].join('\n')
}

function caseElement(suite: string, { name, seconds, body }: Case): string {
  const own = attributes({ classname: suite, name, time: seconds.toFixed(3) })
  return body.length === 0 ? `<testcase ${own}/>` : `<testcase ${own}>${body.join('')}</testcase>`
}

/** The lines of `text` stay lines. */
function element(name: string, own: Readonly<Record<string, string>>, text: string): string {
  const start = Object.keys(own).length === 0 ? name : `${name} ${attributes(own)}`
  return text === '' ? `<${start}/>` : `<${start}>${text.split('\n').map(xml).join('\n')}</${name}>`
}

function attributes(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${xml(value)}"`)
    .join(' ')
}
