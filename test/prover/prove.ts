// A proved finding, as the JSON document has it, and the segments of the capture -> whether it holds. Nothing of it is
// believed: every number is looked up, every reply counted, every excuse looked for.
import type { FindingRecord, Proof, ProofItem, SessionRecord } from '../../src/rules/analysis.ts'
import { draws, isCommand, isPart, isRow, isUnit, isWhole, linesOf, NOTHING, type Part, repliesOf } from './dialogue.ts'
import { ACK, FIN, need, RST, type Segment, type Stream, streamOf } from './segments.ts'

/** Of frames that it cannot read, and of what stands behind a hole, the prover says nothing. */
export const NOT_READ = 'its frames, or octets in front of it, are not read'
const GREETS = /^(?:EHLO|HELO|LHLO)$/
const MUST_END = /^(?:EHLO|HELO|LHLO|DATA|VRFY|EXPN|TURN|QUIT|NOOP)$/
const STARTS_TLS = /^(?:STARTTLS|X-ANONYMOUSTLS)$/
const REFUSES = /pipelin|synchroni[sz]ation|too many|protocol error|talk too soon/i
const ONE_ROUND = /^\S+ +(?:PLAIN|EXTERNAL|ANONYMOUS|XOAUTH2|OAUTHBEARER) +\S/i
/** Rules of which the units stand in no group, or in several. */
const OF_SESSION = /^(?:bare-newline-sent|plaintext-after-starttls|starttls-input-answered|.*-buffered|.*-withheld)$/

/** Null where the finding holds; else what is wrong with it. */
export function objection(finding: FindingRecord, session: SessionRecord, all: readonly Segment[]): string | null {
  try {
    const { proof, session: id, certainty, severity, party, rule } = finding
    need(proof && proof.omitted === 0 && certainty === 'proved' && severity === 'error', 'there is no whole proof')
    need(id === session.id && finding.id.startsWith(`${id}.`), 'it is of another session')
    need(RULES[`${rule}: ${party}, ${proof.by}`], 'the rule accuses others, or is proved otherwise')
    const seen = new Seen(finding, proof, session, all)
    seen.needsNames(finding)
    if (seen.units.length > 0 && !OF_SESSION.test(rule)) seen.needsGroup()
    if (party === 'server' && proof.by !== 'octets') seen.needsInnocence()
    GROUNDS[proof.by](seen)
    return null
  } catch (error) {
    return (error as Error).message
  }
}

/** What the proof lists, and what else stands in the streams. */
class Seen {
  readonly client: Stream
  readonly server: Stream
  readonly proof: Proof
  readonly units: readonly Part[]
  readonly replies: readonly Part[]
  /** All replies of the server, and all lines of the client that read like commands. */
  readonly said: readonly Part[]
  readonly lines: readonly Part[]
  readonly isLmtp: boolean
  /** The unit whose reply no other can draw, and the close of the server, if it was proved by them. */
  readonly over: Part | undefined
  readonly close: ProofItem | undefined
  /** The server lets a client send its first group before it is greeted. */
  readonly isInvited: boolean
  readonly says: (unit?: Part, reply?: Part) => unknown
  /** Where the beginning was not captured, replies have other numbers in the file. */
  private shift: number | null

