// The answer in one sentence: whose fault, what, how often, since when. What is only suspected is never told as done.
import type { Analysis, Certainty, FaultRecord, SessionRecord, VerdictName } from '../rules/analysis.ts'
import { OTHERS } from '../rules/first-closed.ts'
import { RULES } from '../rules/index.ts'
import type { LimitCode } from '../smtp/records.ts'
import type { TriageRow } from '../triage/triage-result.ts'
import { counted, decimal, LIMIT_WORDS, type Style, shorten, wrap } from './format-text.ts'
import { zoneOf } from './local-time.ts'

/** `lost 2 of 4 pipelined commands`, or `may have lost 2 of 4 pipelined commands`. */
export function done({ headline, certainty }: { readonly headline: string; readonly certainty: Certainty }): string {
  return certainty === 'proved' ? headline : `may have ${headline}`
}

/** Stands before the sentence of a finding that is only suspected, which tells it as done. */
export function notProved({ certainty }: { readonly certainty: Certainty }): string {
  return certainty === 'proved' ? '' : 'not proved: '
}

/** The names that servers and clients give themselves can be as long as a line. */
const NAME_COLUMNS = 64

/** `server 203.0.113.25 (mx.example.net)`. Port 25 goes without saying. */
export function accusedName({ party, accused, name }: Pick<FaultRecord, 'party' | 'accused' | 'name'>): string {
  if (accused === OTHERS) return `other ${party}s`
  const who = party === 'server' ? accused.replace(/:25$/, '').replace(/^\[(.*)\]$/, '$1') : accused
  return `${party} ${who}${name === null ? '' : ` (${shorten(name, NAME_COLUMNS)})`}`
}

/** `1 of 4 sessions, since 07:47:08 UTC on 2010-11-28`; with the last time when it is another. */
export function howOften({
  sessions,
  of,
  firstAt,
  lastAt,
}: Pick<FaultRecord, 'sessions' | 'of' | 'firstAt' | 'lastAt'>): string {
  const share = of === null ? counted(sessions, 'session') : `${decimal(sessions)} of ${decimal(of)} sessions`
  const [first, last] = [clockTime(firstAt), clockTime(lastAt)]
  const sameDay = firstAt.slice(0, 10) === lastAt.slice(0, 10)
  const until = first === last && sameDay ? '' : `, last at ${sameDay ? last : `${last} on ${lastAt.slice(0, 10)}`}`
  return `${share}, since ${first} ${zoneOf(firstAt)} on ${firstAt.slice(0, 10)}${until}`
}

const clockTime = (iso: string) => iso.slice(11, 19)

export function faultSentence(fault: FaultRecord): string {
  return `${accusedName(fault)} ${whatAndHowOften(fault)}`
}

function whatAndHowOften(fault: FaultRecord): string {
  const warning = fault.severity === 'warning' ? ' (a warning)' : ''
  return `${done(fault)}${warning}; ${howOften(fault)}`
}

/** The verdict of a session, with the party that it is about. */
export function verdictWords({ verdict, accused }: Pick<SessionRecord, 'verdict' | 'accused'>): string {
  const who = accused.join(' and ')
  if (verdict === 'violation') return `${who} at fault`
  return verdict === 'suspected' ? `${who} suspected` : verdict
}

/** A number of sessions of a row, and their verdict: of which side, where one is accused. */
export interface VerdictCount {
  readonly verdict: VerdictName
  readonly party: 'server' | 'client' | null
  readonly sessions: number
  /** `server at fault`. */
  readonly words: string
}

/** The verdicts of a row of the triage that are there. A session with two accused sides counts for both. */
export function verdictCounts(row: Pick<TriageRow, 'parties' | 'inconclusive' | 'conforming'>): VerdictCount[] {
  const accused = (['violation', 'suspected'] as const).flatMap((verdict) =>
    (['server', 'client'] as const).map((party): VerdictCount => {
      const words = verdictWords({ verdict, accused: [party] })
      return { verdict, party, sessions: row.parties[verdict][party], words }
    }),
  )
  const others = (['inconclusive', 'conforming'] as const).map((verdict): VerdictCount => {
    return { verdict, party: null, sessions: row[verdict], words: verdict }
  })
  return [...accused, ...others].filter(({ sessions }) => sessions > 0)
}

interface Page {
  readonly width: number
  readonly style: Style
  readonly all: boolean
}

/** Sentences without `all`, and servers or clients with the same fault that have sentences of their own. */
const SENTENCES = 5
const NAMED = 3

