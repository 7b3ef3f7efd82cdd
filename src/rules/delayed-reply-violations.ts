// Replies that the server sent only when new input arrived. They violate one of three rules, depending on which
// command's reply was delayed.
import { MUST_END_GROUP } from '../smtp/parse/commands.ts'
import type { Command, Reply, Withholding } from '../smtp/records.ts'
import type { Session } from '../smtp/session/session.ts'
import type { Violation } from './rule.ts'
import { commandsOf, count, nameOf, namesOf, quote } from './wording.ts'

type WithheldKind = 'group' | 'sync' | 'unrecognized'

/**
 * One finding for all occurrences of a kind. A single occurrence may be chance and is suspected; two prove it. A
 * time-out closes the session, so it occurs once.
 */
export function* withheldOfKind(session: Session, kind: WithheldKind): Iterable<Violation> {
  const found = session.withheld.filter((withholding) => kindOf(withholding) === kind)
  const released = found.filter(({ release }) => !('code' in release))
  const [first] = found
  if (first === undefined) return
  const held = found.flatMap((withholding) => withholding.held)
  const { release } = first
  const told = 'code' in release ? untilTimeout(first, release) : untilInput(first, release, held.length, found.length)
  yield {
    ...told,
    commands: [...commandsOf(held).slice(0, 16), ...told.commands],
    replies: [...held.flatMap(({ replies }) => replies).slice(0, 16), ...told.replies],
    certainty: released.length > 1 ? 'proved' : 'suspected',
    expected: `${theReplies(first)} as soon as the server had read all input`,
    evidence: found.slice(0, 3).map(evidenceOf),
    ...(released.length > 0 && { grounds: { by: 'release', withheld: released } as const }),
  }
}

function untilInput(first: Withholding, release: Command, replies: number, times: number) {
  const silence = secondsOf(first)
  const held = namesOf(commandsOf(first.held))
  return {
    commands: [release],
    replies: [],
    headline:
      times === 1
        ? `held back ${theReplies(first)} until ${nameOf(release)} arrived`
        : `held back ${count(replies, 'reply', 'replies')} until more input arrived (${times} times)`,
    actual: `${silence} s of silence until ${nameOf(release)} arrived`,
    message:
      times === 1
        ? `the server was silent for ${silence} s and answered ${held} only when ${nameOf(release)} arrived`
        : `${times} times the server was silent and sent its replies (${replies} in all) only when the client sent more: first to ${held}, after ${silence} s, when ${nameOf(release)} arrived`,
  }
}

function untilTimeout(first: Withholding, timeout: Reply) {
  const silence = secondsOf(first)
  return {
    commands: [],
    replies: [timeout],
    headline: `held back ${theReplies(first)} until it timed out`,
    actual: `${silence} s of silence until the server timed out: "${quote(timeout)}"`,
    message: `the server was silent for ${silence} s and answered ${namesOf(commandsOf(first.held))} only when it timed out: "${quote(timeout)}"`,
  }
}

/** `the reply to NOOP`, `the replies to MAIL, RCPT`. */
function theReplies({ held }: Withholding): string {
  return `the ${held.length === 1 ? 'reply' : 'replies'} to ${namesOf(commandsOf(held))}`
}

function evidenceOf(one: Withholding): string {
  const { held, release } = one
  const silent = `the server acknowledged ${namesOf(commandsOf(held))} in frame ${Math.max(...held.map(({ command }) => command.acked ?? 0))} and was silent for ${secondsOf(one)} s`
  return 'code' in release
    ? `${silent}; it answered together with "${quote(release)}" in frame ${release.at.firstFrame}`
    : `${silent}; it answered at once when ${nameOf(release)} arrived in frame ${release.at.firstFrame}`
}

function secondsOf({ silenceNs }: Withholding): string {
  return (silenceNs / 1e9).toFixed(1)
}

function kindOf({ held }: Withholding): WithheldKind {
  const last = held[held.length - 1]
  if (last === undefined || held.length > 1) return 'group'
  const code = last.replies[0]?.code
  if (last.command.verb === 'OTHER' && (code === 500 || code === 502)) return 'unrecognized'
  return MUST_END_GROUP.has(last.command.verb) ? 'sync' : 'group'
}
