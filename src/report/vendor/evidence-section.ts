// The evidence of a case. For each sample session: its sequence diagram, its dialogue with the fault marked, what was
// expected and what happened, what the server's TCP had acknowledged, and how to find it in the capture.
import type { FindingRecord } from '../../rules/analysis.ts'
import { nameOf } from '../../rules/wording.ts'
import type { Exchange, Group, Reply } from '../../smtp/records.ts'
import { commandLines, inOrderSeen, NOWHERE, placeOf, replyLines } from '../dialogue.ts'
import { filterLines, frameLists, limitPlace } from '../file-frames.ts'
import { clauseName, counted, decimal, LIMIT_WORDS } from '../format-text.ts'
import { inSeconds } from '../local-time.ts'
import { quoteTitle } from '../log-quotes.ts'
import { type Case, enumerated, fateOf, faultyRun, isLost, paragraph } from './case.ts'
import { frameNames } from './frame-names.ts'
import type { Block, DialogueLine, Section } from './report-model.ts'
import type { DialogueSample } from './second-pass.ts'
import { sequenceOf } from './sequence-steps.ts'

/** Maximum number of findings listed for one session. */
const TOLD = 8

/** Ids of the sessions whose dialogues are in the report already: each is shown in full once. */
export type Shown = Set<string>

