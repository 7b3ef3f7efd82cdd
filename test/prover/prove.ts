// A proved finding, as the JSON document has it, and the segments of the capture -> whether it holds. Nothing of it is
// believed: every number is looked up, every reply counted, every excuse looked for.
import type { FindingRecord, ProofItem, SessionRecord } from '../../src/rules/analysis.ts'
import { Dialogue, draws, GREETS, type Reply, type Unit, VERBS, wasOpened } from './dialogue.ts'
import { ACK, FIN, RST, type Segment, Stream, SYN, segmentsFrom } from './segments.ts'

const UNKNOWN = '?'
/** The prover reads from the beginning: of what stands behind a hole it can say nothing. */
export const HOLE = 'octets in front of it are not in the file'
const MUST_END = /^(?:EHLO|HELO|LHLO|DATA|VRFY|EXPN|TURN|QUIT|NOOP)$/
const PART_OF_COMMAND = /^(?:CONTENT|AUTH-RESPONSE)$/
const REFUSES = /pipelin|synchroni[sz]ation|too many|protocol error|talk too soon/i
const ONE_ROUND = /^\S+ +(?:PLAIN|EXTERNAL|ANONYMOUS|XOAUTH2|OAUTHBEARER) +\S/i

/** Null where the finding holds; else what is wrong with it. */
export function objection(finding: FindingRecord, session: SessionRecord, all: readonly Segment[]): string | null {
  try {
    const check = (finding.party === 'client' ? CLIENT : SERVER)[finding.rule]
    need(check, 'the rule is about others')
    need(finding.certainty === 'proved' && finding.severity === 'error', 'it is no proved error')
    check(new Case(finding, session, all))
    return null
  } catch (error) {
    return (error as Error).message
  }
}

function need(holds: unknown, why: string): asserts holds {
  if (!holds) throw new Error(why)
}

type Listed<T> = T & { readonly item: ProofItem }

class Case {
  readonly finding: FindingRecord
  readonly items: readonly ProofItem[]
  readonly d: Dialogue
  readonly units: readonly Listed<Unit>[]
  readonly replies: readonly Listed<Reply>[]

  constructor(finding: FindingRecord, session: SessionRecord, all: readonly Segment[]) {
    const { proof } = finding
    need(proof?.origin.client != null && proof.origin.server != null && proof.omitted === 0, 'there is no whole proof')
    need(finding.session === session.id && finding.id.startsWith(`${session.id}.`), 'it is of another session')
    const segments = segmentsFrom(Number(session.id.slice(1)), all)
    // Another connection of the same ports has other numbers.
    const side = (name: string, origin: number) =>
      segments.filter(
        ({ from, seq }) => from.endsWith(`:${name.split(':').at(-1)}`) && Math.abs((seq - origin) | 0) < 2 ** 24,
      )
    const [ours, theirs] = [proof.origin.client, proof.origin.server]
    const [client, server] = [side(session.client, ours), side(session.server, theirs)]
    const isOpened = (one: Segment, origin: number) => !(one.flags & SYN) || (one.seq + 1) % 2 ** 32 === origin
    need(
      client.every((one) => isOpened(one, ours)) && server.every((one) => isOpened(one, theirs)),
      'an origin is another',
    )
    this.finding = finding
    this.items = proof.items
    this.d = new Dialogue(new Stream(client, [ours, theirs]), new Stream(server, [theirs, ours]))
    this.units = this.list('client', this.d.units)
    this.replies = this.list('server', this.d.replies)
    this.names()
  }

