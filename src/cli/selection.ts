// Converts the options that select sessions and findings (addresses, times, rule names) to a Selection. An invalid
// value is a UsageError that names valid ones.
import { isIPv4, isIPv6 } from 'node:net'
import { UsageError } from '../errors.ts'
import { RULES } from '../rules/index.ts'
import type { Selection } from '../rules/select.ts'
import { suggest } from './suggest.ts'

const DATE_TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?)?$/i
/** At least nine digits: fewer would be a time before packet captures existed, or a year. */
const SECONDS = /^(\d{9,11})(?:\.(\d{1,9}))?$/

/** The first and the last nanosecond of a time: `07:47:08` is the whole second, `.123` one nanosecond. */
interface TimeRange {
  readonly first: bigint
  readonly last: bigint
}

/**
 * RFC 3339, a date (its first nanosecond), a date-time without zone (UTC or local), or seconds since 1970; else null.
 */
function parseTime(word: string, isLocal: boolean): TimeRange | null {
  const [, seconds, part] = SECONDS.exec(word) ?? []
  if (seconds !== undefined) return within(BigInt(seconds), part)
  const [, date, time, fraction, zone = isLocal ? '' : 'Z'] = DATE_TIME.exec(word) ?? []
  if (date === undefined || !isDate(date)) return null
  const ms = Date.parse(`${date}T${time ?? '00:00'}${zone.toUpperCase()}`)
  if (Number.isNaN(ms)) return null
  return within(BigInt(ms) / 1000n, time === undefined ? '0' : fraction)
}

function within(seconds: bigint, fraction: string | undefined): TimeRange {
  const start = seconds * 1_000_000_000n
  if (fraction === undefined) return { first: start, last: start + 999_999_999n }
  const moment = start + BigInt(fraction.padEnd(9, '0'))
  return { first: moment, last: moment }
}

/** `Date.parse` accepts 30 February as 2 March. */
function isDate(date: string): boolean {
  const ms = Date.parse(date)
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date)
}

/** `192.0.2.1`, `192.0.2.1:25`, `2001:db8::1`, `[2001:db8::1]:25`, `mx.example.com:25`; null for anything else. */
function toEndpoint(word: string): string | null {
  if (isIPv6(word)) return canonical(word)
  const name = toHostName(word)
  if (name !== null) return name
  const [, bracketed, plain = '', port] = /^(?:\[(.+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(word) ?? []
  const address =
    bracketed === undefined ? (isIPv4(plain) ? plain : null) : isIPv6(bracketed) ? canonical(bracketed) : null
  if (address === null || port === undefined) return address
  if (!isPort(port)) return null
  return bracketed === undefined ? `${address}:${Number(port)}` : `[${address}]:${Number(port)}`
}

/** With a letter in its last label: an address with a typo is no name. */
const HOST_NAME = /^((?:[a-z0-9_-]+\.)*(?=[a-z0-9-]*[a-z])[a-z0-9-]+)\.?(?::(\d{1,5}))?$/

function toHostName(word: string): string | null {
  const [, name, port] = HOST_NAME.exec(word.toLowerCase()) ?? []
  if (name === undefined || port === undefined) return name ?? null
  return isPort(port) ? `${name}:${Number(port)}` : null
}

function isPort(word: string): boolean {
  return /^\d{1,5}$/.test(word) && Number(word) >= 1 && Number(word) <= 65_535
}

/**
 * The canonical form of RFC 5952, in which the URL standard writes IPv6 addresses; null with a zone, which no packet
 * has.
 */
function canonical(address: string): string | null {
  return address.includes('%') ? null : new URL(`http://[${address}]`).hostname.slice(1, -1)
}

/** The selection options as parsed by commander: each may be repeated, and may contain several values. */
export interface SelectionWords {
  readonly port?: readonly string[]
  readonly server?: readonly string[]
  readonly client?: readonly string[]
  readonly session?: readonly string[]
  readonly rule?: readonly string[]
  readonly ignore?: readonly string[]
  readonly since?: string
  readonly until?: string
  readonly localTime?: true
  readonly keylog?: readonly string[]
  readonly verifyChecksums?: true
}

export function toSelection(words: SelectionWords): Selection {
  const { port, server, client, session, rule, ignore, since, until, localTime = false } = words
  const rules = rule && split(rule).map(toRuleId)
  const ignored = ignore && split(ignore).map(toRuleId)
  if (!(rules ?? RULES.map(({ id }) => id)).some((id) => ignored?.includes(id) !== true))
    throw new UsageError('--ignore: no rule is left')
  return {
    ...(port && { ports: split(port).map(portOf) }),
    ...(server && { servers: split(server).map((word) => endpointOf('--server', word)) }),
    ...(client && { clients: split(client).map((word) => endpointOf('--client', word)) }),
    ...(session && { sessions: split(session).map(sessionOf) }),
    ...(rules && { rules }),
    ...(ignored && { ignored }),
    ...(since !== undefined && { since: timeOf('--since', since, localTime).first }),
    ...(until !== undefined && { until: timeOf('--until', until, localTime).last }),
  }
}

/** Whether only some sessions are selected. The selection of rules does not matter. */
export function isSelective({ rules: _rules, ignored: _ignored, ...sessions }: Selection): boolean {
  return Object.keys(sessions).length > 0
}

/** Ids of findings; null when none is named. */
export function toFindings(words: readonly string[] | undefined): readonly string[] | null {
  return words === undefined ? null : split(words).map(findingOf)
}

function findingOf(word: string): string {
  if (!/^s[1-9]\d*\.[1-9]\d*$/.test(word))
    throw new UsageError(`--finding ${word}: not a finding identifier, as in s17.1`)
  return word
}

/** Splits values that are separated by commas. */
const split = (words: readonly string[]) => words.flatMap((word) => word.split(',')).map((word) => word.trim())

function portOf(word: string): number {
  if (!isPort(word)) throw new UsageError(`--port ${word}: not a port number`)
  return Number(word)
}

function endpointOf(option: string, word: string): string {
  const endpoint = toEndpoint(word)
  if (endpoint !== null) return endpoint
  throw new UsageError(
    `${option} ${word}: not an address or a host name (192.0.2.1, 192.0.2.1:25, [2001:db8::1]:25, mx.example.com)`,
  )
}

function sessionOf(word: string): string {
  if (!/^s[1-9]\d*$/.test(word)) throw new UsageError(`--session ${word}: not a session identifier, as in s17`)
  return word
}

function timeOf(option: string, word: string, isLocal: boolean): TimeRange {
  const moment = parseTime(word, isLocal)
  if (moment !== null) return moment
  throw new UsageError(`${option} ${word}: not a time (2010-11-28T07:47:08Z, 2010-11-28, or seconds since 1970)`)
}

/** Validates the identifier of a rule. */
export function toRuleId(word: string): string {
  const ids = RULES.map(({ id }) => id)
  if (ids.includes(word)) return word
  const near = suggest(word, ids)
  throw new UsageError(
    `unknown rule ${word}${near === null ? '; pipelint rules lists all rules' : `; did you mean ${near}?`}`,
  )
}
