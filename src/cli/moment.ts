// A word for a moment -> nanoseconds since the Unix epoch.
const DATE_TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?)?$/i
/** Nine digits and more: fewer would be a moment before packets were captured, or a year. */
const SECONDS = /^(\d{9,11})(?:\.(\d{1,9}))?$/

/** The first and the last nanosecond that a word means: `07:47:08` is all of that second, `.123` one moment. */
export interface Moment {
  readonly first: bigint
  readonly last: bigint
}

/** RFC 3339, a date (its first moment), a date-time without zone (UTC), or seconds since 1970; else null. */
export function toMoment(word: string): Moment | null {
  const [, seconds, part] = SECONDS.exec(word) ?? []
  if (seconds !== undefined) return within(BigInt(seconds), part)
  const [, date, time, fraction, zone = 'Z'] = DATE_TIME.exec(word) ?? []
  if (date === undefined || !isDate(date)) return null
  const ms = Date.parse(`${date}T${time ?? '00:00'}${zone.toUpperCase()}`)
  if (Number.isNaN(ms)) return null
  return within(BigInt(ms) / 1000n, time === undefined ? '0' : fraction)
}

function within(seconds: bigint, fraction: string | undefined): Moment {
  const start = seconds * 1_000_000_000n
  if (fraction === undefined) return { first: start, last: start + 999_999_999n }
  const moment = start + BigInt(fraction.padEnd(9, '0'))
  return { first: moment, last: moment }
}

/** `Date.parse` takes 30 February for 2 March. */
function isDate(date: string): boolean {
  const ms = Date.parse(date)
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date)
}