  constructor({ rule, party, group }: FindingRecord, proof: Proof, session: SessionRecord, all: readonly Segment[]) {
    const ends = ({ from, to }: Segment) => [from, to].sort().join()
    const [first, { client, server }] = [all.find(({ frame }) => session.id === `s${frame}`), proof.origin]
    need(first && client !== null && server !== null, NOT_READ)
    need(!proof.items.some(({ frames: [own] }) => !all.some(({ frame }) => frame === own)), NOT_READ)
    const between = all.filter((one) => one.frame >= first.frame && ends(one) === ends(first))
    const by = (name: string) => between.filter(({ from }) => from.endsWith(`:${name.split(':').at(-1)}`))
    this.client = streamOf(by(session.client), client, server)
    this.server = streamOf(by(session.server), server, client)
    ;[this.proof, this.said, this.lines] = [proof, repliesOf(this.server), linesOf(this.client)]
    this.isLmtp = this.lines.some(({ what }) => what === 'LHLO')
    this.isInvited = group === 1 && /^250[ -]X?PIPE_?CONNECT/im.test(this.server.text)
    this.shift = this.client.isOpened ? 0 : null
    ;[this.units, this.replies] = [this.list('client'), this.list('server')]
    this.over = this.role('witness')[0] ?? this.role('overtaker')[0]
    this.close = proof.items.find(({ role }) => role === 'close')
    const says = RULES[`${rule}: ${party}, ${proof.by}`]
    this.says = (unit = NOTHING, reply = NOTHING) => says?.(this, unit, this.before(unit), reply)
  }

  /** What the proof lists of a side: where its frames hold it and acknowledge what it says, one unit or reply each. */
  private list(by: 'client' | 'server'): Part[] {
    const [own, other] = by === 'client' ? [this.client, this.server] : [this.server, this.client]
    return this.proof.items.flatMap((item) => {
      const { what, index, seq, frames, ack, acknowledgedIn } = item
      if (item.by !== by || seq === null) return []
      const [start, end] = [own.at(seq), own.at(item.end ?? 0)]
      need(start < end && end <= own.length, NOT_READ)
      const held = [own.holds(frames[0], start), own.holds(frames.at(-1), end - 1)]
      // Of bytes that break a rule, one frame is listed.
      need(index === null ? held.includes(true) : !held.includes(false), 'the frames do not hold it')
      need(ack === null || own.frame(frames[0])?.ack === ack, 'the frame acknowledges something else')
      const isReceived = acknowledgedIn === null || other.acks(other.frame(acknowledgedIn)) >= end
      need(isReceived, 'that frame does not acknowledge it')
      if (index === null) return []
      const unit = { what, index, start, end, text: own.text.slice(start, end), item }
      need(by === 'server' || (isUnit(unit) && (isWhole(unit) || end === own.length)), 'there is no such unit')
      const part = by === 'client' ? unit : this.said.find((one) => one.start === start && one.end === end)
      this.shift ??= by === 'client' || !part ? null : part.index - index
      need(part?.what === what && (part === unit || part.index - index === this.shift), 'there is no such reply')
      part.item = item
      return [part]
    })
  }

  /** The commands, replies and frames of the finding are those of its proof. */
  needsNames({ rule, commands, replies, frames }: FindingRecord): void {
    const { items, by } = this.proof
    const told = items.flatMap((item) => [...item.frames, item.acknowledgedIn])
    for (const one of frames) need(rule === 'reply-malformed' || told.includes(one), 'a frame is of something else')
    const lost = rule === 'reply-out-of-order' ? /missing-reply|overtaker/ : /missing-reply/
    const meant = this.units.filter(({ item: { role = '' } }) => (by === 'count' ? lost : /^(?!context)/).test(role))
    const nameOf = ({ index, what, frames }: Partial<ProofItem>) => `${index} ${what} ${frames}`
    const known = [...meant, ...this.replies].map(({ item }) => nameOf(item))
    const named = commands.map((one) => nameOf({ ...one, what: one.verb }))
    for (const name of [...named, ...replies.map((one) => nameOf({ ...one, what: `${one.code}` }))])
      need(known.includes(name), 'a command or reply is another')
    const isAll = !/surplus|order|release/.test(by) && meant.length <= 8
    need(!isAll || new Set(named).size === meant.length, 'other commands are meant')
  }

