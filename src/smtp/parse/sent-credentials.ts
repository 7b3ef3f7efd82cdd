// The credentials that a client has sent in a session -> lines of its server in which they are masked: servers quote what
// they do not understand, and a response to a refused AUTH is such a line.
import { SENT_CREDENTIALS_MAX } from '../../limits.ts'
import { isNoWord, splitSecret } from './secret.ts'

/** Shorter ones stand in ordinary text by chance. */
const CHARACTERS_MIN = 6
/** A server may quote the beginning of a long one only; these characters are enough to recognise it. */
const CHARACTERS_COMPARED = 24
const PRINTABLE = /^[!-~]+$/
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/
/** What separates the parts of a decoded response: RFC 4616, RFC 7628, RFC 2195. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the octets that are meant.
const BETWEEN_PARTS = /[\x00\x01\s]+/
/** A line of a reply to EHLO, and where its keyword begins. */
const OFFER = /^250[ -]/
const OFFER_AT = 4
const CUT = /\[\.\.\. \d+ more\]$/

export class SentCredentials {
  private readonly beginnings: string[] = []

  /** Adds the credential in a command line, if there is one. Behind other verbs than AUTH it may be ordinary text. */
  addOf(line: string): void {
    const { open, secret } = splitSecret(line)
    if (secret !== '') this.add(secret, /^\s*(?:AUTH|X-EXPS)\b/i.test(open))
  }

  /** `text`: a response to a challenge, or a line that may be one. */
  add(text: string, isCertain = true): void {
    for (const word of text.replace(CUT, '').trim().split(/\s+/)) {
      if (!isCertain && !isNoWord(word)) continue
      this.addWord(word.replace(/=+$/, ''))
      for (const part of decoded(word)) this.addWord(part)
    }
  }

  /** The line, with each of them replaced by as many letters. */
  masked(line: string): string {
    if (this.beginnings.length === 0) return line
    let shown = line
    // A keyword that the server offers stays: rules depend on it.
    const from = OFFER.test(line) ? OFFER_AT + 1 : 0
    for (const beginning of this.beginnings) {
      for (let at = shown.indexOf(beginning, from); at >= 0; at = shown.indexOf(beginning, at + 1)) {
        const rest = /^[A-Za-z0-9+/]*/.exec(shown.slice(at + beginning.length))?.[0].length ?? 0
        const end = at + beginning.length + rest
        shown = shown.slice(0, at) + 'x'.repeat(end - at) + shown.slice(end)
      }
    }
    return shown
  }

  private addWord(word: string): void {
    const { beginnings } = this
    const beginning = word.slice(0, CHARACTERS_COMPARED)
    const isUsable = beginning.length >= CHARACTERS_MIN && PRINTABLE.test(beginning) && /[^x]/.test(beginning)
    if (isUsable && beginnings.length < SENT_CREDENTIALS_MAX && !beginnings.includes(beginning))
      beginnings.push(beginning)
  }
}

function decoded(word: string): readonly string[] {
  if (!BASE64.test(word)) return []
  try {
    return atob(word.replace(/=+$/, '')).split(BETWEEN_PARTS)
  } catch {
    return []
  }
}
