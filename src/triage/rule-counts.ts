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

type Charge = Pick<RuleCount, 'rule' | 'party' | 'severity' | 'certainty'>

interface ChargeSum {
  readonly charge: Charge
  sessions: number
  readonly period: Period
}

export class Charges {
  private readonly sums = new Map<string, ChargeSum>()

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

  addAll(other: Charges): void {
    for (const { charge, sessions, period } of other.sums.values()) this.raise(charge, sessions, period)
  }

  /** `order`: the rules of the catalogue. By gravity, then sessions, then that order. */
  counts(base: TimeBase, order: readonly string[]): RuleCount[] {
    const place = ({ rule }: Charge) => order.indexOf(rule)
    return [...this.sums.values()]
      .sort(
        (a, b) => gravity(a.charge) - gravity(b.charge) || b.sessions - a.sessions || place(a.charge) - place(b.charge),
      )
      .map(({ charge, sessions, period }) => ({ ...charge, sessions, ...period.times(base) }))
  }

  private raise(charge: Charge, sessions: number, period: Pick<Period, 'first' | 'last'>): void {
    const key = `${charge.rule} ${gravity(charge)}`
    const sum = this.sums.get(key) ?? { charge, sessions: 0, period: new Period() }
    this.sums.set(key, sum)
    sum.sessions += sessions
    sum.period.add(period)
  }
}

/** The gravest is 0: severity counts more than certainty. */
function gravity({ severity, certainty }: Pick<Charge, 'severity' | 'certainty'>): number {
  return SEVERITIES.indexOf(severity) * CERTAINTIES.length + CERTAINTIES.indexOf(certainty)
}
