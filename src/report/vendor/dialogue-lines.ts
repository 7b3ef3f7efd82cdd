// A dialogue sample -> its dialogue in the form that mail people write by hand, line by line, with frames, times since
// the connection began, and what the server's TCP acknowledged.
import type { FindingRecord } from '../../rules/analysis.ts'
import type { Exchange, Group, Reply } from '../../smtp/records.ts'
import { LIMIT_WORDS } from '../limit-words.ts'
import { counted } from '../text.ts'
import { unitLines } from '../transcript.ts'
import { type DialogueSample, groupsOf } from './dialogue-sample.ts'
import type { DialogueLine } from './report-model.ts'

const NOWHERE = { timeNs: null, frame: null, acked: null, lost: false } as const

export function dialogueLines(sample: DialogueSample): DialogueLine[] {
  const { greeting, groups, findings, limits, opaque, startNs } = sample
  const ended = findings.filter((finding) => finding.group === null)
  const here = (group: Group) => findings.filter((finding) => finding.group === group.index)
  const shown = new Set(groups.flatMap((group) => group?.index ?? []))
  const elsewhere = findings.filter(({ group }) => group !== null && !shown.has(group))
  return [
    ...(greeting === null ? [] : replyLines(greeting, startNs)),
    ...groups.flatMap((group, i) =>
      group === null ? [note(leftOut(groups, i))] : [...spokenIn(group, sample), ...here(group).map(markOf)],
    ),
    ...(opaque ? [note('encrypted from here on')] : []),
    closeLine(sample),
    ...[...elsewhere, ...ended].map(markOf),
    ...limits.map(({ code, frame, reason }) =>
      note(
        `${LIMIT_WORDS[code]}${reason === undefined ? '' : `: ${reason}`}${frame === null ? '' : ` (frame ${frame})`}`,
      ),
    ),
  ]
}

/** It earned a reply that never came, and a finding is about its group: elsewhere a reply may only be late. */
export function isLost({ command, replies, owed, sure }: Exchange, { findings, groups }: DialogueSample): boolean {
  if (replies.length >= owed || !sure || !command.complete) return false
  return findings.some((finding) =>
    groupsOf(finding, groups).some(({ exchanges }) => exchanges.some((exchange) => exchange.command === command)),
  )
}

/** In the order in which it was captured; a command goes in front of a reply of the same frame. */
function spokenIn({ exchanges, replies }: Group, sample: DialogueSample): DialogueLine[] {
  const { startNs } = sample
  const said = [
    ...exchanges.map((exchange) => ({
      frame: exchange.command.at.lastFrame,
      lines: commandLines(exchange, isLost(exchange, sample), startNs),
    })),
    ...replies.map((reply) => ({ frame: reply.at.lastFrame, lines: replyLines(reply, startNs) })),
  ]
  return said.sort((a, b) => a.frame - b.frame).flatMap(({ lines }) => lines)
}

function commandLines({ command }: Exchange, lost: boolean, startNs: number): DialogueLine[] {
  return unitLines(command).map((text, i) => {
    if (i > 0) return { ...NOWHERE, who: 'client', text, lost }
    const { at, acked } = command
    return { who: 'client', text, timeNs: at.timeNs - startNs, frame: at.firstFrame, acked, lost }
  })
}

function replyLines({ lines, lineCount, at }: Reply, startNs: number): DialogueLine[] {
  const place = { timeNs: at.timeNs - startNs, frame: at.firstFrame, acked: null, lost: false }
  const unkept = lineCount - lines.length
  return [
    ...lines.map((text, i): DialogueLine => ({ who: 'server', text, ...(i === 0 ? place : NOWHERE) })),
    ...(unkept > 0 ? [note(counted(unkept, 'more line'))] : []),
  ]
}

function markOf({ rule, certainty, message }: FindingRecord): DialogueLine {
  return { ...NOWHERE, who: 'mark', text: `${rule} (${certainty}): ${message}` }
}

function leftOut(groups: readonly (Group | null)[], at: number): string {
  const from = groups[at - 1]?.index ?? 0
  const to = groups[at + 1]?.index ?? from + 1
  return `${counted(to - from - 1, 'group')} in between left out`
}

function closeLine({ close, opaque, startNs }: DialogueSample): DialogueLine {
  if (close === null) return note(opaque ? 'how it ends is not seen' : 'the capture ends here')
  const { by, how, frame, timeNs } = close
  return { ...note(`the ${by} closes the connection (${how.toUpperCase()})`), frame, timeNs: timeNs - startNs }
}

function note(text: string): DialogueLine {
  return { ...NOWHERE, who: 'note', text }
}
