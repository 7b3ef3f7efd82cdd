// The control observations of a case: the same server with other groups, other servers with the same group, and the
// smallest difference between failing and working groups.
import { REPORT_COLUMNS_MAX, REPORT_ROWS_MAX } from '../../limits.ts'
import type { SequenceCount } from '../../rules/analysis.ts'
import { counted, decimal, shownSequence } from '../format-text.ts'
import { type Case, enumerated, paragraph, type Seen } from './case.ts'
import { caveats, contrastWords, controlsOf } from './contrast.ts'
import { controlBlock, type Shown } from './evidence-section.ts'
import type { Block, Matrix, MatrixCell, Section, Words } from './report-model.ts'
import { relevant } from './report-plan.ts'

/** Maximum number of servers named in one sentence. */
const NAMED = 4

export function controls(told: Case, shown: Shown): Section {
  const { plan } = told
  const blocks = plan.contrast.failing.length > 0 ? ofShapes(told, shown) : ofSessions(told)
  return { id: 'controls', title: 'Control observations', blocks }
}

function ofShapes(told: Case, shown: Shown): Block[] {
  const { plan, controls: same, others } = told
  const remarks = caveats(plan.contrast)
  return [
    paragraph(
      'This compares groups (commands sent without waiting for replies) in which the fault occurred with groups in which it did not. ',
      ...contrastWords(plan.contrast),
    ),
    ...(remarks.length === 0 ? [] : [{ kind: 'list', items: remarks } as const]),
    ...kinship(told),
    ...elsewhere(told),
    { kind: 'matrix', matrix: matrixOf(told) },
    ...same.map((one) => controlBlock(one, 'Works at the same service', shown)),
    ...others.map((one) => controlBlock(one, 'The same group at another server', shown)),
  ]
}

/** No group has failed: only the number of sessions without these findings can be reported. */
function ofSessions({ plan, servers }: Case): Block[] {
  const { sessions, affected, party } = plan
  const remarks: Words[] = [
    [
      sessions === affected
        ? `The capture has no session of the same ${party} without these findings.`
        : `${counted(sessions - affected, 'session')} of the same ${party} ${sessions - affected === 1 ? 'has' : 'have'} none of these findings.`,
    ],
  ]
  if (party === 'server')
    remarks.push(['The findings are about a session or a reply, not about a group, so groups are not compared.'])
  const sisters = servers.filter(({ role }) => role === 'sister')
  if (sisters.length > 0)
    remarks.push([
      `${counted(sisters.length, 'more address', 'more addresses')} of the same service ${sisters.length === 1 ? 'has' : 'have'} no such finding here.`,
    ])
  return [{ kind: 'list', items: remarks }]
}

/** The addresses that are counted as one service, and why. */
function kinship({ servers }: Case): Block[] {
  const kin = servers.filter(({ role }) => role !== 'other')
  if (kin.length < 2) return []
  const named = kin.slice(0, REPORT_COLUMNS_MAX).map(nameOf)
  const rest = kin.length > named.length ? [`${decimal(kin.length - named.length)} more`] : []
  return [
    paragraph(
      `These addresses are counted as one service: ${enumerated([...named, ...rest])}. The only reason is that the names in their greetings are in the same domain.`,
    ),
  ]
}

function nameOf({ record }: Seen): string {
  return record.serverName === null ? record.server : `${record.server} (${record.serverName})`
}

/** The results of these sequences at servers outside the service. */
export function othersWith({ plan, servers }: Case, shapes: readonly string[]) {
  const ids = new Set(plan.rules.map(({ rule }) => rule.id))
  const met = servers
    .filter(({ role }) => role === 'other')
    .flatMap((seen) => {
      const counts = (seen.record.shapes ?? []).filter(({ shape }) => shapes.includes(shape))
      const judged = counts.map((count) => relevant(count, ids)).filter(({ well, failed }) => well + failed > 0)
      return judged.length === 0 ? [] : [{ seen, judged }]
    })
  const sum = (of: (count: SequenceCount) => number) =>
    met.reduce((total, { judged }) => total + judged.reduce((n, count) => n + of(count), 0), 0)
  return {
    servers: met.length,
    well: sum(({ well }) => well),
    failed: sum(({ failed }) => failed),
    alwaysWell: met.flatMap(({ seen, judged }) => (judged.every(({ failed }) => failed === 0) ? [seen] : [])),
  }
}

