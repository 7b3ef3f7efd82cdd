// A capture, and the same with frames lost, cut, doubled or out of order -> an accusation that only the damage made. What
// the capture lacks may take a blame away; it never makes one.
import type { Analysis } from '../../src/analyze.ts'
import type { Dice } from './dice.ts'
import type { Frame, Frames } from './frames.ts'

/** The sessions of an analysis by their end points, and who is blamed in them for an error. */
export type Blame = ReadonlyMap<string, ReadonlySet<string>>

/** Both end points: damage can make either look like the client. */
function pairOf({ client, server }: { readonly client: string; readonly server: string }): string {
  return [client, server].sort().join(' ')
}

export function blameIn({ sessions, findings }: Analysis, provedOnly: boolean): Blame {
  const pairs = new Map(sessions.map((session) => [session.id, pairOf(session)]))
  const blame = new Map<string, Set<string>>()
  for (const { session, party, severity, certainty, rule } of findings) {
    if (severity !== 'error' || (provedOnly && certainty !== 'proved')) continue
    const pair = pairs.get(session) ?? session
    const blamed = (blame.get(pair) ?? new Set<string>()).add(party)
    // Around a reply that breaks the grammar nothing is counted, so that the intact capture acquits nobody; a capture
    // that ends in front of it may show what the client did.
    if (!provedOnly && rule === 'reply-malformed') blamed.add('client')
    blame.set(pair, blamed)
  }
  return blame
}

/** Proved errors of `damaged` about parties that `intact` does not blame at all, in words; null when there are none. */
export function newlyBlamed(intact: Blame, damaged: Analysis): string | null {
  for (const [pair, parties] of blameIn(damaged, true)) {
    for (const party of parties) {
      if (intact.get(pair)?.has(party) === true) continue
      const ids = new Set(damaged.sessions.filter((one) => pairOf(one) === pair).map(({ id }) => id))
      const finding = damaged.findings.find(
        (one) => one.party === party && one.certainty === 'proved' && one.severity === 'error' && ids.has(one.session),
      )
      return `the ${party} of ${pair}: ${finding?.rule}: ${finding?.message}`
    }
  }
  return null
}

export function damage({ linkType, frames }: Frames, dice: Dice): Frames {
  const kinds = [lose, lose, loseRun, cut, repeat, swap, truncate, loseOneSide]
  let out: readonly Frame[] = frames
  for (let n = 1 + dice.below(3); n > 0; n--) out = dice.pick(kinds)(out, dice)
  return { linkType, frames: out }
}

type Damage = (frames: readonly Frame[], dice: Dice) => readonly Frame[]

const lose: Damage = (frames, dice) => {
  const every = dice.pick([3, 10, 10, 50])
  return frames.filter(() => !dice.once(every))
}

const loseRun: Damage = (frames, dice) => {
  const at = dice.below(frames.length + 1)
  return [...frames.slice(0, at), ...frames.slice(at + 1 + dice.below(12))]
}

/** The snapshot length, the same for all frames. */
const cut: Damage = (frames, dice) => {
  const length = dice.pick([60, 68, 80, 96, 128, 200])
  return frames.map((frame) => ({ ...frame, bytes: frame.bytes.slice(0, length) }))
}

const repeat: Damage = (frames, dice) => frames.flatMap((frame) => (dice.once(8) ? [frame, frame] : [frame]))

/** How long a buffer may hold a packet, in microseconds: what moves further is another story, with other silences in it. */
const SWAPPED_US = 10_000

/** Neighbours change places; the clock of the capture stays. */
const swap: Damage = (frames, dice) => {
  const out = [...frames]
  for (let i = 0; i + 1 < out.length; i++) {
    if (!dice.once(8)) continue
    const [a, b] = [out[i] as Frame, out[i + 1] as Frame]
    if (Math.abs(b.timeUs - a.timeUs) > SWAPPED_US) continue
    out[i] = { ...b, timeUs: a.timeUs }
    out[i + 1] = { ...a, timeUs: b.timeUs }
    i++
  }
  return out
}

const truncate: Damage = (frames, dice) => {
  const at = dice.below(frames.length + 1)
  return dice.once(2) ? frames.slice(0, at) : frames.slice(at)
}

/** A tap on one fibre: what the source address says stands at the same place in all frames of a link. */
const loseOneSide: Damage = (frames, dice) => {
  const first = frames[dice.below(Math.max(1, frames.length))]
  if (first === undefined || !dice.once(4)) return frames
  const isSame = ({ bytes }: Frame) => [26, 27, 28, 29].every((at) => bytes[at] === first.bytes[at])
  return frames.filter((frame) => !isSame(frame))
}
