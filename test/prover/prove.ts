// A proved finding, as the JSON document has it, and the segments of the capture -> whether it holds. Nothing of it is
// believed: every number is looked up, every reply counted, every excuse looked for.
import type { FindingRecord, Proof, ProofItem, SessionRecord } from '../../src/rules/analysis.ts'
import { Dialogue, draws, GREETS, isCommand, type Part } from './dialogue.ts'
import { ACK, FIN, need, RST, type Segment, streamOf } from './segments.ts'

/** The prover reads from the beginning: of what stands behind a hole it can say nothing. */
export const HOLE = 'octets in front of it are not in the file'
const MUST_END = /^(?:EHLO|HELO|LHLO|DATA|VRFY|EXPN|TURN|QUIT|NOOP)$/
const REFUSES = /pipelin|synchroni[sz]ation|too many|protocol error|talk too soon/i
const ONE_ROUND = /^\S+ +(?:PLAIN|EXTERNAL|ANONYMOUS|XOAUTH2|OAUTHBEARER) +\S/i
const EARLY = /^250[ -]X?_?PIPE_?CONNECT/im

type Seen = ReturnType<typeof lookedUp>

/** Null where the finding holds; else what is wrong with it. */
export function objection(finding: FindingRecord, session: SessionRecord, all: readonly Segment[]): string | null {
  try {
    const { proof, session: id, certainty, severity } = finding
    need(proof && proof.omitted === 0 && certainty === 'proved' && severity === 'error', 'there is no whole proof')
    need(id === session.id && finding.id.startsWith(`${id}.`), 'it is of another session')
    const seen = lookedUp(finding, proof, session, all)
    needsNames(seen, finding)
    if (finding.party === 'server') needsInnocence(seen)
    if (/count|surplus|order/.test(proof.by)) needsWhole(seen)
    GROUNDS[proof.by](seen)
    return null
  } catch (error) {
    return (error as Error).message
  }
}

/** The dialogue, and what of it the proof lists: items are what they say, and where they say. */
function lookedUp({ rule, party }: FindingRecord, proof: Proof, session: SessionRecord, all: readonly Segment[]) {
  const { origin, items, by } = proof
  const client = streamOf(session.id, session.client, origin.client, origin.server, all)
  const server = streamOf(session.id, session.server, origin.server, origin.client, all)
  const d = new Dialogue(client, server)
  // Where the beginning was not captured, all are counted from another one.
  const shift: { client?: number; server?: number } = client.isOpened ? { client: 0, server: 0 } : {}
  for (const item of items.filter(({ seq }) => seq !== null)) {
    const [own, other, parts] = item.by === 'client' ? [client, server, d.units] : [server, client, d.replies]
    const [start, last] = [own.at(item.seq ?? 0), own.at(item.end ?? 0) - 1]
    const [first, final] = [own.frame(item.frames[0]), own.frame(item.frames.at(-1))]
    need(last < own.length, HOLE)
    const held = [own.holds(first, start), own.holds(final, last)]
    // Of octets that break a rule, one frame is told.
    need(item.index === null ? held.includes(true) : !held.includes(false), 'the frames do not hold it')
    if (item.index === null) continue
    need(
      item.ack === null || (first?.ack === item.ack && final?.ack === item.ackAtEnd),
      'they acknowledge other octets',
    )
    const receipt = item.acknowledgedIn === null || other.acks(other.frame(item.acknowledgedIn))
    need(receipt === true || receipt > last, 'that frame does not acknowledge it')
    const part = parts.find((one) => one.start === start && one.end === last + 1 && one.what === item.what)
    need(part, 'nothing of the kind stands there')
    shift[item.by] ??= part.index - item.index
    need(part.index - item.index === shift[item.by], 'its number is another')
    part.item = item
  }
  const [units, replies] = [d.units, d.replies].map((parts) => parts.filter((one) => one.item)) as [Part[], Part[]]
  const role = (name: ProofItem['role']) => [...units, ...replies].filter(({ item }) => item?.role === name)
  return { d, client, server, proof, items, units, replies, role, key: `${rule}: ${party}, ${by}` }
}

