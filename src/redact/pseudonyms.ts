// Words of the wire -> stand-ins of the same length, the same for the same word over a run, numbered in the order of
// their first appearance: nothing can be computed back, and the same captures give the same bytes.
import { PSEUDONYMS_MAX } from '../limits.ts'
import { Addresses } from './stand-in-addresses.ts'

/** What a word names, which decides how its stand-in looks. `word`: nobody knows. */
export type Role = 'user' | 'host' | 'number' | 'word'

export class Pseudonyms {
  readonly addresses = new Addresses()
  /** By the word in lower case: case says nothing about who is meant. */
  private readonly known = new Map<string, string>()
  /** How many were given out, by role and length. */
  private readonly given = new Map<string, number>()
  private readonly taken = new Set<string>()

  of(role: Role, word: string): string {
    const key = word.toLowerCase()
    const known = this.known.get(key)
    if (known !== undefined) return known
    // Beyond the bound nothing is told apart any more, and nothing shown either.
    if (this.known.size >= PSEUDONYMS_MAX) return blank(role, word.length)
    const pseudonym = this.next(role, word.length)
    this.known.set(key, pseudonym)
    return pseudonym
  }

  /** Whether a word was given out. */
  isStandIn(word: string): boolean {
    return this.taken.has(word)
  }

  private next(role: Role, length: number): string {
    const kind = `${role} ${length}`
    for (;;) {
      const number = (this.given.get(kind) ?? 0) + 1
      this.given.set(kind, number)
      const pseudonym = spell(role, length, number)
      if (pseudonym === null) return blank(role, length)
      // Nobody is called by another's name, nor by what somebody is called in truth.
      if (this.taken.has(pseudonym) || this.known.has(pseudonym)) continue
      this.taken.add(pseudonym)
      return pseudonym
    }
  }
}

/** Names that never lead anywhere: RFC 2606, and where these are too long, a code that ISO 3166 gives to users. */
const SUFFIXES = ['.example', '.test', '.zz'] as const

const STEMS: Readonly<Record<Role, string>> = { user: 'user', host: 'host', number: '', word: 't' }

/** The stand-in with this number; null when the length bears no more. */
function spell(role: Role, length: number, number: number): string | null {
  const suffix = suffixFor(role, length)
  return numbered(STEMS[role], length - suffix.length, number, suffix)
}

function suffixFor(role: Role, length: number): string {
  return role === 'host' ? (SUFFIXES.find((suffix) => suffix.length + 2 <= length) ?? '') : ''
}

const LETTERS = 26

/** A letter where there is room for no more. Stem and decimal number; where that is too long, less stem; then a number in base 36. */
function numbered(stem: string, length: number, number: number, suffix: string): string | null {
  const decimal = String(number)
  if (length === 1 && stem !== '') return number <= LETTERS ? (number + 9).toString(36) : null
  for (const front of [stem, stem.slice(0, 1)]) {
    const room = length - front.length
    if (room >= decimal.length) return `${front}${decimal.padStart(room, '0')}${suffix}`
  }
  const short = number.toString(36)
  if (stem === '' || short.length > length - 1) return null
  return `${stem.slice(0, 1)}${short.padStart(length - 1, '0')}${suffix}`
}

/** What is no longer told apart: nobody's name, and no keyword that a box has overwritten either. */
function blank(role: Role, length: number): string {
  const suffix = suffixFor(role, length)
  return `${(role === 'number' ? '0' : 't').repeat(length - suffix.length)}${suffix}`
}
