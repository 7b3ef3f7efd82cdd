// What a unit of the client and a reply of the server look like, and which reply a unit can draw.
import type { ProofItem } from '../../src/rules/analysis.ts'
import type { Stream } from './segments.ts'

/** A unit of the client, a reply of the server, or other octets: the verb or code, where they are, what is claimed of them. */
export type Part = { what: string; index: number; start: number; end: number; text: string; item: Partial<ProofItem> }

export const NOTHING: Part = { what: '', index: 0, start: 0, end: 0, text: '', item: {} }
const VERBS =
  /^(?:EHLO|HELO|LHLO|MAIL|SEND|SOML|SAML|RCPT|DATA|BDAT|BURL|RSET|NOOP|QUIT|VRFY|EXPN|HELP|TURN|ATRN|ETRN|AUTH|STARTTLS|XCLIENT|XFORWARD|XEXCH50|X-EXPS|X-ANONYMOUSTLS)(?=\s)/i
const CHUNK = /^BDAT +(\d{1,15})(?: +LAST)? *\r*\n/i
/** Codes that only some units can draw. */
const ONLY: readonly (readonly [RegExp, RegExp])[] = [
  [/354/, /^(?:DATA|XEXCH50)$/],
  [/221/, /^QUIT$/],
  [/220/, /^(?:STARTTLS|X-ANONYMOUSTLS|XCLIENT)$/],
  [/250/, /^(?!DATA$|STARTTLS$|X-ANONYMOUSTLS$)/],
  [/235|334/, /^(?:AUTH|X-EXPS|AUTH-RESPONSE)$/],
]

export const draws = (unit: Part, reply: Part) =>
  ONLY.find(([code]) => code.test(reply.what))?.[1].test(unit.what) ?? true
export const isCommand = (text: string) => VERBS.test(text)
export const isPart = ({ what }: Part) => /^(?:CONTENT|AUTH-RESPONSE)$/.test(what)
const verbOf = (text: string) => VERBS.exec(text)?.[0].toUpperCase() ?? (text.trim() === '' ? 'EMPTY' : 'OTHER')
const linesIn = (text: string) => text.matchAll(/[^\n]*\n/g)

/** Whether it has come to its end: the end of its line, the dot, the last octet of the chunk (or none was sent). */
export function isWhole({ what, text }: Part): boolean {
  const [line, octets] = CHUNK.exec(text) ?? []
  if (what === 'CONTENT') return /(?:^|[\r\n])\.(?:\r\n|\r|\n)$/.test(text)
  return line && what === 'BDAT' ? [0, Number(octets)].includes(text.length - line.length) : text.endsWith('\n')
}

/** Whether its octets are one unit of the kind, and no more. */
export function isUnit({ what, text }: Part): boolean {
  if (what === 'CONTENT') return [-1, text.length - 3].includes(`\r\n${text}`.indexOf('\r\n.\r\n'))
  const length = CHUNK.exec(text)?.[0].length ?? text.length
  return [-1, length - 1].includes(text.indexOf('\n')) && (what === 'AUTH-RESPONSE' || verbOf(`${text} `) === what)
}

/** Whether units lie side by side, with nothing in between. */
export function isRow(units: readonly Part[]): boolean {
  return units.every((unit, i) => {
    const { end, index } = units[i - 1] ?? NOTHING
    return i === 0 || (unit.start === end && unit.index === index + (isPart(unit) ? 0 : 1))
  })
}

/** The lines of the client that read like commands, or like the end of a message, wherever they stand. */
export function linesOf({ text }: Stream): Part[] {
  // Version 2 of the PROXY protocol.
  const header = text.startsWith('\r\n\r\n\0\r\nQUIT\n') ? 16 + text.charCodeAt(14) * 256 + text.charCodeAt(15) : 0
  return Array.from(linesIn(text.slice(header)), ({ 0: line, index }) => {
    const [what, start] = [/^\.\r?\n/.test(line) ? '.' : verbOf(line), header + index]
    return { ...NOTHING, what, start, end: start + line.length, text: line }
  }).filter(({ what }) => !/EMPTY|OTHER/.test(what))
}

/** Complete replies; lines in between that are none are passed over. */
export function repliesOf({ text, length }: Stream): Part[] {
  const replies: Part[] = []
  let start: number | null = null
  for (const { 0: line, index } of linesIn(text.slice(0, length))) {
    const isReply = /^\d{3}(?:[ -].*)?\r*\n$/s.test(line)
    if (isReply) start ??= index
    if (!isReply || start === null || line[3] === '-') continue
    const [own, end] = [text.slice(start, index + line.length), index + line.length]
    replies.push({ what: own.slice(0, 3), index: replies.length + 1, start, end, text: own, item: {} })
    start = null
  }
  return replies
}
