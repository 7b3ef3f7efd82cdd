// Sessions by verdict, as one bar with its figures.
import { decimal } from '../report/format-text.ts'
import type { VerdictName } from '../rules/analysis.ts'
import { linkTo } from './route.ts'

const VERDICTS: readonly VerdictName[] = ['violation', 'suspected', 'inconclusive', 'conforming']
const WIDTH = 1000
/** Nothing that is there is too narrow to be seen. */
const LEAST = 6

type Counts = Readonly<Record<VerdictName, number>>

export function VerdictBar({ counts, isLarge = false }: { readonly counts: Counts; readonly isLarge?: boolean }) {
  const there = VERDICTS.filter((verdict) => counts[verdict] > 0)
  const total = there.reduce((sum, verdict) => sum + counts[verdict], 0)
  const words = there.map((verdict) => `${decimal(counts[verdict])} ${verdict}`)
  let x = 0
  const rest = WIDTH - there.length * LEAST
  const bars = there.map((verdict) => {
    const width = LEAST + (rest * counts[verdict]) / total
    x += width
    return <rect key={verdict} class={verdict} x={x - width} width={width} height="10" />
  })
  return (
    <div class={isLarge ? 'verdicts large' : 'verdicts'}>
      <svg viewBox={`0 0 ${WIDTH} 10`} preserveAspectRatio="none" aria-hidden="true">
        {bars}
      </svg>
      {isLarge ? (
        <ul>
          {there.map((verdict) => (
            <li key={verdict} class={verdict}>
              <a href={linkTo({ view: 'sessions', filter: verdict })}>
                <b>{decimal(counts[verdict])}</b> {verdict}
              </a>
            </li>
          ))}
        </ul>
      ) : (
        <span>{words.join(', ')}</span>
      )}
    </div>
  )
}
