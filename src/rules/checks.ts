// Chooses which rules are asked about a group or a session: those that name one of its traits. Most rules can find nothing
// even in most of the sessions that have findings.
import type { Group } from '../smtp/records.ts'
import type { Session } from '../smtp/session/session.ts'
import type { Rule } from './rule.ts'
import { GROUP, SESSION, traitsOfGroup, traitsOfSession } from './traits.ts'

/** Rules with the traits of which they need one; those without traits are asked everywhere. */
class RulesByTrait {
  private readonly rules: readonly { readonly rule: Rule; readonly traits: number }[]
  /** By the traits of what is judged. */
  private readonly known = new Map<number, readonly Rule[]>()

  constructor(rules: readonly Rule[], traitsOf: (rule: Rule) => number) {
    this.rules = rules.map((rule) => ({ rule, traits: traitsOf(rule) }))
  }

  /** In the order of the catalogue. */
  of(traits: number): readonly Rule[] {
    let rules = this.known.get(traits)
    if (rules === undefined) {
      rules = this.rules.filter((one) => (one.traits & traits) !== 0).map(({ rule }) => rule)
      this.known.set(traits, rules)
    }
    return rules
  }
}

/** Any trait, and none of those named. */
const EVERYWHERE = -1
const NO_TRAIT = 1 << 31

function anyOf<Trait extends string>(bits: Readonly<Record<Trait, number>>, traits: readonly Trait[] | undefined) {
  return traits === undefined ? EVERYWHERE : traits.reduce((sum, trait) => sum | bits[trait], 0)
}

/** The checks of rules, each where it can find something. */
export class Checks {
  private readonly ofGroups: RulesByTrait
  private readonly ofEnds: RulesByTrait

  constructor(rules: readonly Rule[]) {
    const withGroups = rules.filter(({ checkGroup }) => checkGroup !== undefined)
    const withEnds = rules.filter(({ checkEnd }) => checkEnd !== undefined)
    this.ofGroups = new RulesByTrait(withGroups, ({ groupTraits }) => anyOf(GROUP, groupTraits))
    this.ofEnds = new RulesByTrait(withEnds, ({ endTraits }) => anyOf(SESSION, endTraits))
  }

  forGroup(group: Group): readonly Rule[] {
    return this.ofGroups.of(traitsOfGroup(group) | NO_TRAIT)
  }

  forEnd(session: Session): readonly Rule[] {
    return this.ofEnds.of(traitsOfSession(session) | NO_TRAIT)
  }
}
