// What to look at first -> sentences. They say what was counted, and nothing more.
import type { ShapeCount } from '../../rules/analysis.ts'
import type { Lead } from '../../triage/records.ts'
import { counted, decimal, type Ink, wrap } from '../text.ts'

interface Options {
  readonly width: number
  readonly ink: Ink
  readonly all: boolean
}

/** Servers and clients, and rules of one, that are named. */
const LEADS = 5
const RULES = 3

const BULLET = '- '

export function renderLeads(leads: readonly Lead[], inconclusive: number, options: Options): string {
  const { width, ink, all } = options
  const shown = all ? leads : leads.slice(0, LEADS)
  const lines = shown.flatMap((lead) => {
    const [first = '', ...more] = wrap(sentence(lead, ink), width - BULLET.length)
    return [BULLET + first, ...more.map((line) => ' '.repeat(BULLET.length) + line)]
  })
  const more = leads.length - shown.length
  if (more > 0)
    lines.push(...wrap(`and ${decimal(more)} more servers or clients (--all lists them)`, width).map(ink.dim))
  if (leads.length === 0) lines.push(...wrap(nobody(inconclusive), width))
  return [ink.bold('What to look at first'), ...lines].join('\n')
}

function nobody(inconclusive: number): string {
  const head = 'No error of any server or client is proved or suspected.'
  if (inconclusive === 0) return head
  return `${head} ${counted(inconclusive, 'session')} could not be judged in full, which accuses nobody.`
}

function sentence(lead: Lead, ink: Ink): string {
  const { party, key, name, certainty, affected, sessions, firstAt, lastAt } = lead
  const who = `${party} ${ink.bold(key)}${name === null ? '' : ` (${name})`}`
  const breaks =
    certainty === 'proved'
      ? ink.red(affected === 1 ? 'breaks' : 'break')
      : ink.yellow(affected === 1 ? 'is suspected to break' : 'are suspected to break')
  const [from, to] = [seconds(firstAt), seconds(lastAt)]
  const when = from === to ? `at ${from}` : `from ${from} to ${to}`
  return `${who}: ${decimal(affected)} of ${counted(sessions, 'session')} ${breaks} ${rulesOf(lead)}, ${when}${shapesOf(lead)}.`
}

function rulesOf({ rules, affected }: Lead): string {
  const named = rules
    .slice(0, RULES)
    .map(({ rule, sessions }) => (sessions === affected ? rule : `${rule} (${decimal(sessions)})`))
  const more = rules.length - named.length
  return [...named, ...(more > 0 ? [counted(more, 'more rule')] : [])].join(', ')
}

function shapesOf({ fails, works }: Lead): string {
  const failed = fails.map(({ shape, failed, well }) => `"${shape}" (${decimal(failed)} of ${decimal(failed + well)})`)
  const well = works.map((count: ShapeCount) => `"${count.shape}" (${decimal(count.well)})`)
  return [
    ...(failed.length > 0 ? [`; fails as ${failed.join(', ')}`] : []),
    ...(failed.length > 0 && well.length > 0 ? [`; works as ${well.join(', ')}`] : []),
  ].join('')
}

/** RFC 3339 without what is below a second. */
export function seconds(iso: string): string {
  return iso.replace(/\.\d+Z$/, 'Z')
}
