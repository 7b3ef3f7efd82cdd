// What differs between the two sides of a match, and where: lines, delays, and how the connections ended. Data that one capture
// may only have missed is no difference; the outcome is then `cannot-tell`. Clocks are not compared: the delay of the box is the
// time that the client waited for a reply minus the time that the box waited for it.

import { DELAY_NS } from '../limits.ts'
import type { Close } from '../smtp/records.ts'
import { type Arranged, arrange } from './arrange.ts'
import { type BoxKind, boxKindOf } from './box-kind.ts'
import { type Difference, type Judgement, type Place, type Reason, sightingOf } from './difference.ts'
import { align, commandCost, ReplyCost, type Step, type Traces } from './line-alignment.ts'
import { commandDifferences, replyDifferences, STARTTLS } from './line-diff.ts'
import type { Match } from './matches.ts'
import {
  type DialogueLines,
  type Encrypted,
  isSameTls,
  type Sent,
  type SessionView,
  sameBytes,
} from './session-view.ts'
import { endsSideBySide, type SideBySide, sideBySide } from './side-by-side.ts'

function closes(before: readonly SessionView[], behind: readonly SessionView[], box: BoxKind): Difference[] {
  const [here, there] = [before[before.length - 1], behind[behind.length - 1]]
  if (here === undefined || there === undefined || here.close === null || there.close === null) return []
  const close = { here: here.close, there: there.close }
  const found = box === 'path' ? onPath(close.here, close.there) : ofBox(before, close.here, close.there)
  if (found === null) return []
  return [
    {
      kind: 'closed',
      what: 'connection',
      place: found.place,
      message: found.message,
      before: { text: close.here.how.toUpperCase(), session: here.session, frames: [close.here.frame] },
      behind: { text: close.there.how.toUpperCase(), session: there.session, frames: [close.there.frame] },
    },
  ]
}

interface Found {
  readonly place: Place
  readonly message: string
}

/** One TCP connection: a FIN or RST that one side received and the other never sent came from the box. */
function onPath(here: Close, there: Close): Found | null {
  if (here.by === there.by && here.how === there.how) return null
  if (here.by === 'server' && here.how === 'rst')
    return { place: 'in', message: 'the client got an RST that the server never sent' }
  if (there.by === 'client' && there.how === 'rst')
    return { place: 'in', message: 'the server got an RST that the client never sent' }
  return null
}

/** Two connections. A client that closes because a reply did not come did not end the session early. */
function ofBox(before: readonly SessionView[], here: Close, there: Close): Found | null {
  const sent = before.flatMap((view) => view.sent)
  if (sent.some(({ verb }) => verb === 'QUIT')) return null
  if (here.by === 'client') {
    const gaveUp = sent.some(({ answered }) => !answered)
    if (there.by === 'server' || gaveUp) return null
    return { place: 'before', message: 'the client closed without QUIT' }
  }
  if (there.by === 'server') return { place: 'behind', message: 'the server closed before QUIT' }
  return {
    place: 'in',
    message: 'the box closed the connection to the client; neither the client nor the server had closed a connection',
  }
}

interface Wait {
  readonly place: Place
  readonly ns: number
  readonly before: Sent
  readonly behind: Sent
}

/** The longest wait at each place, if it is long enough to report. */
function delays(before: DialogueLines, behind: DialogueLines, { commands }: Traces): Difference[] {
  const waits: Wait[] = []
  for (const step of commands) {
    const from = step.before === null ? undefined : before.sent[step.before]
    const to = step.behind === null ? undefined : behind.sent[step.behind]
    if (from === undefined || to === undefined || from.waitedNs === null || to.waitedNs === null) continue
    waits.push({ place: 'in', ns: from.waitedNs - to.waitedNs, before: from, behind: to })
    waits.push({ place: 'behind', ns: to.waitedNs, before: from, behind: to })
  }
  return (['in', 'behind'] as const).flatMap((place) => {
    const long = waits.filter((wait) => wait.place === place && wait.ns >= DELAY_NS)
    const longest = long.reduce<Wait | null>((most, wait) => (most === null || wait.ns > most.ns ? wait : most), null)
    return longest === null ? [] : [delayed(longest, long.length)]
  })
}

