// The closing sections: what the report rests on, from the captures and from what could not be seen.
import { describeCaptureProblem } from '../../errors.ts'
import { REPORT_ROWS_MAX } from '../../limits.ts'
import type { Analysis, CaptureRecord, ServerRecord } from '../../rules/analysis.ts'
import { unansweredAmong } from '../../rules/command-sequences.ts'
import type { LimitCode } from '../../smtp/records.ts'
import { counted, decimal, LIMIT_WORDS } from '../format-text.ts'
import { notAnsweredInWords } from '../not-happened.ts'
import { accusedName } from '../verdict-line.ts'
import { paragraph } from './case.ts'
import type { Block, Inline, Section, Words } from './report-model.ts'
import type { DialogueSample } from './second-pass.ts'

export interface Provenance {
  readonly version: string
  readonly redacted: boolean
  readonly checksums: boolean
  readonly keys: boolean
  /** The evidence that was written together with the report; null when there is none. */
  readonly evidence: EvidenceFile | null
}

/** `sessions` with findings, `controls` without. */
export interface EvidenceFile {
  readonly name: string
  readonly sha256: string
  readonly packets: number
  readonly sessions: number
  readonly controls: number
  readonly findings: number
  /** Sessions with findings that are not in it. */
  readonly leftOut: number
}

export function unseen({ summary }: Analysis): Section {
  const limits = Object.entries(summary.limits)
  const { inconclusive, opaque, sessions } = summary
  const items: Words[] = limits.map(([code, n]) => [
    { code },
    `: ${LIMIT_WORDS[code as LimitCode]} (${counted(n, 'session')}).`,
  ])
  const intro =
    sessions === 0
      ? 'The captures contain no SMTP session.'
      : items.length === 0
        ? 'Every rule could be evaluated.'
        : `${inconclusive === 0 ? 'No session is' : `${decimal(inconclusive)} of ${counted(sessions, 'session')} ${inconclusive === 1 ? 'is' : 'are'}`} inconclusive. Reasons why some rules could not be evaluated, whatever the verdict:`
  return {
    id: 'unseen',
    title: 'What could not be seen',
    blocks: [
      paragraph(intro),
      ...(items.length === 0 ? [] : [{ kind: 'list', items } as const]),
      ...(opaque === 0
        ? []
        : [paragraph(`${counted(opaque, 'session')} became encrypted: only the part before is judged.`)]),
    ],
  }
}

/** Of the servers that the report is about. Not a fault, but it may explain what a client logged. */
export function notHappened(servers: readonly ServerRecord[]): Section[] {
  const items = servers.flatMap(({ server, serverName, shapes = [] }): Words[] => {
    const { lacking, answered } = unansweredAmong(shapes)
    if (lacking.length === 0) return []
    const who = accusedName({ party: 'server', accused: server, name: serverName })
    return [[`${who}: ${notAnsweredInWords(lacking, answered)}.`]]
  })
  if (items.length === 0) return []
  const more = items.length - REPORT_ROWS_MAX
  return [
    {
      id: 'not-happened',
      title: 'What did not happen',
      blocks: [
        paragraph(
          'Command sequences that clients gave up, or that were never answered. This is not counted as a fault.',
        ),
        { kind: 'list', items: items.slice(0, REPORT_ROWS_MAX) },
        ...(more > 0 ? [paragraph(`and ${counted(more, 'more server')}`)] : []),
      ],
    },
  ]
}

export function integrity(
  { captures, summary }: Analysis,
  samples: readonly DialogueSample[],
  made: Provenance,
): Section {
  const { packets } = summary
  const undecodable = packets.undecodable === 0 ? '' : `, ${decimal(packets.undecodable)} of them not decodable`
  return {
    id: 'integrity',
    title: 'Integrity',
    blocks: [
      ...(captures.length > LISTED ? [captureTable(captures)] : captures.flatMap(captureBlocks)),
      ...(made.evidence === null ? [] : evidenceBlocks(made.evidence)),
      { kind: 'heading', text: 'This report' },
      {
        kind: 'terms',
        entries: [
          {
            term: 'Packets',
            words: [`${decimal(packets.read)} read, ${decimal(packets.smtp)} of SMTP sessions${undecodable}`],
          },
          { term: 'Vantage point', words: [vantage(captures, samples)] },
          {
            term: 'Checksums',
            words: [made.checksums ? 'verified: packets with a wrong checksum were dropped' : 'not verified'],
          },
          ...(made.keys ? [{ term: 'TLS', words: ['decrypted with the session keys given'] }] : []),
          ...(made.redacted
            ? [
                {
                  term: 'Redaction',
                  words: [
                    made.evidence === null
                      ? `${REDACTED}, and so are frame numbers`
                      : `${REDACTED}; the evidence has the same placeholders`,
                  ],
                },
              ]
            : []),
          { term: 'Made by', words: [`pipelint ${made.version}, from the captures alone`] },
        ],
      },
    ],
  }
}

const REDACTED =
  'addresses, names and texts are replaced, the same name always by the same placeholder; codes, verbs, times, sizes and ports are as captured'