  /** Units or replies that stand in the proof, where they are what it says and where it says. */
  private list<T extends Unit | Reply>(by: 'client' | 'server', known: readonly T[]): Listed<T>[] {
    const [stream, other] = [this.d[by], this.d[by === 'client' ? 'server' : 'client']]
    const listed: Listed<T>[] = []
    // Where the beginning was not captured, all are counted from another one.
    let shift = wasOpened(this.d.client.segments) ? 0 : null
    for (const item of this.items.filter((one) => one.by === by && one.seq !== null)) {
      const [start, end] = [stream.at(item.seq ?? 0), stream.at(item.end ?? 0)]
      need(end <= stream.length, HOLE)
      // Of octets that break a rule, only one frame is told.
      const one = this.segment(by, item.frames[0], start, item.index === null ? end - 1 : start)
      this.segment(by, item.frames.at(-1), end - 1, item.index === null ? start : end - 1)
      if (item.index === null) continue
      need(item.ack === null || one.ack === item.ack, 'the frame acknowledges something else')
      const receipt = other.segments.find(({ frame }) => frame === item.acknowledgedIn)
      need(item.acknowledgedIn === null || other.acks(receipt) >= end, 'that frame does not acknowledge it')
      const found = known.find((each) => each.start === start && each.end === end)
      need(found && whatIs(found) === item.what, 'nothing of the kind stands there')
      shift ??= found.index - item.index
      need(found.index - item.index === shift, 'its number is another')
      listed.push(Object.assign({}, found, { index: item.index, item }))
    }
    return listed
  }

  /** The segment that is this frame and carries the octet. */
  private segment(by: 'client' | 'server', frame: number | undefined, ...positions: readonly number[]): Segment {
    const one = this.d[by].segments.find((each) => each.frame === frame)
    const from = one === undefined ? 0 : this.d[by].start(one)
    need(one && positions.some((at) => at >= from && at < from + one.data.length), 'the frames do not hold it')
    return one
  }

  /** The commands, replies and frames of the finding are those of its proof. */
  private names(): void {
    const { commands, replies, frames, rule, proof } = this.finding
    const told = new Set(this.items.flatMap((item) => [...item.frames, item.acknowledgedIn ?? 0]))
    need(
      frames.every((frame) => told.has(frame) || rule === 'reply-malformed'),
      'a frame has nothing to do with it',
    )
    const roles = rule === 'reply-out-of-order' ? ['missing-reply', 'overtaker'] : ['missing-reply']
    const meant = this.units.filter(({ item }) => proof?.by !== 'count' || roles.includes(item.role))
    const named = [
      ...commands.map((one) => ({ ...one, what: one.verb })),
      ...replies.map((one) => ({ ...one, what: `${one.code}` })),
    ]
    for (const { index, what, frames: at } of named) {
      const fits = ({ item }: Listed<unknown>) =>
        item.index === index && item.what === what && `${item.frames}` === `${at}`
      need([...meant, ...this.replies].some(fits), 'a command or reply is another')
    }
    const isGiven = ({ index }: Reply) => this.items.some(({ answeredBy }) => answeredBy?.includes(index))
    need(proof?.by !== 'acknowledgement' || this.replies.every(isGiven), 'a reply answers none of them')
    const isAll = !/surplus|order|release/.test(proof?.by ?? '') && meant.length <= 8
    need(
      !isAll || new Set(commands.map(({ verb, index }) => verb + index)).size === meant.length,
      'other commands are meant',
    )
  }

  role(role: ProofItem['role']): readonly Listed<Unit>[] {
    return this.units.filter(({ item }) => item.role === role)
  }

  before(unit: Unit): Unit | undefined {
    return this.d.units.findLast(({ end }) => end <= unit.start)
  }

  /** Whether its sender cannot have read the reply to the unit in front, and had not given up. */
  isBlind(unit: Unit): boolean {
    const { client, server, replies, units } = this.d
    const [before, had] = [this.before(unit), client.ack(unit.start)]
    if (before === undefined || had < 0) return false
    const reply = before.replies.at(-1)
    const cameUs = reply === undefined ? Number.POSITIVE_INFINITY : server.time(reply.end - 1)
    const isSoon = client.time(unit.start) - client.time(before.end - 1) < 1e6 || cameUs < client.time(unit.start)
    const earned = units
      .filter(({ end }) => end <= unit.start)
      .reduce((sum, one) => sum + Math.max(1, this.d.owed(one)), 1)
    const lacks = had === client.ack(before.end - 1) || (reply !== undefined && had < reply.end)
    return lacks && isSoon && replies.filter(({ end }) => end <= had).length < earned
  }