/** The commands, replies and frames of the finding are those of its proof. */
function needsNames(
  { d, items, units, replies, role, proof }: Seen,
  { rule, commands, frames, ...finding }: FindingRecord,
) {
  const told = new Set(items.flatMap((item) => [...item.frames, item.acknowledgedIn]))
  need(rule === 'reply-malformed' || frames.every((frame) => told.has(frame)), 'a frame is of something else')
  const lost = rule === 'reply-out-of-order' ? /missing-reply|overtaker/ : /missing-reply/
  const meant = proof.by === 'count' ? units.filter(({ item }) => lost.test(`${item?.role}`)) : units
  // Of very many that were sent blind, some are listed.
  const known = role('sent-blind').length < 64 ? [...meant, ...replies] : [...d.units, ...d.replies]
  const names = known.map(({ item, index, what }) => `${item?.index ?? index} ${what}`)
  const named = [
    ...commands.map((one) => `${one.index} ${one.verb}`),
    ...finding.replies.map((one) => `${one.index} ${one.code}`),
  ]
  need(
    named.every((name) => names.includes(name)),
    'a command or reply is another',
  )
  const given = new Set(units.flatMap(({ item }) => item?.answeredBy ?? []))
  need(
    proof.by !== 'acknowledgement' || replies.every(({ item }) => given.has(item?.index ?? 0)),
    'a reply answers none',
  )
  const isAll = !/surplus|order|release/.test(proof.by) && meant.length <= 8
  need(!isAll || new Set(named.slice(0, commands.length)).size === meant.length, 'other commands are meant')
}

/** No excuse for a server: pipelining that was not allowed, or talk before the greeting. */
function needsInnocence({ d, client, units }: Seen) {
  const isFirst = client.isOpened && units[0] === d.units[0] && units.length > 0
  need(!isFirst || client.ack(0) >= (d.replies[0]?.end ?? 0), 'the client spoke before the greeting')
  const isAllowed = (unit: Part) => !MUST_END.test(`${d.before(unit)?.what}`) && d.may(unit, 'PIPELINING')
  need(
    units.slice(1).every((unit) => !d.isBlind(unit) || isAllowed(unit)),
    'the client had no right to pipeline',
  )
}

/** What is listed lies side by side, and nothing is missing in the file up to there. */
function needsWhole({ client, server, units, replies }: Seen) {
  const isNext = (part: Part, i: number, of: Part[]) => i === 0 || part.index - (of[i - 1]?.index ?? 0) <= 1
  need(units.every(isNext) && replies.every(isNext), 'something in between is not listed')
  const sent = client.segments.filter((one) => client.start(one) < (units.at(-1)?.end ?? 0))
  need(
    sent.every((one) => client.acks(one) <= server.length + 1),
    'octets of the server are not in the file',
  )
}

