// Findings of sessions -> how many sessions broke which rule, how gravely and how certainly, and when.
import type { TimeBase } from '../capture/packet.ts'
import type { Certainty, FindingRecord, Severity } from '../rules/analysis.ts'
import { isoTime } from '../rules/time.ts'
import type { RuleCount } from './triage-result.ts'

const SEVERITIES: readonly Severity[] = ['error', 'warning', 'info']
const CERTAINTIES: readonly Certainty[] = ['proved', 'suspected']

/** Nanoseconds since the set's first packet: the first beginning and the last end. */
export class Period {
  first = Number.POSITIVE_INFINITY
  last = Number.NEGATIVE_INFINITY

  add({ first, last }: Pick<Period, 'first' | 'last'>): void {
    if (first < this.first) this.first = first
    if (last > this.last) this.last = last
  }

  times(base: TimeBase): { readonly firstAt: string; readonly lastAt: string } {
    return { firstAt: isoTime(base, this.first), lastAt: isoTime(base, this.last) }
  }
}

type CountedRule = Pick<RuleCount, 'rule' | 'party' | 'severity' | 'certainty'>

interface RuleSum {
  readonly counted: CountedRule
  sessions: number
  readonly period: Period
}

export class RuleCounts {
  private readonly sums = new Map<string, RuleSum>()

  /** The findings of one session. Of each rule what is gravest counts, once. */
  add(findings: readonly FindingRecord[], period: Pick<Period, 'first' | 'last'>): void {
    const gravest = new Map<string, FindingRecord>()
    for (const finding of findings) {
      const before = gravest.get(finding.rule)
      if (before === undefined || gravity(finding) < gravity(before)) gravest.set(finding.rule, finding)
    }
    for (const { rule, party, severity, certainty } of gravest.values())
      this.raise({ rule, party, severity, certainty }, 1, period)
  }

  addAll(other: RuleCounts): void {
    for (const { counted, sessions, period } of other.sums.values()) this.raise(counted, sessions, period)
  }

  /** `order`: the rules of the catalogue. By gravity, then sessions, then that order. */
  counts(base: TimeBase, order: readonly string[]): RuleCount[] {
    const place = ({ rule }: CountedRule) => order.indexOf(rule)
    return [...this.sums.values()]
      .sort(
        (a, b) =>
          gravity(a.counted) - gravity(b.counted) || b.sessions - a.sessions || place(a.counted) - place(b.counted),
      )
      .map(({ counted, sessions, period }) => ({ ...counted, sessions, ...period.times(base) }))
  }

  private raise(counted: CountedRule, sessions: number, period: Pick<Period, 'first' | 'last'>): void {
    const key = `${counted.rule} ${gravity(counted)}`
    const sum = this.sums.get(key) ?? { counted, sessions: 0, period: new Period() }
    this.sums.set(key, sum)
    sum.sessions += sessions
    sum.period.add(period)
  }
}

/** The gravest is 0: severity counts more than certainty. */
function gravity({ severity, certainty }: Pick<CountedRule, 'severity' | 'certainty'>): number {
  return SEVERITIES.indexOf(severity) * CERTAINTIES.length + CERTAINTIES.indexOf(certainty)
}