  /** The keywords that its sender had been offered; null while the reply to EHLO was outstanding. */
  offer(unit: Unit): readonly string[] | null {
    const { client, server, units } = this.d
    const isAnew = ({ verb, replies: [reply] }: Unit) => /^(?:XCLIENT|STARTTLS)$/.test(verb) && reply?.code === 220
    const had = client.ack(unit.start)
    // One that was refused changes nothing, once that is known.
    const greets = ({ verb, replies: [reply] }: Unit) =>
      GREETS.test(verb) && !(reply && reply.code >= 300 && reply.end <= had)
    const last = units.findLast((one) => one.end <= unit.start && (isAnew(one) || greets(one)))
    const reply = last?.replies[0]
    if (last === undefined || isAnew(last)) return wasOpened(client.segments) && server.length > 0 ? [] : [UNKNOWN]
    if (reply === undefined || reply.end > had) return server.length > 0 ? null : [UNKNOWN]
    const words = reply.lines.map((line) => line.slice(4).split(' ')[0]?.toUpperCase() ?? '')
    need(!words.some((word) => /^X{4,}/.test(word)), 'a box in the path wrote over the offer')
    return last.verb === 'HELO' ? [] : words
  }

  /** Whether it may have been offered. */
  may(unit: Unit, keyword: string): boolean {
    return this.offer(unit)?.some((word) => word === keyword || word === UNKNOWN) === true
  }

  /** What excuses a server: pipelining that was not allowed, or talk before the greeting. */
  needsInnocence(): void {
    const { client, replies, units } = this.d
    const isFirst = wasOpened(client.segments) && this.units[0]?.start === units[0]?.start
    need(!isFirst || client.ack(units[0]?.start ?? 0) >= (replies[0]?.end ?? 0), 'the client spoke before the greeting')
    for (const unit of this.units.slice(1).filter((one) => this.isBlind(one))) {
      const verb = this.before(unit)?.verb ?? ''
      need(!MUST_END.test(verb), `the client had no right to send ${unit.verb} behind ${verb}`)
      need(this.may(unit, 'PIPELINING'), 'the client had no right to pipeline')
    }
  }

  /** What is listed lies side by side, and nothing is missing in the file up to there. */
  needsWhole(): void {
    const { client, server, units, replies } = this.d
    for (const [listed, known] of [
      [this.units, units],
      [this.replies, replies],
    ] as const) {
      const [from, to] = [listed[0]?.start ?? 0, listed.at(-1)?.end ?? 0]
      const between = known.filter((one: Unit | Reply) => one.start >= from && one.end <= to)
      need(between.length === listed.length, 'something in between is not listed')
    }
    const said = client.segments.filter((one) => client.at(one.seq) < (this.units.at(-1)?.end ?? 0))
    need(
      said.every((one) => client.acks(one) <= server.length + 1),
      'octets of the server are not in the file',
    )
  }
}

const whatIs = (one: Unit | Reply | undefined) => (one && 'code' in one ? `${one.code}` : one?.verb)
const textOf = ({ client }: Dialogue, { start, end }: Unit) => client.bytes.toString('latin1', start, end)
const answers = (unit: Unit | undefined, reply: Reply | undefined) => reply && unit?.replies[0]?.start === reply.start

type Check = (seen: Case) => void

/** Units sent without waiting, where `forbids` says that what stood in front had to be waited for. */
const blind =
  (forbids: (before: Unit, unit: Unit, seen: Case) => unknown): Check =>
  (seen) => {
    const { group, rule } = seen.finding
    const isEarly = seen.d.units.some(
      ({ verb, replies }) => GREETS.test(verb) && /PIPE_?CONNECT/.test(`${replies[0]?.lines}`),
    )
    need(!isEarly || group !== 1 || !/sync|advertised/.test(rule), 'the server lets clients pipeline before it greets')
    need(seen.role('sent-blind').length > 0, 'nothing was sent blind')
    for (const unit of seen.role('sent-blind')) {
      const before = seen.before(unit)
      need(before && seen.units.some(({ start }) => start === before.start), 'what was in front is not listed')
      need(seen.isBlind(unit), `${unit.verb} may have waited`)
      need(forbids(before, unit, seen), `${unit.verb} may be sent behind ${before.verb}`)
    }
  }

