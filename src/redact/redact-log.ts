// Redacts lines of mail logs: time and program stay, host and queue ids are replaced like other words.
import type { LogQuote } from '../log/mail-log.ts'
import { redactSpeech } from './redact-lines.ts'
import type { Redaction } from './redaction.ts'

const TIME = String.raw`(?:[A-Z][a-z]{2} +\d+ [\d:.]+|\d{4}-\d\d-\d\d[T ][\d:.,]+ ?(?:Z|[+-]\d\d:?\d\d)?)`
const PROGRAM = String.raw`(?:postfix[\w-]*(?:/[a-z]+)+|exim\d?|sendmail|sm-mta)\[\d+\]`
const PREFIX = new RegExp(String.raw`^(?:<\d+>)?(${TIME}) (?:\S+ (${PROGRAM}): )?(.*)$`)

export function redactQuote({ log, line, text, by }: LogQuote, redaction: Redaction): LogQuote {
  const { names } = redaction
  const [, time, program, rest = text] = PREFIX.exec(text) ?? []
  return {
    log,
    file: `log-${log}`,
    line,
    text: [time, program && `${program}:`, redactSpeech(rest, names)].filter((part) => part !== undefined).join(' '),
    by,
  }
}
