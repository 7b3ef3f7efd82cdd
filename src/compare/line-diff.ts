// Corresponding lines -> what was lost, added, changed, reordered, split or merged on the way, and where.
import { GIVE_UP_NS } from '../limits.ts'
import type { Close } from '../smtp/records.ts'
import type { BoxKind } from './box-kind.ts'
import { type Difference, type Place, sightingOf } from './difference.ts'
import { changeOf, type Step, type Traces } from './line-alignment.ts'
import type { DialogueLines, Said, Sent } from './session-view.ts'

interface Sides {
  readonly before: DialogueLines
  readonly behind: DialogueLines
  readonly box: BoxKind
  readonly traces: Traces
}

interface Ends {
  readonly closedBefore: Close | null
  readonly closedBehind: 'client' | 'server' | null
}

export function commandDifferences(sides: Sides & Ends): Difference[] {
  const { before, behind, box, traces } = sides
  const { commands, replies } = traces
  const differences: Difference[] = []
  const answers = new Map<number, Said>()
  for (const { before: at, behind: other } of replies) {
    const reply = other === null ? lineAt(before.said, at) : null
    if (reply?.to != null && !answers.has(reply.to)) answers.set(reply.to, reply)
  }
  for (const [i, step] of commands.entries()) {
    const from = lineAt(before.sent, step.before)
    const to = lineAt(behind.sent, step.behind)
    if (from !== null && to !== null) differences.push(...changed(from, to))
    else if (from !== null) {
      const last = commands.slice(i).every((later) => later.behind === null)
      const answer = step.before === null ? undefined : answers.get(step.before)
      differences.push(lostCommand(from, box, last ? sides : null, answer))
    } else if (to !== null) {
      differences.push(
        difference(
          'made',
          'command',
          'in',
          `${senderOf(box)} sent ${to.text}, which the client did not send`,
          null,
          to,
        ),
      )
    }
  }
  return [...reordered(differences, 'command'), ...grouping(before, behind, commands)]
}

/** One TCP connection on both sides: the captures do not show which device inserted something. */
function senderOf(box: BoxKind): string {
  return box === 'path' ? 'a device between the two captures' : 'the box'
}

function changed(from: Sent, to: Sent): Difference[] {
  const differences: Difference[] = []
  if (from.text !== to.text) {
    const message = `${from.text} was ${changeOf(from.text, to.text)} to ${to.text}`
    differences.push(difference('changed', 'command', 'in', message, from, to))
  } else if (from.kind === 'content' && isOtherContent(from, to)) {
    const message =
      from.octets === to.octets
        ? `message content has ${from.octets} bytes on both sides, but they differ`
        : `message content has ${from.octets} bytes before the box and ${to.octets} behind it`
    differences.push(difference('changed', 'command', 'in', message, from, to))
  }
  if (!to.unanswered || !from.unanswered) return differences
  const message =
    to.acked !== null
      ? `${to.text} reached the server, but no reply came`
      : `${to.text} left the box, but the server never acknowledged it`
  return [...differences, difference('unanswered', 'command', 'behind', message, from, to)]
}

/** Without digests only the lengths are compared. */
function isOtherContent(from: Sent, to: Sent): boolean {
  return (
    from.octets !== to.octets || (from.digest !== null && to.digest !== null && from.digest.whole !== to.digest.whole)
  )
}

