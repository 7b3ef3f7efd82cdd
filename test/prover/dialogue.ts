// The octets of both sides -> units of the client, replies of the server, and which answers which: as a reader with the
// standards at hand finds them, one after the other.
import type { ProofItem } from '../../src/rules/analysis.ts'
import { need, type Stream } from './segments.ts'

/** A unit of the client, or a reply of the server; with its item, if the proof lists it. */
export interface Part {
  /** The verb; the code. */
  readonly what: string
  readonly index: number
  readonly start: number
  readonly end: number
  readonly text: string
  readonly isWhole: boolean
  readonly replies: Part[]
  item?: ProofItem
}

export const GREETS = /^(?:EHLO|HELO|LHLO)$/
const STARTS_TLS = /^(?:STARTTLS|X-ANONYMOUSTLS)$/
const AUTHENTICATES = /^(?:AUTH|X-EXPS|AUTH-RESPONSE)$/
const VERBS =
  /^(?:EHLO|HELO|LHLO|MAIL|SEND|SOML|SAML|RCPT|DATA|BDAT|BURL|RSET|NOOP|QUIT|VRFY|EXPN|HELP|TURN|ATRN|ETRN|AUTH|STARTTLS|XCLIENT|XFORWARD|XEXCH50|X-EXPS|X-ANONYMOUSTLS)(?=\s)/i
const FALSE_END = /(?!\r\n\.\r\n)(?:\r\n|\r|(?<!\r)\n)\.(?:\r\n|\r|\n)/
/** Codes that only some units can draw. */
const ONLY: readonly (readonly [RegExp, RegExp])[] = [
  [/354/, /^(?:DATA|XEXCH50)$/],
  [/221/, /^QUIT$/],
  [/220/, /^(?:STARTTLS|X-ANONYMOUSTLS|XCLIENT)$/],
  [/250/, /^(?!DATA$|STARTTLS$|X-ANONYMOUSTLS$)/],
  [/235|334/, AUTHENTICATES],
]
export const draws = (unit: Part, reply: Part) =>
  ONLY.find(([code]) => code.test(reply.what))?.[1].test(unit.what) ?? true

export const isCommand = (text = '') => VERBS.test(text)
const verbOf = (text: string) => VERBS.exec(text)?.[0].toUpperCase() ?? (text.trim() === '' ? 'EMPTY' : 'OTHER')

/** The line that begins there; null where its end was not captured. */
function lineAt({ text, length }: Stream, start: number) {
  const end = text.indexOf('\n', start) + 1
  return end === 0 || end > length ? null : { start, end, text: text.slice(start, end) }
}

function repliesOf(server: Stream): Part[] {
  const replies: Part[] = []
  let open: number | null = null
  for (let line = lineAt(server, 0); line !== null; line = lineAt(server, line.end)) {
    const isReply = /^\d{3}(?:[ -].*)?\r*\n$/s.test(line.text)
    if (isReply) open ??= line.start
    if (!isReply || open === null || line.text[3] === '-') continue
    const [text, index] = [server.text.slice(open, line.end), replies.length + 1]
    replies.push({ what: text.slice(0, 3), index, start: open, end: line.end, text, isWhole: true, replies: [] })
    open = null
  }
  return replies
}

export class Dialogue {
  readonly client: Stream
  readonly server: Stream
  readonly replies: readonly Part[]
  readonly units: Part[] = []
  /** The reply behind which TLS begins. */
  tls: Part | null = null
  private last: Part | undefined

  constructor(client: Stream, server: Stream) {
    ;[this.client, this.server, this.replies] = [client, server, repliesOf(server)]
    if (client.isOpened) this.last = this.replies[0]
    let at = proxyHeader(client.text)
    // TLS begins with an alert or a handshake.
    const isTls = () => this.tls !== null && [0x15, 0x16].includes(client.text.charCodeAt(at))
    while (at < client.length && !isTls()) at = this.read(at)
  }

  /** A command, and what of it follows its line: to where all of it ends. */
  private read(start: number): number {
    const { client, units } = this
    const { text, end } = lineAt(client, start) ?? { text: `${client.text.slice(start, client.length)} `, end: 0 }
    const verb = verbOf(text)
    if (end === 0 && this.tls === null) this.add(verb, start, client.length, text, false)
    if (end === 0) return client.length
    const isHabit = verb === 'EMPTY' && units.some(({ what }) => what === 'QUIT')
    if (isHabit || (verb === 'OTHER' && !client.isOpened && units.length === 0)) return end
    const announced = Number(/^BDAT +(\d{1,15})(?: +LAST)? *\r*\n$/i.exec(text)?.[1] ?? 0)
    const to = end + (announced > 0 && this.isRefusedUnsent(end) ? 0 : announced)
    let {
      what,
      replies: [reply],
      end: at,
    } = this.add(verb, start, Math.min(to, client.length), text, to <= client.length)
    if (STARTS_TLS.test(verb) && reply?.what === '220') this.tls ??= reply
    const isContent = this.replies.length < units.length + 1 && !isCommand(lineAt(client, end)?.text ?? 'QUIT ')
    if (verb === 'DATA' && end < client.length && (reply?.what === '354' || isContent)) {
      const content = client.text.slice(end, this.contentEnd(end))
      at = this.add('CONTENT', end, end + content.length, content, /(?:^|\n)\.\r?\n$/.test(content)).end
    }
    while (AUTHENTICATES.test(what) && reply?.what === '334' && at < client.length)
      ({
        what,
        replies: [reply],
        end: at,
      } = this.add('AUTH-RESPONSE', at, lineAt(client, at)?.end ?? client.length, ''))
    return at
  }

