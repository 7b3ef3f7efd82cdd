// Whole texts that come again and again: a server greets everybody alike and says the same to every EHLO, a client
// always calls itself by the same name. The kernel keeps each once; it is read once, and only as far as it is asked for.
import { reparse } from '../smtp/parse/reparse.ts'
import { serverNameIn } from '../smtp/parse/reply-parser.ts'
import { printable } from '../smtp/parse/text.ts'
import { argumentIn } from '../smtp/pending-command.ts'
import { clientNameIn, EhloCapabilities } from '../smtp/session/ehlo-capabilities.ts'
import { type Software, softwareInGreeting } from '../smtp/session/software.ts'

const CR = 0x0d
const ASTERISK = 0x2a

/** A text of the wire, its line ends included. */
export class CachedText {
  readonly bytes: Uint8Array
  private server: { readonly name: string | null; readonly software: Software | null } | null = null
  private read: EhloCapabilities | null = null

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
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
    return this.bytes.includes(ASTERISK)
  }

  /** Of the line of EHLO or HELO: what stands behind the verb, and who sends it. */
  get argument(): string {
    return argumentIn(this.line)
  }

  get clientName(): string | null {
    return clientNameIn(this.argument)
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

  /** Its first line, printable. */
  private get line(): string {
    const end = this.bytes.indexOf(CR)
    return printable(this.bytes, 0, end < 0 ? this.bytes.length : end)
  }

  private get greeter() {
    this.server ??= { name: serverNameIn(this.line), software: softwareInGreeting(this.line) }
    return this.server
  }
}
