// What the code and text of a reply say about the command that it answers. Clients must count replies (RFC 2920 section
// 3.1), but an observer may use such evidence when counting fails. Addresses are searched in one pass without regular
// expressions, which could take quadratic time on hostile text.
import { WORDS_CHARACTERS_MAX } from '../../limits.ts'
import { GREETS, OPENS_TRANSACTION, type Verb } from '../parse/commands.ts'
import { isTooEarly } from '../pending-command.ts'
import type { Reply } from '../records.ts'

/** The first `local@domain` in angle brackets, without the brackets; null when there is none. */
export function addressIn(text: string): string | null {
  for (let open = text.indexOf('<'); open >= 0; ) {
    let at = open + 1
    while (at < text.length && !isBorder(text[at] as string)) at++
    const inside = text.slice(open + 1, at)
    if (text[at] === '>' && hasInner(inside, '@')) return inside
    open = text.indexOf('<', at)
  }
  return null
}

/** Whether the text contains an address: in angle brackets, or followed by three dots as in Sendmail's replies. */
export function namesAddress(text: string): boolean {
  if (addressIn(text) !== null) return true
  return text.split(' ').slice(0, -1).some(isAnnounced)
}

/** `local@domain...` */
function isAnnounced(word: string): boolean {
  if (!word.endsWith('...')) return false
  const end = word.length - 3
  for (let at = word.indexOf('@', 1); at >= 0 && at < end - 1; at = word.indexOf('@', at + 1)) {
    if (word[at - 1] !== '<') return true
  }
  return false
}

/** Whether `sign` occurs in the word with something on both sides. */
function hasInner(word: string, sign: string): boolean {
  const at = word.indexOf(sign, 1)
  return at >= 0 && at < word.length - 1
}

function isBorder(character: string): boolean {
  return character === '<' || character === '>' || /\s/.test(character)
}

/** The properties of a unit that the alignment needs. */
interface Candidate {
  readonly verb: Verb
  readonly argument: string
  readonly start: number
  readonly end: number
}

/** Costs for the alignment: of an impossible pair, and the least difference that makes an alignment certain. */
export const IMPOSSIBLE = 1000
export const MARGIN = 3
const STRONG = -4
const AGAINST = 3
const EARLY = 20

const AUTHENTICATES: ReadonlySet<Verb> = new Set<Verb>(['AUTH', 'X-EXPS', 'AUTH-RESPONSE'])
const STARTS_OVER: ReadonlySet<Verb> = new Set<Verb>(['STARTTLS', 'X-ANONYMOUSTLS', 'XCLIENT'])
const ENDS_CONTENT: ReadonlySet<Verb> = new Set<Verb>(['CONTENT', 'BDAT', 'BURL'])
const NEVER_250: ReadonlySet<Verb> = new Set<Verb>(['DATA', 'STARTTLS', 'X-ANONYMOUSTLS'])
const EHLO_KEYWORD =
  /^250[- ](?:PIPELINING|SIZE|8BITMIME|STARTTLS|ENHANCEDSTATUSCODES|CHUNKING|DSN|AUTH|SMTPUTF8|ETRN|BINARYMIME|HELP)\b/i

/** Whether only EHLO or LHLO can cause this reply: it lists keywords of extensions. */
function listsKeywords(reply: Reply): boolean {
  return reply.lines.some((line) => EHLO_KEYWORD.test(line))
}

/** An enhanced status code behind the code. */
const STATUS = /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/

/**
 * Whether a line of the reply may be another reply, because the line in front of it has a hyphen that it should not
 * have: the server had more of the client when it sent it, or it has another address or status, or the same words.
 */
export function mayLackFinalLine(reply: Reply): boolean {
  const { lines, lineCount, code, seenAtStart, seenAtEnd } = reply
  if (lineCount < 2 || !reply.wellFormed || code === 211 || code === 214) return false
  if (seenAtStart >= 0 && seenAtEnd > seenAtStart) return true
  const [first, last] = [lines[0] ?? '', lines[lines.length - 1] ?? '']
  const status = STATUS.exec(last)?.[1]
  if (status !== undefined && STATUS.exec(first)?.[1] !== status) return true
  if (addressIn(first) !== null && addressIn(last) !== null) return addressIn(first) !== addressIn(last)
  return first.slice(4) === last.slice(4)
}

