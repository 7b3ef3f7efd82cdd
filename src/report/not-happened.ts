// What did not happen, one line for each session: clients that stopped waiting, units that were never answered or never
// acknowledged. None of it is a fault; what an incident explains is not repeated.
import type { Analysis, FindingRecord, SequenceCount, SessionRecord, UnansweredUnit } from '../rules/analysis.ts'
import { GAVE_UP } from '../rules/incidents.ts'
import { mayHideReplies } from '../rules/prerequisites.ts'
import { counted, decimal, type Style, shownSequence, wrap } from './format-text.ts'
import { withFindings } from './texts-in-order.ts'

interface Options {
  readonly width: number
  readonly style: Style
  readonly all: boolean
}

const LISTED = 10
/** Shorter silences are not worth a number. */
const AT_ONCE_MS = 100
const NEVER_ACKNOWLEDGED = 'never-acknowledged'
/** Rules whose findings say what did not happen. */
export const NOT_HAPPENED: ReadonlySet<string> = new Set([GAVE_UP, NEVER_ACKNOWLEDGED])

/** `told`: findings that an incident shows. */
export function renderNotHappened(
  { sessions, findings, summary, servers }: Pick<Analysis, 'sessions' | 'findings' | 'summary' | 'servers'>,
  told: ReadonlySet<FindingRecord>,
  { width, style, all }: Options,
): string {
  const isOne = servers.length === 1
  const lines: string[] = []
  for (const [session, own] of withFindings(sessions, findings)) {
    const where = isOne ? session.id : `${session.id} at ${session.server}`
    for (const sentence of sentencesOf(session, own, told)) lines.push(`${where}: ${sentence}`)
  }
  if (lines.length === 0) return ''
  const listed = all ? lines : lines.slice(0, LISTED)
  const more = Math.max(lines.length, all ? 0 : summary.withoutReply) - listed.length
  const rest = `and ${decimal(more)} more (--all lists them, pipelint triage counts them by command sequence)`
  return [
    style.bold('What did not happen'),
    ...listed.flatMap((line) => wrap(line, width, '  ')),
    ...(more > 0 ? wrap(rest, width, '  ').map(style.dim) : []),
  ].join('\n')
}

/** What did not happen in a session. */
export function sentencesOf(
  session: SessionRecord,
  findings: readonly FindingRecord[],
  told: ReadonlySet<FindingRecord> = new Set(),
): string[] {
  const own = findings.filter((finding) => NOT_HAPPENED.has(finding.rule))
  const explained = findings.filter(
    ({ severity, party, rule }) => (severity !== 'info' && party === 'server') || rule === GAVE_UP,
  )
  const units = (session.unansweredUnits ?? []).filter((unit) => !explained.some((finding) => isNamedIn(unit, finding)))
  return [
    ...own.filter((finding) => !told.has(finding)).map(({ message }) => message),
    ...(units.length === 0 ? [] : [unansweredSentence(units, session, own)]),
  ]
}

function isNamedIn({ index, verb }: UnansweredUnit, { commands }: FindingRecord): boolean {
  return commands.some((command) => command.index === index && command.verb === verb)
}

function unansweredSentence(
  units: readonly UnansweredUnit[],
  session: SessionRecord,
  own: readonly FindingRecord[],
): string {
  const { unanswered, unansweredUnits = [], limits } = session
  const more = unanswered - unansweredUnits.length
  const names = `${unitNames(units)}${more > 0 ? ` and ${counted(more, 'other')}` : ''}`
  const were = units.length + more === 1 ? 'was' : 'were'
  const isHidden = limits.some(({ code, rules }) => rules.length > 0 && mayHideReplies(code))
  const isKnownLost = own.some(({ rule }) => rule === NEVER_ACKNOWLEDGED)
  const never =
    !isKnownLost && units.every(({ acknowledgedIn }) => acknowledgedIn === null) ? 'never acknowledged and ' : ''
  const lack = isHidden ? `no reply to ${names} was captured` : `${names} ${were} ${never}never answered`
  const fault =
    session.verdict === 'violation' && session.accused.includes('client')
      ? ' (the client is at fault in this session)'
      : ''
  return `${lack}; ${ending(session, units)}${fault}`
}

/** `MAIL, 3 RCPT, message content`. */
export function unitNames(units: readonly Pick<UnansweredUnit, 'kind' | 'verb'>[]): string {
  const names: { readonly name: string; times: number }[] = []
  for (const unit of units) {
    const name = unitName(unit)
    const last = names.at(-1)
    if (last?.name === name) last.times++
    else names.push({ name, times: 1 })
  }
  return names
    .map(({ name, times }) => (times === 1 ? name : `${decimal(times)} ${name.replace(/^an? (.+)$/, '$1s')}`))
    .join(', ')
}

function unitName({ kind, verb }: Pick<UnansweredUnit, 'kind' | 'verb'>): string {
  if (kind === 'auth-response') return 'an AUTH response'
  if (kind === 'content') return verb === 'XEXCH50' ? 'the data of XEXCH50' : 'message content'
  if (verb === 'EMPTY') return 'an empty line'
  return verb === 'OTHER' ? 'an unknown command' : verb
}

function ending({ closedBy, closingReply }: SessionRecord, units: readonly UnansweredUnit[]): string {
  if (closedBy === 'capture-end') return 'the capture ends before a reply'
  if (closingReply !== undefined && closedBy.startsWith('server'))
    return `the server sent ${closingReply} instead and closed the connection`
  const [who, how] = closedBy.split('-')
  const waited = units.at(-1)?.waitedMs ?? null
  const after = waited === null ? '' : waited < AT_ONCE_MS ? ' at once' : ` ${(waited / 1000).toFixed(1)} s later`
  return how === 'rst'
    ? `an RST from the address of the ${who} ended the connection${after}`
    : `the ${who} closed the connection${after}`
}

/** Sequences that are named. */
const SEQUENCES = 3

/** `BDAT given up on 14 of 14; MAIL RCPT DATA answered 96 of 96`. */
export function notAnsweredInWords(lacking: readonly SequenceCount[], answered: readonly SequenceCount[]): string {
  const lacks = lacking.slice(0, SEQUENCES).flatMap((count) => {
    const { shape, well, failed, unjudged, givenUp = 0, unanswered = 0 } = count
    const all = decimal(well + failed + unjudged)
    return [
      ...(givenUp > 0 ? [`"${shownSequence(shape)}" given up on ${decimal(givenUp)} of ${all}`] : []),
      ...(unanswered > 0 ? [`"${shownSequence(shape)}" never answered ${decimal(unanswered)} of ${all}`] : []),
    ]
  })
  const more = lacking.length - SEQUENCES
  if (more > 0) lacks.push(counted(more, 'more sequence'))
  const well = answered.map(
    ({ shape, well }) => `"${shownSequence(shape)}" answered ${decimal(well)} of ${decimal(well)}`,
  )
  return [...lacks, ...well].join('; ')
}