function delayed({ place, ns, before, behind }: Wait, number: number): Difference {
  const seconds = (ns / 1e9).toFixed(1)
  const who = place === 'in' ? 'the box held back' : 'the server was slow with'
  const more = number === 1 ? '' : ` (and ${number - 1} more)`
  return {
    kind: 'delayed',
    what: 'reply',
    place,
    message: `${who} the reply to ${behind.text}: ${seconds} s${more}`,
    before: sightingOf(before),
    behind: sightingOf(behind),
  }
}

const SIDES = ['client', 'server'] as const

function diffEncrypted(
  box: BoxKind,
  before: readonly SessionView[],
  behind: readonly SessionView[],
): Pick<Judgement, 'outcome' | 'differences' | 'reasons' | 'notes'> {
  const reasons: Reason[] = [{ side: encryptedSide(before, behind), code: 'encrypted' }]
  const [one, other] = [before[0], behind[0]]
  const isPair = one !== undefined && other !== undefined && before.length === 1 && behind.length === 1
  if (!isPair) return { outcome: 'cannot-tell', differences: [], reasons, notes: [] }
  if (box === 'tls-terminator')
    return { outcome: 'cannot-tell', differences: [], reasons, notes: notesOnTerminator(one, other) }
  // A QUIT may be inside TLS, so a connection that closed without one is no difference, unless TCP itself shows it.
  const isThrough = box === 'path' || isSameTls(one, other)
  const changed = isThrough ? [...encryptedDifferences(one, other)] : []
  const differences = [...changed, ...(box === 'path' ? closes(before, behind, box) : [])]
  const isSame = isThrough && differences.length === 0 && one.whole && other.whole && sameBytes(one, other)
  if (isSame && one.encrypted !== null) {
    const notes = [`the box passed on every TLS record: ${amountsOf(one.encrypted)}`]
    return { outcome: 'same', differences, reasons: [], notes }
  }
  return { outcome: differences.length > 0 ? 'different' : 'cannot-tell', differences, reasons, notes: [] }
}

function encryptedSide(before: readonly SessionView[], behind: readonly SessionView[]): Reason['side'] {
  if (!before.some(({ opaque }) => opaque)) return 'behind'
  return behind.some(({ opaque }) => opaque) ? 'both' : 'before'
}

function* encryptedDifferences(one: SessionView, other: SessionView): Iterable<Difference> {
  if (one.encrypted === null || other.encrypted === null || !one.whole || !other.whole) return
  for (const by of SIDES) {
    const [from, to] = by === 'client' ? [one.encrypted, other.encrypted] : [other.encrypted, one.encrypted]
    const [sent, arrived] = [from[by], to[by]]
    if (sent.records === arrived.records && sent.octets === arrived.octets) continue
    yield {
      kind: 'changed',
      what: 'connection',
      place: 'in',
      message: `the ${by} sent ${amountOf(sent)}, but ${amountOf(arrived)} left the box`,
      before: null,
      behind: null,
    }
  }
}

/** Which side is encrypted, whether the box hides STARTTLS from the client, and how many bytes each side sent. */
function notesOnTerminator(one: SessionView, other: SessionView): string[] {
  const onOne = one.opaque ? 'between the client and the box only' : 'between the box and the server only'
  const where = one.opaque && other.opaque ? 'on both sides of it, with different keys' : onOne
  const isHidden = offersTls(other) && one.said.length > 1 && !offersTls(one)
  return [
    `TLS ends in the box: the session is encrypted ${where}`,
    ...(isHidden ? ['the server offers STARTTLS, but the box does not offer it to the client'] : []),
    ...amountsSeen('before the box', one),
    ...amountsSeen('behind the box', other),
  ]
}

function amountsSeen(where: string, { opaque, encrypted, streams, whole }: SessionView): string[] {
  if (opaque) return encrypted === null ? [] : [`${where}: ${amountsOf(encrypted)}`]
  if (streams === null || !whole) return []
  return [
    `${where}: ${streams.client.octets} bytes from the client and ${streams.server.octets} bytes from the server, not encrypted`,
  ]
}

function amountsOf({ client, server, frames }: Encrypted): string {
  return `${amountOf(client)} from the client and ${amountOf(server)} from the server, frames ${frames.join('-')}`
}

function amountOf({ records, octets }: Encrypted['client']): string {
  return `${records === 1 ? '1 TLS record' : `${records} TLS records`} (${octets} bytes)`
}

function offersTls({ said }: SessionView): boolean {
  return said.some(({ text }) => text.split('\n').some((line) => STARTTLS.test(line)))
}

