// Lines of SMTP without names: commands keep their verbs and parameters, replies their codes and the words of the
// allow-list; every other word is replaced by letters of the same length.

import { SHOWN_LINE_CHARACTERS_MAX } from '../limits.ts'
import { splitSecret, withoutEcho } from '../smtp/parse/secret.ts'
import { ALLOWED_WORDS, KEYWORD_SET } from './allow-list.ts'
import type { Pseudonyms, Role } from './pseudonyms.ts'

const ESCAPED = /\\x([0-9a-f]{2})/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the octets that are escaped.
const UNPRINTABLE = /[\x00-\x1f\x7f-\xff]/g
const CUT = /\[\.\.\. \d+ more\]$/

/** Applies a change of bytes to the text of a record, which shows unprintable bytes as `\xNN`. */
export function octetwise(shown: string, change: (octets: string) => string): string {
  const cut = CUT.exec(shown)?.[0] ?? ''
  const octets = shown
    .slice(0, shown.length - cut.length)
    .replace(ESCAPED, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  const changed = change(octets).replace(
    UNPRINTABLE,
    (octet) => `\\x${octet.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
  return changed + cut
}

/**
 * The part before an @; an IPv6 address; words joined by dots; a word. Bytes above 0x7f may be letters of any alphabet.
 */
const TOKEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a name has none.
  /[^\s<>()[\]{},;:"|@\x00-\x1f]+(?=@)|(?<=IPv6:|(?<![\w.:]))(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?:\.\d{1,3}){0,3}(?![\w.:])|[\w\x7f-\xff-]+(?:\.[\w\x7f-\xff-]+)+|[\w\x7f-\xff]+(?:['-][\w\x7f-\xff]+)*/gi

/** RFC 3463: an enhanced status code, which contains no name. */
const ENHANCED_CODE = /^[245]\.\d\.\d{1,3}$/
/** The type of the following address. */
const ADDRESS_TAG = /^IPv6$/i
/** Keywords that a box in the path has overwritten. */
const OVERWRITTEN = /^X{4,}[A-Z]?$/
const BEHIND_SIZE = /\bSIZE[ =]$/i
/** Control characters reveal only that they exist; TAB is a blank. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the octets that are meant.
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f]/g

/** Text of servers: words of the allow-list are kept. */
export function redactSpeech(text: string, names: Pseudonyms): string {
  return replaceTokens(
    text,
    names,
    'word',
    (word, before) => isSpeech(word) || (/^\d+$/.test(word) && BEHIND_SIZE.test(before)),
  )
}

/** Numbers in sentences of this program: frames, counts, seconds; and its notation of line ends. */
const OURS = /^(?:\d+(?:\.\d+)?|(?:CRLF|CR|LF)\.(?:CRLF|CR|LF))$/

/** Sentences of this program. A word that is neither in the allow-list nor a placeholder may be a name. */
export function redactOurWords(text: string, names: Pseudonyms): string {
  return replaceTokens(text, names, 'word', (word) => isSpeech(word) || OURS.test(word) || names.isStandIn(word))
}

/** Arguments of commands: every word is replaced. `role`: the role of single words. */
export function redactNames(text: string, names: Pseudonyms, role: Role): string {
  return replaceTokens(text, names, role, () => false)
}

function isSpeech(word: string): boolean {
  const lower = word.toLowerCase()
  if (ALLOWED_WORDS.has(lower) || OVERWRITTEN.test(word)) return true
  const parts = lower.split(/['-]/)
  return parts.length > 1 && parts.every((part) => ALLOWED_WORDS.has(part))
}

function replaceTokens(
  text: string,
  names: Pseudonyms,
  role: Role,
  stays: (word: string, before: string) => boolean,
): string {
  return text
    .replace(TOKEN, (token: string, at: number) => {
      if (text[at + token.length] === '@') return names.of('user', token)
      if (text[at - 1] === '@' && !/^[\d.]+$/.test(token)) return names.of('host', token)
      if (ADDRESS_TAG.test(token) || stays(token, text.slice(Math.max(0, at - 6), at))) return token
      if (/[:.]/.test(token)) return dotted(token, names, role !== 'word')
      return names.of(/^\d+$/.test(token) && role !== 'user' ? 'number' : role, token)
    })
    .replace(CONTROL, '\x01')
}

/** Words joined by dots or colons: an address, an enhanced code, a number, else a host. */
function dotted(token: string, names: Pseudonyms, isArgument: boolean): string {
  const address = names.addresses.spelled(token)
  if (address !== null) return address
  if (token.includes(':')) return token.replace(/[0-9a-f]+/gi, (digits) => names.of('number', digits))
  if (ENHANCED_CODE.test(token) && !isArgument) return token
  if (/^[\d.]+$/.test(token)) return token.replace(/\d+/g, (digits) => names.of('number', digits))
  return names.of('host', token)
}

const BLANK = 'x'
/** A code, and what separates it from the text. */
const CODE = /^\d{3}(?:[ -]|$)/
const CHALLENGE = /^334[ -]/

/** What records show of a line is redacted as if it were all: a word that they cut is called the same on the wire. */
function asShown(line: string, redact: (shown: string) => string): string {
  return redact(line.slice(0, SHOWN_LINE_CHARACTERS_MAX)) + blanked(line.slice(SHOWN_LINE_CHARACTERS_MAX))
}

/**
 * A line of the server: its code and the words of the allow-list are kept. Of challenges only their equality is
 * visible.
 */
export function redactReplyLine(line: string, names: Pseudonyms): string {
  return asShown(line, (shown) => redactReply(shown, names))
}

function redactReply(line: string, names: Pseudonyms): string {
  const code = CODE.exec(line)?.[0] ?? ''
  const text = withoutEcho(line.slice(code.length))
  return (
    code + (CHALLENGE.test(line) ? text.replace(/\S+/g, (word) => names.of('word', word)) : redactSpeech(text, names))
  )
}

/** A credential, or text that may be one. A lone `*` cancels, `=` is an empty response. */
export function redactSecret(line: string): string {
  return line === '*' || line === '=' ? line : blanked(line)
}

/**
 * A command line: the verb and the parameters that standards define are kept, names are replaced, credentials are
 * blanked.
 */
export function redactCommandLine(line: string, names: Pseudonyms): string {
  return asShown(line, (shown) => {
    const { open, secret, hidden } = splitSecret(shown)
    if (secret === '') return redactCommand(open, names)
    return redactAskingWords(open, names) + (hidden ? secret : blanked(secret))
  })
}

function redactCommand(line: string, names: Pseudonyms): string {
  const [, verb = '', gap = '', argument = ''] = /^(\S*)(\s*)(.*)$/s.exec(line) ?? []
  const rest = () => redactNames(argument, names, 'word')
  switch (verb.toUpperCase()) {
    case 'EHLO':
    case 'HELO':
    case 'LHLO':
      return verb + gap + redactNames(argument, names, 'host')
    case 'MAIL':
    case 'SEND':
    case 'SOML':
    case 'SAML':
    case 'RCPT':
      return verb + gap + redactEnvelope(argument, names)
    case 'AUTH':
    case 'X-EXPS':
      return redactAskingWords(line, names)
    case 'VRFY':
    case 'EXPN':
      return verb + gap + redactNames(argument, names, 'user')
    case 'ETRN':
    case 'ATRN':
      return verb + gap + redactNames(argument, names, 'host')
    case 'BDAT':
      return verb + gap + (/^\d+(?:\s+LAST)?\s*$/i.test(argument) ? argument : rest())
    case 'PROXY':
      return (
        verb +
        gap +
        argument.replace(/^(TCP4|TCP6|UNKNOWN)?(.*)$/s, (_, kind = '', of) => kind + redactNames(of, names, 'word'))
      )
    case 'XCLIENT':
    case 'XFORWARD':
      return verb + gap + redactParameters(argument, names)
    case 'DATA':
    case 'RSET':
    case 'NOOP':
    case 'QUIT':
    case 'HELP':
    case 'TURN':
    case 'STARTTLS':
    case 'XEXCH50':
    case 'X-ANONYMOUSTLS':
      return verb + gap + rest()
    default:
      return redactUnknown(line, names)
  }
}

/**
 * An unknown command, which may be a line of a message. A verb that a box has overwritten is kept, and one that occurs
 * in our own messages, so that messages and names stay distinguishable.
 */
function redactUnknown(line: string, names: Pseudonyms): string {
  const [verb = ''] = /^\S*/.exec(line) ?? []
  if (/^X{4,}$/.test(verb) && line.trim() === verb) return line
  const kept = ALLOWED_WORDS.has(verb.toLowerCase()) ? verb : ''
  return kept + redactNames(line.slice(kept.length), names, 'word')
}

/** `FROM:<a@example.org> SIZE=1000`. */
function redactEnvelope(argument: string, names: Pseudonyms): string {
  const [, keyword = '', path = '', parameters = ''] = /^((?:FROM|TO)\s*:\s*)?(<[^>]*>|\S*)(.*)$/is.exec(argument) ?? []
  return keyword + redactNames(path, names, 'user') + redactParameters(parameters, names)
}

/** Parameters whose values are keywords or sizes. */
const PUBLIC_VALUE = /^(?:SIZE|BODY|RET|NOTIFY|BY|MT-PRIORITY)$/i

function redactParameters(text: string, names: Pseudonyms): string {
  return text.replace(/(\s*)([^\s=]*)(=?)(\S*)/g, (_, blank: string, name: string, equals: string, value: string) => {
    const kept = KEYWORD_SET.has(name.toLowerCase()) ? name : redactNames(name, names, 'word')
    return (
      blank +
      kept +
      equals +
      (PUBLIC_VALUE.test(name) ? redactKeywords(value, names) : redactNames(value, names, 'word'))
    )
  })
}

/** Numbers and keywords are kept. */
function redactKeywords(value: string, names: Pseudonyms): string {
  return value.replace(/[^,;]+/g, (word) =>
    /^\d+$/.test(word) || KEYWORD_SET.has(word.toLowerCase()) ? word : redactNames(word, names, 'word'),
  )
}

/** The part before a credential: verb and mechanism are kept. */
function redactAskingWords(text: string, names: Pseudonyms): string {
  let isVerb = true
  return text.replace(/[\w-]+/g, (word) => {
    const stays = isVerb || KEYWORD_SET.has(word.toLowerCase())
    isVerb = false
    return stays ? word : redactNames(word, names, 'word')
  })
}

function blanked(text: string): string {
  return text.replace(/\S/g, BLANK)
}