/** `ends`: null unless all commands after it are missing behind the box as well. */
function lostCommand(from: Sent, box: BoxKind, ends: Ends | null, answer: Said | undefined): Difference {
  const lost = (place: Place, message: string) => difference('lost', 'command', place, message, from, null)
  if (box === 'path') {
    const state = from.acked !== null ? 'was acknowledged to the client' : 'was never acknowledged'
    return lost(
      'in',
      `${from.text} was lost between the two captures: it ${state}, and is not in the capture behind the box`,
    )
  }
  if (from.acked === null) return lost('before', `the box never acknowledged ${from.text}`)
  if (answer !== undefined) {
    return lost('in', `the box answered ${from.text} itself with ${answer.code} and did not pass it on`)
  }
  if (ends?.closedBehind === 'server')
    return lost('behind', `${from.text} could not be passed on: the server had closed the connection`)
  if (ends !== null && isResetSoonAfter(from, ends.closedBefore))
    return lost('before', `${from.text} could not be passed on: the client had reset the connection`)
  return lost('in', `the box acknowledged ${from.text} but did not pass it on`)
}

/** A client that resets before it could have lost patience: a box need not deliver what was under way (RFC 793 section 3.4). */
function isResetSoonAfter({ timeNs }: Sent, closed: Close | null): boolean {
  return closed?.by === 'client' && closed.how === 'rst' && closed.timeNs - timeNs < GIVE_UP_NS
}

/** Only replies to commands that both sides have: a command that the box kept or added is reported with its reply. */
export function replyDifferences(sides: Sides & { readonly closedBefore: Close | null }): Difference[] {
  const { before, behind, box, closedBefore, traces } = sides
  const { commands, replies } = traces
  const differences: Difference[] = []
  const kept = new Set(commands.map((step) => (step.behind === null ? step.before : null)))
  const made = new Set(commands.map((step) => (step.before === null ? step.behind : null)))
  const partners = new Map(commands.map((step) => [step.before, step.behind]))
  // Two replies with different text are one changed reply only if they are known to answer the same command.
  const sameQuestion = (one: Said, other: Said) =>
    (one.sure && other.sure) || (one.to === null ? other.to === null : partners.get(one.to) === other.to)
  kept.delete(null)
  made.delete(null)
  for (const [i, step] of replies.entries()) {
    const from = lineAt(behind.said, step.behind)
    const to = lineAt(before.said, step.before)
    if (from !== null && to !== null) {
      if (from.text === to.text || !sameQuestion(to, from)) continue
      differences.push(difference('changed', 'reply', 'in', changedReply(from, to), to, from))
    } else if (from !== null && !made.has(from.to)) {
      const last = replies.slice(i).every((later) => later.before === null)
      differences.push(lostReply(from, box, last ? closedBefore : null))
    } else if (to !== null && !kept.has(to.to)) {
      const message = `${senderOf(box)} sent the reply ${quoted(to)}, which the server did not send`
      differences.push(difference('made', 'reply', 'in', message, to, null))
    }
  }
  return reordered(differences, 'reply')
}

/** Of a multi-line reply, such as that to EHLO, only the lines that differ are named. */
function changedReply(from: Said, to: Said): string {
  const [server, box] = [from.text.split('\n'), to.text.split('\n')]
  if (server.length === 1 || box.length === 1)
    return `${quoted(from)} was ${changeOf(from.text, to.text)} to ${quoted(to)}`
  const without = linesOnlyIn(server, box)
  const added = linesOnlyIn(box, server)
  const reply = `the reply of ${server.length} lines was changed`
  if (without.length + added.length === 0) return `${reply}: its lines are in a different order`
  const isTlsHidden = without.some((line) => STARTTLS.test(line)) && !box.some((line) => STARTTLS.test(line))
  const parts = [
    ...(without.length === 0 ? [] : [`without ${without.join(' / ')}`]),
    ...(added.length === 0 ? [] : [`with ${added.join(' / ')} added`]),
  ]
  return `${reply}: ${parts.join(', ')}${isTlsHidden ? '; the client was not offered TLS' : ''}`
}

/** RFC 3207 section 4: the keyword in the reply to EHLO. */
export const STARTTLS = /^250[- ]STARTTLS\s*$/i

