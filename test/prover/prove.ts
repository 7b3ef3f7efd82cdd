// A proved finding, as the JSON document has it, and the segments of the capture -> whether it holds. Nothing of it is
// believed: every number is looked up, every reply counted, every excuse looked for.
import type { FindingRecord, Proof, ProofItem, SessionRecord } from '../../src/rules/analysis.ts'
import {
  draws,
  GREETS,
  isCommand,
  isPart,
  isRow,
  isUnit,
  isWhole,
  linesOf,
  NOTHING,
  type Part,
  repliesOf,
} from './dialogue.ts'
import { ACK, FIN, need, RST, type Segment, Stream } from './segments.ts'

/** Of frames that it cannot read, and of what stands behind a hole, the prover says nothing. */
export const NOT_READ = 'its frames, or octets in front of it, are not read'
const MUST_END = /^(?:EHLO|HELO|LHLO|DATA|VRFY|EXPN|TURN|QUIT|NOOP)$/
const REFUSES = /pipelin|synchroni[sz]ation|too many|protocol error|talk too soon/i
/** Rules of which the units stand in no group, or in several. */
const OF_SESSION = /^(?:bare-newline-sent|plaintext-after-starttls|starttls-input-answered|.*-buffered|.*-withheld)$/
const ONE_ROUND = /^\S+ +(?:PLAIN|EXTERNAL|ANONYMOUS|XOAUTH2|OAUTHBEARER) +\S/i

