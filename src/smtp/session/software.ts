// Guesses the server program from the greeting and the EHLO reply. Both are text that the operator can change or a box
// in the path can write, so the guess only helps to find the right vendor. Null when it is unclear.
import { KNOWN_TEXTS_MAX } from '../../limits.ts'

/**
 * How programs name themselves in the greeting, after the host name: a part of it, in lower case, and the whole. The part is
 * looked for first, because compiling all the expressions would take longer than reading a small capture.
 */
const GREETINGS = [
  ['Amavis', 'amavis', /\bamavisd?(?:-new)? service ready/i],
  ['Courier', 'courier', /\bESMTP Courier\b/],
  ['Cyrus', 'cyrus', /\bLMTP Cyrus\b|\bCyrus LMTP\b/],
  ['Domino', 'domino', /\bLotus Domino\b|\bDomino Release\b/],
  ['Dovecot', 'dovecot', /\bDovecot\b.*\bready\b/],
  ['Exchange', 'microsoft', /\bMicrosoft ESMTP MAIL Service\b/i],
  ['Exim', 'exim', /\bESMTP Exim\b/],
  ['Gmail', 'gsmtp', /\bESMTP \S+ - gsmtp\b/],
  ['Haraka', 'haraka', /\bESMTP Haraka\b/],
  ['hMailServer', 'hmailserver', /\bhMailServer\b/],
  ['MDaemon', 'mdaemon', /\bESMTP MDaemon\b/],
  ['OpenSMTPD', 'opensmtpd', /\bESMTP OpenSMTPD\b/],
  ['Postfix', 'postfix', /\bE?SMTP Postfix\b/],
  ['PowerMTA', 'powermta', /\bPowerMTA\b/],
  ['qpsmtpd', 'qpsmtpd', /\bESMTP qpsmtpd\b/],
  ['Sendmail', 'sendmail', /\bE?SMTP Sendmail\b/],
  ['Twisted', 'no uce', /\bNO UCE NO UBE NO RELAY PROBES\b/],
  ['aiosmtpd', 'python', /\bPython SMTP \d/],
] as const satisfies readonly (readonly [string, string, RegExp])[]

export type Software = (typeof GREETINGS)[number][0] | 'qmail'

/** All names that can be guessed. */
export const SOFTWARE: readonly Software[] = [...GREETINGS.map(([name]) => name), 'qmail']

/** Cache by what follows the host name: the same in most greetings of a program. */
const known = new Map<string, Software | null>()

/** `line`: the first line of the greeting with its code. Null when it matches several programs. */
export function softwareInGreeting(line: string): Software | null {
  const words = /^220[ -]\S+\s+(.*)$/.exec(line)?.[1]
  if (words === undefined) return null
  let software = known.get(words)
  if (software === undefined) {
    const lower = words.toLowerCase()
    const found = GREETINGS.filter(([, part, whole]) => lower.includes(part) && whole.test(words))
    software = found.length === 1 ? (found[0]?.[0] ?? null) : null
    if (known.size >= KNOWN_TEXTS_MAX) known.clear()
    known.set(words, software)
  }
  return software
}

/** Keywords that Postfix always lists, in its order; others may stand between them. */
const OF_POSTFIX = ['PIPELINING', 'SIZE', 'ETRN', 'ENHANCEDSTATUSCODES', '8BITMIME', 'DSN']
const OF_EXCHANGE = ['X-EXPS', 'X-ANONYMOUSTLS', 'X-LINK2STATE', 'XEXCH50', 'XRDST', 'XSHADOW']

/** `lines`: the EHLO reply with its codes. */
export function softwareInOffer(lines: readonly string[]): Software | null {
  const hello = /^250[ -]\S+\s*(.*)$/.exec(lines[0] ?? '')?.[1]
  if (hello === undefined) return null
  const offers = lines.slice(1).map((line) => line.slice(4).toUpperCase())
  const keywords = offers.map((line) => line.split(' ')[0] ?? '')
  if (/^at your service, \[/.test(hello)) return 'Gmail'
  if (/\bHaraka is at your service\b/.test(hello)) return 'Haraka'
  if (OF_EXCHANGE.some((word) => keywords.includes(word))) return 'Exchange'
  if (offers.includes('XVERP=COURIER')) return 'Courier'
  if (isOfSendmail(hello, keywords)) return 'Sendmail'
  if (isOfExim(hello, keywords)) return 'Exim'
  if (hello !== '') return null
  if (keywords.join(' ') === 'PIPELINING 8BITMIME') return 'qmail'
  return keywords.filter((word) => OF_POSTFIX.includes(word)).join() === OF_POSTFIX.join() ? 'Postfix' : null
}

/** OpenSMTPD and MDaemon use the same phrase, but do not offer DELIVERBY. */
function isOfSendmail(hello: string, keywords: readonly string[]): boolean {
  return /^Hello .*, pleased to meet you$/.test(hello) && keywords.includes('DELIVERBY')
}

/** Lists SIZE first, HELP last, and never ENHANCEDSTATUSCODES. */
function isOfExim(hello: string, keywords: readonly string[]): boolean {
  const last = keywords[keywords.length - 1]
  const listed = keywords[0] === 'SIZE' && last === 'HELP' && !keywords.includes('ENHANCEDSTATUSCODES')
  return listed && /^Hello \S+ \[[\d.:a-fA-F]+\]$/.test(hello)
}
