// `pipelint rules`: prints the catalogue, or one rule in full.
import { renderCatalogue, renderRule } from '../report/rule-pages.ts'
import { RULES } from '../rules/index.ts'
import { type CliContext, OK } from './cli-context.ts'
import { toRuleId } from './selection.ts'

export async function rules(around: CliContext, word: string | undefined): Promise<number> {
  const { width, style } = around
  if (word === undefined) {
    await around.print(renderCatalogue(RULES, { width, style }))
    return OK
  }
  const id = toRuleId(word)
  const rule = RULES.find((candidate) => candidate.id === id)
  if (rule !== undefined) await around.print(renderRule(rule, { width, style }))
  return OK
}