/** Whether the verb can cause this code at all (RFC 5321 section 4.3.2 and the extensions). */
export function isPossible(verb: Verb, reply: Reply): boolean {
  const { code } = reply
  if (!reply.wellFormed) return true
  switch (code) {
    case 250:
      return NEVER_250.has(verb) ? false : GREETS.has(verb) || reply.lineCount === 1 || !listsKeywords(reply)
    case 354:
      return verb === 'DATA' || verb === 'XEXCH50'
    case 334:
    case 235:
      return AUTHENTICATES.has(verb)
    case 353:
      return verb === 'CONTENT'
    case 220:
      return STARTS_OVER.has(verb)
    case 221:
      return verb === 'QUIT' || verb === 'OTHER'
    case 211:
    case 214:
      return verb === 'HELP' || verb === 'OTHER'
    case 251:
      return verb === 'RCPT' || verb === 'VRFY' || verb === 'ETRN' || verb === 'OTHER'
    case 252:
      return verb === 'VRFY' || verb === 'EXPN' || verb === 'ETRN' || verb === 'RCPT' || verb === 'OTHER'
    case 253:
    case 458:
    case 459:
      return verb === 'ETRN' || verb === 'OTHER'
    default:
      return true
  }
}

/** Whether the code alone identifies the verb that it answers ("hard" codes). */
export function isHard(reply: Reply): boolean {
  const { code } = reply
  return reply.wellFormed && (code === 354 || code === 221 || code === 235 || code === 334 || code === 353)
}

/** Whether, of all verbs that may be open, only this one can have drawn the code. */
export function isItsOwn(verb: Verb, code: number): boolean {
  switch (verb) {
    case 'DATA':
    case 'XEXCH50':
      return code === 354
    case 'STARTTLS':
    case 'X-ANONYMOUSTLS':
      return code === 220
    case 'AUTH':
    case 'X-EXPS':
    case 'AUTH-RESPONSE':
      return code === 334 || code === 235
    case 'QUIT':
      return code === 221
    default:
      return false
  }
}

const ACCEPTED_CONTENT = /queued|message accepted|\bid=|\bqp \d|internalid|\b(?:saved|delivered)\b/i
const SAYS: readonly (readonly [RegExp, readonly Verb[]])[] = [
  [/nested mail|already (?:specified|given)|sender\b.*\bo\.?k\b|sender <|domain of sender/i, ['MAIL']],
  [/recipient\b.*\bo\.?k\b|recipient <|user unknown|no such user|mailbox unavailable/i, ['RCPT']],
  [/need rcpt|rcpt first|rcpt command|no valid recipients|no recipients?\b|need recipient/i, ['DATA', 'BDAT', 'BURL']],
  [/need mail\b|mail first|sender not yet given|need mail before/i, ['RCPT']],
  [/reset|flushed/i, ['RSET']],
  [/closing|\bbye\b|goodbye/i, ['QUIT']],
  [/helo\/ehlo|(?:helo|ehlo) first|say (?:helo|ehlo)|polite people/i, ['MAIL', 'RCPT']],
  [/unrecogni[sz]ed|not recogni[sz]ed|unknown command|unimplemented|not implemented/i, ['OTHER']],
]

/** A unit with the address in it, which is read once: an alignment compares every unit with every reply. */
export class UnitText {
  readonly unit: Candidate
  private found: string | null | undefined

  constructor(unit: Candidate) {
    this.unit = unit
  }

  /** In lower case; null when there is none. */
  get address(): string | null {
    if (this.found === undefined) this.found = addressIn(this.unit.argument)?.toLowerCase() ?? null
    return this.found
  }
}

/** A reply with what its text says, each read once. */
export class ReplyText {
  readonly reply: Reply
  /** The first lines, up to the length that the standard allows. */
  private readonly text: string
  private inLowerCase: string | null = null
  private isAddressed: boolean | null = null
  private meant: readonly Verb[] | null | undefined
  private accepts: boolean | null = null

  constructor(reply: Reply) {
    const { lines } = reply
    const text = lines.length === 1 ? (lines[0] as string) : lines.slice(0, 4).join(' ')
    this.reply = reply
    this.text = text.length <= WORDS_CHARACTERS_MAX ? text : text.slice(0, WORDS_CHARACTERS_MAX)
  }