const GROUNDS: Readonly<Record<Proof['by'], (seen: Seen) => void>> = {
  /** Units sent without waiting. */
  acknowledgement(seen) {
    const { d, client, role } = seen
    const early = d.units.find(({ replies: [one] }) => one && EARLY.test(one.text))?.replies[0]
    need(role('sent-blind').length > 0, 'nothing was sent blind')
    for (const unit of role('sent-blind')) {
      need(!early || client.ack(unit.start) >= early.end || !/sync|advert/.test(seen.key), 'the server invites to it')
      need(d.before(unit)?.item && d.isBlind(unit) && fits(seen, unit), `${unit.what} may be sent there`)
    }
  },

  /** Fewer replies than units: in front of one that only a later unit draws, at the close, or to a message of LMTP. */
  count(seen) {
    const { d, units, role, proof } = seen
    const [over] = [...role('witness'), ...role('overtaker')]
    const close = seen.items.find((item) => item.role === 'close')
    let [due, came] = [close ? closedOver(seen, close) : units, seen.replies.filter(({ what }) => what !== '421')]
    const isOf = over ? /^input-lost|out-of-order|reply-missing/ : close ? /^premature-close/ : /^lmtp/
    need(isOf.test(seen.key), 'another rule is about such')
    if (over !== undefined) {
      const reply = came.find(({ item }) => item?.index === over.item?.answeredBy?.[0])
      const had = reply && seen.server.ack(reply.start)
      need(reply && had && had >= over.end && reply.what !== '250' && draws(over, reply), 'it need not be its reply')
      due = due.filter(({ start }) => start < over.start)
      came = came.filter(({ start }) => start < reply.start)
      const like = came.filter(({ what }) => what === reply.what)
      need(due.filter((unit) => draws(unit, reply)).length <= like.length, 'an earlier command can draw it')
    }
    const [missing, owed] = [proof.missing ?? 0, due.reduce((sum, unit) => sum + d.owed(unit), 0) - came.length]
    const open = due.filter(
      ({ what, item }) => what !== 'EMPTY' && item?.role === 'command' && !item.answeredBy?.length,
    )
    need(missing > 0 && missing <= owed && missing >= owed - open.length, `${owed} replies are missing`)
    need(
      role('missing-reply').every((unit) => due.includes(unit) && fits(seen, unit)),
      'it owes none',
    )
  },

  /** Replies that came when the server had answered all that it had. */
  surplus(seen) {
    const { d, server, units, replies } = seen
    const owing = units.flatMap((unit) => Array<Part>(d.owed(unit)).fill(unit))
    const received = ({ start }: Part) => owing.filter((one) => one.isWhole && one.end <= server.ack(start)).length
    need(
      replies.some((reply, i) => i + 1 > received(reply)),
      'the units earned them',
    )
    const isFarewell = (one: Part) => one.what === '421' || (one.what >= '400' && one === d.replies.at(-1))
    const claimed = seen.role('surplus-reply')
    const others = replies.filter((reply) => !claimed.includes(reply) && !isFarewell(reply))
    need(claimed.length > 0 && !claimed.some(isFarewell), 'the server may say farewell')
    const isOver = /bdat/.test(seen.key) || others.length === Math.min(owing.length, replies.length)
    need(isOver && others.every((one, i) => owing[i] && draws(owing[i], one)), 'some unit earned it')
    need(fits(seen, units[0]), 'another rule is about such')
  },

  /** As many replies as units, of which one stands where its unit cannot draw it. */
  order(seen) {
    const { units, replies } = seen
    const given = units.map((unit) => replies.find(({ item }) => item?.index === unit.item?.answeredBy?.[0]))
    const isDrawn = (by: readonly (Part | undefined)[]) => units.every((unit, i) => by[i] && draws(unit, by[i]))
    need(units.length === replies.length && !isDrawn(replies) && fits(seen), 'they are in order')
    need(isDrawn(given) && new Set(given).size === units.length, 'it was not given them')
  },

  /** A reply that was sent before its unit had come, when everything before that was answered. */
  precedence(seen) {
    const [{ d }, [unit], [reply]] = [seen, seen.units, seen.replies]
    need(unit && reply && draws(unit, reply) && fits(seen, unit, reply), 'it does not answer that')
    const had = seen.server.ack(reply.start)
    const received = d.units.filter(({ end, isWhole }) => end <= had && isWhole)
    const owed = received.reduce((sum, one) => sum + d.owed(one), 1)
    // As many 354 as were asked for had come.
    const like = d.replies.filter(({ what, end }) => what === '354' && end <= reply.start)
    const isMore = reply.what === '354' && received.filter((one) => draws(one, reply)).length <= like.length
    need((had < unit.end || !unit.isWhole) && (owed < reply.index || isMore), 'the server may have had it')
  },

  /** Replies that, twice or more, only new input released. */
  release(seen) {
    const { client, server, role } = seen
    const rttUs = client.isOpened ? (client.segments[1]?.timeUs ?? 0) - (client.segments[0]?.timeUs ?? 0) : 0
    need(role('release').length > 1, 'once may be chance')
    for (const [i, { item, start, end }] of role('release').entries()) {
      const from = role('release')[i - 1]?.start ?? 0
      const held = role('withheld').filter((one) => one.start >= from && one.start < start)
      const [last, reply] = [held.at(-1), held.at(-1)?.replies[0]]
      need(last && reply && fits(seen, held.length > 1 ? undefined : last), 'something else was held')
      need(client.time(start) - client.time(last.end - 1) >= Math.max(5e6, 20 * rttUs), 'the silence was short')
      const delayUs = server.time(reply.end - 1) - client.time(start)
      const isHad = last.item?.acknowledgedIn != null && last.item.acknowledgedIn < (item?.frames[0] ?? 0)
      need(isHad && server.ack(reply.end - 1) >= end && delayUs >= 0 && delayUs <= 5e4 + rttUs, 'it did not release it')
    }
  },

  /** Octets that stand where they must not. */
  octets(seen) {
    const item = seen.items.find(({ role }) => role === 'octets')
    need(item?.seq != null && item.end !== null, 'there are no octets')
    const { text, at } = seen[item.by]
    const octets = { what: `${item.by} ${item.what}`, start: at(item.seq), end: at(item.end), index: 0, replies: [] }
    const own = text.slice(octets.start, octets.end)
    const isEnd = own.indexOf('\n') + 1 === own.length || /^(?:$|\d{3}[ -])/.test(text.slice(octets.end))
    const isLine = isEnd && /(?:^|\n)$/.test(text.slice(0, octets.start))
    const wanted = item.what.replaceAll('CR', '\r').replaceAll('LF', '\n')
    need(item.what === 'line' ? isLine : own === wanted, 'other octets stand there')
    need(fits(seen, { ...octets, text: own, isWhole: true }), 'they may stand there')
  },

  /** Both windows closed, for ten seconds. */
  windows(seen) {
    const { client, server, items } = seen
    const closed = items.map(({ by, frames: [frame] }) => {
      const from = seen[by].segments.find((one) => one.frame === frame && one.window === 0)
      const to = seen[by].segments.find((one) => from && one.frame > from.frame && one.window > 0)
      return { fromUs: from?.timeUs ?? Number.NaN, toUs: to?.timeUs ?? Number.POSITIVE_INFINITY }
    })
    const lastUs = Math.max(...[...client.segments, ...server.segments].map(({ timeUs }) => timeUs))
    const forUs = Math.min(lastUs, ...closed.map(({ toUs }) => toUs)) - Math.max(...closed.map(({ fromUs }) => fromUs))
    need(items[0]?.by !== items[1]?.by && forUs >= 1e7 && fits(seen), 'they were not closed')
  },

  /** What was said, and what was said before. */
  dialogue: (seen) => need(fits(seen, seen.units[0], seen.replies[0]), 'what was said allows it'),
}

