// Times for people: those of records are UTC, and stay so in formats for machines. With --local-time they are shown in the
// zone of this machine (TZ), with their offset: `2010-11-28T08:47:08.000000+01:00`.

/** The members of records that are times. `key`: a row of a triage by hour. */
const TIMES: ReadonlySet<string> = new Set([
  ...['startedAt', 'endedAt', 'at', 'firstAt', 'lastAt', 'firstPacketAt', 'lastPacketAt', 'from', 'key'],
])
const UTC_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/
const MINUTE_MS = 60_000

/** A copy of records with their times in local time. */
export function toLocalTime<T>(value: T): T {
  return convert(value) as T
}

function convert(value: unknown, name = ''): unknown {
  if (typeof value === 'string') return TIMES.has(name) ? localTime(value) : value
  if (Array.isArray(value)) return value.map((member) => convert(member, name))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, convert(member, key)]))
}

/** What is no UTC time stays as it is. */
export function localTime(iso: string): string {
  const [, fraction = ''] = UTC_TIME.exec(iso) ?? []
  const ms = UTC_TIME.test(iso) ? Date.parse(iso) : Number.NaN
  if (Number.isNaN(ms)) return iso
  const minutes = -new Date(ms).getTimezoneOffset()
  const local = new Date(ms + minutes * MINUTE_MS).toISOString().slice(0, 19)
  const two = (n: number) => String(n).padStart(2, '0')
  const size = Math.abs(minutes)
  return `${local}${fraction}${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}

/** Without what is below a second. */
export function inSeconds(iso: string): string {
  return iso.replace(/\.\d+(?=Z$|[+-]\d\d:\d\d$)/, '')
}

/** How the zone of a time is called: `UTC`, `+01:00`. */
export function zoneOf(iso: string): string {
  return iso.endsWith('Z') ? 'UTC' : iso.slice(-6)
}
