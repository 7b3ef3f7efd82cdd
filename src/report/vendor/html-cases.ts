// The list of all cases of a report, with filters that need no script: a style rule hides what does not match the
// selected radio button or option. Without them, or on paper, everything is shown.
import { html } from '../escape.ts'
import { tableBox } from './html-tables.ts'
import type { Block, CaseRow } from './report-model.ts'

/** Rules that can be selected: each has a style rule of its own. Cases of further rules are found under "all". */
const SLOTS = 48

/** The style rules of the filters. */
export const FILTER_STYLE = `${[
  ...['server', 'client'].map((party) => hides(`#only-${party}`, `party-${party}`)),
  ...['proved', 'suspected'].map((certainty) => hides(`#only-${certainty}`, `is-${certainty}`)),
  ...Array.from({ length: SLOTS }, (_, i) => hides(`option[value="r${i}"]`, `r${i}`)),
].join('\n')}
`

function hides(control: string, kind: string): string {
  return `body:has(${control}:checked) .case:not(.${kind}) { display: none; }`
}

type Cases = Extract<Block, { readonly kind: 'cases' }>

/** The classes by which the filters know a case, for its row, its chapter and its entry in the contents. */
export function caseClasses(rows: readonly CaseRow[]): ReadonlyMap<string, string> {
  const rules = rulesOf(rows)
  return new Map(
    rows.map((row) => [
      row.chapter,
      ['case', `party-${row.party}`, `is-${row.certainty}`, ...row.rules.flatMap((rule) => slotOf(rule, rules))].join(
        ' ',
      ),
    ]),
  )
}

const rulesOf = (rows: readonly CaseRow[]) => [...new Set(rows.flatMap(({ rules }) => rules))].sort()

function slotOf(rule: string, rules: readonly string[]): string[] {
  const i = rules.indexOf(rule)
  return i < SLOTS ? [`r${i}`] : []
}

export function caseList({ caption, rows }: Cases, anchor: (id: string) => string): string {
  const classes = caseClasses(rows)
  const lines = rows.map(({ chapter, who, certainty, what, affected }) => {
    const cells = [
      `<th scope="row" data-head="what"><a href="#${anchor(chapter)}">${html(what)}</a></th>`,
      `<td data-head="who">${html(who)}</td>`,
      `<td data-head="certainty"><span class="certainty ${certainty}">${certainty}</span></td>`,
      `<td data-head="sessions" class="number">${html(affected)}</td>`,
    ]
    return `<tr class="${classes.get(chapter) ?? ''}">${cells.join('')}</tr>`
  })
  const heads = ['what', 'who', 'certainty', 'sessions'].map((head, i) => ({
    html: head,
    kind: i === 3 ? 'number' : '',
  }))
  return `${filters(rows)}${tableBox('stack', caption, heads, lines)}`
}

/** Only the filters that divide the cases. */
function filters(rows: readonly CaseRow[]): string {
  const rules = rulesOf(rows)
  const sets = [
    ...radios(
      'party',
      rows.map(({ party }) => party),
    ),
    ...radios(
      'certainty',
      rows.map(({ certainty }) => certainty),
    ),
    ...(rules.length < 2 ? [] : [select(rules)]),
  ]
  return sets.length === 0
    ? ''
    : `<div class="filters" role="group" aria-label="Show only some cases">\n${sets.join('\n')}\n</div>\n`
}

function radios(name: string, values: readonly string[]): string[] {
  const kinds = [...new Set(values)].sort().reverse()
  if (kinds.length < 2) return []
  const button = (id: string, words: string, isSelected: boolean) =>
    `<label><input type="radio" name="${name}" id="${id}"${isSelected ? ' checked=""' : ''}/> ${words}</label>`
  const all = button(`any-${name}`, `any ${name}`, true)
  return [`<span>${all}${kinds.map((kind) => button(`only-${kind}`, kind, false)).join('')}</span>`]
}

function select(rules: readonly string[]): string {
  const options = rules.slice(0, SLOTS).map((rule, i) => `<option value="r${i}">${html(rule)}</option>`)
  return `<label>rule <select><option value="any">any rule</option>${options.join('')}</select></label>`
}
