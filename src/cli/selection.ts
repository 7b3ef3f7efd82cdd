// Words of the command line -> a Selection. Every word that makes no sense is a UsageError that says what would.
import { UsageError } from '../problems.ts'
import { RULES } from '../rules/index.ts'
import type { Selection } from '../rules/select.ts'

/** The selection options as commander hands them over: each may be repeated, each word may hold several. */
export interface SelectionWords {
  readonly port?: readonly string[]
  readonly server?: readonly string[]
  readonly client?: readonly string[]
  readonly session?: readonly string[]
  readonly rule?: readonly string[]
  readonly since?: string
  readonly until?: string
}

export function toSelection(words: SelectionWords): Selection {
  return {
    ...(words.port && { ports: split(words.port).map(toPort) }),
    ...(words.server && { servers: split(words.server).map(toEndpoint) }),
    ...(words.client && { clients: split(words.client).map(toEndpoint) }),
    ...(words.session && { sessions: split(words.session).map(toSessionId) }),
    ...(words.rule && { rules: split(words.rule).map(toRuleId) }),
    ...(words.since !== undefined && {
      since: toTime('--since', words.since, 0n),
    }),
    ...(words.until !== undefined && {
      until: toTime('--until', words.until, 999_999_999n),
    }),
  }
}

const split = (words: readonly string[]) => words.flatMap((word) => word.split(',')).map((word) => word.trim())

function toPort(word: string): number {
  const port = Number(word)
  if (!/^\d+$/.test(word) || port < 1 || port > 65_535) throw new UsageError(`--port ${word}: not a port number`)
  return port
}

function toEndpoint(word: string): string {
  const address = /^(?:\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?|\[[0-9a-f:.]+\](?::\d+)?|[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*)$/i
  if (!address.test(word)) throw new UsageError(`${word}: not an address (192.0.2.1, 192.0.2.1:25, [2001:db8::1]:25)`)
  return word.toLowerCase().replace(/^\[([^\]]+)\]$/, '$1')
}

function toSessionId(word: string): string {
  if (!/^s\d+$/.test(word)) throw new UsageError(`--session ${word}: a session is named s and a number, as in s17`)
  return word
}

export function toRuleId(word: string): string {
  if (RULES.some(({ id }) => id === word)) return word
  const near = RULES.map(({ id }) => ({
    id,
    distance: editDistance(word, id),
  })).sort((a, b) => a.distance - b.distance)[0]
  const hint = near !== undefined && near.distance <= 4 ? `; did you mean ${near.id}?` : '; pipelint rules lists them'
  throw new UsageError(`no rule is called ${word}${hint}`)
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[b.length] as number
}

const DATE_TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?)?$/

/** RFC 3339, a date, a date-time without zone (UTC), or seconds since 1970. */
function toTime(option: string, word: string, restOfSecond: bigint): bigint {
  if (/^\d{9,11}$/.test(word)) return BigInt(word) * 1_000_000_000n + restOfSecond
  const [, date, time, fraction, zone] = DATE_TIME.exec(word) ?? []
  const ms = date === undefined ? Number.NaN : Date.parse(`${date}T${time ?? '00:00'}${zone ?? 'Z'}`)
  if (Number.isNaN(ms))
    throw new UsageError(`${option} ${word}: not a time (2010-11-28T07:47:08Z, or seconds since 1970)`)
  const rest = fraction === undefined ? (time === undefined ? 0n : restOfSecond) : BigInt(fraction.padEnd(9, '0'))
  return BigInt(ms) * 1_000_000n + rest
}