/** The failing sequences at other servers, one by one. */
function elsewhere(told: Case): Block[] {
  const shapes = told.plan.contrast.failing.map(({ shape }) => shape)
  const items = shapes.slice(0, REPORT_ROWS_MAX).flatMap((shape): Words[] => {
    const { servers, well, failed, alwaysWell } = othersWith(told, [shape])
    if (servers === 0) return []
    const named = alwaysWell.slice(0, NAMED).map(nameOf)
    const rest = alwaysWell.length > named.length ? [`${decimal(alwaysWell.length - named.length)} more`] : []
    const who = alwaysWell.length === 0 ? '.' : `, always at ${enumerated([...named, ...rest])}.`
    const times = `${decimal(well)} of ${decimal(well + failed)} times`
    return [[{ code: shownSequence(shape) }, ` at ${counted(servers, 'other server')} worked ${times}${who}`]]
  })
  if (items.length === 0) return [paragraph('In this capture no other server received the same group.')]
  return [paragraph('The same group, sent to other servers:'), { kind: 'list', items }]
}

function matrixOf({ plan, servers }: Case): Matrix {
  const { contrast, rules } = plan
  const ids = new Set(rules.map(({ rule }) => rule.id))
  const rank = { accused: 0, sister: 1, other: 2 } as const
  const failedOf = ({ record }: Seen) =>
    (record.shapes ?? []).reduce((sum, count) => sum + relevant(count, ids).failed, 0)
  const ordered = [...servers].sort(
    (a, b) => rank[a.role] - rank[b.role] || failedOf(b) - failedOf(a) || b.record.sessions - a.record.sessions,
  )
  const others = ordered.filter(({ role }) => role === 'other').slice(0, REPORT_COLUMNS_MAX / 2)
  const kin = ordered.filter(({ role }) => role !== 'other').slice(0, REPORT_COLUMNS_MAX - others.length)
  const columns = [...kin, ...others]
  const left = servers.length - columns.length
  const shapes = shapesOf(told(contrast.failing), told(controlsOf(contrast)), told(contrast.working))
  return {
    caption: `Command sequences by server: how many groups failed, of those that could be judged${left > 0 ? `; ${counted(left, 'more server')} not shown` : ''}`,
    columns: columns.map(({ record, role }) => ({
      name: record.server,
      detail: [record.serverName ?? 'no name', role === 'other' ? 'another server' : 'the service'].join(', '),
      accused: role === 'accused',
    })),
    rows: shapes.map((shape) => ({
      shape: shownSequence(shape),
      cells: columns.map(({ record }) => {
        const count = record.shapes?.find((one) => one.shape === shape)
        if (count === undefined) return null
        const { well, failed, unjudged, suspected = 0 } = relevant(count, ids)
        return { well, proved: failed - suspected, suspected, unjudged }
      }),
    })),
  }
}

const told = (counts: readonly SequenceCount[]) => counts.map(({ shape }) => shape)

/** Failing sequences, then those compared with them, then the others by frequency. */
function shapesOf(...lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())].slice(0, REPORT_ROWS_MAX)
}

/** The text of a cell: `2 of 3`, `2 of 3, 1 more suspected`, `1 of 3 suspected`. */
export function cellWords(cell: MatrixCell | null): string {
  if (cell === null) return 'not sent'
  const { well, proved, suspected, unjudged } = cell
  const judged = well + proved + suspected
  if (judged === 0) return `not judged: ${decimal(unjudged)}`
  const rest = unjudged === 0 ? '' : ` (${decimal(unjudged)} not judged)`
  if (suspected === 0) return `${decimal(proved)} of ${decimal(judged)}${rest}`
  if (proved === 0) return `${decimal(suspected)} of ${decimal(judged)} suspected${rest}`
  return `${decimal(proved)} of ${decimal(judged)}, ${decimal(suspected)} more suspected${rest}`
}