/** `explain`: adds both dialogues line by line. */
export function diffSessions(
  match: Pick<Match, 'by' | 'forwarded'>,
  before: readonly SessionView[],
  behind: readonly SessionView[],
  explain: boolean,
): Judgement {
  const box = boxKindOf(match, before, behind)
  const blind = [...blindSpots('before', before, box), ...blindSpots('behind', behind, box)]
  const encrypted = [...before, ...behind].some(({ opaque }) => opaque)
  const lines = arrange(before, behind)
  const shown = (traces?: Traces) => (explain ? bothDialogues(before, behind, lines, traces) : [])
  if (blind.length > 0) return { ...cannotTell(box, blind), rows: shown() }
  if (encrypted) return { box, omitted: 0, ...diffEncrypted(box, before, behind), rows: shown() }
  const commands = alignCommands(lines)
  if (commands === null) return cannotTell(box, [{ side: 'both', code: 'too-different' }])
  const replies = alignReplies(lines.before, lines.behind, commands)
  if (replies === null || !haveMuchInCommon(lines.before, lines.behind, { commands, replies })) {
    const code = match.by === 'time' ? 'by-time-alone' : 'too-different'
    return { ...cannotTell(box, [{ side: 'both', code }]), rows: shown() }
  }
  const open = [...before, ...behind].some(({ openEnd }) => openEnd)
  const traces = {
    commands: seen(commands, lines.before.sent, lines.behind.sent, open),
    replies: seen(replies, lines.before.said, lines.behind.said, open),
  }
  const closedBefore = before[before.length - 1]?.close ?? null
  const differences: Difference[] = [
    ...numbers(before, behind),
    ...commandDifferences({ ...lines, box, closedBefore, closedBehind: closedBy(behind), traces }),
    ...replyDifferences({ ...lines, box, closedBefore, traces }),
    ...delays(lines.before, lines.behind, traces),
    ...closes(before, behind, box),
  ]
  const cut = commands.length - traces.commands.length + replies.length - traces.replies.length
  const reasons = cut === 0 ? [] : openEnds(before, behind)
  const outcome = reasons.length > 0 ? 'cannot-tell' : differences.length > 0 ? 'different' : 'same'
  return {
    box,
    outcome,
    differences,
    omitted: 0,
    reasons,
    notes: [],
    rows: outcome === 'same' ? [] : shown({ commands, replies }),
  }
}

/** Both dialogues line by line, as far as they can be read; empty if they cannot be aligned. */
function bothDialogues(
  before: readonly SessionView[],
  behind: readonly SessionView[],
  lines: Arranged,
  known: Traces | undefined,
): SideBySide[] {
  const traces = known ?? tracesOf(lines)
  if (traces === null) return []
  return [...sideBySide(lines.before, lines.behind, traces), ...endsSideBySide(before, behind)]
}

function tracesOf({ before, behind }: Arranged): Traces | null {
  const commands = alignCommands({ before, behind })
  const replies = commands === null ? null : alignReplies(before, behind, commands)
  return commands === null || replies === null ? null : { commands, replies }
}

/** On one TCP connection, unacknowledged bytes are the loss that is looked for, not a gap of the capture. */
function blindSpots(side: 'before' | 'behind', views: readonly SessionView[], box: BoxKind): Reason[] {
  const codes = views.flatMap((view) => view.blindSpots)
  return codes.filter((code) => box !== 'path' || code !== 'unacknowledged').map((code) => ({ side, code }))
}

function cannotTell(box: BoxKind, reasons: readonly Reason[]): Judgement {
  return { box, outcome: 'cannot-tell', differences: [], omitted: 0, reasons, notes: [], rows: [] }
}

function closedBy(views: readonly SessionView[]): 'client' | 'server' | null {
  return views[views.length - 1]?.close?.by ?? null
}

/** A box that opens more or fewer sessions than it accepts. */
function* numbers(before: readonly SessionView[], behind: readonly SessionView[]): Iterable<Difference> {
  if (before.length === 1 && behind.length === 1) return
  const sessions = (n: number) => (n === 1 ? '1 session' : `${n} sessions`)
  yield {
    kind: 'sessions',
    what: 'connection',
    place: 'in',
    message: `the box turned ${sessions(before.length)} before it into ${sessions(behind.length)} behind it`,
    before: null,
    behind: null,
  }
}

/**
 * Where one side has the same command more often in a row than the other (a box that repeats it after a temporary failure),
 * the commands with the same reply correspond.
 */