  get lower(): string {
    this.inLowerCase ??= this.text.toLowerCase()
    return this.inLowerCase
  }

  /** Whether it contains something that is written like an address. */
  get namesAddress(): boolean {
    this.isAddressed ??= namesAddress(this.text)
    return this.isAddressed
  }

  /** The verbs that a well-known phrase in it is about; null without such a phrase. */
  get verbs(): readonly Verb[] | null {
    if (this.meant === undefined) this.meant = SAYS.find(([pattern]) => pattern.test(this.text))?.[1] ?? null
    return this.meant
  }

  get acceptsContent(): boolean {
    this.accepts ??= ACCEPTED_CONTENT.test(this.text)
    return this.accepts
  }
}

/** The cost of pairing this unit with this reply: negative for evidence, positive for contradictions. */
export function weigh(asked: UnitText, said: ReplyText): number {
  const { unit } = asked
  const { reply } = said
  const { verb } = unit
  if (!isPossible(verb, reply)) return IMPOSSIBLE
  if (!reply.wellFormed) return 0
  let cost = weighClass(verb, said)
  if (reply.seenAtStart >= 0 && reply.seenAtStart < unit.end)
    cost += !isTooEarly(reply, unit) || ENDS_CONTENT.has(verb) ? 2 : EARLY
  return cost + weighEcho(asked, said)
}

/** Cost by codes, enhanced codes (RFC 3463) and the phrases of well-known servers. */
function weighClass(verb: Verb, said: ReplyText): number {
  const { code, status } = said.reply
  // RFC 1985 shows 250 to QUIT, and some servers answer AUTH by it.
  if ((verb === 'QUIT' || AUTHENTICATES.has(verb)) && code === 250) return 6
  if (code === 221 && verb === 'OTHER') return 6
  if (code === 354 || code === 334 || code === 235 || code === 221 || code === 353) return STRONG * 2
  if (code === 251 || code === 551) return verb === 'RCPT' ? STRONG : 0
  if (code === 252) return verb === 'VRFY' || verb === 'EXPN' ? STRONG : 1
  if (code === 500 || code === 502) return verb === 'OTHER' || verb === 'EMPTY' ? STRONG : 1
  if (code === 421) return 0
  let cost = 0
  if (status !== 0) cost += weighEnhanced(verb, code, Math.floor(status / 1000) % 1000, status % 1000)
  if (code === 250 && said.acceptsContent) return ENDS_CONTENT.has(verb) ? STRONG : AGAINST
  const { verbs } = said
  if (verbs === null) return cost
  return cost + (verbs.includes(verb) || (verbs.includes('MAIL') && OPENS_TRANSACTION.has(verb)) ? STRONG : 1)
}

function weighEnhanced(verb: Verb, code: number, subject: number, detail: number): number {
  const mail = OPENS_TRANSACTION.has(verb)
  if (code === 250) {
    if (subject === 1 && detail === 0) return mail ? STRONG : verb === 'RCPT' ? AGAINST : 2
    if (subject === 1 && detail === 5) return verb === 'RCPT' ? STRONG : mail ? AGAINST : verb === 'RSET' ? 0 : 2
    if (subject === 6 && detail === 0) return ENDS_CONTENT.has(verb) ? STRONG : AGAINST
    return 0
  }
  // X.1.0 is also used about senders (RFC 3463 section 3.2: "something about the address specified in the message").
  const recipient = (subject === 1 && ((detail >= 1 && detail <= 3) || detail === 6 || detail === 10)) || subject === 2
  if (recipient && code >= 400) return verb === 'RCPT' ? STRONG : 1
  if (subject === 7 && (detail === 8 || detail === 9) && code >= 400) return AUTHENTICATES.has(verb) ? STRONG : 1
  return 0
}

/** The strongest evidence between several RCPT: the text contains the address of one of them. */
function weighEcho(asked: UnitText, said: ReplyText): number {
  const { verb } = asked.unit
  if (verb !== 'RCPT' && !OPENS_TRANSACTION.has(verb)) return 0
  if (!said.reply.addressed) return 0
  const { address } = asked
  if (address === null) return 0
  if (said.lower.includes(address)) return STRONG
  // The reply contains another address. That only counts when it is written like an address.
  return said.reply.code < 300 && said.namesAddress ? AGAINST : 0
}
