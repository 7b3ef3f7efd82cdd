// The text of a mail that a report and its evidence are sent with: what happened, what the standard says, what is attached
// and how to check it, and what is asked for. What is suspected is asked about, and not claimed.
import { terminal } from '../escape.ts'
import { clauseName, counted, decimal, wrap } from '../format-text.ts'
import type { Case } from './case.ts'
import type { EvidenceFile } from './integrity.ts'
import type { Words } from './report-model.ts'

/** Line width of a mail: quoted, it still fits into 80 columns. */
const WIDTH = 72
/** Clauses that are quoted; the report has all. */
const QUOTED = 3

export interface Attachments {
  /** File name of the report. */
  readonly report: string
  readonly evidence: EvidenceFile
}

interface Letter {
  readonly told: Case
  readonly headline: string
  readonly happened: Words
  readonly attachments: Attachments
}

export function mailText({ told, headline, happened, attachments }: Letter): string {
  const { plan, who, redacted } = told
  const isProved = plan.certainty === 'proved'
  const parts = [
    `Subject: ${terminal(headline)}`,
    'Dear postmaster,',
    text(
      `we captured ${plan.sessions === 1 ? 'an SMTP session' : 'SMTP sessions'} of the ${plan.party} ${who}. ${happened.map(plain).join('')}`,
    ),
    ...(isProved ? [] : [text('This is suspected and not proved: we ask you to check it.')]),
    ...clausesOf(told),
    attached(attachments, redacted),
    check(told, attachments),
    ...(isProved ? [[text('Please fix it:'), ...fixesOf(told)].join('\n')] : []),
    'Kind regards,',
  ]
  return `${parts.join('\n\n')}\n`
}

const text = (words: string, indent = '') => wrap(terminal(words), WIDTH, indent).join('\n')
const plain = (part: Words[number]) => (typeof part === 'string' ? part : part.code)

/** `- an item`, with its further lines below its first word. */
function item(words: string): string {
  const [first = '', ...more] = wrap(terminal(words), WIDTH, '  ')
  return [`- ${first.trimStart()}`, ...more].join('\n')
}

function clausesOf({ plan }: Case): string[] {
  const rules = plan.rules.filter((one) => one[plan.certainty] > 0)
  const clauses = rules.flatMap(({ rule }) => rule.clauses.slice(0, 1))
  const distinct = [...new Map(clauses.map((clause) => [`${clauseName(clause)} ${clause.text}`, clause])).values()]
  const quotes = distinct
    .slice(0, QUOTED)
    .map((clause) => `${text(`"${clause.text}"`, '  ')}\n    ${clauseName({ ...clause, keyword: null })}`)
  return quotes.length === 0 ? [] : ['The standard says:', ...quotes]
}

function attached({ report, evidence }: Attachments, redacted: boolean): string {
  const { name, sha256, packets, sessions, controls } = evidence
  const beside = controls === 0 ? '' : `, and of ${counted(controls, 'session')} in which it went well`
  return [
    'Attached are',
    item(`${report}: the dialogue packet by packet, what was expected, and what works beside it;`),
    item(
      `${name}: the ${counted(packets, 'packet')} of ${counted(sessions, 'session')} that show it${beside}. The report names frames by their numbers in this file. SHA-256:`,
    ),
    `  ${sha256}`,
    ...(redacted
      ? [text('In both, addresses, names and texts are replaced, the same name always by the same placeholder.')]
      : []),
  ].join('\n')
}

/** How to find it in the evidence. */
function check({ samples }: Case, { evidence }: Attachments): string {
  const [finding] = samples[0]?.findings ?? []
  if (finding === undefined) return text(`To check it: pipelint check ${evidence.name}`)
  const { frames, displayFilter } = finding
  const at =
    frames.length === 0 ? '' : ` (${frames.length === 1 ? 'frame' : 'frames'} ${frames.map(decimal).join(', ')})`
  return [
    text(`To check it, open ${evidence.name} in Wireshark with this filter${at}:`),
    `  ${terminal(displayFilter)}`,
    text(`or run: pipelint transcript ${evidence.name}`),
  ].join('\n')
}

function fixesOf({ plan }: Case): string[] {
  const rules = plan.rules.filter(({ proved }) => proved > 0)
  return [...new Set(rules.map(({ rule }) => rule.fix))].map(item)
}