/** Null where the finding holds; else what is wrong with it. */
export function objection(finding: FindingRecord, session: SessionRecord, all: readonly Segment[]): string | null {
  try {
    const { proof, session: id, certainty, severity } = finding
    need(proof && proof.omitted === 0 && certainty === 'proved' && severity === 'error', 'there is no whole proof')
    need(id === session.id && finding.id.startsWith(`${id}.`), 'it is of another session')
    const seen = new Seen(finding, proof, session, all)
    seen.needsNames(finding)
    if (seen.units.length > 0 && !OF_SESSION.test(finding.rule)) seen.needsGroup()
    if (finding.party === 'server' && proof.by !== 'octets') seen.needsInnocence()
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
  readonly says: (unit?: Part, reply?: Part) => unknown
  /** The number of the first reply of the file, less one: where the beginning was not captured, it has another. */
  private readonly shift: number

  constructor({ rule, party, group }: FindingRecord, proof: Proof, session: SessionRecord, all: readonly Segment[]) {
    const ends = ({ from, to }: Segment) => [from, to].sort().join()
    const first = all.find(({ frame }) => frame === Number(session.id.slice(1)))
    need(first && proof.items.every(({ frames: [own] }) => all.some(({ frame }) => frame === own)), NOT_READ)
    const between = all.filter((one) => one.frame >= first.frame && ends(one) === ends(first))
    const stream = (name: string, own: number | null, other: number | null) => {
      need(own !== null && other !== null, 'there are no origins')
      const port = `:${name.split(':').at(-1)}`
      return new Stream(
        between.filter(({ from }) => from.endsWith(port)),
        own,
        other,
      )
    }
    this.client = stream(session.client, proof.origin.client, proof.origin.server)
    this.server = stream(session.server, proof.origin.server, proof.origin.client)
    ;[this.proof, this.said, this.lines] = [proof, repliesOf(this.server), linesOf(this.client)]
    this.units = this.list('client')
    const replies = this.list('server')
    const places = replies.map((one) => this.said.findIndex(({ start, end }) => start === one.start && end === one.end))
    this.shift = this.client.isOpened || !replies[0] ? 0 : (replies[0].item?.index ?? 0) - 1 - (places[0] ?? 0)
    for (const [i, { what, text, item }] of replies.entries())
      need(text.startsWith(what) && item?.index === (places[i] ?? 0) + 1 + this.shift, 'there is no such reply')
    this.replies = places.map((place) => this.said[place] as Part)
    for (const unit of this.units)
      need(isUnit(unit) && (isWhole(unit) || unit.end === this.client.length), 'there is no such unit')
    const says = RULES[`${rule}: ${party}, ${proof.by}`]
    need(says, 'the rule accuses others, or is proved otherwise')
    this.says = (unit = NOTHING, reply = NOTHING) => says({ seen: this, unit, reply, before: this.before(unit), group })
  }

  /** Octets of the proof, where its frames hold them and acknowledge what it says. */
  private list(by: 'client' | 'server'): Part[] {
    const [own, other] = by === 'client' ? [this.client, this.server] : [this.server, this.client]
    return this.proof.items.flatMap((item) => {
      if (item.by !== by || item.seq === null || item.end === null) return []
      const [start, end] = [own.at(item.seq), own.at(item.end)]
      const [first, last] = [own.frame(item.frames[0]), own.frame(item.frames.at(-1))]
      need(start < end && end <= own.length, NOT_READ)
      const held = [own.holds(first, start), own.holds(last, end - 1)]
      // Of octets that break a rule, one frame is told.
      need(item.index === null ? held.includes(true) : !held.includes(false), 'the frames do not hold it')
      need(item.ack === null || first?.ack === item.ack, 'the frame acknowledges something else')
      const receipt = item.acknowledgedIn === null || other.acks(other.frame(item.acknowledgedIn)) >= end
      need(receipt, 'that frame does not acknowledge it')
      return item.index === null ? [] : [{ what: item.what, start, end, text: own.text.slice(start, end), item }]
    })
  }

  /** The commands, replies and frames of the finding are those of its proof. */
  needsNames({ rule, commands, replies, frames }: FindingRecord): void {
    const { items, by } = this.proof
    const told = new Set(items.flatMap((item) => [...item.frames, item.acknowledgedIn]))
    need(rule === 'reply-malformed' || frames.every((frame) => told.has(frame)), 'a frame is of something else')
    const lost = rule === 'reply-out-of-order' ? /missing-reply|overtaker/ : /missing-reply/
    const meant = items.filter((item) => {
      return item.by === 'client' && item.index !== null && (by === 'count' ? lost : /^(?!context)/).test(item.role)
    })
    const nameOf = (index: number | null, what: unknown, at: readonly number[]) => `${index} ${what} ${at}`
    const known = [...meant, ...items.filter((item) => item.by === 'server')].map((item) =>
      nameOf(item.index, item.what, item.frames),
    )
    const named = commands.map((one) => nameOf(one.index, one.verb, one.frames))
    const all = [...named, ...replies.map((one) => nameOf(one.index, one.code, one.frames))]
    need(
      all.every((name) => known.includes(name)),
      'a command or reply is another',
    )
    const isAll = !/surplus|order|release/.test(by) && meant.length <= 8
    need(!isAll || new Set(named).size === meant.length, 'other commands are meant')
  }

  /** From its first octet on all that the client sent and all that the server said to it is listed, and nothing before is open. */
  needsGroup(): void {
    const { server, said, units, replies, earlier } = this
    need(isRow(units), 'a unit is not listed')
    const own = replies.filter((reply) => !earlier.includes(reply))
    need(
      own.every((reply, i) => reply === said[earlier.length + i]),
      'a reply is not listed',
    )
    const owes = (unit: Part) =>
      this.had(unit) > server.length || unit.what === 'EMPTY' || unit.item?.owed === this.owed(unit)
    need(units.every(owes), 'a unit earns another number of replies')
  }

  /** The replies to what stands in front: each 354 and 334 invites one unit more. Or those behind which both sides were quiet. */
  get earlier(): readonly Part[] {
    const {
      client,
      server,
      said,
      units: [first = NOTHING],
    } = this
    const invited = isPart(first) ? 1 : 0
    let owed = (first.item?.index ?? 0) + invited
    for (let i = 0; i < owed && i < said.length; i++) if (/354|334/.test(said[i]?.what ?? '')) owed++
    owed -= invited
    const isUnheard = this.proof.by === 'acknowledgement' && (said.length <= owed || this.replies.length === 0)
    const isNext = said.length === owed || this.replies.includes(said[owed] ?? NOTHING)
    if (client.isOpened && (isNext || isUnheard)) return said.slice(0, owed)
    const isGreeting = (i: number) => i === 0 && client.isOpened
    const before = said.filter(({ start }, i) => isGreeting(i) || server.ack(start) <= first.start)
    const last = before.at(-1) ?? NOTHING
    const isQuiet = server.ack(last.start) === first.start && this.had(first) >= last.end
    need(isQuiet, 'something in front of them may be unanswered')
    return before
  }

  role = (name: ProofItem['role']) => this.units.filter(({ item }) => item?.role === name)
  before = ({ start }: Part) => this.units.findLast(({ end }) => end === start) ?? NOTHING
  given = ({ item }: Part) => (item?.answeredBy ?? []).map((index) => this.said[index - 1 - this.shift] ?? NOTHING)
  had = ({ start }: Part) => this.client.ack(start)

  /** The reply to a unit, or to a line that is not listed: the first that was sent behind it, and that it can draw. */
  answer(line: Part): Part | undefined {
    const unit = this.units.find(({ start }) => start === line.start)
    if (unit) return this.given(unit)[0]
    return this.said.find((reply) => this.server.ack(reply.start) >= line.end && draws(line, reply))
  }

  latest(unit: Part, is: (line: Part, reply: Part | undefined) => unknown): Part {
    return this.lines.findLast((line) => line.end <= unit.start && is(line, this.answer(line))) ?? NOTHING
  }

  /** RFC 2033: a message earns a reply for each recipient. */
  owed(unit: Part): number {
    if (unit.what === 'EMPTY') return 0
    if (!isMessage(unit) || !this.isLmtp || (unit.what === 'BDAT' && !this.may(unit, 'CHUNKING'))) return 1
    const mail = this.latest(unit, ({ what }) => what === 'MAIL')
    const since = this.lines.filter(({ start, end }) => start >= mail.start && end <= unit.start)
    // Each of them drew one reply, the last of them the one in front of the first to the message.
    const asked = this.said.findIndex(
      (one) => one.what === '354' && this.server.ack(one.start) >= (since.at(-1)?.end ?? 0),
    )
    const own = unit.what === 'BDAT' ? this.said.indexOf(this.given(unit)[0] ?? NOTHING) : asked + 1
    return since.filter(({ what }, i) => what === 'RCPT' && (this.said[own - since.length + i]?.what ?? '5') < '3')
      .length
  }

  get isLmtp(): boolean {
    return this.lines.some(({ what }) => what === 'LHLO')
  }

  /** Whether its sender cannot have read the reply to the unit in front, and had not given up. */
  isBlind(unit: Part): boolean {
    const { client, server, units, said } = this
    const [before, had] = [this.before(unit), this.had(unit)]
    const reply = this.given(before).at(-1)
    if (before === NOTHING || had < 0) return false
    const lacks = had === client.ack(before.end - 1) || (reply !== undefined && had < reply.end)
    const cameUs = reply === undefined ? Number.POSITIVE_INFINITY : server.time(reply.end - 1)
    const isSoon = client.time(unit.start) - client.time(before.end - 1) < 1e6 || cameUs < client.time(unit.start)
    const inFront = units.slice(0, units.indexOf(unit))
    const earned = inFront.reduce((sum, one) => sum + Math.max(1, this.owed(one)), this.earlier.length)
    return lacks && isSoon && said.filter(({ end }) => end <= had).length < earned
  }

  /** The keywords that its sender had been offered ('?': nobody knows); null while that was still to come. */
  offer(unit: Part): readonly string[] | null {
    const { client, server } = this
    const isAnew = ({ what }: Part, reply?: Part) => /^(?:XCLIENT|STARTTLS)$/.test(what) && reply?.what === '220'
    // A greeting that was refused changes nothing, once that is known.
    const isRefused = (reply?: Part) => reply !== undefined && reply.what >= '300' && reply.end <= this.had(unit)
    const last = this.latest(unit, (one, reply) => isAnew(one, reply) || (GREETS.test(one.what) && !isRefused(reply)))
    if (this.had(unit) > server.length + 1) return ['?']
    if (!GREETS.test(last.what)) return client.isOpened ? [] : ['?']
    const reply = this.answer(last)
    if (reply === undefined || reply.end > this.had(unit)) return null
    need(!/^250[ -]X{4,}/m.test(reply.text), 'a box in the path wrote over the offer')
    const words = reply.text.match(/(?<=^250[ -])[^ \r\n]+/gm) ?? []
    return last.what === 'HELO' ? [] : words.map((word) => word.toUpperCase())
  }

  /** Whether a keyword had been offered; `may`: or nobody can tell. */
  has = (unit: Part, keyword: string) => this.offer(unit)?.includes(keyword) === true
  may = (unit: Part, keyword: string) => this.has(unit, keyword) || this.has(unit, '?')

  /** No excuse for a server: talk before the greeting, a bare LF, pipelining that was not allowed. */
  needsInnocence(): void {
    const { client, server, said, units } = this
    const sent = client.segments.filter((one) => client.start(one) < (units.at(-1)?.end ?? 0))
    need(
      sent.every((one) => client.acks(one) <= server.length + 1),
      'octets of the server are not in the file',
    )
    const greeted = client.isOpened ? (said[0]?.end ?? 0) : 0
    need(
      units.every((unit) => this.had(unit) >= greeted),
      'the client spoke before the greeting',
    )
    need(!units.some((one) => !isPart(one) && /(?:^|[^\r])\n/.test(one.text)), 'a bare LF ends a line')
    const isAllowed = (unit: Part) => !MUST_END.test(this.before(unit).what) && this.may(unit, 'PIPELINING')
    need(
      units.every((unit) => !this.isBlind(unit) || isAllowed(unit)),
      'the client had no right to pipeline',
    )
  }
}

const GROUNDS: Readonly<Record<Proof['by'], (seen: Seen) => void>> = {
  /** Units sent without waiting. */
  acknowledgement(seen) {
    const blind = seen.role('sent-blind')
    need(blind.length > 0, 'nothing was sent blind')
    for (const unit of blind) need(seen.isBlind(unit) && seen.says(unit), `${unit.what} may be sent there`)
  },

  /** Fewer replies than units: in front of one that only a later unit draws, at the close, or to a message of LMTP. */
  count(seen) {
    const { units, proof, server } = seen
    const [over] = [...seen.role('witness'), ...seen.role('overtaker')]
    const close = proof.items.find(({ role }) => role === 'close')
    let [due, came] = [close ? closedOver(seen, close) : units, seen.replies.filter(({ what }) => what !== '421')]
    if (over !== undefined) {
      const reply = seen.given(over)[0] ?? NOTHING
      const isOnly = reply.what !== '250' && draws(over, reply) && server.ack(reply.start) >= over.end
      due = due.filter(({ start }) => start < over.start)
      came = came.filter(({ start }) => start < reply.start)
      const like = came.filter(({ what }) => what === reply.what)
      need(isOnly && due.filter((unit) => draws(unit, reply)).length <= like.length, 'an earlier command can draw it')
    }
    const next = seen.said[seen.earlier.length + came.length] ?? NOTHING
    const isOver = over || next === NOTHING || server.ack(next.start) > (units.at(-1)?.end ?? 0)
    need(isOver, 'more replies came')
    const [missing, owed] = [proof.missing ?? 0, sum(due.map((unit) => seen.owed(unit))) - came.length]
    const isOpen = ({ what, item }: Part) =>
      what !== 'EMPTY' && item?.role !== 'missing-reply' && !item?.answeredBy?.length
    need(missing > 0 && missing <= owed && missing >= owed - due.filter(isOpen).length, `${owed} replies are missing`)
    need(
      seen.role('missing-reply').every((unit) => due.includes(unit) && seen.says(unit)),
      'it owes none',
    )
    need(seen.says(seen.role('missing-reply')[0]), 'another rule is about such')
  },

  /** Replies that came when the server had answered all that it had. */
  surplus(seen) {
    const { server, said, units, replies, proof } = seen
    const owing = units.flatMap((unit) => Array<Part>(seen.owed(unit)).fill(unit))
    const received = ({ start }: Part) => owing.filter((one) => isWhole(one) && one.end <= server.ack(start)).length
    need(
      replies.some((reply, i) => i + 1 > received(reply)),
      'the units earned them',
    )
    const isFarewell = (one: Part) => one.what === '421' || (one.what >= '400' && one === said.at(-1))
    const starts = proof.items.filter(({ role }) => role === 'surplus-reply').map(({ seq }) => server.at(seq ?? 0))
    const claimed = replies.filter(({ start }) => starts.includes(start))
    const others = replies.filter((reply) => !claimed.includes(reply) && !isFarewell(reply))
    need(claimed.length > 0 && !claimed.some(isFarewell), 'the server may say farewell')
    const isOver = isChunkRefused(seen) || others.length === Math.min(owing.length, replies.length)
    need(isOver && others.every((one, i) => owing[i] && draws(owing[i], one)), 'some unit earned it')
    need(seen.says(units[0]), 'another rule is about such')
  },

  /** As many replies as units, of which one stands where its unit cannot draw it. */
  order(seen) {
    const { units, replies } = seen
    const given = units.map((unit) => seen.given(unit)[0])
    const isDrawn = (by: readonly (Part | undefined)[]) => units.every((unit, i) => by[i] && draws(unit, by[i]))
    need(units.length === replies.length && !isDrawn(replies), 'they are in order')
    need(isDrawn(given) && new Set(given).size === units.length && seen.says(), 'it was not given them')
  },

  /** A reply that was sent before its unit had come, when everything before that was answered. */
  precedence(seen) {
    const { server, units, proof } = seen
    const unit = seen.role('command')[0] ?? NOTHING
    const seq = proof.items.find(({ role, by }) => role === 'reply' && by === 'server')?.seq ?? 0
    const reply = seen.replies.find(({ start }) => start === server.at(seq)) ?? NOTHING
    const had = server.ack(reply.start)
    const received = units.filter((one) => one.end <= had && isWhole(one))
    const before = seen.replies.slice(0, seen.replies.indexOf(reply))
    // As many of its kind as were asked for had come.
    const isMore =
      reply.what === '354' &&
      received.filter((one) => draws(one, reply)).length <= before.filter(({ what }) => what === '354').length
    const isEarly =
      (had < unit.end || !isWhole(unit)) && (sum(received.map((one) => seen.owed(one))) < before.length + 1 || isMore)
    need(isEarly && draws(unit, reply) && seen.says(unit, reply), 'the server may have had it')
  },

  /** Replies that, twice or more, only new input released. */
  release(seen) {
    const { client, server } = seen
    const [first, second] = client.isOpened ? client.segments : []
    const rttUs = (second?.timeUs ?? 0) - (first?.timeUs ?? 0)
    const releases = seen.role('release')
    need(releases.length > 1, 'once may be chance')
    for (const [i, release] of releases.entries()) {
      const { item, start, end } = release
      const held = seen
        .role('withheld')
        .filter((one) => one.start >= (releases[i - 1]?.start ?? 0) && one.start < start)
      const last = held.at(-1)
      // The first that came behind it, as many as were held.
      const reply = seen.said[seen.said.findIndex((one) => server.ack(one.start) >= end) + held.length - 1]
      need(
        last && reply && isRow([...held, release]) && seen.says(held.length > 1 ? undefined : last),
        'something else was held',
      )
      need(client.time(start) - client.time(last.end - 1) >= Math.max(5e6, 20 * rttUs), 'the silence was short')
      const delayUs = server.time(reply.end - 1) - client.time(start)
      const isHad = (last.item?.acknowledgedIn ?? Number.POSITIVE_INFINITY) < (item?.frames[0] ?? 0)
      need(isHad && seen.replies.includes(reply) && delayUs >= 0 && delayUs <= 5e4 + rttUs, 'it did not release it')
    }
  },

  /** Octets that stand where they must not. */
  octets(seen) {
    const item = seen.proof.items.find(({ role }) => role === 'octets')
    need(item?.seq != null && item.end !== null, 'there are no octets')
    const { text, at } = seen[item.by]
    const [start, end] = [at(item.seq), at(item.end)]
    const own = text.slice(start, end)
    const isEnd = own.indexOf('\n') + 1 === own.length || /^(?:$|\d{3}[ -])/.test(text.slice(end))
    const isLine = isEnd && /(?:^|\n)$/.test(text.slice(0, start))
    const wanted = item.what.replaceAll('CR', '\r').replaceAll('LF', '\n')
    need(item.what === 'line' ? isLine : own === wanted, 'other octets stand there')
    need(seen.says({ what: `${item.by} ${item.what}`, start, end, text: own, item: null }), 'they may stand there')
  },

  /** Both windows closed, for ten seconds. */
  windows(seen) {
    const { client, server, proof } = seen
    const closed = proof.items.map(({ by, frames: [frame] }) => {
      const from = seen[by].segments.find((one) => one.frame === frame && one.window === 0)
      const to = seen[by].segments.find((one) => from && one.frame > from.frame && one.window > 0)
      return { by, fromUs: from?.timeUs ?? Number.NaN, toUs: to?.timeUs ?? Number.POSITIVE_INFINITY }
    })
    const lastUs = Math.max(...[...client.segments, ...server.segments].map(({ timeUs }) => timeUs))
    const forUs = Math.min(lastUs, ...closed.map(({ toUs }) => toUs)) - Math.max(...closed.map(({ fromUs }) => fromUs))
    need(closed[0]?.by !== closed[1]?.by && forUs >= 1e7 && seen.says(), 'they were not closed')
  },

  /** What was said, and what was said before. */
  dialogue(seen) {
    const meant = seen.role('command')
    const reply = seen.proof.items.find(({ role }) => role === 'reply')
    const found = seen.replies.find(({ start }) => reply && start === seen.server.at(reply.seq ?? 0))
    need(meant[0] && seen.says(meant[0], found), 'what was said allows it')
  },
}

/** The units that the server had when it was the first to close, and no right to. */
function closedOver(seen: Seen, close: ProofItem): Part[] {
  const { client, server, said, units, replies } = seen
  const [closing, last] = [server.frame(close.frames[0]), said.at(-1)]
  need(closing && closing.flags & (close.what === 'FIN' ? FIN : RST), 'the server does not close there')
  need(!client.segments.some((one) => one.frame < closing.frame && one.flags & (FIN | RST)), 'the client closed first')
  const isItsOwn = closing.flags & ACK && closing.hops === server.segments[0]?.hops
  need(close.what === 'FIN' || isItsOwn, 'it may be of others')
  const rest = client.text.slice(units.at(-1)?.end, client.length)
  need(last === (replies.at(-1) ?? seen.earlier.at(-1)) && !rest.includes('\n'), 'more was said')
  const isGreeted = !client.isOpened || said[0]?.what === '220'
  need(isGreeted && !(last && last.what >= '500' && REFUSES.test(last.text)), 'it is a refusal')
  need(!said.some(({ what }) => /421|521/.test(what)), 'it was announced')
  const had = Math.max(...server.segments.filter(({ frame }) => frame <= closing.frame).map((one) => server.acks(one)))
  need(client.at(close.ack ?? 0) === had && had <= client.length + 1, 'it acknowledges other octets')
  return units.filter(({ end }) => end <= had)
}

/** A unit (or octets), and a reply, of which a rule speaks. */
type Place = { seen: Seen; unit: Part; reply: Part; before: Part; group: number | null }

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0)
const isMessage = ({ what, text }: Part) => what === 'CONTENT' || /^BDAT.* LAST/i.test(text)
const isOfLmtp = ({ isLmtp }: Seen, { what }: Part) => isLmtp && /^(?:CONTENT|BDAT)$/.test(what)
const isChunkRefused = (seen: Seen) =>
  seen.units.some((unit) => unit.what === 'BDAT' && (seen.given(unit)[0]?.what ?? '') >= '400')
