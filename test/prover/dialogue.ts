// What a unit of the client and a reply of the server look like, and which reply a unit can draw.
import type { ProofItem } from '../../src/rules/analysis.ts'
import type { Stream } from './segments.ts'

/** Octets of one side: a unit or line of the client, a reply of the server; `what`: the verb, the code. */
export interface Part {
  readonly what: string
  readonly start: number
  readonly end: number
  readonly text: string
  readonly item: ProofItem | null
}

export const NOTHING: Part = { what: '', start: 0, end: 0, text: '', item: null }
export const GREETS = /^(?:EHLO|HELO|LHLO)$/
const AUTHENTICATES = /^(?:AUTH|X-EXPS|AUTH-RESPONSE)$/
const VERBS =
  /^(?:EHLO|HELO|LHLO|MAIL|SEND|SOML|SAML|RCPT|DATA|BDAT|BURL|RSET|NOOP|QUIT|VRFY|EXPN|HELP|TURN|ATRN|ETRN|AUTH|STARTTLS|XCLIENT|XFORWARD|XEXCH50|X-EXPS|X-ANONYMOUSTLS)(?=\s)/i
const CHUNK = /^BDAT +(\d{1,15})(?: +LAST)? *\r*\n/i
/** Codes that only some units can draw. */
const ONLY: readonly (readonly [RegExp, RegExp])[] = [
  [/354/, /^(?:DATA|XEXCH50)$/],
  [/221/, /^QUIT$/],
  [/220/, /^(?:STARTTLS|X-ANONYMOUSTLS|XCLIENT)$/],
  [/250/, /^(?!DATA$|STARTTLS$|X-ANONYMOUSTLS$)/],
  [/235|334/, AUTHENTICATES],
]

export const draws = (unit: Part, reply: Part) =>
  ONLY.find(([code]) => code.test(reply.what))?.[1].test(unit.what) ?? true
export const isCommand = (text: string) => VERBS.test(text)
export const isPart = ({ what }: Part) => /^(?:CONTENT|AUTH-RESPONSE)$/.test(what)
const verbOf = (text: string) => VERBS.exec(text)?.[0].toUpperCase() ?? (text.trim() === '' ? 'EMPTY' : 'OTHER')

/** Whether it has come to its end: the end of its line, the dot, the last octet of the chunk (or none was sent). */
export function isWhole({ what, text }: Part): boolean {
  const [line, octets] = CHUNK.exec(text) ?? []
  if (what === 'CONTENT') return /(?:^|[\r\n])\.(?:\r\n|\r|\n)$/.test(text)
  return what === 'BDAT' && line !== undefined
    ? [0, Number(octets)].includes(text.length - line.length)
    : text.endsWith('\n')
}

/** Whether its octets are one unit of the kind, and no more. */
export function isUnit(unit: Part): boolean {
  const { what, text } = unit
  if (what === 'CONTENT') return [-1, text.length - 3].includes(`\r\n${text}`.indexOf('\r\n.\r\n'))
  const length = CHUNK.exec(text)?.[0].length ?? text.length
  const isLine = [-1, length - 1].includes(text.indexOf('\n')) && (isWhole(unit) || length > 0)
  return isLine && (what === 'AUTH-RESPONSE' || verbOf(`${text} `) === what)
}

/** The lines of the client that read like commands, or like the end of a message, wherever they stand. */
export function linesOf({ text }: Stream): Part[] {
  // Version 2 of the PROXY protocol.
  const header = text.startsWith('\r\n\r\n\0\r\nQUIT\n') ? 16 + text.charCodeAt(14) * 256 + text.charCodeAt(15) : 0
  return [...text.slice(header).matchAll(/[^\n]*\n/g)].flatMap(({ 0: line, index }) => {
    const start = header + index
    const what = /^\.\r?\n/.test(line) ? '.' : verbOf(line)
    return /EMPTY|OTHER/.test(what) ? [] : [{ what, start, end: start + line.length, text: line, item: null }]
  })
}

/** Complete replies; lines in between that are none are passed over. */
export function repliesOf({ text, length }: Stream): Part[] {
  const replies: Part[] = []
  let start: number | null = null
  for (const { 0: line, index } of text.slice(0, length).matchAll(/[^\n]*\n/g)) {
    const isReply = /^\d{3}(?:[ -].*)?\r*\n$/s.test(line)
    if (isReply) start ??= index
    if (!isReply || start === null || line[3] === '-') continue
    const own = text.slice(start, index + line.length)
    replies.push({ what: own.slice(0, 3), start, end: start + own.length, text: own, item: null })
    start = null
  }
  return replies
}

/** Whether units lie side by side, with nothing in between. */
export function isRow(units: readonly Part[]): boolean {
  return units.every((unit, i) => {
    const { end, item } = units[i - 1] ?? NOTHING
    return i === 0 || (unit.start === end && unit.item?.index === (item?.index ?? 0) + (isPart(unit) ? 0 : 1))
  })
}