  /** From the first octet of the group all is listed, both ways; what stands in front of it is answered. */
  needsGroup(): void {
    need(isRow(this.units), 'a unit is not listed')
    const own = this.replies.filter((reply) => !this.earlier.includes(reply))
    for (const [i, reply] of own.entries()) need(reply === this.said[this.earlier.length + i], 'a reply is not listed')
    for (const unit of this.units.filter(({ what }) => what !== 'EMPTY')) {
      const [due, owed] = [this.owed(unit), unit.item.owed ?? 0]
      const mayDiffer = owed < due || /^(?:CONTENT|BDAT)$/.test(unit.what)
      const isUnread = mayDiffer && this.had(unit) > this.server.length
      need(isUnread || owed === due, 'other replies are due to it')
    }
  }

  /** The replies to what stands in front: each 354 and 334 asks for one unit more. Or all, where both sides had read all. */
  get earlier(): readonly Part[] {
    const { client, server, said, units, replies, proof } = this
    const [first = NOTHING] = units
    let owed = first.index + (isPart(first) ? 1 : 0)
    for (let i = 0; i < owed && i < said.length; i++) if (/354|334/.test(said[i]?.what ?? '')) owed++
    if (isPart(first)) owed--
    const isUnheard = proof.by === 'acknowledgement' && (said.length <= owed || replies.length === 0)
    const isNext = said.length === owed || replies.includes(said[owed] ?? NOTHING)
    if (client.isOpened && (isNext || isUnheard)) return said.slice(0, owed)
    const isGreeting = (i: number) => i === 0 && client.isOpened
    const before = said.filter(({ start }, i) => isGreeting(i) || server.ack(start) <= first.start)
    const { start, end } = before.at(-1) ?? NOTHING
    need(server.ack(start) === first.start && this.had(first) >= end, 'something in front of it may be unanswered')
    return before
  }

  role = (name: ProofItem['role']) => [...this.units, ...this.replies].filter(({ item }) => item.role === name)
  before = ({ start }: Part) => this.units.findLast(({ end }) => end === start) ?? NOTHING
  lineBefore = ({ start }: Part) => this.lines.find(({ end }) => end === start) ?? NOTHING
  given = ({ item }: Part) => (item.answeredBy ?? []).map((i) => this.said[i + (this.shift ?? 0) - 1] ?? NOTHING)
  had = ({ start }: Part) => this.client.ack(start)
  hasRead = ({ end }: Part, reply: Part) => this.server.ack(reply.start) >= end
  owedTo = (units: readonly Part[]) => units.reduce((sum, unit) => sum + this.owed(unit), 0)

  /** The reply to a unit; or to a line that is not listed: the first that was sent behind it, and that it can draw. */
  answer(line: Part): Part {
    const unit = this.units.find(({ start }) => start === line.start)
    const given = unit && this.given(unit)
    return (given ?? this.said.filter((one) => this.hasRead(line, one) && draws(line, one)))[0] ?? NOTHING
  }

  latest(unit: Part, is: (line: Part, reply: Part) => unknown): Part {
    return this.lines.findLast((line) => line.end <= unit.start && is(line, this.answer(line))) ?? NOTHING
  }

  /** RFC 2033: a message gets a reply for each recipient. */
  owed(unit: Part): number {
    const isMessage = unit.what === 'CONTENT' || (/^BDAT.* LAST/i.test(unit.text) && this.may(unit, 'CHUNKING'))
    if (!this.isLmtp || !isMessage) return unit.what === 'EMPTY' ? 0 : 1
    const mail = this.latest(unit, ({ what }) => what === 'MAIL')
    const since = this.lines.filter(({ start, end }) => start >= mail.start && end <= unit.start)
    // Each of them got one reply, the last of them the one before the first reply to the message.
    const data = this.said.findIndex((one) => one.what === '354' && this.hasRead(since.at(-1) ?? NOTHING, one))
    const first = unit.what === 'BDAT' ? this.said.indexOf(this.given(unit)[0] ?? NOTHING) : data + 1
    const drew = (i: number) => this.said[first - since.length + i]?.what ?? '5'
    return since.filter(({ what }, i) => what === 'RCPT' && drew(i) < '3').length
  }