/** Fewer replies than units: in front of a reply that only a later unit draws, or at the close. */
const counted: Check = (seen) => {
  const { d, finding } = seen
  seen.needsWhole()
  seen.needsInnocence()
  const close = seen.items.find(({ role }) => role === 'close')
  const over = seen.role('witness')[0] ?? seen.role('overtaker')[0]
  const [lost, isLmtp] = [seen.role('missing-reply'), d.units.some(({ verb }) => verb === 'LHLO')]
  const isTogether = (unit: Unit) =>
    [unit, d.units.find(({ start }) => start === unit.end)].some((one) => one && seen.isBlind(one))
  const isMessage = ({ verb }: Unit) => isLmtp && /^(?:CONTENT|BDAT)$/.test(verb)
  const wants = {
    'input-lost': isTogether,
    'reply-missing': (one: Unit) => !isTogether(one),
    'lmtp-reply-count': isMessage,
  }
  const wanted = Object.entries(wants).find(([rule]) => rule === finding.rule)?.[1]
  need(
    lost.every((unit) => wanted?.(unit) ?? true),
    'another rule is about such units',
  )
  need((over !== undefined) === /lost|order|missing/.test(finding.rule), 'what overtook them')
  need((close !== undefined) === (finding.rule === 'premature-close'), 'another rule is about the close')
  let [due, came] = [seen.units, seen.replies.filter(({ code }) => code !== 421)]
  if (over !== undefined) {
    const reply = came.find(({ index }) => index === over.item.answeredBy?.[0])
    need(reply && reply.code !== 250 && draws(over, reply), 'another command can draw it')
    need(d.server.ack(reply.start) >= over.end, 'it came before its command')
    due = due.filter(({ start }) => start < over.start)
    came = came.filter(({ start }) => start < reply.start)
    const others = due.filter((unit) => draws(unit, reply)).length
    need(others <= came.filter(({ code }) => code === reply.code).length, 'an earlier command can draw it')
  } else if (close !== undefined) due = closedOver(seen, close)
  const owed = due.reduce((sum, unit) => sum + d.owed(unit), 0) - came.length
  const open = due.filter(
    ({ verb, item }) => verb !== 'EMPTY' && item.role !== 'missing-reply' && item.answeredBy?.length === 0,
  )
  const missing = finding.proof?.missing ?? 0
  need(missing > 0 && missing <= owed && missing >= owed - open.length, `${owed} replies are missing`)
  need(
    lost.every((unit) => due.includes(unit)),
    'it owes nothing',
  )
}

/** The units that the server had when it was the first to close, and no right to. */
function closedOver({ d, units, replies }: Case, close: ProofItem): Listed<Unit>[] {
  const { client, server } = d
  const closing = server.segments.find(({ frame }) => frame === close.frames[0])
  const last = d.replies.at(-1)
  need(closing && closing.flags & (close.what === 'FIN' ? FIN : RST), 'the server does not close there')
  need(!client.segments.some((one) => one.frame < closing.frame && one.flags & (FIN | RST)), 'the client closed first')
  need(
    close.what === 'FIN' || (closing.flags & ACK && closing.hops === server.segments[0]?.hops),
    'it may be of others',
  )
  need(replies.length === 0 || last?.end === replies.at(-1)?.end, 'more replies came')
  need(d.units.findLast(({ isWhole }) => isWhole)?.end === units.at(-1)?.end, 'more was sent')
  need(!d.replies.some(({ code }) => code === 421 || code === 521), 'it was announced')
  need(
    (d.replies[0]?.code === 220 || !wasOpened(client.segments)) &&
      !(last && last.code >= 500 && REFUSES.test(`${last.lines}`)),
    'it is a refusal',
  )
  const had = Math.max(...server.segments.filter(({ frame }) => frame <= closing.frame).map((one) => server.acks(one)))
  need(close.ack !== null && client.at(close.ack) === had && had <= client.length + 1, 'it acknowledges something else')
  return units.filter(({ end }) => end <= had)
}

/** As many replies as units, of which one stands where its unit cannot draw it. */
const permuted: Check = (seen) => {
  const { units, replies } = seen
  seen.needsWhole()
  seen.needsInnocence()
  need(
    units.length === replies.length && units.some((unit, i) => !draws(unit, replies[i] as Reply)),
    'they are in order',
  )
  const given = units.map(({ item }) => replies.find(({ index }) => index === item.answeredBy?.[0]))
  const fits = units.every((unit, i) => given[i] && draws(unit, given[i]))
  need(fits && new Set(given).size === units.length, 'it was not given them')
}

