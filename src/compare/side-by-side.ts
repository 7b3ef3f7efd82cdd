// Two dialogues and their corresponding lines -> one list of rows, each side in its own order.
import type { Close } from '../smtp/records.ts'
import type { Step, Traces } from './line-alignment.ts'
import type { DialogueLines, Said, Sent } from './session-view.ts'

/** A line on both sides; null on a side that lacks it. */
export interface SideBySide {
  readonly by: 'client' | 'server'
  readonly before: Line | null
  readonly behind: Line | null
}

export interface Line {
  /** A command or reply, or the close of a connection. */
  readonly kind: 'said' | 'close'
  readonly text: string
  readonly session: string
  readonly frame: number
  /** Nanoseconds since the first packet of its captures. */
  readonly timeNs: number
  /** The frame that acknowledged it; null for replies, and if it was never acknowledged. */
  readonly acked: number | null
  /** Its index among all lines of its side. */
  readonly place: number
}

/** How the sessions of one side ended. */
export type Ends = readonly { readonly session: string; readonly close: Close | null }[]

interface Entry {
  readonly by: SideBySide['by']
  readonly line: Line
  readonly partner: number | null
}

export function sideBySide(before: DialogueLines, behind: DialogueLines, traces: Traces): SideBySide[] {
  const here = timeline(before, partners(traces.commands, 'before'), partners(traces.replies, 'before'))
  const there = timeline(behind, partners(traces.commands, 'behind'), partners(traces.replies, 'behind'))
  const placeOf = new Map(there.map((entry, i) => [entry, i]))
  const partnerOf = new Map<Entry, Entry>()
  for (const by of ['client', 'server'] as const) {
    const of = (entries: readonly Entry[]) => entries.filter((entry) => entry.by === by)
    // Entries of one direction are in the order of their lines.
    const others = of(there)
    for (const entry of of(here)) {
      const other = entry.partner === null ? undefined : others[entry.partner]
      if (other !== undefined) partnerOf.set(entry, other)
    }
  }
  const rows: SideBySide[] = []
  const taken = new Set<Entry>()
  let next = 0
  for (const entry of here) {
    const partner = partnerOf.get(entry)
    // Lines that only the other side has come before its later lines.
    for (; partner !== undefined && next < (placeOf.get(partner) ?? 0); next++) alone(there[next] as Entry)
    if (partner !== undefined) taken.add(partner)
    rows.push({ by: entry.by, before: entry.line, behind: partner?.line ?? null })
  }
  for (; next < there.length; next++) alone(there[next] as Entry)
  return rows

  function alone(entry: Entry): void {
    if (taken.has(entry) || entry.partner !== null) return
    rows.push({ by: entry.by, before: null, behind: entry.line })
  }
}

/** From the index of a line on one side to the index of its partner on the other. */
function partners(steps: readonly Step[], side: 'before' | 'behind'): ReadonlyMap<number, number> {
  const found = new Map<number, number>()
  for (const { before, behind } of steps) {
    if (before === null || behind === null) continue
    if (side === 'before') found.set(before, behind)
    else found.set(behind, before)
  }
  return found
}

/** Lines of both directions in capture order; commands before replies of the same frame. */
function timeline(
  { sent, said }: DialogueLines,
  commands: ReadonlyMap<number, number>,
  replies: ReadonlyMap<number, number>,
): Entry[] {
  const merged: Entry[] = []
  const entry = (by: SideBySide['by'], line: Sent | Said, partner: number | undefined): Entry => {
    const { text, session, firstFrame: frame, timeNs } = line
    const acked = 'acked' in line ? line.acked : null
    const place = merged.length
    return { by, line: { kind: 'said', text, session, frame, timeNs, acked, place }, partner: partner ?? null }
  }
  let next = 0
  for (const [i, reply] of said.entries()) {
    for (; next < sent.length && (sent[next] as Sent).firstFrame <= reply.firstFrame; next++)
      merged.push(entry('client', sent[next] as Sent, commands.get(next)))
    merged.push(entry('server', reply, replies.get(i)))
  }
  for (; next < sent.length; next++) merged.push(entry('client', sent[next] as Sent, commands.get(next)))
  return merged
}

/** The ends of the connections, after all lines. If each side has one, and by the same party, they share a row. */
export function endsSideBySide(before: Ends, behind: Ends): SideBySide[] {
  const [here, there] = [before.flatMap(endOf), behind.flatMap(endOf)]
  const [one, other] = [here[0], there[0]]
  if (here.length === 1 && there.length === 1 && one?.by === other?.by && one !== undefined && other !== undefined)
    return [{ by: one.by, before: one.line, behind: other.line }]
  return [
    ...here.map(({ by, line }) => ({ by, before: line, behind: null })),
    ...there.map(({ by, line }) => ({ by, before: null, behind: line })),
  ]
}

function endOf({ session, close }: Ends[number]): { readonly by: SideBySide['by']; readonly line: Line }[] {
  if (close === null) return []
  const { by, how, frame, timeNs } = close
  const place = Number.MAX_SAFE_INTEGER
  return [{ by, line: { kind: 'close', text: how.toUpperCase(), session, frame, timeNs, acked: null, place } }]
}
