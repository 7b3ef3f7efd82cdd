// What the document of a comparison looks like, beyond what it shares with the violation report.
import { STYLE } from '../vendor/style.ts'

const OWN = `
body { max-width: 70rem; }
nav + main { margin-top: 2rem; }
@media (min-width: 72rem) {
  body { display: block; max-width: 70rem; }
  nav { position: static; max-height: none; border-bottom: 1px solid var(--rule); }
}
@media (min-width: 120rem) { body { max-width: 84rem; } }
.outcome { white-space: nowrap; }
.different { color: var(--fault); font-weight: 650; }
.unsure { color: var(--soft); font-weight: 650; }
.pairs td, .pairs th { vertical-align: top; }
.pairs .what { min-width: 15rem; }
.pairs .who { overflow-wrap: anywhere; min-width: 9rem; }
.two table, table.two { table-layout: fixed; width: 100%; }
table.two th, table.two td { width: 50%; padding: .15rem .6rem; border: 0; overflow-wrap: anywhere; vertical-align: top; }
table.two thead th { padding: .4rem .6rem; border-bottom: 2px solid var(--rule); }
table.two td + td, table.two th + th { border-left: 4px double var(--rule); }
table.two code { background: none; padding: 0; white-space: pre-wrap; font-size: .95em; }
table.two small { display: inline; margin-left: .5em; white-space: nowrap; }
table.two .note { text-align: center; color: var(--soft); font-style: italic; padding: .5rem; }
table.two .none { color: var(--soft); font-style: italic; }
table.two tr.lost { background: var(--fault-tint); }
table.two tr.lost code { color: inherit; font-weight: 400; }
table.two tr.turn td { padding-top: .55rem; }
table.two p { margin: .1rem 0 .3rem; font-size: .85rem; color: var(--fault); font-weight: 600; }
.ladder.two svg { min-width: 54rem; max-width: 68rem; }
.ladder .inside { fill: var(--panel); }
.ladder .tie { stroke: var(--soft); stroke-width: 1.2; stroke-dasharray: 2 4; }
.ladder .tie.changed { stroke: var(--fault); stroke-width: 2; stroke-dasharray: none; }
@media (max-width: 40rem) {
  table.two td, table.two th { padding-left: .35rem; padding-right: .35rem; }
  table.two small { display: block; margin-left: 0; white-space: normal; }
  table.two code { font-size: .85em; }
}
@media print {
  body { max-width: none; }
  .ladder.two svg { min-width: 0; max-width: none; }
  .pairs .what, .pairs .who { min-width: 0; }
  table.two { font-size: 8pt; }
  .box:has(table.two), .box:has(table.pairs) { break-inside: auto; }
  table.two tr.lost { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`

export const COMPARISON_STYLE = `${STYLE}${OWN}`

/** SHA-256 of it in base 64. A test computes it anew and says what it must be. */
export const COMPARISON_STYLE_HASH = 'dIpXc1uASYshtyaqZS2vmc6Cp2S/I/7Z/82lnizAdY4='
