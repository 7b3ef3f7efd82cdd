// The octets of both sides -> units of the client, replies of the server, and which answers which: as a reader with the
// standards at hand finds them, one after the other.
import { type Segment, type Stream, SYN } from './segments.ts'

export type Unit = ReturnType<typeof unitOf>
export type Reply = { start: number; end: number; code: number; index: number; lines: string[] }

export const GREETS = /^(?:EHLO|HELO|LHLO)$/
export const VERBS =
  /^(?:EHLO|HELO|LHLO|MAIL|SEND|SOML|SAML|RCPT|DATA|BDAT|BURL|RSET|NOOP|QUIT|VRFY|EXPN|HELP|TURN|ATRN|ETRN|AUTH|STARTTLS|XCLIENT|XFORWARD|XEXCH50|X-EXPS|X-ANONYMOUSTLS)(?=\s)/i
const AUTHENTICATES = /^(?:AUTH|X-EXPS|AUTH-RESPONSE)$/
const FALSE_END = /(?!\r\n\.\r\n)(?:\r\n|\r|(?<!\r)\n)\.(?:\r\n|\r|\n)/
const ONLY: readonly (readonly [RegExp, RegExp])[] = [
  [/354/, /^(?:DATA|XEXCH50)$/],
  [/221/, /^QUIT$/],
  [/220/, /^(?:STARTTLS|X-ANONYMOUSTLS|XCLIENT)$/],
  [/250/, /^(?!DATA$|STARTTLS$|X-ANONYMOUSTLS$)/],
  [/235|334/, AUTHENTICATES],
]

const unitOf = (verb: string, index: number, start: number, end: number, line = '', isWhole = true) => {
  return { verb, index, start, end, line, isWhole, replies: [] as Reply[] }
}

/** Whether the unit can draw the code. */
export function draws({ verb }: Unit, { code }: Reply): boolean {
  return ONLY.find(([codes]) => codes.test(`${code}`))?.[1].test(verb) ?? true
}

export const wasOpened = (segments: readonly Segment[]) => segments.some(({ flags }) => flags & SYN)

/** The line that begins there; null where its end was not captured. */
export function lineAt({ bytes, length }: Stream, start: number) {
  const end = start < length ? bytes.indexOf(10, start) + 1 : 0
  return end === 0 || end > length ? null : { start, end, text: bytes.toString('latin1', start, end) }
}

export function repliesOf(server: Stream): Reply[] {
  const replies: Reply[] = []
  let open: { start: number; text: string }[] = []
  for (let line = lineAt(server, 0); line !== null; line = lineAt(server, line.end)) {
    const isReply = /^\d{3}(?:[ -].*)?\r*\n$/s.test(line.text)
    const { start, text } = open[0] ?? line
    if (isReply || open.length > 0) open.push(line)
    if (!isReply || line.text[3] === '-') continue
    const lines = open.map(({ text }) => text.replace(/\r*\n$/, ''))
    replies.push({ start, end: line.end, code: Number(text.slice(0, 3)), index: replies.length + 1, lines })
    open = []
  }
  return replies
}

export class Dialogue {
  readonly client: Stream
  readonly server: Stream
  readonly replies: readonly Reply[]
  readonly units: Unit[] = []
  /** The reply behind which TLS begins. */
  tls: Reply | null = null
  private readonly used = new Set<Reply>()

