// A finding -> the same finding, altered in one thing so that it is false. That it is false is shown here, by the list
// of frames and by what the program found, and never by the prover: where an altered finding may be just as true (a
// retransmission carries the same bytes), it is not generated.

import type { FindingRecord, ProofItem, SessionRecord } from '../../src/rules/analysis.ts'
import { RULES } from '../../src/rules/index.ts'
import type { Evidence, Frame } from './evidence.ts'

export interface Alteration {
  readonly what: string
  readonly finding: FindingRecord
  readonly session: SessionRecord
}

const FIN_OR_RST = 0x05
const ACK = 0x10

export function* alterationsOf(finding: FindingRecord, evidence: Evidence): Iterable<Alteration> {
  const session = evidence.sessions.get(finding.session) as SessionRecord
  const altered = (what: string, changed: Partial<FindingRecord>) => ({
    what,
    session,
    finding: { ...finding, ...changed },
  })
  // A rule is about one party.
  const other = finding.party === 'client' ? 'server' : 'client'
  yield altered('another party', { party: other })
  yield altered('a suspicion', { certainty: 'suspected' })
  // What its rule did not find in the session, it does not say of it.
  const found = new Set(evidence.all.filter((one) => one.session === finding.session).map(({ rule }) => rule))
  for (const { id, party } of RULES)
    if (!found.has(id) && party !== 'path') yield altered('another rule', { rule: id, party })
  yield* ofAnotherSession(finding, evidence)
  yield* ofMoreCommands(finding, session, altered)
  const isCounted = !session.limits.some(({ code }) => code === 'midstream')
  for (const [at, item] of (finding.proof?.items ?? []).entries()) {
    for (const [what, changed] of itemsInstead(item, evidence, isCounted)) {
      const items = finding.proof?.items.with(at, { ...item, ...changed })
      yield altered(what, { proof: finding.proof && items ? { ...finding.proof, items } : null })
    }
  }
}

/** The frames of a finding belong to one connection: to none with other ports. */
function* ofAnotherSession(finding: FindingRecord, { sessions, frames }: Evidence): Iterable<Alteration> {
  const own = sessions.get(finding.session)
  const first = frames.get(Number(finding.session.slice(1)))
  for (const session of sessions.values()) {
    const begins = frames.get(Number(session.id.slice(1)))
    if (session === own || first === undefined || begins === undefined || portsOf(begins) === portsOf(first)) continue
    const id = finding.id.replace(finding.session, session.id)
    yield { what: 'another session', session, finding: { ...finding, id, session: session.id } }
    if (own !== undefined) yield { what: 'another session', session: own, finding: { ...finding, session: session.id } }
    return
  }
}

/** A command that was never sent; a reply more that is missing than the session has units without one. */
function* ofMoreCommands(
  { commands, proof }: FindingRecord,
  { commands: sent, unanswered }: SessionRecord,
  altered: (what: string, changed: Partial<FindingRecord>) => Alteration,
): Iterable<Alteration> {
  const [last] = commands.slice(-1)
  if (last !== undefined) yield altered('a command more', { commands: [...commands, { ...last, index: sent + 1000 }] })
  if (last !== undefined && proof !== null && proof !== undefined && proof.by !== 'surplus' && commands.length <= 8) {
    const distinct = new Set(commands.map(({ index, verb }) => `${index} ${verb}`))
    // Of those that are named none can be left out: each is accused, or what it was sent behind.
    if (distinct.size === commands.length && proof.by !== 'order' && proof.by !== 'release')
      yield altered('a command less', { commands: commands.slice(0, -1) })
  }
  if (proof?.missing == null || proof.missing + 1 <= unanswered) return
  const more = { ...proof, missing: proof.missing + 1 }
  yield altered('a reply more is missing', { proof: more })
  for (const hidden of proof.items.filter(({ by, index }) => by === 'server' && index !== null))
    yield altered('a reply is hidden', { proof: { ...more, items: proof.items.filter((item) => item !== hidden) } })
}

/** What may stand in place of an item, and is false. */
function* itemsInstead(
  item: ProofItem,
  { frames }: Evidence,
  isCounted: boolean,
): Iterable<readonly [string, Partial<ProofItem>]> {
  const own = frames.get(item.frames[0] ?? 0)
  if (own === undefined) return
  const near = [-3, -2, -1, 1, 2, 3].flatMap((distance) => frames.get(own.frame + distance) ?? [])
  if (item.role === 'close') {
    for (const one of near)
      if ((one.flags & FIN_OR_RST) === 0 || one.from !== own.from) yield ['another frame', { frames: [one.frame] }]
    yield ['another acknowledgement', { ack: ((item.ack ?? 0) + 1) >>> 0 }]
    return
  }
  if (item.seq === null || item.end === null) return
  const { seq, end } = item
  for (const one of near)
    if (!carries(one, own, seq) && !(item.index === null && carries(one, own, (end - 1) >>> 0)))
      yield ['another frame', { frames: [one.frame, ...item.frames.slice(1)] }]
  // Frames of one side, octets of the other.
  yield ['another side', { by: item.by === 'client' ? 'server' : 'client' }]
  const octets = octetsAt(frames, own, seq, end)
  for (const by of [-1, 1, end - seq]) {
    const there = octetsAt(frames, own, (seq + by) >>> 0, (end + by) >>> 0)
    if (octets !== null && there !== octets) yield ['other octets', { seq: (seq + by) >>> 0, end: (end + by) >>> 0 }]
  }
  if (item.index === null) return
  // If the beginning was not captured, they cannot be counted.
  if (isCounted) yield ['another command or reply', { index: item.index + 1 }]
  yield [
    'something else',
    { what: item.what === 'NOOP' || item.what === '599' ? '598' : item.by === 'client' ? 'NOOP' : '599' },
  ]
  // An empty line may be answered or not, and what comes behind the end of the session is not.
  if (item.owed && item.what !== 'EMPTY') yield ['another number of replies', { owed: item.owed + 1 }]
  for (const by of [-1, 1, 1000])
    if (item.ack !== null) yield ['another acknowledgement', { ack: (item.ack + by) >>> 0 }]
  for (const one of item.acknowledgedIn === null ? [] : near) {
    const covers = one.from === own.to && (one.flags & ACK) !== 0 && ((one.ack - end) | 0) >= 0
    if (!covers) yield ['another receipt', { acknowledgedIn: one.frame }]
  }
}

const portsOf = ({ from, to }: Frame) => [from, to].sort().join()

/** Whether a frame carries the octet of the side that sent `own`. */
function carries({ from, to, seq, payload }: Frame, own: Frame, octet: number): boolean {
  const at = (octet - seq) | 0
  return from === own.from && to === own.to && at >= 0 && at < payload.length
}

/** The octets of a range as the frames have them; null where not all are there. */
function octetsAt(frames: ReadonlyMap<number, Frame>, own: Frame, seq: number, end: number): string | null {
  const length = (end - seq) >>> 0
  const octets: string[] = []
  for (let i = 0; i < length; i++) {
    const octet = (seq + i) >>> 0
    const one = [...frames.values()].find((frame) => carries(frame, own, octet))
    if (one === undefined) return null
    octets.push(String.fromCharCode(one.payload[(octet - one.seq) | 0] as number))
  }
  return octets.join('')
}
