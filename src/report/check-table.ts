// Analysis -> what a human reads first: verdicts, findings with their proof, what could not be seen, one last sentence.
import { describeCaptureProblem } from '../errors.ts'
import type { Analysis } from '../rules/analysis.ts'
import type { LimitCode } from '../smtp/records.ts'
import { terminal } from './escape.ts'
import { renderFindings } from './finding-list.ts'
import { LIMIT_WORDS } from './limit-words.ts'
import { counted, decimal, type Style, wrap } from './text.ts'
import { colourOf, renderVerdicts } from './verdict-table.ts'

export interface Page {
  /** Columns of the terminal. */
  readonly width: number
  readonly style: Style
  /** Whether only some sessions were asked for: then their absence has another likely reason. Default false. */
  readonly selective?: boolean
}

export interface TableOptions extends Page {
  /** Lists everything: no cap on servers and findings, and findings of severity info. */
  readonly all: boolean
  /** Add why each finding is certain, and what would have excused it. */
  readonly explain: boolean
}

export function renderTable(analysis: Analysis, options: TableOptions): string {
  const parts = [
    captureNotes(analysis, options),
    analysis.summary.sessions === 0 ? '' : renderVerdicts(analysis, options),
    renderFindings(analysis, options),
    limits(analysis, options),
    analysis.summary.sessions === 0 ? nothingFound(analysis, options) : lastSentence(analysis, options),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

/** Captures that were not read to their end, or that lack packets by their own account: not the whole truth follows. */
export function captureNotes({ captures }: Pick<Analysis, 'captures'>, { style, width }: Page): string {
  return captures
    .flatMap(({ path, error, packets, droppedByCapture }) => {
      if (error === null) {
        if (!droppedByCapture) return []
        const lost = `${counted(droppedByCapture, 'packet')} got lost while it was captured, as it says itself`
        return wrap(`${terminal(path)}: ${lost}; what is missing accuses nobody.`, width)
      }
      const consequence =
        packets === 0 ? '' : `; ${counted(packets, 'packet')} could be read and ${packets === 1 ? 'is' : 'are'} judged`
      return wrap(`${terminal(path)}: ${terminal(describeCaptureProblem(error))}${consequence}.`, width)
    })
    .map(style.yellow)
    .join('\n')
}

export function limits({ summary }: Pick<Analysis, 'summary'>, { style, width }: Page): string {
  const lines = Object.entries(summary.limits).flatMap(([code, sessions]) =>
    wrap(`${code}: ${LIMIT_WORDS[code as LimitCode]} (${counted(sessions, 'session')})`, width, '  '),
  )
  return lines.length === 0 ? '' : [style.bold('What could not be seen'), ...lines].join('\n')
}

function lastSentence({ summary }: Analysis, { style, width, all }: TableOptions): string {
  const { findings, sessions, opaque } = summary
  const verdicts = (['violation', 'suspected', 'inconclusive', 'conforming'] as const)
    .filter((name) => summary[name] > 0)
    .map((name) => colourOf(name, style)(`${decimal(summary[name])} ${name}`))
  const info =
    findings.info === 0 ? '' : `, ${decimal(findings.info)} for information${all ? '' : ' (--all lists them)'}`
  return wrap(
    [
      `${counted(sessions, 'session')}: ${verdicts.join(', ')}.`,
      `${counted(findings.error, 'error')}, ${counted(findings.warning, 'warning')}${info}.`,
      ...(opaque > 0 ? [`${counted(opaque, 'session')} encrypted.`] : []),
      packetsRead(summary),
    ].join(' '),
    width,
  ).join('\n')
}

export function packetsRead({ packets }: Analysis['summary']): string {
  const undecodable = packets.undecodable === 0 ? '' : `, ${decimal(packets.undecodable)} not decodable`
  const { badChecksums } = packets
  const passed = badChecksums ? `, ${decimal(badChecksums)} passed over because a checksum is wrong` : ''
  return `${counted(packets.read, 'packet')} read${undecodable}${passed}.`
}

/** No session: what was read, and what to try. */
export function nothingFound(
  { captures, summary }: Pick<Analysis, 'captures' | 'summary'>,
  { width, selective = false }: Page,
): string {
  const links = [...new Set(captures.flatMap(({ linkTypes }) => linkTypes))]
  const read = `${packetsRead(summary)}${links.length === 0 ? '' : ` Link types: ${links.join(', ')}.`}`
  if (summary.packets.read === 0) return wrap(`No SMTP session. ${read}`, width).join('\n')
  const hint = selective
    ? 'Is there one without --port, --server, --client, --session, --since and --until?'
    : 'SMTP on another port than 24, 25, 465, 587 or 2525? Name it with --port.'
  return wrap(`No SMTP session${selective ? ' that was asked for' : ''}. ${read} ${hint}`, width).join('\n')
}
