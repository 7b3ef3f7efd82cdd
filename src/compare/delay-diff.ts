// Corresponding commands -> where time was lost. No clock is compared with another: how long the client waited for a
// reply, less how long the box did, is what the box took.
import { DELAY_NS } from '../limits.ts'
import { type Difference, type Place, sightingOf } from './difference.ts'
import type { Traces } from './line-alignment.ts'
import type { DialogueLines, Sent } from './session-view.ts'

interface Wait {
  readonly place: Place
  readonly ns: number
  readonly before: Sent
  readonly behind: Sent
}

/** The longest wait at each place, where it is one. */
export function delays(before: DialogueLines, behind: DialogueLines, { commands }: Traces): Difference[] {
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