const isInvited = ({ server }: Seen, group: number | null) =>
  group === 1 && /^250[ -]X?PIPE_?CONNECT/im.test(server.text)
const isTogether = ({ seen, unit }: Place) =>
  [unit, seen.units.find(({ start }) => start === unit.end)].some((one) => one && seen.isBlind(one))
const isOvertaken = ({ seen }: Place) => seen.role('witness').length + seen.role('overtaker').length > 0
const isClosed = ({ seen }: Place) => seen.proof.items.some(({ role }) => role === 'close')
const count = (parts: readonly Part[], what: string) => parts.filter((one) => one.what === what).length

/** What a rule says of its units, replies or octets, by whom it accuses and what proves it. */
const RULES: Readonly<Record<string, (place: Place) => unknown>> = {
  'command-after-sync-command: client, acknowledgement': ({ seen, before, unit, group }) =>
    MUST_END.test(before.what) &&
    (!isPart(unit) || isCommand(unit.text)) &&
    !(before.what === 'DATA' && unit.what === 'OTHER') &&
    !isInvited(seen, group),
  'extension-command-not-last: client, acknowledgement': ({ before }) =>
    /^(?:STARTTLS|X-ANONYMOUSTLS|ATRN|XEXCH50)$/.test(before.what),
  'auth-not-last: client, acknowledgement': ({ before }) =>
    /^(?:AUTH|X-EXPS|AUTH-RESPONSE)$/.test(before.what) && !ONE_ROUND.test(before.text),
  'pipelining-not-advertised: client, acknowledgement': ({ seen, unit, group }) =>
    !isPart(unit) && !seen.may(unit, 'PIPELINING') && !isInvited(seen, group),
  'partial-reply-acted-on: client, acknowledgement': ({ seen, unit, before }) => {
    const [had, reply = NOTHING] = [seen.had(unit), ...seen.given(before)]
    return MUST_END.test(before.what) && reply.text[3] === '-' && had > reply.start && had < reply.end
  },
  'content-without-354: client, acknowledgement': ({ before, unit }) =>
    before.what === 'DATA' && unit.what === 'CONTENT' && !isCommand(unit.text),
  'content-without-354: client, dialogue': ({ seen, unit, reply }) => {
    const isMessage =
      /^[!-9;-~]+: /.test(unit.text) ||
      seen
        .role('command')
        .slice(1)
        .some(({ text }) => text === '.\r\n')
    const data = seen.lines.find(({ end }) => end === unit.start) ?? NOTHING
    return (
      isMessage &&
      data.what === 'DATA' &&
      reply.what >= '400' &&
      ([seen.answer(data), seen.earlier.at(-1)].includes(reply) || seen.isBlind(unit))
    )
  },
  'bare-newline-sent: client, octets': ({ seen: { client, units }, unit: { what, text, start } }) => {
    const own = units.find((one) => one.start <= start && start < one.end)
    const isBare = text === '\n' ? client.text[start - 1] !== '\r' : client.text[start + 1] !== '\n'
    return isBare && /^client (?:LF|CR)$/.test(what) && own && !/^(?:OTHER|EMPTY)$/.test(own.what)
  },
  'mail-before-ehlo: client, dialogue': ({ seen, unit }) => {
    const last = seen.latest(unit, ({ what }) => GREETS.test(what) || what === 'XCLIENT')
    return /^(?:MAIL|SEND|SOML|SAML)$/.test(unit.what) && seen.client.isOpened && !GREETS.test(last.what)
  },
  'mail-without-reset: client, dialogue': ({ seen, unit, reply }) => {
    const changes = /^(?:MAIL|RSET|EHLO|HELO|LHLO|BDAT|\.)$/
    const last = seen.latest(unit, ({ what }, one) => changes.test(what) && one && one.what < '3')
    return last.what === 'MAIL' && unit.what === 'MAIL' && reply.what >= '300' && seen.given(unit)[0] === reply
  },
  'chunking-not-advertised: client, dialogue': ({ seen, unit }) =>
    unit.what === 'BDAT' && seen.offer(unit)?.length && !seen.may(unit, 'CHUNKING'),
  'plaintext-after-starttls: client, dialogue': ({ seen, unit }) => {
    const before = seen.lines.find(({ end }) => end === unit.start) ?? NOTHING
    return /^(?:STARTTLS|X-ANONYMOUSTLS)$/.test(before.what) && seen.answer(before)?.what === '220'
  },
  'window-deadlock: client, windows': () => true,

  'input-lost: server, count': (place) => isOvertaken(place) && isTogether(place),
  'reply-missing: server, count': (place) => isOvertaken(place) && !isTogether(place),
  'reply-out-of-order: server, count': isOvertaken,
  'reply-out-of-order: server, order': () => true,
  'premature-close: server, count': isClosed,
  'lmtp-reply-count: server, count': (place) =>
    !isOvertaken(place) && !isClosed(place) && isOfLmtp(place.seen, place.unit),
  'lmtp-reply-count: server, surplus': ({ seen }) => seen.units.some((unit) => isOfLmtp(seen, unit)),
  'reply-unexpected: server, surplus': ({ seen }) =>
    !seen.units.some((unit) => isOfLmtp(seen, unit)) && !isChunkRefused(seen),
  'bdat-chunk-not-consumed: server, surplus': ({ seen }) => isChunkRefused(seen),
  'bdat-chunk-not-consumed: server, precedence': ({ unit, reply }) => unit.what === 'BDAT' && reply.what >= '400',
  'reply-before-command: server, precedence': ({ unit, reply }) => unit.what !== 'BDAT' || reply.what < '400',
  'sync-reply-buffered: server, release': ({ unit }) => MUST_END.test(unit.what),
  'unrecognized-reply-buffered: server, release': ({ unit }) => unit.what === 'OTHER',
  'replies-withheld: server, release': ({ unit }) => !MUST_END.test(unit.what) && unit.what !== 'OTHER',
  'bare-newline-accepted: server, octets': ({ seen: { units, replies }, unit: { what, end } }) => {
    const content = units.find((one) => one.what === 'CONTENT' && one.start < end && end <= one.end)
    const isTaken = content?.end === end || count(replies, '354') > count(units, 'DATA')
    return content && isTaken && /^client .*\./.test(what)
  },
  'reply-malformed: server, octets': ({ seen: { said }, unit: { what, start, end, text } }) =>
    what === 'server line' && start >= (said[0]?.start ?? end) && !/^[2-5]\d\d(?:[ -].*)?\r\n$/s.test(text),
  'multiline-code-mismatch: server, octets': ({ seen: { server }, unit: { what, start, text } }) => {
    const before = /(?:^|\n)(\d{3})-[^\n]*\n$/.exec(server.text.slice(0, start))?.[1]
    return what === 'server line' && before && /^\d{3}[- \r]/.test(text) && !text.startsWith(before)
  },
  'advertised-but-unimplemented: server, dialogue': ({ seen, unit, reply }) =>
    seen.given(unit)[0] === reply &&
    /^50[02]$/.test(reply.what) &&
    seen.has(unit, unit.what === 'BDAT' ? 'CHUNKING' : unit.what),
  'pipelining-rejected: server, dialogue': ({ seen, reply }) =>
    seen.units.every((one) => one.what !== 'OTHER' && seen.has(one, 'PIPELINING')) &&
    seen.units.some((one) => seen.isBlind(one)) &&
    reply.what >= '400' &&
    REFUSES.test(reply.text),
  'starttls-input-answered: server, dialogue': ({ seen, unit, reply }) => {
    const starttls = seen.lines.find(({ end }) => end === unit.start) ?? NOTHING
    const tls = seen.answer(starttls) ?? NOTHING
    return (
      /^(?:STARTTLS|X-ANONYMOUSTLS)$/.test(starttls.what) &&
      tls.what === '220' &&
      reply.start >= tls.end &&
      (seen.had(unit) < tls.end || reply.what < '400')
    )
  },
}
