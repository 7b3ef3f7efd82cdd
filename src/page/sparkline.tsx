// Sessions over time, and those of them with a violation: one bar for each interval of the triage.
import { counted, decimal } from '../report/format-text.ts'
import type { TriageResult, TriageRow } from '../triage/triage-result.ts'

const HEIGHT = 24
const STEP = 5
const BAR = 4
/** One session among thousands stays visible. */
const LEAST = 2

interface Props {
  readonly bins: TriageRow['bins']
  readonly timeline: TriageResult['timeline']
  /** With what it shows written below it. */
  readonly isTold?: boolean
}

export function Sparkline({ bins, timeline, isTold = false }: Props) {
  if (bins === null || timeline === null || bins.sessions.length < 2) return null
  const { sessions, violation } = bins
  const most = Math.max(...sessions)
  const high = (n: number) => (n === 0 ? 0 : Math.max(LEAST, (n / most) * HEIGHT))
  const total = (counts: readonly number[]) => counts.reduce((sum, n) => sum + n, 0)
  const words = `Over time: ${counted(total(sessions), 'session')}, ${decimal(total(violation))} with a violation of either side; one bar for ${durationInWords(timeline.seconds)}, the highest is ${decimal(most)}`
  const chart = (
    <svg
      class="sparkline"
      role="img"
      aria-label={words}
      viewBox={`0 0 ${sessions.length * STEP} ${HEIGHT}`}
      width={sessions.length * STEP}
      height={HEIGHT}
    >
      <title>{words}</title>
      {sessions.map((n, i) => {
        const faulty = violation[i] ?? 0
        return (
          <g key={i}>
            {n > faulty && <rect class="all" x={i * STEP} y={HEIGHT - high(n)} width={BAR} height={high(n)} />}
            {faulty > 0 && (
              <rect class="faulty" x={i * STEP} y={HEIGHT - high(faulty)} width={BAR} height={high(faulty)} />
            )}
          </g>
        )
      })}
    </svg>
  )
  if (!isTold) return chart
  return (
    <figure class="over-time">
      {chart}
      <figcaption>
        {words}, from {timeline.from.slice(0, 19).replace('T', ' ')} UTC on.
      </figcaption>
    </figure>
  )
}

const UNITS = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
] as const

/** Intervals are powers of two of a second. */
function durationInWords(seconds: number): string {
  const [size, name] = UNITS.find(([size]) => seconds >= 2 * size) ?? [1, 'second']
  return `${size === 1 ? '' : 'about '}${counted(Math.round(seconds / size), name)}`
}
