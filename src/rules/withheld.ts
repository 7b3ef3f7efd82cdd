// Replies that only new input released -> the violations of three rules: which one it is depends on what was held back.
import { MUST_END_GROUP } from '../smtp/commands.ts'
import type { Withholding } from '../smtp/records.ts'
import type { Session } from '../smtp/session.ts'
import type { Violation } from './rule.ts'
import { commandsOf, count, nameOf, namesOf } from './words.ts'

export type WithheldKind = 'group' | 'sync' | 'unrecognized'

/** One finding for all occurrences of a kind. One may be chance, two are proof. */
export function* withheldOfKind(session: Session, kind: WithheldKind): Iterable<Violation> {
  const found = session.withheld.filter((withholding) => kindOf(withholding) === kind)
  const [first] = found
  if (first === undefined) return
  const held = found.flatMap((withholding) => withholding.held)
  const seconds = (ns: number) => (ns / 1e9).toFixed(1)
  yield {
    commands: [...commandsOf(held).slice(0, 16), first.release],
    replies: held.flatMap(({ replies }) => replies).slice(0, 16),
    certainty: found.length > 1 ? 'proved' : 'suspected',
    expected: `the reply to ${namesOf(commandsOf(first.held))} as soon as the input was empty`,
    actual: `${seconds(first.silenceNs)} s of silence, until ${nameOf(first.release)} released it`,
    message: `${count(held.length, 'reply', 'replies')} held back until new input came, ${count(found.length, 'time')}: first ${namesOf(commandsOf(first.held))}, released by ${nameOf(first.release)} after ${seconds(first.silenceNs)} s`,
    evidence: found
      .slice(0, 3)
      .map(
        (one) =>
          `acknowledged by frame ${Math.max(...one.held.map(({ command }) => command.acked ?? 0))}, silent for ${seconds(one.silenceNs)} s, answered at once when ${nameOf(one.release)} came in frame ${one.release.at.firstFrame}`,
      ),
    grounds: { by: 'release', withheld: found },
  }
}

function kindOf({ held }: Withholding): WithheldKind {
  const last = held[held.length - 1]
  if (last === undefined || held.length > 1) return 'group'
  const code = last.replies[0]?.code
  if (last.command.verb === 'OTHER' && (code === 500 || code === 502)) return 'unrecognized'
  return MUST_END_GROUP.has(last.command.verb) ? 'sync' : 'group'
}
