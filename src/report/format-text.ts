// Text that all formats share: numbers, widths, wrapping, colours, the names of clauses and of limits.
import type { VerdictName } from '../rules/analysis.ts'
import type { LimitCode } from '../smtp/records.ts'

/** How to emphasise. Renderers are pure: they get an ink and return a string. */
export interface Style {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly red: (text: string) => string
  readonly yellow: (text: string) => string
  readonly green: (text: string) => string
  readonly blue: (text: string) => string
}

const same = (text: string) => text
export const PLAIN: Style = {
  bold: same,
  dim: same,
  red: same,
  yellow: same,
  green: same,
  blue: same,
}

const sgr = (on: number, off: number) => (text: string) => `\x1b[${on}m${text}\x1b[${off}m`
export const COLOURED: Style = {
  bold: sgr(1, 22),
  dim: sgr(2, 22),
  red: sgr(31, 39),
  yellow: sgr(33, 39),
  green: sgr(32, 39),
  blue: sgr(34, 39),
}

export function colourOf(verdict: VerdictName, style: Style): (text: string) => string {
  if (verdict === 'violation') return style.red
  if (verdict === 'conforming') return style.green
  return style.yellow
}

/** Columns that a text takes: everything but the colours. */
export function columns(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters.
  return text.replace(/\u001b\[\d+m/g, '').length
}

/** Breaks at blanks so that no line is wider than `width`; words that are wider stand alone. */
export function wrap(text: string, width: number, indent = ''): string[] {
  const lines: string[] = []
  for (const paragraph of text.split('\n')) {
    let line = ''
    let used = indent.length
    for (const word of paragraph.split(' ')) {
      const more = columns(word)
      if (line !== '' && used + 1 + more > width) {
        lines.push(indent + line)
        line = word
        used = indent.length + more
      } else {
        used += more + (line === '' ? 0 : 1)
        line = line === '' ? word : `${line} ${word}`
      }
    }
    lines.push(indent + line)
  }
  return lines
}

/** The same, with only the further lines indented. */
export function wrapBelow(text: string, width: number, indent: string): string[] {
  const [first = ''] = wrap(text, width)
  const rest = text.slice(first.length).trimStart()
  return rest === '' ? [first] : [first, ...wrap(rest, width, indent)]
}

/** `1,204`, whatever the locale: a whole number. Asking the runtime for it would load all that it knows of locales. */
export function decimal(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** `1 error`, `2 errors`, `1,204 sessions`. */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${decimal(n)} ${n === 1 ? one : many}`
}

/** Cuts the middle out of what does not fit. */
export function shorten(text: string, width: number): string {
  if (text.length <= width) return text
  const head = Math.ceil((width - 3) / 2)
  return `${text.slice(0, head)}...${text.slice(text.length - (width - 3 - head))}`
}

/** `RFC 2920 section 3.2 (9), MUST NOT`. */
export function clauseName(clause: {
  readonly rfc: number
  readonly section: string
  readonly item: number | null
  readonly keyword: string | null
}): string {
  const item = clause.item === null ? '' : ` (${clause.item})`
  const keyword = clause.keyword === null ? '' : `, ${clause.keyword}`
  return `RFC ${clause.rfc} section ${clause.section}${item}${keyword}`
}

interface SparklineMarks {
  /** Where there is nothing of which a share could be taken. */
  readonly none: string
  readonly zero: string
  /** From a little to all. */
  readonly marks: string
  /** How a share becomes one of them. */
  readonly round: (steps: number) => number
}

/** A mark for each share from 0 to 1; null for none. A share above 0 never looks like 0. */
export function sparkline(shares: readonly (number | null)[], { none, zero, marks, round }: SparklineMarks): string {
  return shares
    .map((share) => {
      if (share === null) return none
      return share === 0 ? zero : marks[Math.max(1, round(share * marks.length)) - 1]
    })
    .join('')
}

export const LIMIT_WORDS: Readonly<Record<LimitCode, string>> = {
  'gap-client': 'bytes from the client are missing from the capture',
  'gap-server': 'bytes from the server are missing from the capture',
  unacknowledged: 'bytes that one side sent are missing from the capture, and the other side never acknowledged them',
  clock: 'the clock of the capture stood still or was changed during the session',
  snaplen: 'packets were cut by the snapshot length',
  midstream: 'the start of the connection was not captured',
  'capture-end': 'the end of the connection was not captured',
  'one-way-client': 'only packets from the client were captured',
  'one-way-server': 'only packets from the server were captured',
  tls: 'encrypted',
  'sasl-layer': 'encrypted by a SASL security layer',
  'role-reversal': 'client and server changed roles (TURN or ATRN); what follows is not judged',
  'not-smtp': 'another protocol on an SMTP port',
  'proxy-rewrite': 'a device on the path overwrote what the server offers',
  'overlap-conflict': 'retransmitted bytes differ from the first copy, or segments of two senders cannot be told apart',
  'resource-cap': 'pipelint reached one of its own limits',
  'internal-error': 'an internal error of pipelint',
}

/** A command sequence as a sentence shows it: `. QUIT` is `end of data + QUIT`. */
export function shownSequence(shape: string): string {
  return shape
    .split(' ')
    .map((word, i, words) => {
      if (word === '.') return `${i > 0 ? '+ ' : ''}end of data`
      return words[i - 1] === '.' ? `+ ${word}` : word
    })
    .join(' ')
}