/** Replies that came when the server had answered all that it had. */
const surplus: Check = (seen) => {
  const { d, units, replies, finding } = seen
  seen.needsWhole()
  seen.needsInnocence()
  const owing = units.flatMap((unit) => Array<Unit>(d.owed(unit)).fill(unit))
  const received = ({ start }: Reply) =>
    owing.filter(({ end, isWhole }) => isWhole && end <= d.server.ack(start)).length
  need(
    replies.some((reply, i) => i + 1 > received(reply)),
    'the units earned them',
  )
  const claimed = replies.filter(({ item }) => item.role === 'surplus-reply')
  const others = replies.filter((reply) => !claimed.includes(reply) && !isFarewell(reply, d))
  const fits = others.every((reply, i) => owing[i] && draws(owing[i], reply))
  const isOver = finding.rule === 'bdat-chunk-not-consumed' || others.length === Math.min(owing.length, replies.length)
  need(claimed.length > 0 && fits && isOver, 'some unit earned it')
  const isRefused = units.some(({ verb, replies }) => verb === 'BDAT' && (replies[0]?.code ?? 0) >= 400)
  need(isRefused === (finding.rule === 'bdat-chunk-not-consumed'), 'a chunk may have been read as commands')
  const isMessage =
    d.units.some(({ verb }) => verb === 'LHLO') && units.some(({ verb }) => /^(?:CONTENT|BDAT)$/.test(verb))
  need(isMessage === (finding.rule === 'lmtp-reply-count'), 'another rule is about messages of LMTP')
  need(!claimed.some((reply) => isFarewell(reply, d)), 'the server may say farewell')
}

const isFarewell = ({ code, end }: Reply, { replies }: Dialogue) =>
  code === 421 || (code >= 400 && end === replies.at(-1)?.end)

/** Replies that, twice or more, only new input released. */
const released =
  (kind: string): Check =>
  (seen) => {
    const { client, server } = seen.d
    const [syn, receipt] = client.segments
    const rttUs = wasOpened(client.segments) ? (receipt?.timeUs ?? 0) - (syn?.timeUs ?? 0) : 0
    need(seen.role('release').length > 1, 'once may be chance')
    for (const [i, release] of seen.role('release').entries()) {
      const from = seen.role('release')[i - 1]?.start ?? 0
      const held = seen.role('withheld').filter(({ start }) => start >= from && start < release.start)
      const [last, reply] = [held.at(-1), held.at(-1)?.replies[0]]
      need(last && reply, 'nothing was held')
      const alone = last.verb === 'OTHER' ? 'unknown' : MUST_END.test(last.verb) ? 'sync' : 'group'
      need((held.length > 1 ? 'group' : alone) === kind, 'something else was held')
      need(client.time(release.start) - client.time(last.end - 1) >= Math.max(5e6, 20 * rttUs), 'the silence was short')
      const delayUs = server.time(reply.end - 1) - client.time(release.start)
      need(
        delayUs >= 0 && delayUs <= 5e4 + rttUs && server.ack(reply.end - 1) >= release.end,
        'something else released it',
      )
      need(
        (last.item.acknowledgedIn ?? Number.POSITIVE_INFINITY) < (release.item.frames[0] ?? 0),
        'the server may not have had it',
      )
    }
  }

/** Octets of a kind, and of a side, that stand where they must not. */
const octets =
  (kind: RegExp, breaks: (text: string, from: number, to: number, d: Dialogue) => unknown): Check =>
  ({ items, d }) => {
    const item = items.find(({ role, by, what }) => role === 'octets' && kind.test(`${by} ${what}`))
    need(item?.seq != null && item.end !== null, 'there are no octets')
    const [from, to, text] = [d[item.by].at(item.seq), d[item.by].at(item.end), d[item.by].bytes.toString('latin1')]
    const wanted = item.what.replaceAll('CR', '\r').replaceAll('LF', '\n')
    const isLine =
      /(?:^|\n)$/.test(text.slice(0, from)) &&
      (text.indexOf('\n', from) + 1 === to || to === text.length || /^\d{3}[ -]/.test(text.slice(to)))
    need(item.what === 'line' ? isLine : text.slice(from, to) === wanted, 'other octets stand there')
    need(breaks(text, from, to, d), 'they may stand there')
  }

