// Words of the command line -> a Selection. Every word that makes no sense is a UsageError that says what would.
import { UsageError } from '../problems.ts'
import { RULES } from '../rules/index.ts'
import type { Selection } from '../rules/select.ts'
import { isPort, toEndpoint } from './endpoint.ts'
import { type Moment, toMoment } from './moment.ts'
import { nearest } from './spelling.ts'

/** The selection options as commander hands them over: each may be repeated, each word may hold several. */
export interface SelectionWords {
  readonly port?: readonly string[]
  readonly server?: readonly string[]
  readonly client?: readonly string[]
  readonly session?: readonly string[]
  readonly rule?: readonly string[]
  readonly since?: string
  readonly until?: string
  readonly keylog?: readonly string[]
  readonly verifyChecksums?: true
}

export function toSelection(words: SelectionWords): Selection {
  const { port, server, client, session, rule, since, until } = words
  return {
    ...(port && { ports: split(port).map(portOf) }),
    ...(server && { servers: split(server).map((word) => endpointOf('--server', word)) }),
    ...(client && { clients: split(client).map((word) => endpointOf('--client', word)) }),
    ...(session && { sessions: split(session).map(sessionOf) }),
    ...(rule && { rules: split(rule).map(toRuleId) }),
    ...(since !== undefined && { since: momentOf('--since', since).first }),
    ...(until !== undefined && { until: momentOf('--until', until).last }),
  }
}

/** Whether only some sessions are meant: which rules judge them is no matter. */
export function isSelective({ rules: _rules, ...sessions }: Selection): boolean {
  return Object.keys(sessions).length > 0
}

/** Ids of findings; null where none is named. */
export function toFindings(words: readonly string[] | undefined): readonly string[] | null {
  return words === undefined ? null : split(words).map(findingOf)
}

function findingOf(word: string): string {
  if (!/^s[1-9]\d*\.[1-9]\d*$/.test(word))
    throw new UsageError(`--finding ${word}: a finding is named by its session and a number, as in s17.1`)
  return word
}

/** Words that may hold several, separated by commas. */
const split = (words: readonly string[]) => words.flatMap((word) => word.split(',')).map((word) => word.trim())

function portOf(word: string): number {
  if (!isPort(word)) throw new UsageError(`--port ${word}: not a port number`)
  return Number(word)
}

function endpointOf(option: string, word: string): string {
  const endpoint = toEndpoint(word)
  if (endpoint !== null) return endpoint
  throw new UsageError(`${option} ${word}: not an address (192.0.2.1, 192.0.2.1:25, [2001:db8::1]:25)`)
}

function sessionOf(word: string): string {
  if (!/^s[1-9]\d*$/.test(word)) throw new UsageError(`--session ${word}: a session is named s and a number, as in s17`)
  return word
}

function momentOf(option: string, word: string): Moment {
  const moment = toMoment(word)
  if (moment !== null) return moment
  throw new UsageError(`${option} ${word}: not a time (2010-11-28T07:47:08Z, 2010-11-28, or seconds since 1970)`)
}

/** The identifier of a rule that is in the catalogue. */
export function toRuleId(word: string): string {
  const ids = RULES.map(({ id }) => id)
  if (ids.includes(word)) return word
  const near = nearest(word, ids)
  throw new UsageError(
    `no rule is called ${word}${near === null ? '; pipelint rules lists them' : `; did you mean ${near}?`}`,
  )
}
