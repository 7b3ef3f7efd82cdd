// Lines of mail logs that belong to a session, quoted below its dialogue.
import type { LogQuote } from '../log/mail-log.ts'
import { terminal } from './escape.ts'
import { type Style, wrap } from './format-text.ts'

/** `mail.log, line 1234 (same queue id)` */
export function quoteTitle({ file, line, by }: Pick<LogQuote, 'file' | 'line' | 'by'>): string {
  const why = by === 'address and time' ? 'same address and time; it may be about another session' : `same ${by}`
  return `${terminal(file)}, line ${line} (${why})`
}

export function renderLogQuotes(
  quotes: readonly LogQuote[],
  { width, style }: { readonly width: number; readonly style: Style },
): string {
  return quotes
    .flatMap((quote) => [
      ...wrap(`${quoteTitle(quote)}:`, width).map(style.dim),
      ...wrap(terminal(quote.text), width, '  '),
    ])
    .join('\n')
}
