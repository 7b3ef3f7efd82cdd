// Placeholders for names and addresses. They are numbered in order of appearance, have the length of what they replace,
// and are the same for the same name everywhere.
import { formatAddress } from '../decode/address.ts'
import { PSEUDONYMS_MAX } from '../limits.ts'

/** A placeholder address: as bytes of a header, and as text with the length of the original. */
interface StandIn {
  readonly octets: Uint8Array
  readonly text: string
}

const IPV4_RANGES: readonly (readonly [number, number, number])[] = [
  [192, 0, 2],
  [198, 51, 100],
  [203, 0, 113],
]

/** All placeholder addresses, the best known range first: the benchmark range of RFC 2544 has 131,072. */
function* ipv4Addresses(): Iterable<Uint8Array> {
  for (const [a, b, c] of IPV4_RANGES) for (let d = 1; d < 255; d++) yield Uint8Array.of(a, b, c, d)
  for (let b = 18; b < 20; b++)
    for (let c = 0; c < 256; c++) for (let d = 1; d < 255; d++) yield Uint8Array.of(198, b, c, d)
}

function* ofLength(length: number): Generator<Uint8Array, undefined> {
  for (const octets of ipv4Addresses()) if (octets.join('.').length === length) yield octets
}

/** Text lengths with many addresses, for originals with a length that no address of the ranges has. */
const PLENTIFUL = [12, 13, 14, 11, 10, 9]

export class Addresses {
  private readonly standIns = new Map<string, StandIn>()
  private readonly given = new Set<string>()
  private readonly unused = new Map<number, Generator<Uint8Array, undefined>>()
  private ipv6 = 0

  /** `octets` are 4 or 16. The same address always gets the same placeholder. */
  of(octets: Uint8Array): StandIn {
    const text = formatAddress(octets)
    let standIn = this.standIns.get(text)
    if (standIn === undefined) {
      standIn = octets.length === 4 ? this.nextIpv4(text) : this.nextIpv6(text)
      this.standIns.set(text, standIn)
      this.given.add(formatAddress(standIn.octets))
    }
    return standIn
  }

  /** Whether an address, spelled as in records, is a placeholder. */
  isStandIn(address: string): boolean {
    return this.given.has(address)
  }

  /** The placeholder of an address, spelled as in records; null when the text is not an address. */
  shown(address: string): string | null {
    const octets = address.includes(':') ? parseIpv6(address) : parseIpv4(address)
    return octets === null ? null : formatAddress(this.of(octets).octets)
  }

  /** The placeholder of an address in any spelling, with as many characters; null when the text is not an address. */
  spelled(word: string): string | null {
    const octets = word.includes(':') ? parseIpv6(word) : parseIpv4(word)
    if (octets === null) return null
    const { octets: standIn, text } = this.of(octets)
    if (text.length === word.length) return text
    return octets.length === 4 ? fitIpv4(standIn, word.length) : fitIpv6(standIn[15] ?? 0, word.length)
  }

  /** The next placeholder of this length, else the next of another length. */
  private nextIpv4(text: string): StandIn {
    for (const length of [text.length, ...PLENTIFUL]) {
      const unused = this.unused.get(length) ?? ofLength(length)
      this.unused.set(length, unused)
      for (let next = unused.next(); next.value !== undefined; next = unused.next()) {
        const name = formatAddress(next.value)
        if (name !== text && !this.standIns.has(name))
          return { octets: next.value, text: fitIpv4(next.value, text.length) }
      }
    }
    const octets = Uint8Array.of(0, 0, 0, 0)
    return { octets, text: fitIpv4(octets, text.length) }
  }

  private nextIpv6(text: string): StandIn {
    for (;;) {
      const number = ++this.ipv6
      const spelling = fitIpv6(number, text.length)
      const spelled = spelling.startsWith('2001:') ? parseIpv6(spelling) : null
      // Short spellings have few digits and are soon used up: then header and text have different placeholders.
      for (const octets of spelled === null ? [documentationIpv6(number)] : [spelled, documentationIpv6(number)]) {
        const name = formatAddress(octets)
        if (name !== text && !this.given.has(name) && !this.standIns.has(name)) return { octets, text: spelling }
      }
    }
  }
}

const SHORTEST_PREFIX = '0.0.0.'

/** With 15 characters every byte has three digits; with 7 or 8 only the addresses of "this network" (RFC 1122) fit. */
function fitIpv4(octets: Uint8Array, length: number): string {
  const padded = Array.from(octets, (octet) => String(octet).padStart(3, '0'))
  for (let i = 0; i < 4 && padded.join('.').length > length; i++) {
    const excess = padded.join('.').length - length
    const octet = padded[i] as string
    padded[i] = octet.slice(Math.min(excess, octet.length - String(octets[i]).length))
  }
  const text = padded.join('.')
  const room = length - SHORTEST_PREFIX.length
  return text.length === length ? text : SHORTEST_PREFIX + String(octets[3]).slice(-room).padStart(room, '0')
}

