// Findings of sessions -> what clients gave up waiting for, by verb. It accuses nobody, and is often what to look at:
// the units that get no reply here, beside those that get one.
import type { FindingRecord, SequenceCount } from '../rules/analysis.ts'
import { clientGaveUp } from '../rules/rfc5321/client-gave-up.ts'
import { wordOf } from '../smtp/pairing/command-sequence.ts'
import type { GivenUp } from './triage-result.ts'

export class GivenUpCounts {
  /** Sessions, by the verb of what was waited for. The parser knows few verbs. */
  private readonly sums = new Map<string, number>()

  /** The findings of one session, which counts once for each verb. */
  add(findings: readonly FindingRecord[]): void {
    const verbs = new Set<string>()
    for (const { rule, commands } of findings) {
      const waited = commands[0]
      if (rule === clientGaveUp.id && waited !== undefined) verbs.add(wordOf(waited.verb))
    }
    for (const verb of verbs) this.raise(verb, 1)
  }

  addAll(other: GivenUpCounts): void {
    for (const [verb, sessions] of other.sums) this.raise(verb, sessions)
  }

  /** In most sessions first. `shapes`: all groups of the row, by which what was answered is known. */
  counts(shapes: readonly SequenceCount[]): GivenUp[] {
    return [...this.sums]
      .map(([verb, sessions]) => ({ verb, sessions, answered: answeredWith(verb, shapes) }))
      .sort((a, b) => b.sessions - a.sessions || (a.verb < b.verb ? -1 : 1))
  }

  private raise(verb: string, sessions: number): void {
    this.sums.set(verb, (this.sums.get(verb) ?? 0) + sessions)
  }
}

function answeredWith(verb: string, shapes: readonly SequenceCount[]): number {
  return shapes.filter(({ shape }) => verbsOf(shape).includes(verb)).reduce((sum, { well }) => sum + well, 0)
}

/** `MAIL RCPT×n DATA`: its verbs. */
export function verbsOf(shape: string): string[] {
  return shape.split(' ').map((word) => word.replace(/×n$/, ''))
}
