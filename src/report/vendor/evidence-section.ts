// The evidence of a case. For each sample session: its sequence diagram, its dialogue with the fault marked, what was
// expected and what happened, what the server's TCP had acknowledged, and how to find it in the capture.
import type { FindingRecord } from '../../rules/analysis.ts'
import { nameOf } from '../../rules/wording.ts'
import type { Exchange, Group } from '../../smtp/records.ts'
import { commandLines, NOWHERE, replyLines } from '../dialogue.ts'
import { clauseName, counted, decimal, LIMIT_WORDS } from '../format-text.ts'
import { type Case, enumerated, fateOf, faultyRun, isLost, paragraph } from './case.ts'
import type { Block, DialogueLine, Section } from './report-model.ts'
import type { DialogueSample } from './second-pass.ts'
import { sequenceOf } from './sequence-steps.ts'

/** Maximum number of findings listed for one session. */
const TOLD = 8

export function evidence({ plan, samples }: Case): Section {
  const more = plan.affected - samples.length
  return {
    id: 'evidence',
    title: 'Evidence',
    blocks: [
      ...samples.flatMap((sample) => sessionBlocks(sample, plan.party)),
      ...(more > 0
        ? [
            paragraph(
              `${counted(more, 'more session')} with such findings ${more === 1 ? 'is' : 'are'} not shown here.`,
            ),
          ]
        : []),
    ],
  }
}

function sessionBlocks(sample: DialogueSample, party: 'server' | 'client'): Block[] {
  const { id, client, server, startedAt, findings } = sample
  return [
    { kind: 'heading', text: `Session ${id}` },
    { kind: 'ladder', ladder: sequenceOf(sample) },
    { kind: 'dialogue', caption: `From ${client} to ${server}, started at ${startedAt}`, lines: dialogueLines(sample) },
    ...(party === 'server' ? coverage(faultyRun(sample)) : []),
    ...findings.slice(0, TOLD).flatMap(findingBlocks),
    ...(findings[0] === undefined
      ? []
      : [{ kind: 'code', caption: 'Wireshark filter for this session', text: findings[0].displayFilter } as const]),
  ]
}

function findingBlocks(finding: FindingRecord): Block[] {
  const { id, rule, certainty, severity, clauses, message, expected, actual, evidence, frames } = finding
  const grounds = certainty === 'proved' ? 'Proof' : 'Grounds'
  return [
    { kind: 'heading', text: `Finding ${id}: ${rule} (${severity}, ${certainty})` },
    {
      kind: 'terms',
      entries: [
        { term: 'What', words: [message] },
        { term: 'Clause', words: [clauses.map(clauseName).join('; ')] },
        { term: 'Expected', words: [expected] },
        { term: 'Happened', words: [actual] },
        ...(evidence.length === 0 ? [] : [{ term: grounds, words: [evidence.join('; ')] }]),
        { term: 'Frames', words: [enumerated(frames.map(decimal))] },
      ],
    },
  ]
}

/** Which commands of the group the server's TCP had acknowledged: proof that they were not lost on the way. */
function coverage(exchanges: readonly Exchange[]): Block[] {
  const by = new Map<number, string[]>()
  for (const { command } of exchanges)
    if (command.acked !== null) by.set(command.acked, [...(by.get(command.acked) ?? []), nameOf(command)])
  const total = exchanges.length
  const [only] = by
  if (only === undefined) return []
  const [frame, names] = only
  if (names.length === total)
    return [
      paragraph(
        total === 1
          ? `The server's TCP acknowledged ${names[0]} in frame ${decimal(frame)}.`
          : `Frame ${decimal(frame)} of the server acknowledges all ${decimal(total)} commands of the group: its TCP had received them.`,
      ),
    ]
  const parts = [...by].slice(0, TOLD).map(([at, some]) => `${some.slice(0, TOLD).join(', ')} in frame ${decimal(at)}`)
  return [paragraph(`The server's TCP acknowledged ${enumerated(parts)}.`)]
}

/** A session without faults, shown for comparison. */
export function controlBlock(sample: DialogueSample, title: string): Block {
  const { id, client, server, startedAt } = sample
  const caption = `${title}: session ${id}, from ${client} to ${server}, started at ${startedAt}`
  return { kind: 'dialogue', caption, lines: dialogueLines(sample) }
}

function dialogueLines(sample: DialogueSample): DialogueLine[] {
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

/** In capture order; a command precedes a reply of the same frame. */
function spokenIn({ exchanges, replies }: Group, sample: DialogueSample): DialogueLine[] {
  const { startNs } = sample
  const said = [
    ...exchanges.map((exchange) => ({
      frame: exchange.command.at.lastFrame,
      lines: linesOf(exchange, sample),
    })),
    ...replies.map((reply) => ({ frame: reply.at.lastFrame, lines: replyLines(reply, startNs) })),
  ]
  return said.sort((a, b) => a.frame - b.frame).flatMap(({ lines }) => lines)
}

function linesOf(exchange: Exchange, sample: DialogueSample): DialogueLine[] {
  const certainty = fateOf(exchange, sample)
  const lines = commandLines(exchange, isLost(exchange, sample), sample.startNs)
  return certainty === null ? lines : lines.map((line) => ({ ...line, certainty }))
}

function markOf({ rule, certainty, message }: FindingRecord): DialogueLine {
  return { ...NOWHERE, who: 'mark', text: `${rule} (${certainty}): ${message}`, certainty }
}

function leftOut(groups: readonly (Group | null)[], at: number): string {
  const from = groups[at - 1]?.index ?? 0
  const to = groups[at + 1]?.index ?? from + 1
  return `${counted(to - from - 1, 'group')} in between left out`
}

function closeLine({ close, opaque, startNs }: DialogueSample): DialogueLine {
  if (close === null) return note(opaque ? 'the end was not captured' : 'the capture ends here')
  const { by, how, frame, timeNs } = close
  return { ...note(`the ${by} closes the connection (${how.toUpperCase()})`), frame, timeNs: timeNs - startNs }
}

function note(text: string): DialogueLine {
  return { ...NOWHERE, who: 'note', text }
}
