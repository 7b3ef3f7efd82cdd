// A case -> its control observations: the same server with other groups, other servers with the same group, and the
// smallest difference between what fails and what works.
import { REPORT_COLUMNS_MAX, REPORT_ROWS_MAX } from '../../limits.ts'
import type { ShapeCount } from '../../rules/analysis.ts'
import { counted, decimal } from '../text.ts'
import { type Case, enumerated, paragraph, type Seen } from './case.ts'
import { caveats, contrastWords, controlsOf, listed } from './contrast.ts'
import { controlBlock } from './evidence.ts'
import type { Block, Inline, Matrix, Section, Words } from './model.ts'
import { relevant } from './plan.ts'

export function controls(told: Case): Section {
  const { plan } = told
  const blocks = plan.contrast.failing.length > 0 ? ofShapes(told) : ofSessions(told)
  return { id: 'controls', title: 'Control observations', blocks }
}

function ofShapes(told: Case): Block[] {
  const { plan, controls: same, others } = told
  const remarks = caveats(plan.contrast)
  return [
    paragraph(...contrastWords(plan.contrast)),
    ...(remarks.length === 0 ? [] : [{ kind: 'list', items: remarks } as const]),
    ...kinship(told),
    ...elsewhere(told),
    { kind: 'matrix', matrix: matrixOf(told) },
    ...same.map((one) => controlBlock(one, 'Went well at the same service')),
    ...others.map((one) => controlBlock(one, 'The same group at another server')),
  ]
}

/** No group has failed: what can be told is in how many sessions nothing did. */
function ofSessions({ plan, servers }: Case): Block[] {
  const { sessions, affected, party } = plan
  const remarks: Words[] = [
    [
      `${counted(sessions - affected, 'session')} of the same ${party} ${sessions - affected === 1 ? 'has' : 'have'} none of these findings.`,
    ],
    [
      'The findings are about a session or a reply as such, not about how commands were grouped; so no difference between groups is told.',
    ],
  ]
  const sisters = servers.filter(({ role }) => role === 'sister')
  if (sisters.length > 0)
    remarks.push([
      `${counted(sisters.length, 'more address', 'more addresses')} of the same service ${sisters.length === 1 ? 'is' : 'are'} not accused of it here.`,
    ])
  return [{ kind: 'list', items: remarks }]
}

/** Addresses that are counted as one service, and on what grounds. */
function kinship({ servers }: Case): Block[] {
  const kin = servers.filter(({ role }) => role !== 'other')
  if (kin.length < 2) return []
  const named = kin.slice(0, REPORT_COLUMNS_MAX).map(nameOf)
  const rest = kin.length > named.length ? [counted(kin.length - named.length, 'more')] : []
  return [
    paragraph(
      `These addresses are counted as one service: ${enumerated([...named, ...rest])}. That rests on the names in their greetings alone, which are of the same domain.`,
    ),
  ]
}

function nameOf({ record }: Seen): string {
  return record.serverName === null ? record.server : `${record.server} (${record.serverName})`
}

/** The failing shapes at servers that do not belong to the service. */
function elsewhere({ plan, servers }: Case): Block[] {
  const shapes = plan.contrast.failing.map(({ shape }) => shape)
  const others = servers.filter(({ role }) => role === 'other')
  if (others.length === 0) return [paragraph('No other server was sent the same group in this capture.')]
  return shapes.flatMap((shape) => {
    const counts = others.flatMap((seen) => {
      const count = seen.record.shapes?.find((one) => one.shape === shape)
      return count === undefined ? [] : [{ seen, count }]
    })
    const well = counts.filter(({ count }) => count.well > 0 && count.failed === 0)
    const sum = (of: (count: ShapeCount) => number) => counts.reduce((total, { count }) => total + of(count), 0)
    const judged = sum(({ well: n }) => n) + sum(({ failed }) => failed)
    if (judged === 0) return []
    const named = well.slice(0, 4).map(({ seen }) => nameOf(seen))
    const rest = well.length > named.length ? [counted(well.length - named.length, 'more')] : []
    const who = well.length === 0 ? [] : [` Always well at ${enumerated([...named, ...rest])}.`]
    return [
      paragraph(
        ...['At ', counted(counts.length, 'other server'), ' the same group ', ...listed([shape], ' or ')],
        ` went well ${decimal(sum(({ well: n }) => n))} of ${counted(judged, 'time')}.`,
        ...who,
      ),
    ]
  })
}

export function matrixOf({ plan, servers }: Case): Matrix {
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
    caption: `Groups by shape and server: how many failed of those that could be judged${left > 0 ? `; ${counted(left, 'more server')} not shown` : ''}`,
    columns: columns.map(({ record, role }) => ({
      name: record.server,
      detail: [record.serverName ?? 'no name', role === 'other' ? 'another server' : 'the service'].join(', '),
      accused: role === 'accused',
    })),
    rows: shapes.map((shape) => ({
      shape,
      cells: columns.map(({ record }) => {
        const count = record.shapes?.find((one) => one.shape === shape)
        if (count === undefined) return null
        const { well, failed, unjudged } = relevant(count, ids)
        return { well, failed, unjudged }
      }),
    })),
  }
}

const told = (counts: readonly ShapeCount[]) => counts.map(({ shape }) => shape)

/** What fails, what is compared with it, then what else there was, by how often. */
function shapesOf(...lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())].slice(0, REPORT_ROWS_MAX)
}

/** A cell in one word: `2 of 3 failed`. */
export function cellWords(
  cell: { readonly well: number; readonly failed: number; readonly unjudged: number } | null,
): Inline {
  if (cell === null) return '-'
  const judged = cell.well + cell.failed
  const unjudged = cell.unjudged === 0 ? '' : ` (${decimal(cell.unjudged)} not judged)`
  return judged === 0
    ? `not judged: ${decimal(cell.unjudged)}`
    : `${decimal(cell.failed)} of ${decimal(judged)}${unjudged}`
}
