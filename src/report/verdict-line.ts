// The answer in one sentence: whose fault, what, how often, since when. What is only suspected is never told as done.
import type { Analysis, Certainty, FaultRecord, SessionRecord } from '../rules/analysis.ts'
import { OTHERS } from '../rules/first-closed.ts'
import type { LimitCode } from '../smtp/records.ts'
import { counted, decimal, LIMIT_WORDS, type Style, wrap } from './format-text.ts'

/** `lost 2 of 4 pipelined commands`, or `may have lost 2 of 4 pipelined commands`. */
export function done({ headline, certainty }: { readonly headline: string; readonly certainty: Certainty }): string {
  return certainty === 'proved' ? headline : `may have ${headline}`
}

/** `server 203.0.113.25 (mx.example.net)`. Port 25 goes without saying. */
export function accusedName({ party, accused, name }: Pick<FaultRecord, 'party' | 'accused' | 'name'>): string {
  if (accused === OTHERS) return `other ${party}s`
  const who = party === 'server' ? accused.replace(/:25$/, '').replace(/^\[(.*)\]$/, '$1') : accused
  return `${party} ${who}${name === null ? '' : ` (${name})`}`
}

/** `1 of 4 sessions, since 07:47:08 UTC on 2010-11-28`; with the last time when it is another. */
export function howOften({ sessions, of, firstAt, lastAt }: Omit<FaultRecord, 'party'>): string {
  const share = of === null ? counted(sessions, 'session') : `${decimal(sessions)} of ${decimal(of)} sessions`
  const [first, last] = [clockTime(firstAt), clockTime(lastAt)]
  const sameDay = firstAt.slice(0, 10) === lastAt.slice(0, 10)
  const until = first === last && sameDay ? '' : `, last at ${sameDay ? last : `${last} on ${lastAt.slice(0, 10)}`}`
  return `${share}, since ${first} UTC on ${firstAt.slice(0, 10)}${until}`
}

const clockTime = (iso: string) => iso.slice(11, 19)

export function faultSentence(fault: FaultRecord): string {
  const warning = fault.severity === 'warning' ? ' (a warning)' : ''
  return `${accusedName(fault)} ${done(fault)}${warning}; ${howOften(fault)}`
}

/** The verdict of a session, with the party that it is about. */
export function verdictWords({ verdict, accused }: Pick<SessionRecord, 'verdict' | 'accused'>): string {
  const who = accused.join(' and ')
  if (verdict === 'violation') return `${who} at fault`
  return verdict === 'suspected' ? `${who} suspected` : verdict
}

interface Page {
  readonly width: number
  readonly style: Style
  readonly all: boolean
}

/** Servers and clients that are named, without `all`. */
const NAMED = 5

/** The first lines of `check`. There is at least one session. */
export function renderAnswer({ faults, summary }: Pick<Analysis, 'faults' | 'summary'>, page: Page): string {
  const { width, style, all } = page
  if (faults.length === 0) return wrap(noFault(summary), width).join('\n')
  const shown = all ? faults : faults.slice(0, NAMED)
  const lines = shown.flatMap((fault) => {
    const colour = fault.certainty === 'proved' && fault.severity === 'error' ? style.red : style.yellow
    return hanging(faultSentence(fault), width).map((line) => colour(line))
  })
  const more = faults.length - shown.length
  if (more > 0) lines.push(style.dim(`and ${counted(more, 'more fault')} of servers or clients (--all lists them)`))
  return lines.join('\n')
}

function hanging(text: string, width: number): string[] {
  const [first = '', ...more] = wrap(text, width - INDENT.length)
  return [first, ...more.map((line) => INDENT + line)]
}
const INDENT = '  '

/** Silence is no proof of innocence: what could not be judged is named. */
function noFault({ sessions, inconclusive, limits }: Analysis['summary']): string {
  const reasons = Object.keys(limits).map((code) => LIMIT_WORDS[code as LimitCode])
  const why = reasons.length === 0 ? '' : `: ${reasons.join('; ')}`
  if (inconclusive === 0)
    return sessions === 1
      ? 'No fault found: the session keeps the rules.'
      : `No fault found: all ${decimal(sessions)} sessions keep the rules.`
  const which =
    inconclusive === sessions
      ? `${sessions === 1 ? 'the session' : `all ${decimal(sessions)} sessions`}`
      : `${decimal(inconclusive)} of ${decimal(sessions)} sessions`
  return `No fault found, but ${which} could not be judged in full${why}.`
}