  /** Whether its sender cannot have read the reply to the unit in front, and had not given up. */
  isBlind(unit: Part): boolean {
    const { client, server, units, said } = this
    const [before, had] = [this.before(unit), this.had(unit)]
    const { end } = this.given(before).at(-1) ?? NOTHING
    if (before === NOTHING || had < 0) return false
    const isSoon = client.time(unit.start) - client.time(before.end - 1) < 1e6
    const isImpatient = isSoon || server.time(end - 1) < client.time(unit.start)
    const earned = units.slice(0, units.indexOf(unit)).reduce((sum, one) => sum + Math.max(1, this.owed(one)), 0)
    const held = said.filter((one) => one.end <= had).length - this.earlier.length
    return (had === client.ack(before.end - 1) || had < end) && isImpatient && held < earned
  }

  /** The keywords that its sender had been offered ('?': not known); none while they were still to come. */
  offer(unit: Part): readonly string[] {
    const [{ isOpened }, had] = [this.client, this.had(unit)]
    const isAnew = ({ what }: Part, reply: Part) => /^(?:XCLIENT|STARTTLS)$/.test(what) && reply.what === '220'
    // A greeting that was refused changes nothing, once that is known.
    const isGreeting = ({ what }: Part, reply: Part) => GREETS.test(what) && !(reply.what >= '300' && reply.end <= had)
    const last = this.latest(unit, (line, reply) => isAnew(line, reply) || isGreeting(line, reply))
    const { text, end } = this.answer(last)
    if (had > this.server.length + 1 || (!isOpened && !GREETS.test(last.what))) return ['?']
    need(!/^250[ -]X{4,}/m.test(text), 'a box in the path wrote over the offer')
    if (!/^[EL]HLO$/.test(last.what) || end > had) return []
    return text.match(/(?<=^250[ -])[^ \r\n]+/gm)?.map((word) => word.toUpperCase()) ?? []
  }

  /** Whether a keyword had been offered; `may`: or it is not known. */
  has = (unit: Part, keyword: string) => this.offer(unit).includes(keyword)
  may = (unit: Part, keyword: string) => this.has(unit, keyword) || this.has(unit, '?')

  /** No excuse for a server: talk before the greeting, a bare LF, pipelining that was not allowed, octets that are missing. */
  needsInnocence(): void {
    const { client, server, said, units } = this
    for (const one of client.segments.filter((one) => client.start(one) < (units.at(-1)?.end ?? 0)))
      need(client.acks(one) <= server.length + 1, 'octets of the server are not in the file')
    for (const unit of units) {
      need(!client.isOpened || this.had(unit) >= (said[0]?.end ?? 0), 'the client spoke before the greeting')
      need(isPart(unit) || !/(?:^|[^\r])\n/.test(unit.text), 'a bare LF ends a line')
      const isAllowed = () => !MUST_END.test(this.before(unit).what) && this.may(unit, 'PIPELINING')
      need(!this.isBlind(unit) || isAllowed(), 'the client had no right to pipeline')
    }
  }
}