  /** A unit, with the replies that it earns: the next that the server sent when it had the unit, where it can draw them. */
  private add(what: string, start: number, end: number, text: string, isWhole = true): Part {
    const index = (this.units.at(-1)?.index ?? 0) + (/^(?:CONTENT|AUTH-RESPONSE)$/.test(what) ? 0 : 1)
    const unit: Part = { what, index, start, end, text, isWhole, replies: [] }
    const again = new RegExp(`^${what}\\b`, 'im')
    for (let owed = this.owed(unit); owed > 0; owed--) {
      const rest = this.replies.filter((one) => {
        return one.index > (this.last?.index ?? 0) && one.what !== '421' && this.server.ack(one.start) >= end
      })
      // What only such a unit draws is its own, unless the server had another one by then.
      const drawn = rest.find((one) => draws(unit, one))
      const isOnly = drawn && /354|334|22\d|235/.test(drawn.what)
      const isOwn = isOnly && !again.test(this.client.text.slice(end, this.server.ack(drawn.start)))
      if (drawn === undefined || (drawn !== rest[0] && !isOwn)) break
      unit.replies.push(drawn)
      this.last = drawn
    }
    this.units.push(unit)
    return unit
  }

  /** A chunk that was refused before it came: the client knew, and sent a command, which the server answered. */
  private isRefusedUnsent(end: number): boolean {
    const { client, server, replies } = this
    const refusal = replies.find(({ what, start }) => what >= '400' && server.ack(start) === end)
    const next = refusal !== undefined && client.ack(end) >= refusal.end ? lineAt(client, end) : null
    return next !== null && isCommand(next.text) && replies.some(({ start }) => server.ack(start) === next.end)
  }

  /** Behind the final dot, or behind what the server took for it. */
  private contentEnd(at: number): number {
    const text = `\r\n${this.client.text.slice(at, this.client.length)}`
    const dot = text.indexOf('\r\n.\r\n')
    const end = dot < 0 ? this.client.length : at + dot + 3
    const found = FALSE_END.exec(text)
    const wrong = found === null ? end : at + found.index + found[0].length - 2
    const had = this.replies.filter(({ what }) => what[0] === '2').map(({ start }) => this.server.ack(start))
    return had.some((ack) => ack >= wrong && ack < end) ? wrong : end
  }

  /** RFC 2033: a message earns a reply for each recipient. */
  owed({ what, text, start }: Part): number {
    if (what === 'EMPTY') return 0
    const before = this.units.filter(({ end }) => end <= start)
    const isMessage = what === 'CONTENT' || /^BDAT.* LAST/i.test(text)
    if (!isMessage || !before.some((unit) => unit.what === 'LHLO')) return 1
    const mail = before.findLastIndex((unit) => unit.what === 'MAIL')
    return before.slice(mail).filter((unit) => unit.what === 'RCPT' && (unit.replies[0]?.what ?? '5') < '3').length
  }

  /** The unit in front. */
  before = ({ start }: Part) => this.units.findLast(({ end }) => end <= start)

  /** Whether its sender cannot have read the reply to the unit in front, and had not given up. */
  isBlind(unit: Part): boolean {
    const { client, server, replies, units } = this
    const [before, had] = [this.before(unit), client.ack(unit.start)]
    if (before === undefined || had < 0) return false
    const reply = before.replies.at(-1)
    const lacks = had === client.ack(before.end - 1) || (reply !== undefined && had < reply.end)
    const cameUs = reply === undefined ? Number.POSITIVE_INFINITY : server.time(reply.end - 1)
    const isSoon = client.time(unit.start) - client.time(before.end - 1) < 1e6 || cameUs < client.time(unit.start)
    const inFront = units.filter(({ end }) => end <= unit.start)
    const earned = inFront.reduce((sum, one) => sum + Math.max(1, this.owed(one)), 1)
    return lacks && isSoon && replies.filter(({ end }) => end <= had).length < earned
  }

  /** The keywords that its sender had been offered ('?': nobody knows); null while that was still to come. */
  offer(unit: Part): readonly string[] | null {
    const { client, server, units } = this
    const had = client.ack(unit.start)
    const isAnew = ({ what, replies: [one] }: Part) => /^(?:XCLIENT|STARTTLS)$/.test(what) && one?.what === '220'
    // A greeting that was refused changes nothing, once that is known.
    const isRefused = ({ replies: [one] }: Part) => one !== undefined && one.what >= '300' && one.end <= had
    const counts = (one: Part) => isAnew(one) || (GREETS.test(one.what) && !isRefused(one))
    const last = units.findLast((one) => one.end <= unit.start && counts(one))
    if (server.length === 0) return ['?']
    if (last === undefined || isAnew(last)) return client.isOpened ? [] : ['?']
    const [reply] = last.replies
    if (reply === undefined || reply.end > had) return null
    need(!/^250[ -]X{4,}/m.test(reply.text), 'a box in the path wrote over the offer')
    const words = reply.text.match(/(?<=^250[ -])\S+/gm) ?? []
    return last.what === 'HELO' ? [] : words.map((word) => word.toUpperCase())
  }

  /** Whether a keyword had been offered; `may`: or nobody can tell. */
  has = (unit: Part, keyword: string) => this.offer(unit)?.includes(keyword) === true
  may = (unit: Part, keyword: string) => this.has(unit, keyword) || this.has(unit, '?')
}

function proxyHeader(text: string): number {
  if (text.startsWith('\r\n\r\n\0\r\nQUIT\n')) return 16 + text.charCodeAt(14) * 256 + text.charCodeAt(15)
  return /^PROXY (?:TCP|UNKNOWN)/.test(text) ? text.indexOf('\n') + 1 : 0
}
