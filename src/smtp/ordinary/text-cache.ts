// Whole texts that come again and again: a server greets everybody alike and says the same to every EHLO, a client
// always calls itself by the same name. Each is kept once, compared byte for byte, and read once.

import { hashOctets, sameOctets } from '../../decode/word-scan.ts'
import { CACHED_TEXTS } from '../../limits.ts'
import { serverNameIn } from '../parse/reply-parser.ts'
import { printable } from '../parse/text.ts'
import { argumentIn } from '../pending-command.ts'
import { clientNameIn, EhloCapabilities } from '../session/ehlo-capabilities.ts'
import { type Software, softwareInGreeting } from '../session/software.ts'
import { reparse } from './reparse.ts'

const CR = 0x0d
const ASTERISK = 0x2a

/** A text of the wire, its line ends included. */
export class CachedText {
  readonly bytes: Uint8Array
  readonly hash: number
  private readonly view: DataView
  private server: { readonly name: string | null; readonly software: Software | null } | null = null
  private starred: boolean | null = null
  private read: EhloCapabilities | null = null

  constructor(bytes: Uint8Array, hash: number) {
    this.bytes = bytes
    this.hash = hash
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  /** Whether these are its octets. */
  reads(bytes: Uint8Array, from: number, to: number): boolean {
    const { length } = this.bytes
    return length === to - from && sameOctets(bytes, from, this.view, 0, length)
  }

  /** Its first line, printable. */
  get line(): string {
    const end = this.bytes.indexOf(CR)
    return printable(this.bytes, 0, end < 0 ? this.bytes.length : end)
  }

  /** Of a greeting: who sends it. */
  get serverName(): string | null {
    return this.greeter.name
  }

  /** Of a greeting: which program it sounds like. */
  get software(): Software | null {
    return this.greeter.software
  }

  /** Of a greeting: it has asterisks, as if a box had masked it. */
  get isStarred(): boolean {
    this.starred ??= this.bytes.includes(ASTERISK)
    return this.starred
  }

  /** Of the line of EHLO or HELO: who sends it. */
  get clientName(): string | null {
    return clientNameIn(argumentIn(this.line))
  }

  /** Of a reply to EHLO: what it offers. */
  get offer(): EhloCapabilities {
    if (this.read === null) {
      this.read = new EhloCapabilities(true)
      const reply = reparse({ bytes: this.bytes, position: 0, frame: 1, timeNs: 0, peerAcked: 0 }, 1)
      this.read.greeted({ verb: 'EHLO', argument: '' }, reply === null ? [] : [reply])
    }
    return this.read
  }

  private get greeter() {
    this.server ??= { name: serverNameIn(this.line), software: softwareInGreeting(this.line) }
    return this.server
  }
}

/** The phrases heard last, by hash: a text that falls on the place of another takes it. */
const known: (CachedText | undefined)[] = new Array(CACHED_TEXTS).fill(undefined)

/** The phrase that reads `[from, to)`. */
export function cachedText(bytes: Uint8Array, from: number, to: number): CachedText {
  const hash = hashOctets(bytes, from, to)
  const place = hash & (CACHED_TEXTS - 1)
  const found = known[place]
  if (found?.hash === hash && found.reads(bytes, from, to)) return found
  const cached = new CachedText(bytes.slice(from, to), hash)
  known[place] = cached
  return cached
}
