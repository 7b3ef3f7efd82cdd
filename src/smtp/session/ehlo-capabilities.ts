// The server's capabilities, from its replies to EHLO, LHLO and HELO (RFC 5321 section 4.1.1.1), and whether a box in
// the path has overwritten them.
import { KNOWN_TEXTS_MAX } from '../../limits.ts'
import type { Verb } from '../parse/commands.ts'
import type { Command, Reply } from '../records.ts'
import { type Software, softwareInOffer } from './software.ts'

const NOTHING: ReadonlySet<string> = new Set()

export class EhloCapabilities {
  /** Keywords of the latest EHLO or LHLO reply in upper case; null when unknown. */
  keywords: ReadonlySet<string> | null
  /** Whether PIPELINING is one of them; null when unknown. */
  pipelining: boolean | null
  /** Why PIPELINING is not offered. */
  why = 'no EHLO reply'
  /** The latest EHLO or LHLO reply listed PIPECONNECT under one of its three names. */
  early = false
  /** The frame of an EHLO reply in which keywords were overwritten; 0 when there was none. */
  maskedFrame = 0
  protocol: 'smtp' | 'esmtp' | 'lmtp' | 'unknown' = 'unknown'
  clientName: string | null = null
  /** The server program that the latest EHLO or HELO reply suggests. */
  software: Software | null = null

  constructor(startSeen: boolean) {
    this.keywords = startSeen ? NOTHING : null
    this.pipelining = startSeen ? false : null
  }

  /**
   * Bytes are missing. They may include an EHLO, and also a DATA, so that a line that looks like BDAT may be content.
   */
  loseTrack(): void {
    if (this.pipelining === false) this.pipelining = null
    this.keywords = null
  }

  /** The session returns to its initial state by the given command: the capabilities are void. */
  startOver(since: 'XCLIENT' | 'STARTTLS'): void {
    this.keywords = NOTHING
    this.pipelining = false
    this.why = `no EHLO reply since ${since}`
  }

  greeted(command: Pick<Command, 'verb' | 'argument'>, replies: readonly Reply[]): void {
    const reply = replies[0]
    if (reply === undefined || reply.code < 200 || reply.code >= 300) return
    const { verb } = command
    this.clientName = clientNameIn(command.argument)
    this.protocol = verb === 'LHLO' ? 'lmtp' : verb === 'EHLO' ? 'esmtp' : 'smtp'
    const said = read(reply)
    this.software = said.software
    const keywords = verb === 'HELO' ? NOTHING : said.keywords
    this.keywords = keywords
    this.early = hasAny(keywords, ['PIPECONNECT', 'PIPE_CONNECT', 'X_PIPE_CONNECT'])
    this.pipelining = keywords.has('PIPELINING')
    this.why = whyNot(this.pipelining, verb)
    if (!isMasked(keywords)) return
    // A firewall may have overwritten PIPELINING itself. Then it is unknown what the server offered.
    this.maskedFrame = reply.at.firstFrame
    this.keywords = null
    if (!this.pipelining) this.pipelining = [...keywords].some((word) => /^X{9}[X-Z]?[A-Z]?$/.test(word)) ? null : false
  }
}

/** The client's name in its greeting command; null when it gives none. */
export function clientNameIn(argument: string): string | null {
  return argument.split(' ')[0] || null
}

/** Cache of parsed EHLO replies: a server sends the same one to all clients. */
const known = new Map<string, Said>()

/** The contents of an EHLO reply. */
interface Said {
  readonly keywords: ReadonlySet<string>
  readonly software: Software | null
}

function read(reply: Reply): Said {
  const text = reply.lines.join('\n')
  let said = known.get(text)
  if (said === undefined) {
    said = { keywords: readKeywords(reply), software: softwareInOffer(reply.lines) }
    if (known.size >= KNOWN_TEXTS_MAX) known.clear()
    known.set(text, said)
  }
  return said
}

/** The keywords in upper case. The first line should have none, but a client may read one there, so it is included. */
function readKeywords(reply: Reply): ReadonlySet<string> {
  return new Set(
    reply.lines.map((line) => {
      const blank = line.indexOf(' ', 4)
      return (blank < 0 ? line.slice(4) : line.slice(4, blank)).toUpperCase()
    }),
  )
}

function whyNot(pipelining: boolean, verb: Verb): string {
  if (pipelining) return ''
  return verb === 'HELO' ? 'after HELO' : `the ${verb} reply does not list it`
}

function hasAny(keywords: ReadonlySet<string>, words: readonly string[]): boolean {
  return words.some((word) => keywords.has(word))
}

/** Whether keywords were overwritten by X's, as Cisco's inspection does. No extension has such a name. */
function isMasked(keywords: ReadonlySet<string>): boolean {
  for (const word of keywords) if (/^X{4,}[A-Z]?$/.test(word)) return true
  return false
}