function evidenceBlocks({ name, sha256, packets, sessions, controls, findings, leftOut }: EvidenceFile): Block[] {
  const beside = controls === 0 ? '' : ` and ${counted(controls, 'session')} for comparison`
  const more = leftOut === 0 ? '' : `; ${counted(leftOut, 'more session')} with findings not included`
  return [
    { kind: 'heading', text: `Evidence file ${name}` },
    {
      kind: 'terms',
      entries: [
        { term: 'SHA-256', words: [{ code: sha256 }] },
        {
          term: 'Content',
          words: [
            `${counted(packets, 'packet')}: ${counted(sessions, 'session')} with ${counted(findings, 'finding')}${beside}${more}`,
          ],
        },
        {
          term: 'Numbers',
          words: ['sessions, findings and frames of the dialogues have the numbers that they have in this file'],
        },
        { term: 'Check', words: [{ code: `pipelint check ${name}` }, ' gives the same findings'] },
      ],
    },
  ]
}

/** With more captures than this they form a table. */
const LISTED = 3

function captureBlocks(capture: CaptureRecord): Block[] {
  const { content, time, problems } = captureWords(capture)
  return [
    { kind: 'heading', text: `Capture ${capture.path}` },
    {
      kind: 'terms',
      entries: [
        { term: 'SHA-256', words: [hashOf(capture)] },
        { term: 'Content', words: [content] },
        { term: 'Time', words: [time] },
        { term: 'Drops', words: [drops(capture)] },
        ...(problems === '' ? [] : [{ term: 'Damage', words: [problems] }]),
      ],
    },
  ]
}

function captureTable(captures: readonly CaptureRecord[]): Block {
  const notes = captures.map((capture) =>
    [capture.droppedByCapture === null ? '' : drops(capture), captureWords(capture).problems]
      .filter((note) => note !== '')
      .join('; '),
  )
  const hasNotes = notes.some((note) => note !== '')
  const rows = captures.map((capture, i): Inline[] => {
    const { path, packets, firstPacketAt } = capture
    const first = firstPacketAt?.slice(0, 19).replace('T', ' ') ?? 'none'
    return [path, decimal(packets), first, hashOf(capture), ...(hasNotes ? [notes[i] ?? ''] : [])]
  })
  const head = ['capture', 'packets', 'first packet, UTC', 'SHA-256', ...(hasNotes ? ['remarks'] : [])]
  return { kind: 'table', caption: counted(captures.length, 'capture'), head, rows }
}

function captureWords({
  format,
  compression,
  linkTypes,
  bytes,
  packets,
  firstPacketAt,
  lastPacketAt,
  problems,
}: CaptureRecord) {
  const kind = [format ?? 'not a capture', ...(compression === 'none' ? [] : [compression]), ...linkTypes].join(', ')
  return {
    content: `${kind}; ${counted(bytes, 'byte')}, ${counted(packets, 'packet')}`,
    time: firstPacketAt === null ? 'none' : `${firstPacketAt} to ${lastPacketAt}`,
    problems: problems.map((problem) => describeCaptureProblem(problem)).join('; '),
  }
}

function hashOf({ sha256 }: CaptureRecord): Inline {
  return sha256 === null ? 'not known: the file could not be read' : { code: sha256 }
}

function drops({ droppedByCapture }: CaptureRecord): string {
  if (droppedByCapture === null) return 'the file does not record dropped packets'
  return droppedByCapture === 0
    ? 'none according to the file'
    : `${counted(droppedByCapture, 'packet')} according to the file`
}

/** An upper bound for the round trip between the capture point and each side: no response is faster. */
function vantage(captures: readonly CaptureRecord[], samples: readonly DialogueSample[]): string {
  const links = [...new Set(captures.flatMap(({ linkTypes }) => linkTypes))]
  const link = links.length === 0 ? '' : ` (link type ${links.join(', ')})`
  const place = `the file does not record where it was captured${link}`
  const reached = samples.flatMap((sample) => [...reactions(sample)])
  const least = (side: 'client' | 'server') => Math.min(...reached.flatMap((one) => (one.by === side ? [one.ns] : [])))
  const told = (['client', 'server'] as const).filter((side) => Number.isFinite(least(side)))
  if (told.length === 0) return place
  const bounds = told.map((side) => `at most ${milliseconds(least(side))} to a ${side} and back`)
  return `${place}; the fastest answers in the dialogues shown took ${bounds.join(', ')}`
}

const milliseconds = (ns: number) => `${(Math.ceil(ns / 1000) / 1000).toFixed(3)} ms`

/**
 * Response times by group: a group is sent when the preceding replies have arrived; its first reply follows its first
 * command.
 */
function* reactions({ groups }: DialogueSample): Iterable<{ readonly by: 'client' | 'server'; readonly ns: number }> {
  for (const [i, group] of groups.entries()) {
    const [first] = group?.exchanges ?? []
    const [reply] = first?.replies ?? []
    if (first === undefined) continue
    if (reply !== undefined && reply.at.timeNs > first.command.at.timeNs)
      yield { by: 'server', ns: reply.at.timeNs - first.command.at.timeNs }
    const before = groups[i - 1]?.replies.at(-1)
    if (before !== undefined && first.blind === null && first.command.sentNs > before.at.timeNs)
      yield { by: 'client', ns: first.command.sentNs - before.at.timeNs }
  }
}