const GROUNDS: Readonly<Record<Proof['by'], (seen: Seen) => void>> = {
  /** Units sent without waiting. */
  acknowledgement(seen) {
    need(seen.role('sent-blind').length > 0, 'nothing was sent blind')
    for (const unit of seen.role('sent-blind')) need(seen.isBlind(unit) && seen.says(unit), 'it may be sent there')
  },

  /** Fewer replies than units: in front of one that only a later unit draws, at the close, or to a message of LMTP. */
  count(seen) {
    const { over, close } = seen
    let [due, came] = [close ? closedOver(seen, close) : seen.units, seen.replies.filter(({ what }) => what !== '421')]
    const [end, next] = [seen.units.at(-1) ?? NOTHING, seen.said[seen.earlier.length + came.length]]
    if (over !== undefined) {
      const reply = seen.given(over)[0] ?? NOTHING
      due = due.filter(({ start }) => start < over.start)
      came = came.filter(({ start }) => start < reply.start)
      const isOnly = due.filter((unit) => draws(unit, reply)).length <= has(came, reply.what)
      const isIts = reply.what !== '250' && draws(over, reply) && seen.hasRead(over, reply)
      need(isOnly && isIts, 'an earlier command can draw it')
    } else need(next === undefined || seen.server.ack(next.start) > end.end, 'more replies came')
    const [missing, lost] = [seen.proof.missing ?? 0, seen.role('missing-reply')]
    const owed = seen.owedTo(due) - came.length
    const open = due.filter((one) => one.what !== 'EMPTY' && !lost.includes(one) && !one.item.answeredBy?.length)
    need(missing > 0 && missing <= owed && missing >= owed - open.length, `${owed} replies are missing`)
    for (const unit of lost) need(due.includes(unit) && seen.says(unit), 'it owes none')
    need(seen.says(lost[0]), 'another rule is about such')
  },

  /** Replies that came when the server had answered all that it had. */
  surplus(seen) {
    const { said, units, replies } = seen
    const owing = units.flatMap((unit) => Array<Part>(seen.owed(unit)).fill(unit))
    const isEarned = (reply: Part, i: number) =>
      owing.filter((one) => isWhole(one) && seen.hasRead(one, reply)).length > i
    const isFarewell = (one: Part) => one.what === '421' || (one.what >= '400' && one === said.at(-1))
    const claimed = seen.role('surplus-reply')
    const others = replies.filter((reply) => !claimed.includes(reply) && !isFarewell(reply))
    need(!replies.every(isEarned) && claimed.length > 0 && !claimed.some(isFarewell), 'they are earned, or a farewell')
    const isOver = isChunkRefused(seen) || others.length === Math.min(owing.length, replies.length)
    need(isOver && others.every((one, i) => owing[i] && draws(owing[i], one)), 'some unit earned it')
    need(seen.says(units[0]), 'another rule is about such')
  },

  /** As many replies as units, of which one stands where its unit cannot draw it. */
  order(seen) {
    const { units, replies } = seen
    const given = units.flatMap((unit) => seen.given(unit))
    const isDrawn = (by: readonly Part[]) => units.every((unit, i) => draws(unit, by[i] ?? NOTHING))
    need(units.length === replies.length && !isDrawn(replies), 'they are in order')
    need(isDrawn(given) && new Set(given).size === units.length && seen.says(), 'it was not given them')
  },

  /** A reply that was sent before its unit had come, when everything before that was answered. */
  precedence(seen) {
    const [[unit = NOTHING], [reply = NOTHING]] = [seen.role('command'), seen.role('reply')]
    const received = seen.units.filter((one) => seen.hasRead(one, reply) && isWhole(one))
    const before = seen.replies.slice(0, seen.replies.indexOf(reply))
    // Or as many of its kind as were asked for had come.
    const isAsked = received.filter((one) => draws(one, reply)).length > has(before, reply.what)
    const isMore = seen.owedTo(received) <= before.length || (reply.what === '354' && !isAsked)
    need(!received.includes(unit) && isMore && draws(unit, reply) && seen.says(unit, reply), 'it may have had the unit')
  },

  /** Replies that, twice or more, only new input released. */
  release(seen) {
    const { client, server } = seen
    const [first, second] = client.isOpened ? client.segments : []
    const rttUs = (second?.timeUs ?? 0) - (first?.timeUs ?? 0)
    const released = seen.units.filter(({ item }) => item.role === 'release')
    need(released.length > 1, 'once may be chance')
    for (const [i, release] of released.entries()) {
      const from = released[i - 1]?.start ?? 0
      const held = seen.role('withheld').filter(({ start }) => start >= from && start < release.start)
      const last = held.at(-1) ?? NOTHING
      // The first that came behind it, as many as were held.
      const reply = seen.said[seen.said.findIndex((one) => seen.hasRead(release, one)) + held.length - 1] ?? NOTHING
      const isOfKind = seen.says(held.length > 1 ? undefined : last) && seen.replies.includes(reply)
      need(isOfKind && isRow([...held, release]), 'something else was held')
      const silentUs = client.time(release.start) - client.time(last.end - 1)
      const delayUs = server.time(reply.end - 1) - client.time(release.start)
      need(silentUs >= Math.max(5e6, 20 * rttUs) && delayUs >= 0 && delayUs <= 5e4 + rttUs, 'it did not release it')
      need((last.item.acknowledgedIn ?? 1e9) < (release.item.frames?.[0] ?? 0), 'the server may not have had it')
    }
  },

  /** Octets that stand where they must not. */
  octets(seen) {
    const item = seen.proof.items.find(({ role }) => role === 'octets')
    need(item?.seq != null && item.end !== null, 'there are no octets')
    const { text, at } = seen[item.by]
    const [start, end] = [at(item.seq), at(item.end)]
    const [before, own, behind] = [text.slice(0, start), text.slice(start, end), text.slice(end)]
    const isLine = /(?:^|\n)$/.test(before) && (/^[^\n]*\n$/.test(own) || /^(?:$|\d{3}[ -])/.test(behind))
    const wanted = item.what.replaceAll('CR', '\r').replaceAll('LF', '\n')
    need(item.what === 'line' ? isLine : own === wanted, 'other octets stand there')
    need(seen.says({ ...NOTHING, what: `${item.by} ${item.what}`, start, end, text: own }), 'they may stand there')
  },

  /** Both windows closed, for ten seconds. */
  windows(seen) {
    const closed = seen.proof.items.map(({ by, frames: [frame = 0] }) => {
      const from = seen[by].segments.find((one) => one.frame === frame && one.window === 0)
      const to = seen[by].segments.find((one) => one.frame > frame && one.window > 0) ?? seen[by].segments.at(-1)
      return { by, fromUs: from?.timeUs ?? Number.NaN, toUs: to?.timeUs ?? Number.NaN }
    })
    const forUs = Math.min(...closed.map(({ toUs }) => toUs)) - Math.max(...closed.map(({ fromUs }) => fromUs))
    need(closed[0]?.by !== closed[1]?.by && forUs >= 1e7 && seen.says(), 'they were not closed')
  },

  /** What was said, and what was said before. */
  dialogue(seen) {
    const [[unit], [reply]] = [seen.role('command'), seen.role('reply')]
    need(unit && seen.says(unit, reply), 'what was said allows it')
  },
}