/** What was said, and what was said before. */
const said =
  (breaks: (unit: Unit, reply: Reply | undefined, seen: Case) => unknown): Check =>
  (seen) => {
    need(seen.units[0] && breaks(seen.units[0], seen.replies[0], seen), 'what was said allows it')
  }

/** A reply that was sent before its unit had come, when everything before that was answered. */
const early = (isOf: (unit: Unit, reply: Reply) => boolean) =>
  said((unit, reply, { d, finding }) => {
    const had = reply === undefined ? 0 : d.server.ack(reply.start)
    const received = d.units.filter((one) => one.end <= had && one.isWhole)
    const owed = received.reduce((sum, one) => sum + d.owed(one), 1)
    need(finding.proof?.by === 'precedence' && reply, 'nothing came early')
    // As many of its kind as were asked for had come.
    const like = d.replies.filter(({ code, end }) => code === reply.code && end <= reply.start).length
    const isMore =
      owed < reply.index || (reply.code === 354 && received.filter((one) => draws(one, reply)).length <= like)
    return isOf(unit, reply) && (had < unit.end || !unit.isWhole) && isMore && draws(unit, reply)
  })

const deadlock: Check = ({ d, items }) => {
  const closed = items.map(({ by, frames: [frame] }) => {
    const from = d[by].segments.find((one) => one.frame === frame && one.window === 0)
    const to = d[by].segments.find((one) => from && one.frame > from.frame && one.window > 0)
    return { fromUs: from?.timeUs ?? Number.NaN, toUs: to?.timeUs ?? Number.POSITIVE_INFINITY }
  })
  const lastUs = Math.max(...[...d.client.segments, ...d.server.segments].map(({ timeUs }) => timeUs))
  const toUs = Math.min(lastUs, ...closed.map((one) => one.toUs))
  need(
    items[0]?.by !== items[1]?.by && toUs - Math.max(...closed.map((one) => one.fromUs)) >= 1e7,
    'they were not closed',
  )
}

const CLIENT: Readonly<Record<string, Check>> = {
  'command-after-sync-command': blind(({ verb }, unit, { d }) => {
    return (
      MUST_END.test(verb) &&
      (!PART_OF_COMMAND.test(unit.verb) || VERBS.test(textOf(d, unit))) &&
      !(verb === 'DATA' && unit.verb === 'OTHER')
    )
  }),
  'extension-command-not-last': blind(({ verb }) => /^(?:STARTTLS|X-ANONYMOUSTLS|ATRN|XEXCH50)$/.test(verb)),
  'auth-not-last': blind(({ verb, line }) => /^(?:AUTH|X-EXPS|AUTH-RESPONSE)$/.test(verb) && !ONE_ROUND.test(line)),
  'pipelining-not-advertised': blind((_, unit, seen) => {
    return !PART_OF_COMMAND.test(unit.verb) && !seen.may(unit, 'PIPELINING')
  }),
  'partial-reply-acted-on': blind(({ verb, replies: [reply] }, { start }, { d }) => {
    const had = d.client.ack(start)
    return MUST_END.test(verb) && reply && reply.lines.length > 1 && had > reply.start && had < reply.end
  }),
  'content-without-354': (seen) => {
    if (seen.role('sent-blind').length > 0)
      return blind((data, unit) => data.verb + unit.verb === 'DATACONTENT' && !VERBS.test(textOf(seen.d, unit)))(seen)
    return said((unit, reply, { d, units }) => {
      const data = d.units.findLast(({ verb, end }) => verb === 'DATA' && end <= unit.start)
      const isMessage = /^[!-9;-~]+: /.test(unit.line) || units.slice(1).some(({ line }) => line === '.\r\n')
      const isRefused = reply && reply.code >= 400 && (answers(data, reply) || seen.isBlind(unit))
      return isMessage && isRefused && data?.end === unit.start
    })(seen)
  },
  'bare-newline-sent': octets(/^client (?:LF|CR)$/, (text, from, _, { units }) => {
    const isBare = text[from] === '\n' ? text[from - 1] !== '\r' : text[from + 1] !== '\n'
    return (
      isBare && units.some(({ start, end, verb }) => start <= from && from < end && !/^(?:OTHER|EMPTY)$/.test(verb))
    )
  }),
  'mail-before-ehlo': said((unit, _, { d }) => {
    const last = d.units.findLast(({ verb, end }) => (GREETS.test(verb) || verb === 'XCLIENT') && end <= unit.start)
    return /^(?:MAIL|SEND|SOML|SAML)$/.test(unit.verb) && !GREETS.test(last?.verb ?? '') && wasOpened(d.client.segments)
  }),
  'mail-without-reset': said((unit, reply, { d }) => {
    const changes = ({ verb, replies: [one] }: Unit) =>
      /^(?:MAIL|RSET|EHLO|HELO|LHLO|CONTENT|BDAT)$/.test(verb) && (one?.code ?? 0) < 300
    const last = d.units.findLast((one) => one.end <= unit.start && changes(one))
    return `${last?.verb}${unit.verb}` === 'MAILMAIL' && reply && reply.code >= 300 && answers(unit, reply)
  }),
  'chunking-not-advertised': said(
    (unit, _, seen) => unit.verb === 'BDAT' && seen.offer(unit)?.length && !seen.may(unit, 'CHUNKING'),
  ),
  'plaintext-after-starttls': said(
    (unit, _, { d }) => d.tls && d.units.find(({ replies: [one] }) => one === d.tls)?.end === unit.start,
  ),
  'window-deadlock': deadlock,
}

