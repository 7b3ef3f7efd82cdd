// Findings as strings of digits, and the tables of words that they refer to.
import { done, notProved } from '../report/verdict-line.ts'
import type { FindingRecord } from '../rules/analysis.ts'
import { digits } from './digits.ts'
import type { Places } from './places.ts'
import { Texts } from './texts.ts'

/** Certainty and severity of a finding, and the field of the Lua program that shows both. */
interface Grade {
  readonly field: string
  readonly words: string
  readonly party: string
  readonly severity: string
  readonly certainty: string
}

export class Findings {
  readonly texts = new Texts()
  /** The identifiers of their rules. */
  readonly rules: string[] = []
  readonly grades: Grade[] = []
  readonly list: string[] = []

  /** Returns its index. `session`: the number in the session's id. `frames`: where it is shown. */
  add(finding: FindingRecord, session: number, frames: readonly number[], places: Places): number {
    const { id, rule, group, message, expected, actual, evidence } = finding
    const texts = [`${finding.party} ${done(finding)}`, `${notProved(finding)}${message}`, expected, actual]
    const parts = [
      digits(session),
      digits(Number(id.slice(id.lastIndexOf('.') + 1))),
      digits(indexIn(this.rules, rule, (known) => known === rule)),
      digits(this.gradeOf(finding)),
      digits(group === null ? 0 : group + 1),
      digits(frames.length),
      ...frames.map((frame) => places.reference(frame, null)),
      ...texts.map((text) => this.texts.encode(text)),
      digits(evidence.length),
      ...evidence.map((text) => this.texts.encode(text)),
    ]
    return this.list.push(parts.join('')) - 1
  }

  private gradeOf({ party, severity, certainty }: FindingRecord): number {
    const isInfo = severity === 'info'
    const field = isInfo ? 'info' : `${certainty}_${severity}`
    const proof = certainty === 'proved' ? 'Proved' : 'Suspected'
    const words = isInfo ? `Information${certainty === 'proved' ? '' : ', not proved'}` : `${proof} ${severity}`
    const grade = { field, words, party, severity, certainty }
    return indexIn(
      this.grades,
      grade,
      (known) => known.party === party && known.field === field && known.words === words,
    )
  }
}

/** The index of an equal element, which is added if there is none. */
function indexIn<T>(list: T[], element: T, isEqual: (known: T) => boolean): number {
  const index = list.findIndex(isEqual)
  return index >= 0 ? index : list.push(element) - 1
}
