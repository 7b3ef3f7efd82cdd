// Analysis -> what a human reads first: verdicts, findings with their proof, what could not be seen, one last sentence.
import Table from 'cli-table3'
import { describeCaptureProblem } from '../problems.ts'
import type { Analysis, ServerRecord, SessionRecord, VerdictName } from '../rules/analysis.ts'
import type { LimitCode } from '../smtp/records.ts'
import { renderFindings } from './findings.ts'
import { counted, harmless, type Ink, shorten, wrap } from './text.ts'

export interface TableOptions {
  /** Columns of the terminal. */
  readonly width: number
  readonly ink: Ink
  /** Lists everything: no cap on servers, sessions and findings, and findings of severity info. */
  readonly all: boolean
}

/** Up to this many sessions each gets a row; beyond it servers do. */
const SESSION_ROWS = 20
const SERVER_ROWS = 20

export function renderTable(analysis: Analysis, options: TableOptions): string {
  const parts = [
    captureNotes(analysis, options),
    analysis.summary.sessions === 0 ? '' : verdicts(analysis, options),
    renderFindings(analysis, options),
    limits(analysis, options),
    lastSentence(analysis, options),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function captureNotes({ captures }: Analysis, { ink, width }: TableOptions): string {
  const lines = captures.flatMap(({ path, error }) =>
    error === null
      ? []
      : wrap(`${harmless(path)}: ${describeCaptureProblem(error)}; what was read before is judged.`, width),
  )
  return ink.yellow(lines.join('\n'))
}

function verdicts(analysis: Analysis, options: TableOptions): string {
  if (analysis.summary.sessions <= SESSION_ROWS && analysis.sessions.length === analysis.summary.sessions) {
    return sessionRows(analysis.sessions, options)
  }
  return serverRows(analysis.servers, options)
}

function sessionRows(sessions: readonly SessionRecord[], options: TableOptions): string {
  const { width, ink } = options
  const narrow = width < 70
  const wide = width >= 100
  const head = ['session', ...(narrow ? [] : ['client']), 'server', ...(wide ? ['commands', 'replies'] : []), 'verdict']
  const room = Math.floor((width - (wide ? 44 : 25)) / (narrow ? 1 : 2))
  const rows = sessions.map((session) => [
    session.id,
    ...(narrow ? [] : [shorten(session.client, room)]),
    shorten(session.server, room),
    ...(wide ? [number(session.commands), number(session.replies)] : []),
    colourOf(session.verdict, ink)(session.verdict),
  ])
  return grid(head, rows, wide ? [3, 4] : [], ink)
}

function serverRows(servers: readonly ServerRecord[], options: TableOptions): string {
  const { width, ink, all } = options
  const ordered = [...servers].sort(
    (a, b) => b.violation - a.violation || b.suspected - a.suspected || b.sessions - a.sessions,
  )
  const shown = all ? ordered : ordered.slice(0, SERVER_ROWS)
  const narrow = width < 76
  const room = Math.max(16, width - (narrow ? 22 : 58))
  const head = narrow
    ? ['server', 'sessions', 'violation']
    : ['server', 'sessions', 'violation', 'suspected', 'inconclusive', 'conforming']
  const rows = shown.map((sums) => {
    const violation = sums.violation > 0 ? ink.red(number(sums.violation)) : '0'
    const suspected = sums.suspected > 0 ? ink.yellow(number(sums.suspected)) : '0'
    const server = shorten(sums.server, room)
    if (narrow) return [server, number(sums.sessions), violation]
    return [server, number(sums.sessions), violation, suspected, number(sums.inconclusive), number(sums.conforming)]
  })
  const rest = ordered.length - shown.length
  const more = rest > 0 ? `\n${ink.dim(`and ${counted(rest, 'more server')} (--all lists them)`)}` : ''
  return grid(head, rows, [1, 2, 3, 4, 5], ink) + more
}

function limits({ summary }: Analysis, { ink, width }: TableOptions): string {
  const lines = Object.entries(summary.limits).flatMap(([code, sessions]) =>
    wrap(`${code}: ${LIMIT_WORDS[code as LimitCode]} (${counted(sessions, 'session')})`, width, '  '),
  )
  return lines.length === 0 ? '' : [ink.bold('What could not be seen'), ...lines].join('\n')
}

const LIMIT_WORDS: Readonly<Record<LimitCode, string>> = {
  'gap-client': 'bytes of the client that the server acknowledged are not in the capture',
  'gap-server': 'bytes of the server that the client acknowledged are not in the capture',
  snaplen: 'the snapshot length cut packets',
  midstream: 'the start of the connection is not in the capture',
  'capture-end': 'the end of the connection is not in the capture',
  'one-way-client': 'only the client was captured',
  'one-way-server': 'only the server was captured',
  tls: 'encrypted',
  'sasl-layer': 'hidden by a security layer',
  'not-smtp': 'another protocol on an SMTP port',
  'proxy-rewrite': 'a box in the path overwrote what the server offers',
  'overlap-conflict': 'retransmitted bytes differ from the first copy',
  'resource-cap': 'a bound of this program was reached',
  'internal-error': 'a defect of this program',
}

function lastSentence({ summary, captures }: Analysis, { ink, width }: TableOptions): string {
  const { findings, packets } = summary
  const read = `${counted(packets.read, 'packet')} read${packets.undecodable > 0 ? `, ${packets.undecodable.toLocaleString('en-US')} not decodable` : ''}.`
  if (summary.sessions === 0) {
    const links = [...new Set(captures.flatMap(({ linkTypes }) => linkTypes))].join(', ')
    const hint =
      packets.read === 0
        ? ''
        : ` Link types: ${links || 'none'}. SMTP on another port than 24, 25, 465, 587 or 2525? Name it with --port.`
    return wrap(`No SMTP session in the capture. ${read}${hint}`, width).join('\n')
  }
  const parts = (['violation', 'suspected', 'inconclusive', 'conforming'] as const)
    .filter((name) => summary[name] > 0)
    .map((name) => colourOf(name, ink)(`${summary[name].toLocaleString('en-US')} ${name}`))
  const judged = `${counted(summary.sessions, 'session')}: ${parts.join(', ')}.`
  const found = `${counted(findings.error, 'error')}, ${counted(findings.warning, 'warning')}${findings.info > 0 ? `, ${findings.info} for information` : ''}.`
  const opaque = summary.opaque > 0 ? ` ${counted(summary.opaque, 'session')} encrypted.` : ''
  return `${judged} ${found}${opaque} ${read}`
}

export function colourOf(verdict: VerdictName, ink: Ink): (text: string) => string {
  if (verdict === 'violation') return ink.red
  if (verdict === 'conforming') return ink.green
  return ink.yellow
}

const number = (n: number) => n.toLocaleString('en-US')

/** Columns without a frame: what is read over a shoulder, pasted into a mail, or cut with awk. */
function grid(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[],
  ink: Ink,
): string {
  const table = new Table({
    head: head.map((title) => ink.dim(title)),
    chars: {
      top: '',
      'top-mid': '',
      'top-left': '',
      'top-right': '',
      bottom: '',
      'bottom-mid': '',
      'bottom-left': '',
      'bottom-right': '',
      left: '',
      'left-mid': '',
      mid: '',
      'mid-mid': '',
      right: '',
      'right-mid': '',
      middle: '  ',
    },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: head.map((_, column) => (right.includes(column) ? 'right' : 'left')),
  })
  for (const row of rows) table.push([...row])
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}