const SERVER: Readonly<Record<string, Check>> = {
  'input-lost': counted,
  'reply-out-of-order': (seen) => (seen.finding.proof?.by === 'order' ? permuted : counted)(seen),
  'reply-missing': counted,
  'premature-close': counted,
  'lmtp-reply-count': (seen) => (seen.finding.proof?.by === 'surplus' ? surplus : counted)(seen),
  'reply-unexpected': surplus,
  'bdat-chunk-not-consumed': (seen) =>
    (seen.finding.proof?.by === 'surplus' ? surplus : early(({ verb }, { code }) => verb === 'BDAT' && code >= 400))(
      seen,
    ),
  'reply-before-command': early(({ verb }, { code }) => verb !== 'BDAT' || code < 400),
  'sync-reply-buffered': released('sync'),
  'unrecognized-reply-buffered': released('unknown'),
  'replies-withheld': released('group'),
  'bare-newline-accepted': octets(/^client .*\./, (_, _from, to, { units, replies }) => {
    const content = units.find(({ verb, start, end }) => verb === 'CONTENT' && start < to && to <= end)
    const data = units.filter(({ verb }) => verb === 'DATA').length
    return content && (content.end === to || replies.filter(({ code }) => code === 354).length > data)
  }),
  'reply-malformed': octets(/^server line$/, (text, from, to, { replies: [greeting] }) => {
    return greeting && from >= greeting.end && !/^[2-5]\d\d(?:[ -].*)?\r\n$/s.test(text.slice(from, to))
  }),
  'multiline-code-mismatch': octets(/^server line$/, (text, from, to) => {
    const [, before, code] = /(?:^|\n)(\d{3})-[^\n]*\n(\d{3})[- \r][^\n]*$/.exec(text.slice(0, to - 1)) ?? []
    return before !== code && text.slice(from).startsWith(code ?? '-')
  }),
  'advertised-but-unimplemented': said((unit, reply, seen) => {
    seen.needsInnocence()
    const keyword = unit.verb === 'BDAT' ? 'CHUNKING' : unit.verb
    return answers(unit, reply) && /^50[02]$/.test(`${reply?.code}`) && seen.offer(unit)?.includes(keyword)
  }),
  'pipelining-rejected': said((_, reply, seen) => {
    seen.needsInnocence()
    const isOffered = seen.units.every((unit) => unit.verb !== 'OTHER' && seen.offer(unit)?.includes('PIPELINING'))
    return (
      isOffered &&
      seen.units.some((unit) => seen.isBlind(unit)) &&
      reply &&
      reply.code >= 400 &&
      REFUSES.test(`${reply.lines}`)
    )
  }),
  'starttls-input-answered': said((unit, reply, { d: { tls, client } }) => {
    return tls && reply && reply.start >= tls.end && (client.ack(unit.start) < tls.end || reply.code < 400)
  }),
}