  constructor(client: Stream, server: Stream) {
    ;[this.client, this.server, this.replies] = [client, server, repliesOf(server)]
    const isKnown = wasOpened(client.segments)
    const add = (...of: Parameters<typeof unitOf>) => this.units[this.units.push(unitOf(...of)) - 1] as Unit
    let [line, index] = [lineAt(client, this.proxyHeader()), 0]
    while (line !== null && !(this.tls !== null && [0x15, 0x16].includes(line.text.charCodeAt(0)))) {
      const { start, end, text } = line
      const verb = VERBS.exec(text)?.[0].toUpperCase() ?? (text.trim() === '' ? 'EMPTY' : 'OTHER')
      const refusal = this.replies.find((one) => one.code >= 400 && server.ack(one.start) === end)
      // The client knew that it was refused, and the server answers what came instead.
      const next = refusal && client.ack(end) >= refusal.end ? lineAt(client, end) : null
      const isUnsent = next && VERBS.test(next.text) && this.replies.some((one) => server.ack(one.start) === next.end)
      const octets = isUnsent ? 0 : Number(/^BDAT +(\d{1,15})(?: +LAST)? *\r*\n$/i.exec(text)?.[1] ?? 0)
      const isHabit = verb === 'EMPTY' && this.units.some((unit) => unit.verb === 'QUIT')
      const isRest = !isKnown && index === 0 && verb === 'OTHER'
      let last =
        isHabit || isRest
          ? line
          : add(verb, ++index, start, Math.min(end + octets, client.length), text, end + octets <= client.length)
      const isLeftOpen = this.replies.length <= this.units.length && !VERBS.test(lineAt(client, end)?.text ?? 'QUIT ')
      if (verb === 'DATA' && end < client.length && (this.drawn(354, verb) || isLeftOpen)) {
        const to = this.contentEnd(end)
        const isEnded = /(?:^|\n)\.\r?\n$/.test(client.bytes.toString('latin1', end, to))
        last = add('CONTENT', index, end, to, '', isEnded)
      }
      while (AUTHENTICATES.test(this.units.at(-1)?.verb ?? '') && this.drawn(334, verb)) {
        last = add('AUTH-RESPONSE', index, last.end, lineAt(client, last.end)?.end ?? client.length)
      }
      if (/^(?:STARTTLS|X-ANONYMOUSTLS)$/.test(verb)) this.tls ??= this.drawn(220, verb) ?? null
      line = lineAt(client, last.end)
      const rest = line === null ? client.bytes.toString('latin1', last.end, client.length) : ''
      if (rest !== '' && this.tls === null)
        add(VERBS.exec(`${rest} `)?.[0].toUpperCase() ?? 'OTHER', ++index, last.end, client.length, rest, false)
    }
    this.pair(isKnown ? 1 : 0)
  }

  /** What the server said with the code to the last unit: where no such command lies between it and what the server had. */
  private drawn(code: number, verb: string): Reply | undefined {
    const { client, server, units } = this
    const [before, last] = [units.at(-2)?.end ?? 0, units.at(-1)?.end ?? 0]
    const again = verb === 'DATA' ? /^DATA *\r?\n/im : new RegExp(`^${verb}(?: .*)?\\r?\\n`, 'im')
    const found = this.replies.find((reply) => {
      const had = server.ack(reply.start)
      const isFirst = reply.index === units.length + 1 || !again.test(client.bytes.toString('latin1', last, had))
      return reply.code === code && !this.used.has(reply) && had > before && isFirst
    })
    if (found !== undefined) this.used.add(found)
    return found
  }

  /** Behind the final dot, or behind what the server took for it. */
  private contentEnd(at: number): number {
    const text = `\r\n${this.client.bytes.toString('latin1', at, this.client.length)}`
    const dot = text.indexOf('\r\n.\r\n')
    const end = dot < 0 ? this.client.length : at + dot + 3
    const found = FALSE_END.exec(text)
    const wrong = found === null ? end : at + found.index + found[0].length - 2
    const had = this.replies.filter(({ code }) => code >= 200 && code < 300).map(({ start }) => this.server.ack(start))
    return had.some((ack) => ack >= wrong && ack < end) ? wrong : end
  }

  private proxyHeader(): number {
    const { bytes } = this.client
    if (bytes.toString('hex', 0, 12) === '0d0a0d0a000d0a515549540a') return 16 + bytes.readUInt16BE(14)
    return /^PROXY (?:TCP|UNKNOWN)/.test(bytes.toString('latin1', 0, 13)) ? bytes.indexOf(10) + 1 : 0
  }

  /** Each reply goes to the first open unit that the server had and that can draw it. */
  private pair(greetings: number): void {
    const open = this.units.filter(({ verb }) => verb !== 'EMPTY')
    for (const reply of this.replies.slice(greetings)) {
      const at = open.findIndex((unit) => unit.end <= this.server.ack(reply.start) && draws(unit, reply))
      const unit = reply.code === 421 ? undefined : open[at]
      unit?.replies.push(reply)
      if (unit !== undefined) open.splice(0, unit.replies.length < this.owed(unit) ? at : at + 1)
    }
  }

  /** RFC 2033: a message earns a reply for each recipient. */
  owed(unit: Unit): number {
    if (unit.verb === 'EMPTY') return 0
    const before = this.units.filter(({ end }) => end <= unit.start)
    const isMessage = unit.verb === 'CONTENT' || /^BDAT.* LAST/i.test(unit.line)
    if (!isMessage || !before.some(({ verb }) => verb === 'LHLO')) return 1
    const mail = before.findLastIndex(({ verb }) => verb === 'MAIL')
    return before.slice(mail).filter(({ verb, replies }) => verb === 'RCPT' && (replies[0]?.code ?? 500) < 300).length
  }
}