/** `250-` and `250 ` count as equal: which line is the last (RFC 5321 section 4.2.1) depends on the lines around it. */
function linesOnlyIn(lines: readonly string[], others: readonly string[]): string[] {
  const plain = (line: string) => line.replace(/^(\d{3})-/, '$1 ')
  const known = new Set(others.map(plain))
  return lines.filter((line) => !known.has(plain(line)))
}

/** A client that sent FIN still reads (RFC 793 section 3.5); one that sent RST does not. */
function lostReply(from: Said, box: BoxKind, closed: Close | null): Difference {
  const lost = (place: Place, message: string) => difference('lost', 'reply', place, message, null, from)
  if (closed?.by === 'client' && closed.how === 'rst')
    return lost('before', `the reply ${quoted(from)} could not be passed on: the client had reset the connection`)
  if (box === 'path') return lost('in', `the reply ${quoted(from)} was lost between the two captures`)
  const half = closed?.by === 'client' ? ', although the client had closed only its sending side' : ''
  return lost('in', `the server replied ${quoted(from)}, but the box did not pass it on${half}`)
}

/** A line that was lost at one position and added at another, with the same text, was reordered. */
function reordered(differences: readonly Difference[], what: 'command' | 'reply'): Difference[] {
  const left = [...differences]
  for (const made of differences.filter(({ kind }) => kind === 'made')) {
    const text = (made.before ?? made.behind)?.text
    const from = left.findIndex(
      ({ kind, place, before, behind }) => kind === 'lost' && place === 'in' && (before ?? behind)?.text === text,
    )
    if (from === -1) continue
    const [lost] = left.splice(from, 1)
    left[left.indexOf(made)] = {
      kind: 'reordered',
      what,
      place: 'in',
      message: `the box passed ${text?.replaceAll('\n', ' / ')} on out of order`,
      before: lost?.before ?? made.before,
      behind: lost?.behind ?? made.behind,
    }
  }
  return left
}

/** Commands sent together on one side and one by one on the other. One difference of each kind, with the number of commands. */
function grouping(before: DialogueLines, behind: DialogueLines, commands: readonly Step[]): Difference[] {
  const pairs = commands.flatMap((step) => {
    const [from, to] = [lineAt(before.sent, step.before), lineAt(behind.sent, step.behind)]
    if (from === null || to === null || step.before === null || step.behind === null) return []
    // Going on without a reply that never came is not pipelining.
    const [front, rear] = [lineAt(before.sent, step.before - 1), lineAt(behind.sent, step.behind - 1)]
    const together = { from: from.blind && front?.answered === true, to: to.blind && rear?.answered === true }
    return front === null || rear === null ? [] : [{ from, to, together, waited: { from: !from.blind, to: !to.blind } }]
  })
  const split = pairs.filter(({ together, waited }) => together.from && waited.to)
  const merged = pairs.filter(({ together, waited }) => waited.from && together.to)
  return [
    ...split.slice(0, 1).map(({ from, to }) => {
      const message = `the client pipelined, but the box waited for replies before ${counted(split.length)}, first ${from.text}`
      return difference('split', 'command', 'in', message, from, to)
    }),
    ...merged.slice(0, 1).map(({ from, to }) => {
      const message = `the client waited for replies, but the box did not before ${counted(merged.length)}, first ${to.text}`
      return difference('merged', 'command', 'in', message, from, to)
    }),
  ]
}

const counted = (n: number) => (n === 1 ? '1 command' : `${n} commands`)

function lineAt<T>(lines: readonly T[], index: number | null): T | null {
  return index === null ? null : (lines[index] ?? null)
}

function quoted({ text }: Said): string {
  return text.replaceAll('\n', ' / ')
}

function difference(
  kind: Difference['kind'],
  what: Difference['what'],
  place: Place,
  message: string,
  before: Sent | Said | null,
  behind: Sent | Said | null,
): Difference {
  const seen = (line: Sent | Said | null) => (line === null ? null : sightingOf(line))
  return { kind, what, place, message, before: seen(before), behind: seen(behind) }
}