/** The units that the server had when it was the first to close, and no right to. */
function closedOver({ client, server, said, units, replies, earlier }: Seen, close: ProofItem): readonly Part[] {
  const [closing, last = NOTHING] = [server.frame(close.frames[0]), said.at(-1)]
  need(closing && closing.flags & (close.what === 'FIN' ? FIN : RST), 'the server does not close there')
  need(!client.segments.some((one) => one.frame < closing.frame && one.flags & (FIN | RST)), 'the client closed first')
  const isItsOwn = closing.flags & ACK && closing.hops === server.segments[0]?.hops
  need(close.what === 'FIN' || isItsOwn, 'it may be of others')
  const isLast = last === (replies.at(-1) ?? earlier.at(-1) ?? NOTHING)
  need(isLast && !client.text.slice(units.at(-1)?.end, client.length).includes('\n'), 'more was said')
  const isRefusal = last.what >= '500' && REFUSES.test(last.text)
  need((!client.isOpened || said[0]?.what === '220') && !isRefusal, 'it is a refusal')
  need(!said.some(({ what }) => /421|521/.test(what)), 'it was announced')
  const had = Math.max(...server.segments.filter(({ frame }) => frame <= closing.frame).map((one) => server.acks(one)))
  need(client.at(close.ack ?? 0) === had && had <= client.length + 1, 'it acknowledges other octets')
  return units.filter(({ end }) => end <= had)
}

