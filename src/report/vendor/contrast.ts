// Counts of failing and working command sequences -> the smallest difference between them, in words. It is found by
// comparing verbs, and never goes beyond the counts: verbs that were always sent together are not told apart.
import type { SequenceCount } from '../../rules/analysis.ts'
import { OTHER_SHAPES } from '../../rules/command-sequences.ts'
import { decimal, shownSequence } from '../format-text.ts'
import type { Inline, Words } from './report-model.ts'

/** A condition that holds for all failing sequences and for no working one. */
type Condition =
  | { readonly kind: 'verb'; readonly verb: string }
  | { readonly kind: 'pipelined' }
  | { readonly kind: 'repeated'; readonly verb: string }
  | { readonly kind: 'together'; readonly verb: string; readonly partners: readonly string[] }

export interface Contrast {
  readonly failing: readonly SequenceCount[]
  readonly working: readonly SequenceCount[]
  readonly condition: Condition | null
  /**
   * Failed groups among those for which the condition holds; without a condition, among those with a failing sequence.
   */
  readonly failed: number
  readonly judged: number
  /** Of the failed ones, those in which nothing is proved. */
  readonly suspected: number
}

/** Maximum number of working sequences named beside the condition. */
const CONTROLS = 5
/** With fewer groups on either side a regularity may be chance, and the report says so. */
const FEW = 5

const wordsOf = (shape: string) => shape.split(' ').filter((word) => word !== '...')
const verbOf = (word: string) => word.replace(/×n$/, '')

export function contrastOf(shapes: readonly SequenceCount[]): Contrast {
  const named = shapes.filter(({ shape }) => shape !== OTHER_SHAPES)
  const failing = named.filter(({ failed }) => failed > 0)
  const working = named.filter(({ failed, well }) => failed === 0 && well > 0)
  const condition = failing.length === 0 ? null : conditionOf(failing, working)
  const held = condition === null ? failing : named.filter(({ shape }) => holds(condition, shape))
  const sum = (of: (count: SequenceCount) => number) => held.reduce((total, count) => total + of(count), 0)
  const failed = sum((count) => count.failed)
  const suspected = sum((count) => count.suspected ?? 0)
  return { failing, working, condition, failed, judged: failed + sum(({ well }) => well), suspected }
}

function holds(condition: Condition, shape: string): boolean {
  const words = wordsOf(shape)
  const verbs = new Set(words.map(verbOf))
  switch (condition.kind) {
    case 'verb':
      return verbs.has(condition.verb)
    case 'pipelined':
      return words.length > 1 || words.some((word) => word.endsWith('×n'))
    case 'repeated':
      return words.includes(`${condition.verb}×n`)
    case 'together':
      return verbs.has(condition.verb) && condition.partners.some((partner) => verbs.has(partner))
  }
}

/** The simplest condition that holds for all failing sequences and for no working one. */
function conditionOf(failing: readonly SequenceCount[], working: readonly SequenceCount[]): Condition | null {
  // Without a working group there is nothing to compare with.
  if (working.length === 0) return null
  const separates = (condition: Condition) =>
    failing.every(({ shape }) => holds(condition, shape)) && !working.some(({ shape }) => holds(condition, shape))
  const words = [...new Set(failing.flatMap(({ shape }) => wordsOf(shape)))]
  const verbs = [...new Set(words.map(verbOf))]
  const alone = verbs.map((verb): Condition => ({ kind: 'verb', verb })).filter(separates)
  if (alone[0] !== undefined && alone.length === 1) return alone[0]
  if (separates({ kind: 'pipelined' })) return { kind: 'pipelined' }
  // Verbs that were always sent together cannot be told apart.
  if (alone.length > 1) return null
  const repeated = words
    .filter((word) => word.endsWith('×n'))
    .map((word): Condition => ({ kind: 'repeated', verb: verbOf(word) }))
    .filter(separates)
  if (repeated[0] !== undefined && repeated.length === 1) return repeated[0]
  return togetherOf(verbs, working, separates)
}

function togetherOf(
  verbs: readonly string[],
  working: readonly SequenceCount[],
  separates: (condition: Condition) => boolean,
): Condition | null {
  const works = (a: string, b: string) =>
    working.some(({ shape }) => holds({ kind: 'together', verb: a, partners: [b] }, shape))
  let best: (Condition & { kind: 'together' }) | null = null
  for (const verb of verbs) {
    const partners = verbs.filter((other) => other !== verb && !works(verb, other))
    const condition = { kind: 'together', verb, partners } as const
    // Of two verbs the later one is named first, because it can be sent separately.
    if (separates(condition) && partners.length >= (best?.partners.length ?? 1)) best = condition
  }
  return best
}

/** `It failed whenever QUIT was in the same group as MAIL, RCPT or RSET: 41 of 41, 2 of them only suspected` */
export function failureWords(contrast: Contrast): Words {
  const { failed, judged, suspected } = contrast
  const fails = suspected === failed ? 'It is suspected to have failed' : 'It failed'
  const head = failed === judged ? `${fails} whenever ` : `${fails} sometimes, but not always, when `
  const doubt = suspected === 0 || suspected === failed ? '' : `, ${decimal(suspected)} of them only suspected`
  return [head, ...conditionWords(contrast), `: ${decimal(failed)} of ${decimal(judged)}${doubt}`]
}