/** The units that the server had when it was the first to close, and no right to. */
function closedOver({ d, client, server, units, replies }: Seen, close: ProofItem): Part[] {
  const [closing, last] = [server.frame(close.frames[0]), d.replies.at(-1)]
  need(closing && closing.flags & (close.what === 'FIN' ? FIN : RST), 'the server does not close there')
  need(!client.segments.some((one) => one.frame < closing.frame && one.flags & (FIN | RST)), 'the client closed first')
  const isItsOwn = closing.flags & ACK && closing.hops === server.segments[0]?.hops
  need(close.what === 'FIN' || isItsOwn, 'it may be of others')
  const lastUnit = d.units.findLast(({ isWhole }) => isWhole)
  need(last === (replies.at(-1) ?? last) && lastUnit === units.at(-1), 'more was said')
  const isRefusal =
    (client.isOpened && d.replies[0]?.what !== '220') || (last?.what[0] === '5' && REFUSES.test(last.text))
  need(!isRefusal && !d.replies.some(({ what }) => /421|521/.test(what)), 'it was announced')
  const had = Math.max(...server.segments.filter(({ frame }) => frame <= closing.frame).map((one) => server.acks(one)))
  need(client.at(close.ack ?? 0) === had && had <= client.length + 1, 'it acknowledges other octets')
  return units.filter(({ end }) => end <= had)
}

