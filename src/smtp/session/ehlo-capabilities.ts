// The replies to EHLO, LHLO and HELO -> what the server offers in this session (RFC 5321 section 4.1.1.1), and whether a
// box in the path has overwritten it.
import { KNOWN_OFFERS_MAX } from '../../limits.ts'
import type { Verb } from '../parse/commands.ts'
import type { Command, Reply } from '../records.ts'
import { type Software, softwareInOffer } from './software.ts'

const NOTHING: ReadonlySet<string> = new Set()

export class EhloCapabilities {
  /** Keywords of the latest EHLO or LHLO reply, in capitals; null when not known. */
  keywords: ReadonlySet<string> | null
  /** PIPELINING among them. */
  pipelining: boolean | null
  /** Why PIPELINING is not offered. */
  why = 'no EHLO'
  /** The latest EHLO or LHLO reply listed PIPECONNECT, under one of its three names. */
  early = false
  /** The frame of an EHLO reply in which a box in the path overwrote keywords; 0 while there was none. */
  maskedFrame = 0
  protocol: 'smtp' | 'esmtp' | 'lmtp' | 'unknown' = 'unknown'
  clientName: string | null = null
  /** Which program the latest reply to EHLO or HELO sounds like. */
  software: Software | null = null

  constructor(startSeen: boolean) {
    this.keywords = startSeen ? NOTHING : null
    this.pipelining = startSeen ? false : null
  }

  /** Bytes were lost: an EHLO may be among them, and a DATA, so that a line that looks like BDAT is none. */
  loseTrack(): void {
    if (this.pipelining === false) this.pipelining = null
    this.keywords = null
  }

  /** What was offered is void: the session is back at its beginning, by the command given. */
  startOver(since: 'XCLIENT' | 'STARTTLS'): void {
    this.keywords = NOTHING
    this.pipelining = false
    this.why = `no EHLO since ${since}`
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
    // A firewall may have overwritten the very keyword in place: then nobody knows what the server offered.
    this.maskedFrame = reply.at.firstFrame
    this.keywords = null
    if (!this.pipelining) this.pipelining = [...keywords].some((word) => /^X{9}[X-Z]?[A-Z]?$/.test(word)) ? null : false
  }
}

/** How a client calls itself; null when it does not say. */
export function clientNameIn(argument: string): string | null {
  return argument.split(' ')[0] || null
}

/** Replies to EHLO that were read before, for a server sends the same one to everybody. */
const known = new Map<string, Said>()

/** What a reply to EHLO says. */
interface Said {
  readonly keywords: ReadonlySet<string>
  readonly software: Software | null
}

function read(reply: Reply): Said {
  const text = reply.lines.join('\n')
  let said = known.get(text)
  if (said === undefined) {
    said = { keywords: readKeywords(reply), software: softwareInOffer(reply.lines) }
    if (known.size >= KNOWN_OFFERS_MAX) known.clear()
    known.set(text, said)
  }
  return said
}

/** A keyword on the first line is not where it belongs; the client may believe it all the same. */
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
  return verb === 'HELO' ? 'HELO' : `not in the reply to ${verb}`
}

function hasAny(keywords: ReadonlySet<string>, words: readonly string[]): boolean {
  return words.some((word) => keywords.has(word))
}

/** Keywords overwritten in place by X's, as Cisco's inspection does; no extension has such a name. */
function isMasked(keywords: ReadonlySet<string>): boolean {
  for (const word of keywords) if (/^X{4,}[A-Z]?$/.test(word)) return true
  return false
}