/**
 * `It failed whenever QUIT was in the same group as MAIL, RCPT or RSET: 41 of 41; never when QUIT was sent alone: …`
 */
export function contrastWords(contrast: Contrast): Words {
  const { condition, failing } = contrast
  if (failing.length === 0) return ['No command sequence failed.']
  const controls = controlsOf(contrast).flatMap((count): Inline[] => [
    '; never ',
    ...controlWords(condition, count),
    `: 0 of ${decimal(count.well)}`,
  ])
  return [...failureWords(contrast), ...controls, '.']
}

function conditionWords({ condition, failing }: Contrast): Inline[] {
  switch (condition?.kind) {
    case 'verb':
      return [{ code: condition.verb }, ' was in the group']
    case 'pipelined':
      return ['more than one command was sent without waiting']
    case 'repeated':
      return ['a group had more than one ', { code: condition.verb }]
    case 'together':
      return [{ code: condition.verb }, ' was in the same group as ', ...listed(condition.partners, ' or ')]
    default:
      return [
        'the group was ',
        ...listed(
          failing.map(({ shape }) => shownSequence(shape)),
          ' or ',
        ),
      ]
  }
}

/** The working sequences most similar to the failing ones, those with the verb of the condition first. */
export function controlsOf({ condition, failing, working }: Contrast): SequenceCount[] {
  const failingWords = failing.map(({ shape }) => wordsOf(shape))
  const distance = ({ shape }: SequenceCount) => {
    const words = wordsOf(shape)
    return Math.min(
      ...failingWords.map((others) => {
        const common = words.filter((word) => others.includes(word)).length
        return words.length + others.length - 2 * common
      }),
    )
  }
  const verb = condition?.kind === 'together' ? condition.verb : null
  const rank = (count: SequenceCount) => (verb !== null && wordsOf(count.shape).map(verbOf).includes(verb) ? 0 : 1)
  const related = working.filter(({ shape }) =>
    wordsOf(shape).some((word) => failingWords.some((others) => others.map(verbOf).includes(verbOf(word)))),
  )
  return related
    .sort((a, b) => rank(a) - rank(b) || distance(a) - distance(b) || b.well - a.well)
    .slice(0, CONTROLS)
    .sort((a, b) => rank(a) - rank(b) || wordsOf(a.shape).length - wordsOf(b.shape).length)
}

function controlWords(condition: Condition | null, { shape }: SequenceCount): Inline[] {
  const words = wordsOf(shape)
  if (words.length === 1 && !shape.endsWith('×n')) return ['when ', { code: shownSequence(shape) }, ' was sent alone']
  const verb = condition?.kind === 'together' ? condition.verb : null
  const without = verb !== null && !words.map(verbOf).includes(verb)
  return without
    ? ['without ', { code: verb }, ', as in ', { code: shownSequence(shape) }]
    : ['with ', { code: shownSequence(shape) }]
}

/** Limits of the counts: few groups, commands that were never sent separately, groups that could not be judged. */
export function caveats(contrast: Contrast): Words[] {
  const { condition, failing, working, failed } = contrast
  const found: Words[] = []
  if (failing.length > 0 && working.length === 0)
    found.push(['The capture contains no working group, so it does not show what makes the difference.'])
  else if (condition === null && failing.length > 0)
    found.push([
      'No verb alone explains the difference: each was also sent in a working group, or always with the others.',
    ])
  const pipelined = ({ shape }: SequenceCount) => holds({ kind: 'pipelined' }, shape)
  if (condition?.kind === 'verb' && failing.every(pipelined) && !working.some(pipelined))
    found.push([
      'All groups with more than one command failed: whether that or ',
      { code: condition.verb },
      ' is the cause is not known.',
    ])
  if (condition?.kind === 'together' && condition.partners.length > 1) {
    const verbs = failing.map(({ shape }) => new Set(wordsOf(shape).map(verbOf)))
    if (verbs.every((set) => condition.partners.every((partner) => set.has(partner))))
      found.push([
        ...listed(condition.partners, ' and '),
        ' were always together in the failing groups: which of them is the cause is not known.',
      ])
  }
  const fewest = Math.min(
    failed,
    working.reduce((sum, { well }) => sum + well, 0),
  )
  if (failing.length > 0 && fewest < FEW) found.push(['The counts are small and may be a coincidence.'])
  const unjudged = failing.reduce((sum, count) => sum + count.unjudged, 0)
  if (unjudged > 0)
    found.push([`${decimal(unjudged)} more groups with the same sequences could not be judged and are not counted.`])
  return found
}

/** `MAIL, RCPT or RSET`, each formatted as code. */
export function listed(names: readonly string[], last: ' or ' | ' and '): Inline[] {
  return names.flatMap((name, i): Inline[] => [
    ...(i === 0 ? [] : [i === names.length - 1 ? last : ', ']),
    { code: name },
  ])
}