export function evidence({ plan, samples }: Case, shown: Shown): Section {
  const more = plan.affected - samples.length
  return {
    id: 'evidence',
    title: 'Evidence',
    blocks: [
      ...samples.flatMap((sample, i) => sampleBlocks(sample, plan.party, i === 0, shown)),
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

/** The first session is shown openly, others are folded. The dialogue of one that is in the report already is left out. */
function sampleBlocks(sample: DialogueSample, party: 'server' | 'client', isFirst: boolean, shown: Shown): Block[] {
  const { id, findings } = sample
  const isShown = shown.has(id)
  shown.add(id)
  const text = `Session ${id}${isShown ? ', whose dialogue is shown above' : ''}: ${verdictsOf(findings)}`
  const blocks = [
    ...(isShown ? [] : [...dialogueBlocks(sample), ...logBlocks(sample)]),
    ...findingsBlocks(sample, party),
  ]
  return isFirst ? [{ kind: 'heading', text }, ...blocks] : [{ kind: 'folded', title: text, blocks, repeats: false }]
}

/** `input-lost, premature-close (proved); replies-withheld (suspected)` */
function verdictsOf(findings: readonly FindingRecord[]): string {
  return (['proved', 'suspected'] as const)
    .flatMap((certainty) => {
      const rules = [...new Set(findings.flatMap((one) => (one.certainty === certainty ? [one.rule] : [])))]
      return rules.length === 0 ? [] : [`${rules.join(', ')} (${certainty})`]
    })
    .join('; ')
}

/** The drawing, and the lines as they were sent, which are folded beside the drawing. */
function dialogueBlocks(sample: DialogueSample): Block[] {
  const { client, server, startedAt } = sample
  const { lines, file } = dialogueLines(sample)
  return [
    { kind: 'ladder', ladder: sequenceOf(sample) },
    {
      ...{ kind: 'folded', title: `The dialogue line by line: ${counted(lines.length, 'line')}`, repeats: true },
      blocks: [
        {
          kind: 'dialogue',
          caption: `From ${client} to ${server}, started at ${inSeconds(startedAt)}${ofFile(file)}`,
          lines,
        },
      ],
    },
  ]
}

/** The lines that brought the operator here. */
function logBlocks({ log }: DialogueSample): Block[] {
  if (log.length === 0) return []
  return [
    paragraph('Lines of the mail log about this session. The proof does not rest on them:'),
    ...log.map((quote) => ({ kind: 'code', caption: quoteTitle(quote), text: quote.text }) as const),
  ]
}

function findingsBlocks(sample: DialogueSample, party: 'server' | 'client'): Block[] {
  const { findings } = sample
  return [
    ...(party === 'server' ? coverage(faultyRun(sample), sample) : []),
    ...findings.slice(0, TOLD).flatMap(findingBlocks),
    ...(findings[0] === undefined
      ? []
      : [
          {
            kind: 'code',
            caption: 'Wireshark filter for this session',
            text: filterLines(findings[0]).join('\n'),
          } as const,
        ]),
  ]
}

/** What is suspected is never announced as a finding alone. */
function findingTitle({ id, rule, certainty, severity }: FindingRecord): string {
  return certainty === 'proved'
    ? `Finding ${id}: ${rule} (${severity}, proved)`
    : `Suspected, not proved: ${rule} (finding ${id}, ${severity})`
}

function findingBlocks(finding: FindingRecord): Block[] {
  const { certainty, clauses, message, expected, actual, evidence } = finding
  const grounds = certainty === 'proved' ? 'Proof' : 'Grounds'
  return [
    { kind: 'heading', text: findingTitle(finding) },
    {
      kind: 'terms',
      entries: [
        { term: certainty === 'proved' ? 'What' : 'Suspected', words: [message] },
        { term: 'Clause', words: [clauses.map(clauseName).join('; ')] },
        { term: 'Expected', words: [expected] },
        { term: 'Happened', words: [actual] },
        ...(evidence.length === 0 ? [] : [{ term: grounds, words: [evidence.join('; ')] }]),
        { term: 'Frames', words: [frameLists(finding).join('; ')] },
      ],
    },
  ]
}

/** Which commands of the group the server's TCP had acknowledged: proof that they were not lost on the way. */
function coverage(exchanges: readonly Exchange[], { files }: DialogueSample): Block[] {
  const name = (frame: number) => files?.sentence(frame) ?? `frame ${decimal(frame)}`
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
          ? `The server's TCP acknowledged ${names[0]} in ${name(frame)}.`
          : `The server acknowledged ${total === 2 ? 'both' : `all ${decimal(total)}`} commands of the group in ${name(frame)}: its TCP had received them.`,
      ),
    ]
  const parts = [...by].slice(0, TOLD).map(([at, some]) => `${some.slice(0, TOLD).join(', ')} in ${name(at)}`)
  return [paragraph(`The server's TCP acknowledged ${enumerated(parts)}.`)]
}

/** A session without faults, for comparison; one that is in the report already is only named. */
export function controlBlock(sample: DialogueSample, title: string, shown: Shown): Block {
  const { id, client, server, startedAt } = sample
  const text = `${title}: session ${id} at ${inSeconds(startedAt)}, from ${client} to ${server}`
  if (shown.has(id)) return paragraph(`${text}; its dialogue is shown above.`)
  shown.add(id)
  const { lines, file } = dialogueLines(sample)
  const dialogue = { kind: 'dialogue', caption: `Session ${id}${ofFile(file)}`, lines } as const
  return { kind: 'folded', title: text, blocks: [dialogue], repeats: false }
}

/** The lines, and the file of their frames if it is one of several captures. */
export function dialogueLines(sample: DialogueSample): {
  readonly lines: DialogueLine[]
  readonly file: string | null
} {
  const bare = bareLines(sample)
  const names = frameNames(
    sample.files,
    bare.flatMap(({ frame, acked }) => [frame, acked].filter((one) => one !== null)),
  )
  const lines = bare.map((line) => {
    const { frame, acked } = line
    const place = frame === null ? undefined : names.place(frame)
    const ackedPlace = acked === null ? undefined : names.place(acked)
    return {
      ...line,
      frame: frame === null ? null : names.number(frame),
      acked: acked === null ? null : names.number(acked),
      ...(place !== undefined && { place }),
      ...(ackedPlace !== undefined && { ackedPlace }),
    }
  })
  return { lines, file: names.file }
}

const ofFile = (file: string | null) => (file === null ? '' : `; frames of ${file}`)

/** Each finding stands behind the last of its frames; behind the close, if its group is not shown. */
function bareLines(sample: DialogueSample): DialogueLine[] {
  const { greeting, groups, findings, limits, opaque, close } = sample
  const entries = [
    ...runsOf(groups).flatMap((run, i, runs) =>
      i === 0
        ? spokenIn(run, greeting, sample)
        : [leftOut(runs[i - 1]?.at(-1), run[0]), ...spokenIn(run, null, sample)],
    ),
    {
      frame: close?.frame ?? Number.POSITIVE_INFINITY,
      lines: [...(opaque ? [note('encrypted from here on')] : []), closeLine(sample)],
    },
  ]
  const shown = new Set(groups.flatMap((group) => group?.index ?? []))
  const marks = entries.map((): DialogueLine[] => [])
  for (const finding of findings) {
    const isElsewhere = finding.group !== null && !shown.has(finding.group)
    marks[isElsewhere ? marks.length - 1 : placeOf(finding, entries)]?.push(markOf(finding))
  }
  return [
    ...entries.flatMap(({ lines }, i) => [...lines, ...(marks[i] ?? [])]),
    ...limits.map((limit) => {
      const [place, { code, reason }] = [limitPlace(limit), limit]
      return note(
        `${LIMIT_WORDS[code]}${reason === undefined ? '' : `: ${reason}`}${place === null ? '' : ` (${place})`}`,
      )
    }),
  ]
}

interface Entry {
  readonly frame: number
  readonly lines: readonly DialogueLine[]
}

/** Groups that follow each other, parted where some are left out. */
function runsOf(groups: readonly (Group | null)[]): Group[][] {
  const runs: Group[][] = [[]]
  for (const group of groups) {
    if (group === null) runs.push([])
    else runs.at(-1)?.push(group)
  }
  return runs
}

function spokenIn(groups: readonly Group[], greeting: Reply | null, sample: DialogueSample): Entry[] {
  const replies = groups.flatMap((group) => group.replies)
  const ordered = inOrderSeen(
    groups.flatMap(({ exchanges }) => exchanges),
    greeting === null ? replies : [greeting, ...replies],
  )
  return ordered.map((said) =>
    'command' in said
      ? { frame: said.command.at.firstFrame, lines: linesOf(said, sample) }
      : { frame: said.at.firstFrame, lines: replyLines(said, sample.startNs) },
  )
}

function linesOf(exchange: Exchange, sample: DialogueSample): DialogueLine[] {
  const certainty = fateOf(exchange, sample)
  const lines = commandLines(exchange, isLost(exchange, sample), sample.startNs)
  return certainty === null ? lines : lines.map((line) => ({ ...line, certainty }))
}

/** What is no error says so, and looks different. */
function markOf({ rule, severity, certainty, message }: FindingRecord): DialogueLine {
  if (severity === 'error') return { ...NOWHERE, who: 'mark', text: `${rule} (${certainty}): ${message}`, certainty }
  return { ...NOWHERE, who: 'mark', text: `${rule} (${severity}, ${certainty}): ${message}`, certainty, severity }
}

function leftOut(before: Group | undefined, behind: Group | undefined): Entry {
  const from = before?.index ?? 0
  const to = behind?.index ?? from + 1
  const [first] = behind?.exchanges ?? []
  return {
    frame: first?.command.at.firstFrame ?? 0,
    lines: [note(`${counted(to - from - 1, 'group')} in between left out`)],
  }
}

function closeLine({ close, opaque, startNs }: DialogueSample): DialogueLine {
  if (close === null) return note(opaque ? 'the end was not captured' : 'the capture ends here')
  const { by, how, frame, timeNs, foreign } = close
  const text = foreign
    ? `an RST from the address of the ${by} ends the connection`
    : `the ${by} closes the connection (${how.toUpperCase()})`
  return { ...note(text), frame, timeNs: timeNs - startNs }
}

function note(text: string): DialogueLine {
  return { ...NOWHERE, who: 'note', text }
}