/** Whether the finding is of its rule: whom that accuses, what proves it, and what it says of a unit, or of octets. */
function fits(seen: Seen, unit?: Part, reply?: Part): unknown {
  const { d, key, units } = seen
  const [before, verb, code] = [unit && d.before(unit), unit?.what ?? '', reply?.what ?? '']
  const answers = (one: Part | undefined) => reply && one?.replies[0] === reply
  const isChunkRefused = units.some(({ what, replies: [one] }) => what === 'BDAT' && one && one.what >= '400')
  const isMessage = (one: Part) => d.units.some(({ what }) => what === 'LHLO') && /^(?:CONTENT|BDAT)$/.test(one.what)
  const isTogether = () => [unit, d.units.find(({ start }) => start === unit?.end)].some((one) => one && d.isBlind(one))
  const last = (verbs: RegExp) => d.units.findLast(({ what, end }) => unit && end <= unit.start && verbs.test(what))
  switch (key) {
    case 'command-after-sync-command: client, acknowledgement':
      if (/^(?:CONTENT|AUTH-RESPONSE)$/.test(verb) && !isCommand(unit?.text)) return false
      return MUST_END.test(`${before?.what}`) && !(before?.what === 'DATA' && verb === 'OTHER')
    case 'extension-command-not-last: client, acknowledgement':
      return /^(?:STARTTLS|X-ANONYMOUSTLS|ATRN|XEXCH50)$/.test(`${before?.what}`)
    case 'auth-not-last: client, acknowledgement':
      return /^(?:AUTH|X-EXPS|AUTH-RESPONSE)$/.test(`${before?.what}`) && !ONE_ROUND.test(`${before?.text}`)
    case 'pipelining-not-advertised: client, acknowledgement':
      return unit && !/^(?:CONTENT|AUTH-RESPONSE)$/.test(verb) && !d.may(unit, 'PIPELINING')
    case 'partial-reply-acted-on: client, acknowledgement': {
      const [given, had] = [before?.replies[0], seen.client.ack(unit?.start ?? 0)]
      return given && MUST_END.test(`${before?.what}`) && given.text[3] === '-' && had > given.start && had < given.end
    }
    case 'content-without-354: client, acknowledgement':
      return before?.what === 'DATA' && verb === 'CONTENT' && !isCommand(unit?.text)
    case 'content-without-354: client, dialogue': {
      const isContent = /^[!-9;-~]+: /.test(`${unit?.text}`) || units.slice(1).some(({ text }) => text === '.\r\n')
      return isContent && before?.what === 'DATA' && code >= '400' && (answers(before) || (unit && d.isBlind(unit)))
    }
    case 'bare-newline-sent: client, octets': {
      const [at, own] = [
        unit?.start ?? 0,
        d.units.find((one) => unit && one.start <= unit.start && unit.start < one.end),
      ]
      const isBare = unit?.text === '\n' ? seen.client.text[at - 1] !== '\r' : seen.client.text[at + 1] !== '\n'
      return /^client (?:LF|CR)$/.test(verb) && isBare && own && !/^(?:OTHER|EMPTY)$/.test(own.what)
    }
    case 'mail-before-ehlo: client, dialogue':
      return (
        /^(?:MAIL|S...)$/.test(verb) && seen.client.isOpened && !GREETS.test(`${last(/^(?:...LO|XCLIENT)$/)?.what}`)
      )
    case 'mail-without-reset: client, dialogue': {
      const changes = (one: Part) => /MAIL|RSET|..LO|CONTENT|BDAT/.test(one.what) && (one.replies[0]?.what ?? '0') < '3'
      const changed = d.units.findLast((one) => unit && one.end <= unit.start && changes(one))
      return verb === 'MAIL' && changed?.what === 'MAIL' && code >= '300' && answers(unit)
    }
    case 'chunking-not-advertised: client, dialogue':
      return verb === 'BDAT' && unit && d.offer(unit)?.length && !d.may(unit, 'CHUNKING')
    case 'plaintext-after-starttls: client, dialogue':
      return d.tls && before?.replies[0] === d.tls
    case 'input-lost: server, count':
      return isTogether()
    case 'reply-missing: server, count':
      return !isTogether()
    case 'reply-out-of-order: server, count':
    case 'reply-out-of-order: server, order':
    case 'premature-close: server, count':
    case 'window-deadlock: client, windows':
      return true
    case 'lmtp-reply-count: server, count':
      return unit && isMessage(unit)
    case 'lmtp-reply-count: server, surplus':
      return units.some(isMessage)
    case 'reply-unexpected: server, surplus':
      return !units.some(isMessage) && !isChunkRefused
    case 'bdat-chunk-not-consumed: server, surplus':
      return isChunkRefused
    case 'bdat-chunk-not-consumed: server, precedence':
      return verb === 'BDAT' && code >= '400'
    case 'reply-before-command: server, precedence':
      return !(verb === 'BDAT' && code >= '400')
    case 'sync-reply-buffered: server, release':
      return MUST_END.test(verb)
    case 'unrecognized-reply-buffered: server, release':
      return verb === 'OTHER'
    case 'replies-withheld: server, release':
      return !MUST_END.test(verb) && verb !== 'OTHER'
    case 'bare-newline-accepted: server, octets': {
      const [end, count] = [
        unit?.end ?? 0,
        (what: string, of: readonly Part[]) => of.filter((one) => one.what === what).length,
      ]
      const content = d.units.find((one) => one.what === 'CONTENT' && one.start < end && end <= one.end)
      return (
        /^client .*\./.test(verb) &&
        content &&
        (content.end === end || count('354', d.replies) > count('DATA', d.units))
      )
    }
    case 'reply-malformed: server, octets':
      return (
        verb === 'server line' &&
        !/^[2-5]\d\d(?:[ -].*)?\r\n$/s.test(`${unit?.text}`) &&
        unit &&
        unit.start >= (d.replies[0]?.end ?? unit.end)
      )
    case 'multiline-code-mismatch: server, octets': {
      const before = /(?:^|\n)(\d{3})-[^\n]*\n$/.exec(seen.server.text.slice(0, unit?.start))?.[1]
      return verb === 'server line' && before && /^\d{3}[- \r]/.test(`${unit?.text}`) && !unit?.text.startsWith(before)
    }
    case 'advertised-but-unimplemented: server, dialogue':
      return unit && answers(unit) && /^50[02]$/.test(code) && d.has(unit, verb === 'BDAT' ? 'CHUNKING' : verb)
    case 'pipelining-rejected: server, dialogue':
      if (!units.every((one) => one.what !== 'OTHER' && d.has(one, 'PIPELINING'))) return false
      return code >= '400' && REFUSES.test(`${reply?.text}`) && units.some((one) => d.isBlind(one))
    case 'starttls-input-answered: server, dialogue':
      if (!unit || !reply || !d.tls || reply.start < d.tls.end) return false
      return seen.client.ack(unit.start) < d.tls.end || code < '400'
  }
  throw new Error('the rule accuses others, or is proved otherwise')
}
