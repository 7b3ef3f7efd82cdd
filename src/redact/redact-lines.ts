// A line of a dialogue, without its line end -> the same line redacted, as long as before. Both what goes into records and
// what stays on the wire come from here, so they agree.
import { SHOWN_LINE_CHARACTERS_MAX } from '../limits.ts'
import { splitSecret, withoutEcho } from '../smtp/parse/secret.ts'
import { ALLOWED_WORDS, KEYWORD_SET } from './allow-list.ts'
import type { Pseudonyms } from './pseudonyms.ts'
import { redactNames, redactSpeech } from './redact-words.ts'

const BLANK = 'x'
/** A code, and what sets it off from the text. */
const CODE = /^\d{3}(?:[ -]|$)/
const CHALLENGE = /^334[ -]/

/** What records show of a line is redacted as if it were all: a word that they cut is called the same on the wire. */
function asShown(line: string, redact: (shown: string) => string): string {
  return redact(line.slice(0, SHOWN_LINE_CHARACTERS_MAX)) + blanked(line.slice(SHOWN_LINE_CHARACTERS_MAX))
}

/** A line of the server: its code and the words of the vocabulary stay. Of challenges only whether two are the same. */
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

/** A credential, or what only its owner can tell from one. A lone `*` cancels, `=` is an empty response. */
export function redactSecret(line: string): string {
  return line === '*' || line === '=' ? line : blanked(line)
}

/** A command line: the verb and what the standards define stay, names do not, credentials are blanked. */
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
 * No command that is known: it may be a line of a message. A verb that a box has overwritten stays, and one that our own
 * sentences may have, so that they can be told from it.
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

/** Numbers and keywords stay. */
function redactKeywords(value: string, names: Pseudonyms): string {
  return value.replace(/[^,;]+/g, (word) =>
    /^\d+$/.test(word) || KEYWORD_SET.has(word.toLowerCase()) ? word : redactNames(word, names, 'word'),
  )
}

/** What stands in front of a credential: the verb stays, and the mechanism. */
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