function alignCommands({ before, behind }: Arranged): readonly Step[] | null {
  const found = align(before.sent, behind.sent, commandCost)
  if (found === null || found.every((step) => step.before !== null && step.behind !== null)) return found
  const [here, there] = [answersOf(before), answersOf(behind)]
  const textOf = ({ before: i, behind: j }: Step) => (i === null ? behind.sent[j ?? 0] : before.sent[i])?.text
  const isOne = ({ before: i, behind: j }: Step) =>
    i === null || j === null || before.sent[i]?.text === behind.sent[j]?.text
  const steps: Step[] = []
  for (let from = 0; from < found.length; ) {
    let to = from + 1
    const text = textOf(found[from] as Step)
    while (to < found.length && textOf(found[to] as Step) === text && isOne(found[to] as Step)) to++
    const run = found.slice(from, isOne(found[from] as Step) ? to : from + 1)
    const rows = (side: 'before' | 'behind') => run.flatMap((step) => step[side] ?? [])
    const [few, many] = [rows('before'), rows('behind')]
    if (few.length === 0 || many.length === 0 || few.length === many.length) steps.push(...run)
    else if (few.length < many.length)
      for (const [i, j] of byAnswer(few, many, here, there)) steps.push({ before: i, behind: j })
    else for (const [j, i] of byAnswer(many, few, there, here)) steps.push({ before: i, behind: j })
    from += run.length
  }
  return steps
}

type Answers = ReadonlyMap<number, string>

/** Pairs each of `few` with the first of `many` that has the same reply, as far as their order allows it. */
function byAnswer(few: readonly number[], many: readonly number[], own: Answers, other: Answers) {
  const pairs: (readonly [few: number | null, many: number])[] = []
  let at = 0
  for (const [n, one] of few.entries()) {
    const last = many.length - few.length + n
    const same = many.findIndex((each, i) => i >= at && i <= last && other.get(each) === own.get(one))
    const chosen = same === -1 ? at : same
    while (at < chosen) pairs.push([null, many[at++] as number])
    pairs.push([one, many[at++] as number])
  }
  while (at < many.length) pairs.push([null, many[at++] as number])
  return pairs
}

/** The first reply to each command, by the index of the command. */
function answersOf({ said }: DialogueLines): Answers {
  const answers = new Map<number, string>()
  for (const { to, text } of said) if (to !== null && !answers.has(to)) answers.set(to, text)
  return answers
}

/**
 * Replies correspond if their commands do. A reply to a command that only one side has is not compared: it is reported with
 * the command. Where it is not certain which command a reply answers, only its text counts.
 */
function alignReplies(before: DialogueLines, behind: DialogueLines, commands: readonly Step[]): readonly Step[] | null {
  const cost = new ReplyCost(commands)
  return align(before.said, behind.said, (a, b) => cost.of(a, b))
}

/** If an end was not captured, lines after the last equal one may only be missing from the capture: they are cut off. */
function seen<T extends { readonly text: string }>(
  steps: readonly Step[],
  before: readonly T[],
  behind: readonly T[],
  open: boolean,
): readonly Step[] {
  let end = steps.length
  while (open && end > 0 && !isSame(steps[end - 1] as Step, before, behind)) end--
  return steps.slice(0, end)
}

function isSame<T extends { readonly text: string }>(step: Step, before: readonly T[], behind: readonly T[]): boolean {
  if (step.before === null || step.behind === null) return false
  return before[step.before]?.text.toUpperCase() === behind[step.behind]?.text.toUpperCase()
}

function openEnds(before: readonly SessionView[], behind: readonly SessionView[]): Reason[] {
  return [
    ...(before.some(({ openEnd }) => openEnd) ? [{ side: 'before', code: 'capture-end' } as const] : []),
    ...(behind.some(({ openEnd }) => openEnd) ? [{ side: 'behind', code: 'capture-end' } as const] : []),
  ]
}

/** At least half of the lines of the shorter side are on the other: else they are no pair, or the box is itself a server. */
function haveMuchInCommon(before: DialogueLines, behind: DialogueLines, { commands, replies }: Traces): boolean {
  const count = ({ sent, said }: DialogueLines) => sent.length + said.length
  const shared =
    commands.filter((step) => isSame(step, before.sent, behind.sent)).length +
    replies.filter((step) => isSame(step, before.said, behind.said)).length
  return 2 * shared >= Math.min(count(before), count(behind))
}