const has = (parts: readonly Part[], what: string) => parts.filter((one) => one.what === what).length
const isChunkRefused = (seen: Seen) =>
  seen.units.some((unit) => unit.what === 'BDAT' && (seen.given(unit)[0]?.what ?? '') >= '400')
const isOfLmtp = ({ isLmtp }: Seen, { what }: Part) => isLmtp && /^(?:CONTENT|BDAT)$/.test(what)
const isTogether = (seen: Seen, unit: Part) =>
  [unit, ...seen.units.filter(({ start }) => start === unit.end)].some((one) => seen.isBlind(one))

/** What a rule says of a unit (or octets), the unit in front and a reply; by whom it accuses and what proves it. */
const RULES: Readonly<Record<string, (seen: Seen, unit: Part, before: Part, reply: Part) => unknown>> = {
  'command-after-sync-command: client, acknowledgement': (seen, unit, { what }) => {
    const isSent = (!isPart(unit) || isCommand(unit.text)) && what + unit.what !== 'DATAOTHER'
    return MUST_END.test(what) && isSent && !seen.isInvited
  },
  'extension-command-not-last: client, acknowledgement': (_, _unit, { what }) =>
    /^(?:STARTTLS|X-ANONYMOUSTLS|ATRN|XEXCH50)$/.test(what),
  'auth-not-last: client, acknowledgement': (_, _unit, { what, text }) =>
    /^(?:AUTH|X-EXPS|AUTH-RESPONSE)$/.test(what) && !ONE_ROUND.test(text),
  'pipelining-not-advertised: client, acknowledgement': (seen, unit) =>
    !isPart(unit) && !seen.may(unit, 'PIPELINING') && !seen.isInvited,
  'partial-reply-acted-on: client, acknowledgement': (seen, unit, before) => {
    const [had, { text, start, end } = NOTHING] = [seen.had(unit), ...seen.given(before)]
    return MUST_END.test(before.what) && text[3] === '-' && had > start && had < end
  },
  'content-without-354: client, acknowledgement': (_, unit, before) =>
    before.what === 'DATA' && unit.what === 'CONTENT' && !isCommand(unit.text),
  'content-without-354: client, dialogue': (seen, unit, _, reply) => {
    const [data, lines] = [seen.lineBefore(unit), seen.role('command').slice(1)]
    const isMessage = /^[!-9;-~]+: /.test(unit.text) || lines.some(({ text }) => text === '.\r\n')
    const isAnswer = seen.answer(data) === reply || seen.earlier.at(-1) === reply
    return isMessage && data.what === 'DATA' && reply.what >= '400' && (isAnswer || seen.isBlind(unit))
  },
  'bare-newline-sent: client, octets': ({ client, units }, { what, text, start, end }) => {
    const own = units.find((one) => one.start <= start && start < one.end) ?? { what: 'OTHER' }
    const isBare = text === '\n' ? client.text[start - 1] !== '\r' : client.text[end] !== '\n'
    return isBare && /^client (?:LF|CR)$/.test(what) && !/^(?:OTHER|EMPTY)$/.test(own.what)
  },
  'mail-before-ehlo: client, dialogue': (seen, unit) => {
    const last = seen.latest(unit, ({ what }) => GREETS.test(what) || what === 'XCLIENT')
    return /^(?:MAIL|SEND|SOML|SAML)$/.test(unit.what) && seen.client.isOpened && !GREETS.test(last.what)
  },
  'mail-without-reset: client, dialogue': (seen, unit, _, reply) => {
    const changes = /^(?:MAIL|RSET|EHLO|HELO|LHLO|BDAT|\.)$/
    const last = seen.latest(unit, ({ what }, one) => changes.test(what) && one !== NOTHING && one.what < '3')
    return last.what + unit.what === 'MAILMAIL' && reply.what >= '300' && seen.given(unit)[0] === reply
  },
  'chunking-not-advertised: client, dialogue': (seen, unit) =>
    unit.what === 'BDAT' && seen.offer(unit).length > 0 && !seen.may(unit, 'CHUNKING'),
  'plaintext-after-starttls: client, dialogue': (seen, unit) =>
    STARTS_TLS.test(seen.lineBefore(unit).what) && seen.answer(seen.lineBefore(unit)).what === '220',
  'window-deadlock: client, windows': () => true,

  'input-lost: server, count': (seen, unit) => seen.over && isTogether(seen, unit),
  'reply-missing: server, count': (seen, unit) => seen.over && !isTogether(seen, unit),
  'reply-out-of-order: server, count': ({ over }) => over,
  'reply-out-of-order: server, order': () => true,
  'premature-close: server, count': ({ close }) => close,
  'lmtp-reply-count: server, count': (seen, unit) => !(seen.over ?? seen.close) && isOfLmtp(seen, unit),
  'lmtp-reply-count: server, surplus': (seen) => seen.units.some((unit) => isOfLmtp(seen, unit)),
  'reply-unexpected: server, surplus': (seen) =>
    !seen.units.some((unit) => isOfLmtp(seen, unit)) && !isChunkRefused(seen),
  'bdat-chunk-not-consumed: server, surplus': isChunkRefused,
  'bdat-chunk-not-consumed: server, precedence': (_, { what }, _before, reply) =>
    what === 'BDAT' && reply.what >= '400',
  'reply-before-command: server, precedence': (_, { what }, _before, reply) => what !== 'BDAT' || reply.what < '400',
  'sync-reply-buffered: server, release': (_, { what }) => MUST_END.test(what),
  'unrecognized-reply-buffered: server, release': (_, { what }) => what === 'OTHER',
  'replies-withheld: server, release': (_, { what }) => !MUST_END.test(what) && what !== 'OTHER',
  'bare-newline-accepted: server, octets': ({ units, replies }, { what, end }) => {
    const content = units.find((one) => one.what === 'CONTENT' && one.start < end && end <= one.end)
    return /^client .*\./.test(what) && (content?.end === end || (content && has(replies, '354') > has(units, 'DATA')))
  },
  'reply-malformed: server, octets': ({ said }, { what, start, text }) =>
    what === 'server line' && said[0] && start >= said[0].start && !/^[2-5]\d\d(?:[ -].*)?\r\n$/s.test(text),
  'multiline-code-mismatch: server, octets': ({ server }, { what, start, text }) => {
    const before = /(?:^|\n)(\d{3})-[^\n]*\n$/.exec(server.text.slice(0, start))?.[1]
    return what === 'server line' && before && /^\d{3}[- \r]/.test(text) && !text.startsWith(before)
  },
  'advertised-but-unimplemented: server, dialogue': (seen, unit, _, reply) => {
    const isOffered = seen.has(unit, unit.what === 'BDAT' ? 'CHUNKING' : unit.what)
    return isOffered && seen.given(unit)[0] === reply && /^50[02]$/.test(reply.what)
  },
  'pipelining-rejected: server, dialogue': (seen, _, _before, { what, text }) => {
    const isRight = seen.units.every((unit) => unit.what !== 'OTHER' && seen.has(unit, 'PIPELINING'))
    return isRight && seen.units.some((unit) => seen.isBlind(unit)) && what >= '400' && REFUSES.test(text)
  },
  'starttls-input-answered: server, dialogue': (seen, unit, _, reply) => {
    const [starttls, tls] = [seen.lineBefore(unit), seen.answer(seen.lineBefore(unit))]
    const isUnasked = reply.start >= tls.end && (seen.had(unit) < tls.end || reply.what < '400')
    return STARTS_TLS.test(starttls.what) && tls.what === '220' && isUnasked
  },
}
