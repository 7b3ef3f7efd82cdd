// The table of commands: verbs, their places in a group, and verb recognition. RFC 2920 section 3.1, RFC 5321 section
// 4.1.1, and the extensions that add verbs.

export type Verb =
  | 'EHLO'
  | 'HELO'
  | 'LHLO'
  | 'MAIL'
  | 'SEND'
  | 'SOML'
  | 'SAML'
  | 'RCPT'
  | 'DATA'
  | 'BDAT'
  | 'BURL'
  | 'RSET'
  | 'NOOP'
  | 'QUIT'
  | 'VRFY'
  | 'EXPN'
  | 'HELP'
  | 'TURN'
  | 'ATRN'
  | 'ETRN'
  | 'AUTH'
  | 'STARTTLS'
  | 'XCLIENT'
  | 'XFORWARD'
  | 'XEXCH50'
  | 'X-EXPS'
  | 'X-ANONYMOUSTLS'
  /** An unknown verb. */
  | 'OTHER'
  /** An empty line. */
  | 'EMPTY'
  /** Message content and lines of an AUTH exchange, which have no verb. */
  | 'CONTENT'
  | 'AUTH-RESPONSE'

const NAMED: readonly Verb[] = [
  'EHLO',
  'HELO',
  'LHLO',
  'MAIL',
  'SEND',
  'SOML',
  'SAML',
  'RCPT',
  'DATA',
  'BDAT',
  'BURL',
  'RSET',
  'NOOP',
  'QUIT',
  'VRFY',
  'EXPN',
  'HELP',
  'TURN',
  'ATRN',
  'ETRN',
  'AUTH',
  'STARTTLS',
  'XCLIENT',
  'XFORWARD',
  'XEXCH50',
  'X-EXPS',
  'X-ANONYMOUSTLS',
]

/**
 * Commands that must be the last of their group: RFC 2920 section 3.1 (LHLO: RFC 2033 section 4.1, HELO: RFC 5321
 * section 4.3.1).
 */
export const MUST_END_GROUP: ReadonlySet<Verb> = new Set<Verb>([
  'EHLO',
  'HELO',
  'LHLO',
  'DATA',
  'VRFY',
  'EXPN',
  'TURN',
  'QUIT',
  'NOOP',
])

/** Commands that others may follow without waiting: RFC 2920 section 3.1, "anywhere in a pipelined command group". */
export const MAY_BE_FOLLOWED: ReadonlySet<Verb> = new Set<Verb>(['MAIL', 'RCPT', 'RSET', 'CONTENT'])

/** Verbs that open a mail transaction. */
export const OPENS_TRANSACTION: ReadonlySet<Verb> = new Set<Verb>(['MAIL', 'SEND', 'SOML', 'SAML'])

/** Greeting commands. A 2xx reply lists the server's capabilities. */
export const GREETS: ReadonlySet<Verb> = new Set<Verb>(['EHLO', 'HELO', 'LHLO'])

const CASE = 0x20

/** Hash of the first four octets in lower case, which distinguishes most verbs with one comparison. */
function head(a: number, b: number, c: number, d: number): number {
  return ((a | CASE) << 24) | ((b | CASE) << 16) | ((c | CASE) << 8) | (d | CASE)
}

const BY_HEAD = new Map<number, { verb: Verb; letters: Uint8Array }[]>()
for (const verb of NAMED) {
  const letters = Uint8Array.from(verb, (letter) => letter.charCodeAt(0) | CASE)
  const key = head(letters[0] as number, letters[1] as number, letters[2] as number, letters[3] as number)
  BY_HEAD.set(key, [...(BY_HEAD.get(key) ?? []), { verb, letters }])
}

/** Length of the first word, which ends at a space, at a tab or at `to`. */
function wordLength(bytes: Uint8Array, from: number, to: number): number {
  let at = from
  while (at < to && !isBlank(bytes[at])) at++
  return at - from
}

function isBlank(octet: number | undefined): boolean {
  return octet === 0x20 || octet === 0x09
}

/**
 * The verb of a command line without its line end: `OTHER` when unknown, `EMPTY` when the line is empty. Leading blanks
 * are skipped, as common servers do.
 */
export function verbOf(bytes: Uint8Array, start: number, to: number): Verb {
  if (start === to) return 'EMPTY'
  let from = start
  while (from < to && isBlank(bytes[from])) from++
  const length = wordLength(bytes, from, to)
  if (length < 4) return 'OTHER'
  const b = bytes
  const key = head(b[from] as number, b[from + 1] as number, b[from + 2] as number, b[from + 3] as number)
  for (const { verb, letters } of BY_HEAD.get(key) ?? []) {
    if (letters.length === length && sameLetters(bytes, from, letters)) return verb
  }
  return 'OTHER'
}

function sameLetters(bytes: Uint8Array, from: number, letters: Uint8Array): boolean {
  for (let i = 4; i < letters.length; i++) if (((bytes[from + i] as number) | CASE) !== letters[i]) return false
  return true
}

const BINARYMIME = Uint8Array.from(' BODY=BINARYMIME', (letter) => letter.charCodeAt(0) | CASE)

/** Whether a MAIL line declares a binary message (RFC 3030 section 3), which must be sent in chunks. */
export function saysBinary(bytes: Uint8Array, from: number, to: number): boolean {
  const { length } = BINARYMIME
  for (let at = to - length; at > from; at--) {
    if (bytes[at] !== 0x20) continue
    const end = at + length
    let i = 1
    while (i < length && ((bytes[at + i] as number) | CASE) === BINARYMIME[i]) i++
    if (i === length && (end === to || bytes[end] === 0x20)) return true
  }
  return false
}