const IPV6_SHORTEST = '2001:db8::1'.length
/** From this length on, six groups fit after the prefix. */
const IPV6_IN_FULL = '2001:db8:0:0:0:0:0:1'.length
const IPV6_LONGEST = 39
/** Six full groups, each followed by a colon: before a dotted quad (RFC 4291 section 2.2, form 3). */
const DOTTED_PREFIX = `2001:0db8:${'0000:'.repeat(4)}`

/** An address of exactly this length, with `number` in its last group. */
function fitIpv6(number: number, length: number): string {
  if (length > IPV6_LONGEST) {
    const tail = Uint8Array.of(0, 0, number >> 8, number)
    return `${DOTTED_PREFIX}${fitIpv4(tail, length - DOTTED_PREFIX.length)}`
  }
  if (length === IPV6_LONGEST) return `2001:0db8:${groups(number, length - 10, 6)}`
  if (length >= IPV6_IN_FULL) return `2001:db8:${groups(number, length - 9, 6)}`
  const prefix = length >= IPV6_SHORTEST ? '2001:db8::' : '::'
  const rest = Math.max(0, length - prefix.length)
  return `${prefix}${groups(number, rest, Math.ceil((rest + 1) / 5))}`.slice(0, length)
}

/** `count` groups in `length` characters: zeros, and the number in the last. */
function groups(number: number, length: number, count: number): string {
  const digits = length - (count - 1)
  const list: string[] = []
  let left = digits
  for (let i = 0; i < count; i++) {
    const behind = count - 1 - i
    const size = Math.min(4, Math.max(1, left - behind * 4), left - behind)
    list.push(''.padStart(size, '0'))
    left -= size
  }
  const last = list.pop() ?? ''
  const hex = number.toString(16)
  return [...list, hex.slice(-last.length).padStart(last.length, '0')].join(':')
}

function documentationIpv6(number: number): Uint8Array {
  const octets = new Uint8Array(16)
  octets.set([0x20, 0x01, 0x0d, 0xb8])
  new DataView(octets.buffer).setUint32(12, number)
  return octets
}

function parseIpv4(word: string): Uint8Array | null {
  const parts = word.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return null
  return Uint8Array.from(parts, Number)
}

function parseIpv6(word: string): Uint8Array | null {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(word)
  const tail = dotted === null ? null : parseIpv4(dotted[2] ?? '')
  if (dotted !== null && tail === null) return null
  const hex = tail === null ? word : `${dotted?.[1]}${pair(tail, 0)}:${pair(tail, 2)}`
  const halves = hex.split('::')
  if (halves.length > 2) return null
  const [head = [], rest = []] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const zeros = 8 - head.length - rest.length
  if (halves.length === 2 ? zeros < 1 : zeros !== 0) return null
  const all = [...head, ...Array<string>(zeros).fill('0'), ...rest]
  if (!all.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null
  return Uint8Array.from(all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]))
}

function pair(octets: Uint8Array, at: number): string {
  return (((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0)).toString(16)
}

/** What a word names. This determines the form of its placeholder. `word`: unknown. */
export type Role = 'user' | 'host' | 'number' | 'word'

export class Pseudonyms {
  readonly addresses = new Addresses()
  /** Placeholders by word in lower case, because names are compared without case. */
  private readonly known = new Map<string, string>()
  /** Number of placeholders by role and length. */
  private readonly given = new Map<string, number>()
  private readonly taken = new Set<string>()

  of(role: Role, word: string): string {
    const key = word.toLowerCase()
    const known = this.known.get(key)
    if (known !== undefined) return known
    // Beyond the limit all words of one role and length get the same placeholder.
    if (this.known.size >= PSEUDONYMS_MAX) return blank(role, word.length)
    const pseudonym = this.next(role, word.length)
    this.known.set(key, pseudonym)
    return pseudonym
  }

  /** Whether a word is a placeholder. */
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
      // A placeholder is never used twice, and never equals a word of the captures seen so far.
      if (this.taken.has(pseudonym) || this.known.has(pseudonym)) continue
      this.taken.add(pseudonym)
      return pseudonym
    }
  }
}

/** Names that are never registered: those of RFC 2606, and for longer names a user-assigned code of ISO 3166. */
const SUFFIXES = ['.example', '.test', '.zz'] as const

const STEMS: Readonly<Record<Role, string>> = { user: 'user', host: 'host', number: '', word: 't' }

/** The placeholder with this number; null when there are no more of this length. */
function spell(role: Role, length: number, number: number): string | null {
  const suffix = suffixFor(role, length)
  return numbered(STEMS[role], length - suffix.length, number, suffix)
}

function suffixFor(role: Role, length: number): string {
  return role === 'host' ? (SUFFIXES.find((suffix) => suffix.length + 2 <= length) ?? '') : ''
}

const LETTERS = 26

/**
 * A letter where there is room for no more. Stem and decimal number; where that is too long, less stem; then a number
 * in base 36.
 */
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

/** The common placeholder beyond the limit. It does not look like a keyword that a box has overwritten. */
function blank(role: Role, length: number): string {
  const suffix = suffixFor(role, length)
  return `${(role === 'number' ? '0' : 't').repeat(length - suffix.length)}${suffix}`
}
