// Sessions by verdict, as one bar with its figures.
import { decimal } from '../report/format-text.ts'
import { type VerdictCount, verdictCounts } from '../report/verdict-line.ts'
import type { VerdictName } from '../rules/analysis.ts'
import type { TriageRow } from '../triage/triage-result.ts'
import { linkTo } from './route.ts'

const VERDICTS: readonly VerdictName[] = ['violation', 'suspected', 'inconclusive', 'conforming']
const WIDTH = 1000
/** Nothing that is there is too narrow to be seen. */
const LEAST = 6

type Shown = Omit<VerdictCount, 'words'>

function Bar({ counts }: { readonly counts: readonly Shown[] }) {
  const total = counts.reduce((sum, { sessions }) => sum + sessions, 0)
  const rest = WIDTH - counts.length * LEAST
  let x = 0
  const bars = counts.map(({ verdict, party, sessions }) => {
    const width = LEAST + (rest * sessions) / total
    x += width
    const name = party === null ? verdict : `${verdict} of-${party}`
    return <rect key={name} class={name} x={x - width} width={width} height="10" />
  })
  return (
    <svg viewBox={`0 0 ${WIDTH} 10`} preserveAspectRatio="none" aria-hidden="true">
      {bars}
    </svg>
  )
}

/** All sessions; each verdict leads to its sessions. */
export function VerdictsOfAll({ counts }: { readonly counts: Readonly<Record<VerdictName, number>> }) {
  const there = VERDICTS.map((verdict): Shown => ({ verdict, party: null, sessions: counts[verdict] }))
  const shown = there.filter(({ sessions }) => sessions > 0)
  return (
    <div class="verdicts large">
      <Bar counts={shown} />
      <ul>
        {shown.map(({ verdict, sessions }) => (
          <li key={verdict} class={verdict}>
            <a href={linkTo({ view: 'sessions', filter: verdict })}>
              <b>{decimal(sessions)}</b> {verdict}
            </a>
          </li>
        ))}
      </ul>
    </div>
  )
}

/** Those of a server: what its clients did is not shown as its own fault. */
export function VerdictsOfServer({ row }: { readonly row: TriageRow }) {
  const counts = verdictCounts(row)
  return (
    <div class="verdicts">
      <Bar counts={counts} />
      <span>{counts.map(({ sessions, words }) => `${decimal(sessions)} ${words}`).join(', ')}</span>
    </div>
  )
}
