// Corresponding lines -> what was lost, made up, changed, moved, split or merged on the way, and where.
import type { Step } from './align.ts'
import type { Course, Said, Sent } from './course.ts'
import { type Difference, type Place, sightingOf } from './difference.ts'
import { changeOf } from './lines.ts'

/** Lines that correspond, of both kinds. */
export interface Traces {
  readonly commands: readonly Step[]
  readonly replies: readonly Step[]
}

export function commandDifferences(before: Course, behind: Course, { commands, replies }: Traces): Difference[] {
  const differences: Difference[] = []
  const serverClosed = behind.close?.by === 'server'
  const answered = new Set(replies.map((step) => (step.behind === null ? at(before.said, step.before)?.to : null)))
  for (const [i, step] of commands.entries()) {
    const from = at(before.sent, step.before)
    const to = at(behind.sent, step.behind)
    if (from !== null && to !== null) differences.push(...changed(from, to))
    else if (from !== null) {
      const last = commands.slice(i).every((later) => later.behind === null)
      differences.push(lostCommand(from, last && serverClosed, answered.has(step.before)))
    } else if (to !== null) {
      differences.push(difference('made', 'command', 'in', `the box sent ${to.text} of its own accord`, null, to))
    }
  }
  return [...reordered(differences, 'command'), ...grouping(before, behind, commands)]
}

function changed(from: Sent, to: Sent): Difference[] {
  const differences: Difference[] = []
  if (from.text !== to.text) {
    const message = `${from.text} was ${changeOf(from.text, to.text)} to ${to.text}`
    differences.push(difference('changed', 'command', 'in', message, from, to))
  } else if (from.kind === 'content' && from.octets !== to.octets) {
    const message = `message content had ${from.octets} octets before the box and ${to.octets} behind it`
    differences.push(difference('changed', 'command', 'in', message, from, to))
  }
  if (!to.unanswered || !from.unanswered) return differences
  const message = to.acked
    ? `${to.text} reached the server, and no reply came`
    : `${to.text} left the box, and the server never acknowledged it`
  return [...differences, difference('unanswered', 'command', 'behind', message, from, to)]
}

function lostCommand(from: Sent, serverHadClosed: boolean, answered: boolean): Difference {
  if (!from.acked) {
    return difference('lost', 'command', 'before', `${from.text} was never acknowledged before the box`, from, null)
  }
  if (serverHadClosed && !answered) {
    const message = `${from.text} could not be handed on: the server had closed the connection`
    return difference('lost', 'command', 'behind', message, from, null)
  }
  const reply = answered ? ', and the client was answered' : ''
  return difference(
    'lost',
    'command',
    'in',
    `the box acknowledged ${from.text} and did not hand it on${reply}`,
    from,
    null,
  )
}

/** Of replies, only those to what both sides have: a command that the box kept or made is told with its reply. */
export function replyDifferences(before: Course, behind: Course, { commands, replies }: Traces): Difference[] {
  const differences: Difference[] = []
  const kept = new Set(commands.map((step) => (step.behind === null ? step.before : null)))
  const made = new Set(commands.map((step) => (step.before === null ? step.behind : null)))
  kept.delete(null)
  made.delete(null)
  const clientClosed = before.close?.by === 'client'
  for (const [i, step] of replies.entries()) {
    const from = at(behind.said, step.behind)
    const to = at(before.said, step.before)
    if (from !== null && to !== null) {
      if (from.text === to.text) continue
      const message = `${oneLine(from)} was ${changeOf(from.text, to.text)} to ${oneLine(to)}`
      differences.push(difference('changed', 'reply', 'in', message, to, from))
    } else if (from !== null && !made.has(from.to)) {
      const last = replies.slice(i).every((later) => later.before === null)
      const gone = last && clientClosed
      const message = gone
        ? `${oneLine(from)} could not be handed on: the client had closed the connection`
        : `the server said ${oneLine(from)}, and the box did not hand it on`
      differences.push(difference('lost', 'reply', gone ? 'before' : 'in', message, null, from))
    } else if (to !== null && !kept.has(to.to)) {
      const message = `the box said ${oneLine(to)} of its own accord`
      differences.push(difference('made', 'reply', 'in', message, to, null))
    }
  }
  return reordered(differences, 'reply')
}

/** What was lost in one place and made up in another, word for word, was moved. */
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
      message: `the box handed ${text?.replaceAll('\n', ' / ')} on in another order`,
      before: lost?.before ?? made.before,
      behind: lost?.behind ?? made.behind,
    }
  }
  return left
}

/** Commands sent in one breath on one side and one by one on the other. Told once each, with how many. */
function grouping(before: Course, behind: Course, commands: readonly Step[]): Difference[] {
  const pairs = commands.flatMap((step) => {
    const [from, to] = [at(before.sent, step.before), at(behind.sent, step.behind)]
    if (from === null || to === null || step.before === null || step.behind === null) return []
    // Who goes on without a reply that never came has not pipelined.
    const [front, rear] = [at(before.sent, step.before - 1), at(behind.sent, step.behind - 1)]
    const breath = { from: from.blind && front?.answered === true, to: to.blind && rear?.answered === true }
    return front === null || rear === null ? [] : [{ from, to, breath, waited: { from: !from.blind, to: !to.blind } }]
  })
  const split = pairs.filter(({ breath, waited }) => breath.from && waited.to)
  const merged = pairs.filter(({ breath, waited }) => waited.from && breath.to)
  return [
    ...split.slice(0, 1).map(({ from, to }) => {
      const message = `the client pipelined, and the box waited before ${counted(split.length)}, first ${from.text}`
      return difference('split', 'command', 'in', message, from, to)
    }),
    ...merged.slice(0, 1).map(({ from, to }) => {
      const message = `the client waited, and the box did not before ${counted(merged.length)}, first ${to.text}`
      return difference('merged', 'command', 'in', message, from, to)
    }),
  ]
}

const counted = (n: number) => (n === 1 ? '1 command' : `${n} commands`)

function at<T>(lines: readonly T[], index: number | null): T | null {
  return index === null ? null : (lines[index] ?? null)
}

function oneLine({ text }: Said): string {
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
