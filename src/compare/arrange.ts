// The sessions of a match -> one dialogue for each side, with corresponding transactions in the same order. A box may open a
// session for each message, or forward the mail of several clients in one session; it splits dialogues only between messages.
import type { DialogueLines, Said, Sent, SessionView } from './session-view.ts'

/** The lines of a session from one MAIL to the next, as indices. The first part is everything before the first MAIL. */
interface Part {
  readonly session: number
  readonly sent: readonly Sent[]
  readonly said: readonly Said[]
  /** How many commands of the session come before it. */
  readonly offset: number
}

export interface Arranged {
  readonly before: DialogueLines
  readonly behind: DialogueLines
}

export function arrange(before: readonly SessionView[], behind: readonly SessionView[]): Arranged {
  const [one, other] = [before[0], behind[0]]
  if (one !== undefined && other !== undefined && before.length === 1 && behind.length === 1)
    return { before: one, behind: other }
  const here = before.flatMap(partsOf)
  const there = behind.flatMap(partsOf)
  return { before: joined(before.length === 1 ? here : inOrderOf(here, there)), behind: joined(there) }
}

function partsOf(view: SessionView, session: number): Part[] {
  const starts = [0, ...view.sent.flatMap(({ verb }, i) => (verb === 'MAIL' && i > 0 ? [i] : []))]
  return starts.map((from, i) => {
    const to = starts[i + 1] ?? view.sent.length
    // A reply that answers no command stays with the part of the reply before it.
    let part = 0
    const said = view.said.filter(({ to: at }) => {
      if (at !== null) part = starts.findLastIndex((start) => start <= at)
      return part === i
    })
    // Of several sessions, only the greeting of the first is compared.
    const isNextGreeting = session > 0 && i === 0 && said[0]?.to === null
    return { session, sent: view.sent.slice(from, to), said: isNextGreeting ? said.slice(1) : said, offset: from }
  })
}

/** Parts of one side in the order of the other side; a part that the other lacks stays after its predecessor. */
function inOrderOf(parts: readonly Part[], other: readonly Part[]): Part[] {
  const left = new Set(parts)
  const keys = new Map<string, Part[]>()
  for (const part of parts) {
    const list = keys.get(keyOf(part))
    if (list === undefined) keys.set(keyOf(part), [part])
    else list.push(part)
  }
  const ordered: Part[] = []
  const take = (part: Part) => {
    if (left.delete(part)) ordered.push(part)
  }
  for (const [i, part] of parts.entries()) if (part.offset === 0 && parts[i - 1]?.session !== part.session) take(part)
  for (const part of other) {
    const found = (keys.get(keyOf(part)) ?? []).find((each) => left.has(each))
    if (found === undefined) continue
    for (const each of parts) if (each.session === found.session && each.offset <= found.offset) take(each)
  }
  for (const part of parts) take(part)
  return ordered
}

/** Identifies a transaction: sender and recipients. */
function keyOf({ sent }: Part): string {
  return sent
    .filter(({ verb }) => verb === 'MAIL' || verb === 'RCPT')
    .map(({ text }) => text.toUpperCase())
    .join('\n')
}

/** Concatenates parts; replies keep the commands that they answer. */
function joined(parts: readonly Part[]): DialogueLines {
  const sent: Sent[] = []
  const said: Said[] = []
  for (const part of parts) {
    const shift = sent.length - part.offset
    sent.push(...part.sent)
    said.push(...part.said.map((reply) => ({ ...reply, to: reply.to === null ? null : reply.to + shift })))
  }
  return { sent, said }
}
