// Text of the wire -> the same text, every word that may name somebody replaced by its stand-in. Blanks, punctuation and
// lengths stay. A character is an octet.

import { ALLOWED_WORDS } from './allow-list.ts'
import type { Pseudonyms, Role } from './pseudonyms.ts'

/**
 * What stands in front of an @; an address of IPv6; words joined by dots; a word. Octets above 0x7f are letters of
 * somebody's alphabet.
 */
const TOKEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a name has none.
  /[^\s<>()[\]{},;:"|@\x00-\x1f]+(?=@)|(?<=IPv6:|(?<![\w.:]))(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?:\.\d{1,3}){0,3}(?![\w.:])|[\w\x7f-\xff-]+(?:\.[\w\x7f-\xff-]+)+|[\w\x7f-\xff]+(?:['-][\w\x7f-\xff]+)*/gi

/** RFC 3463: tells how a command fared, and nothing of whom it was about. */
const ENHANCED_CODE = /^[245]\.\d\.\d{1,3}$/
/** Tells what kind of address follows. */
const ADDRESS_TAG = /^IPv6$/i
/** Keywords that a box in the path has overwritten. */
const OVERWRITTEN = /^X{4,}[A-Z]?$/
const BEHIND_SIZE = /\bSIZE[ =]$/i
/** Control octets say nothing but that they are there; TAB is a blank. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the octets that are meant.
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f]/g

/** Words of servers: those of the vocabulary stay. */
export function redactSpeech(text: string, names: Pseudonyms): string {
  return replaceTokens(
    text,
    names,
    'word',
    (word, before) => isSpeech(word) || (/^\d+$/.test(word) && BEHIND_SIZE.test(before)),
  )
}

/** Numbers of our sentences: frames, counts, seconds; and how we write line ends. */
const OURS = /^(?:\d+(?:\.\d+)?|(?:CR)?LF\.(?:CR)?LF)$/

/** Sentences of ours. A word that is none of ours, and no stand-in either, is somebody's. */
export function redactOurWords(text: string, names: Pseudonyms): string {
  return replaceTokens(text, names, 'word', (word) => isSpeech(word) || OURS.test(word) || names.isStandIn(word))
}

/** Names, addresses and whatever else clients send as arguments: nothing stays. `role`: of single words. */
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