/** One sentence for the faults of many servers or clients that broke the same rule. */
function alike(faults: readonly FaultRecord[]): (readonly FaultRecord[])[] {
  const kinds = new Map<string, FaultRecord[]>()
  for (const fault of faults) {
    const kind = `${fault.party} ${fault.rule} ${fault.severity} ${fault.certainty}`
    const like = kinds.get(kind)
    if (like === undefined) kinds.set(kind, [fault])
    else like.push(fault)
  }
  return [...kinds.values()].flatMap((like) => (like.length > NAMED ? [like] : like.map((fault) => [fault])))
}

function sentenceAbout(like: readonly FaultRecord[]): string {
  const [first] = like
  if (first === undefined) return ''
  if (like.length === 1) return faultSentence(first)
  const sum = (of: (fault: FaultRecord) => number) => like.reduce((all, fault) => all + of(fault), 0)
  const times = (of: (fault: FaultRecord) => string) => like.map(of).sort()
  const isSame = like.every(({ headline }) => headline === first.headline)
  const general = RULES.find(({ id }) => id === first.rule)?.headline ?? first.headline
  const together: FaultRecord = {
    ...first,
    headline: isSame ? first.headline : general,
    sessions: sum(({ sessions }) => sessions),
    of: first.of === null ? null : sum(({ of }) => of ?? 0),
    firstAt: times(({ firstAt }) => firstAt)[0] ?? first.firstAt,
    lastAt: times(({ lastAt }) => lastAt).at(-1) ?? first.lastAt,
  }
  const one = accusedName(first).slice(first.party.length + 1)
  return `${decimal(like.length)} ${first.party}s, such as ${one}, ${whatAndHowOften(together)}`
}

/** A sentence of the answer, and a fault that it is about; null where there is none. */
export interface AnswerSentence {
  readonly text: string
  readonly fault: FaultRecord | null
}

/** The answer, sentence by sentence, and how many faults it does not tell. There is at least one session. */
export function answerOf({ faults, summary }: Pick<Analysis, 'faults' | 'summary'>, all: boolean) {
  if (faults.length === 0) return { sentences: [{ text: noFault(summary), fault: null }], untold: 0 }
  const told = all ? faults.map((fault) => [fault]) : alike(faults)
  const shown = all ? told : told.slice(0, SENTENCES)
  const sentences = shown.map((like): AnswerSentence => ({ text: sentenceAbout(like), fault: like[0] ?? null }))
  return { sentences, untold: told.slice(shown.length).flat().length }
}

/** The first lines of `check`. There is at least one session. */
export function renderAnswer(analysis: Pick<Analysis, 'faults' | 'summary'>, page: Page): string {
  const { width, style, all } = page
  const { sentences, untold } = answerOf(analysis, all)
  const lines = sentences.flatMap(({ text, fault }) => {
    if (fault === null) return wrap(text, width)
    const colour = fault.certainty === 'proved' && fault.severity === 'error' ? style.red : style.yellow
    return hanging(text, width).map((line) => colour(line))
  })
  if (untold > 0) lines.push(style.dim(`and ${counted(untold, 'more fault')} of servers or clients (--all lists them)`))
  return lines.join('\n')
}

function hanging(text: string, width: number): string[] {
  const [first = '', ...more] = wrap(text, width - INDENT.length)
  return [first, ...more.map((line) => INDENT + line)]
}
const INDENT = '  '

/** Silence is no proof of innocence: what could not be judged is named. */
function noFault({ sessions, inconclusive, limits, withoutReply }: Analysis['summary']): string {
  const reasons = Object.keys(limits).map((code) => LIMIT_WORDS[code as LimitCode])
  const why = reasons.length === 0 ? '' : `: ${reasons.join('; ')}`
  const silent =
    withoutReply === 0 ? '' : `; replies are late or missing in ${sessionsOf(withoutReply, sessions)}, see below`
  if (inconclusive === 0)
    return `No fault found: ${sessions === 1 ? 'the session keeps' : `all ${decimal(sessions)} sessions keep`} the rules${silent}.`
  return `No fault found, but ${sessionsOf(inconclusive, sessions)} could not be judged in full${why}${silent}.`
}

function sessionsOf(n: number, all: number): string {
  if (n === all) return all === 1 ? 'the session' : `all ${decimal(all)} sessions`
  return `${decimal(n)} of ${decimal(all)} sessions`
}
