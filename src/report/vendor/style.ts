// The style sheet of the HTML reports: light, dark and print. A constant, which the Content Security Policy of the
// document names by its hash.
import { FILTER_STYLE } from './html-cases.ts'

/** Of tables, dialogues, diagrams and charts; the page has it, too. */
export const FIGURES = `
/* The shadows at the edges of a box show that it can be scrolled: the covers scroll with its content. */
.box {
  overflow-x: auto; margin-top: 1.4rem; scrollbar-color: var(--soft) var(--panel);
  background:
    linear-gradient(to right, var(--cover, var(--paper)) 40%, transparent) 0 0 / 2.5rem 100% no-repeat local,
    linear-gradient(to left, var(--cover, var(--paper)) 40%, transparent) 100% 0 / 2.5rem 100% no-repeat local,
    linear-gradient(to right, var(--edge), transparent) 0 0 / .9rem 100% no-repeat scroll,
    linear-gradient(to left, var(--edge), transparent) 100% 0 / .9rem 100% no-repeat scroll;
}
figure > .box { margin-top: 0; }
caption span { display: inline-block; position: sticky; left: 0; max-width: min(70ch, calc(100vw - 2rem)); overflow-wrap: anywhere; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; min-width: 100%; overflow-wrap: normal; }
th, td { text-align: left; vertical-align: baseline; padding: .4rem .9rem .4rem 0; border-bottom: 1px solid var(--rule); }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--soft); font-weight: 600; font-size: .85rem; border-bottom: 2px solid var(--rule); vertical-align: bottom; }
tbody th { font-weight: 500; }
td > code { overflow-wrap: anywhere; font-size: .85em; }
.number { text-align: right; white-space: nowrap; }
.time { white-space: nowrap; }
td small, th small { display: block; font-size: .8rem; font-weight: 400; color: var(--soft); }
.tag { display: inline-block; font: 650 .75rem/1.4 var(--sans); color: var(--fault); border: 1.5px solid currentColor; border-radius: 1rem; padding: 0 .5rem; white-space: nowrap; }
.tag::before { content: "\\2717\\00A0"; }
.code pre { margin: 0; padding: .8rem 1rem; background: var(--panel); border-radius: 6px; white-space: pre-wrap; }

.dialogue td { border: 0; padding-top: .1rem; padding-bottom: .1rem; }
.dialogue tr.turn td { padding-top: .7rem; }
.dialogue tbody tr:first-child td { padding-top: .6rem; }
.dialogue .number { color: var(--soft); font-size: .85rem; }
.dialogue .line { min-width: 19rem; padding-left: 2.6em; text-indent: -1.72em; border-left: 3px solid transparent; overflow-wrap: anywhere; }
.dialogue .line code { background: none; padding: 0; white-space: pre-wrap; font-size: .95em; }
.client b { color: var(--client); }
.server b { color: var(--server); }
.dialogue .lost .line { border-left-color: var(--fault); }
.dialogue .lost { background: var(--fault-tint); }
.dialogue .number { padding-right: 1rem; }
.lost code, .mark code { color: var(--fault); font-weight: 600; }
.mark .line { border-left-color: var(--fault); }
.warning.mark code { color: var(--doubt); }
.warning.mark .line { border-left-color: var(--doubt); }
.info.mark code { color: var(--soft); font-weight: 400; }
.info.mark .line { border-left-color: var(--soft); }
.dialogue .suspected .line { border-left: 3px dashed var(--doubt); }
.dialogue .lost.suspected { background: var(--doubt-tint); }
.suspected.lost code, .suspected.mark code, .suspected.lost .tag { color: var(--doubt); font-weight: 400; }
.suspected.lost .tag { border-style: dashed; }
.suspected.lost .tag::before { content: "?\\00A0"; }
.open .tag { color: var(--soft); font-weight: 400; margin-left: .6rem; text-indent: 0; }
.open .tag::before { content: ""; }
.note code { color: var(--soft); }
.lost .tag { text-indent: 0; margin-left: .6rem; }

.matrix { border-collapse: separate; border-spacing: 0; }
.matrix td, .matrix th { padding-left: .7rem; }
.matrix tbody th { padding-left: 0; min-width: 9rem; max-width: 18rem; }
.matrix thead th { min-width: 10.5rem; max-width: 12rem; vertical-align: top; overflow-wrap: anywhere; }
.matrix thead th:first-child { padding-left: 0; min-width: 0; }
.matrix th:first-child { position: sticky; left: 0; background: var(--paper); }
.matrix tbody code { background: none; padding: 0; word-spacing: .1em; }
.matrix .accused { color: var(--ink); }
.matrix .accused .tag { margin-top: .2rem; }
.matrix .failed { background: var(--fault-tint); }
.matrix .failed b { color: var(--fault); }
.matrix .doubted { background: var(--doubt-tint); }
.matrix .doubted b { color: var(--doubt); }
.matrix .well b { color: var(--server); }
.matrix .none { color: var(--soft); font-size: .85rem; }
.rate { display: block; width: 100%; height: 4px; margin: .3rem 0; }
.rate .all { fill: var(--rule); }
.rate .part { fill: var(--fault); }
.rate .doubt { stroke: var(--doubt); stroke-width: 4; stroke-dasharray: 3 2; }

.timeline .few { max-width: 24rem; }
.timeline svg { display: block; width: 100%; height: 8rem; }
.timeline .all { fill: var(--rule); stroke: var(--soft); stroke-width: 1px; vector-effect: non-scaling-stroke; }
.timeline .affected { fill: var(--fault); }
.timeline .doubted { fill: var(--doubt-tint); stroke: var(--doubt); stroke-width: 1.5px; stroke-dasharray: 4 3; vector-effect: non-scaling-stroke; }
.timeline .axis { stroke: var(--soft); stroke-width: 2px; vector-effect: non-scaling-stroke; }
.labels { display: flex; justify-content: space-between; gap: 1rem; margin: .3rem 0 0; max-width: none; font-size: .8rem; color: var(--soft); font-variant-numeric: tabular-nums; }
.key { display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; margin-top: .5rem; font-size: .85rem; color: var(--soft); }
.key i { display: inline-block; width: .8em; height: .8em; background: var(--rule); border: 1px solid var(--soft); }
.key .affected { background: var(--fault); border-color: var(--fault); }
.key .doubted { background: var(--doubt-tint); border: 1.5px dashed var(--doubt); }

.ladder .box { border: 1px solid var(--rule); border-radius: 6px; padding: 1rem; }
.ladder svg { display: block; width: 100%; min-width: 44rem; max-width: 54rem; margin: 0 auto; fill: var(--ink); font: 12.5px var(--mono); }
.ladder .who { font: 650 14px var(--sans); }
.ladder .client { fill: var(--client); }
.ladder .server { fill: var(--server); }
.ladder .name, .ladder .time { fill: var(--soft); font-size: 11px; }
.ladder .frame { font: 600 12px var(--sans); }
.ladder .note { fill: var(--soft); font: italic 12px var(--sans); }
.ladder .lane { stroke: var(--ink); stroke-width: 2; }
.ladder .closed { stroke: var(--soft); stroke-dasharray: 2 5; }
.ladder .break { fill: var(--paper); }
.ladder .band.client { fill: var(--client-tint); }
.ladder .band.server { fill: var(--server-tint); }
.ladder .way { stroke-width: 1.5; }
.ladder .way.client { stroke: var(--client); }
.ladder .way.server { stroke: var(--server); }
.ladder .way.ack { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 1 3; stroke-linecap: round; }
.ladder .tip.ack, .ladder .ack { fill: var(--soft); }
.ladder text.ack { font-size: 11px; }
.ladder .way.close, .ladder .end { stroke: var(--ink); stroke-width: 3; }
.ladder text.close { font-weight: 700; }
.ladder .way.lost, .ladder .fall, .ladder .cross { stroke: var(--fault); stroke-width: 2; fill: none; }
.ladder .unseen { stroke: var(--fault); stroke-width: 2; stroke-dasharray: 6 5; }
.ladder .cross { stroke-width: 2.5; }
.ladder .tip.lost, .ladder text.lost, .ladder .fate { fill: var(--fault); font-weight: 700; }
.ladder .fate { font: 700 13px var(--sans); }
.ladder .doubt text.lost, .ladder .doubt .fate { fill: var(--doubt); font-weight: 400; font-style: italic; }
.ladder .doubt .tip.lost { fill: var(--doubt); }
.ladder .doubt .way.lost, .ladder .doubt .fall, .ladder .doubt .unseen { stroke: var(--doubt); stroke-width: 1.5; stroke-dasharray: 5 4; }
.ladder .link path { fill: none; stroke: var(--soft); stroke-width: 1.25; }
.ladder .link circle { fill: var(--soft); }
.ladder .link.unsure path { stroke-dasharray: 2 4; }
.ladder .link.proved path { stroke: var(--fault); stroke-width: 2.5; }
.ladder .link.proved circle { fill: var(--fault); }
.ladder .link.suspected path { stroke: var(--doubt); stroke-width: 2; stroke-dasharray: 5 4; }
.ladder .link.suspected circle { fill: var(--doubt); }
.ladder .silence { fill: var(--panel); stroke: var(--soft); stroke-dasharray: 2 4; }

.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .8rem; margin-top: 1.2rem; }
.tiles > .tile { display: block; padding: .7rem 1rem .8rem; background: var(--panel); border-radius: 6px; border-left: 4px solid var(--rule); }
.tile dt { font-size: .85rem; font-weight: 400; color: var(--soft); }
.tile b { display: block; font-size: 1.5rem; line-height: 1.3; letter-spacing: -.01em; }
.tile span { display: block; font-size: .85rem; line-height: 1.4; color: var(--soft); }
.tiles > .proved { border-left-color: var(--fault); }
.tiles > .proved b { color: var(--fault); }
.tiles > .suspected { border-left: 4px dashed var(--doubt); }
.tiles > .suspected b { color: var(--doubt); }
.tiles > .well { border-left-color: var(--server); }
.tiles > .well b { color: var(--server); }


.lead .box { --cover: var(--panel); }
.lead .tile { background: var(--paper); }
.lead > .tiles:first-child { margin-top: .9rem; }
.fold { margin-top: 1.2rem; border: 1px solid var(--rule); border-radius: 6px; padding: .5rem 1rem; font-size: 1rem; }
.fold > summary { color: var(--link); width: auto; }
.fold[open] { padding-bottom: 1rem; }
.fold .fold { background: none; }

.filters { display: flex; flex-wrap: wrap; gap: .5rem 1.6rem; margin-top: 1rem; font-size: .9rem; }
.filters label { white-space: nowrap; margin-right: .9rem; }
.filters select { font: inherit; max-width: 16rem; color: inherit; background: var(--paper); border: 1px solid var(--soft); border-radius: 4px; padding: .15rem .3rem; }

`

/** Of the whole report. */
const LAYOUT = `.contents > summary { font-weight: 600; color: var(--link); }
.beside { display: none; }
@media (min-width: 1000px) {
  body { max-width: 80rem; display: grid; grid-template-columns: 15rem minmax(0, 1fr); column-gap: 3rem; }
  body > * { grid-column: 1 / -1; }
  nav { grid-column: 1; align-self: start; position: sticky; top: 1rem; max-height: calc(100vh - 2rem); overflow-y: auto; border-bottom: 0; }
  nav + main { grid-column: 2; margin-top: 0; }
  .contents { display: none; }
  .beside { display: block; }
}
@media (min-width: 40rem) {
  dl:not(.tiles) > div { display: grid; grid-template-columns: 11rem minmax(0, 1fr); gap: 1rem; }
}
`

/** The same on narrow screens. */
export const NARROW = `@media (max-width: 40rem) {
  .labels span:nth-child(2):not(:last-child) { display: none; }
  .tiles { grid-template-columns: 1fr 1fr; gap: .6rem; }
  .tile b { font-size: 1.25rem; }
  .stack, .stack tbody, .stack tr, .stack td, .stack th, .stack caption { display: block; }
  .stack { overflow-wrap: anywhere; }
  .stack caption span { max-width: none; }
  .stack thead { display: none; }
  .stack tbody tr { border-bottom: 1px solid var(--rule); padding: .5rem 0; }
  .stack tbody td, .stack tbody th { border: 0; padding: .1rem 0; text-align: left; white-space: normal; }
  .stack [data-head]::before { content: attr(data-head) ": "; color: var(--soft); font-weight: 400; font-size: .85rem; }
  .stack th[data-head]::before { content: none; }
  .dialogue.stack tbody tr { border: 0; padding: 0 0 .25rem; }
  .dialogue.stack tbody td { padding-left: 0; }
  .dialogue.stack .line { min-width: 0; padding-left: 2.6em; }
  .dialogue.stack .number { display: inline; padding-left: 1.2rem; font-size: .75rem; }
  .dialogue.stack .number:not([data-head]) { display: none; }
}

@media screen {
  .ladder { container-type: inline-size; }
  @container (max-width: 46.12rem) {
    .ladder figcaption::after { content: "Wider than this screen: scroll it sideways."; display: block; font-weight: 400; color: var(--link); }
  }
}
`

const PAGE = `
:root {
  color-scheme: light dark;
  --paper: #fdfcfa; --panel: #f5f3ee; --rule: #d9d5cc; --ink: #1b1f24; --soft: #59616a; --link: #17508f; --edge: #1b1f2455;
  --client: #17508f; --client-tint: #e7eff9; --server: #0b5f4b; --server-tint: #e3f2ec;
  --fault: #a81f17; --fault-tint: #fbe9e6; --doubt: #8a5300; --doubt-tint: #fbf1dc;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif;
  --serif: ui-serif, Charter, "Iowan Old Style", Georgia, "Noto Serif", "Liberation Serif", serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --panel: #1b1f25; --rule: #353c45; --ink: #e3e6ea; --soft: #a3acb6; --link: #93c0f5; --edge: #000c;
    --client: #93c0f5; --client-tint: #19283a; --server: #78d2b5; --server-tint: #152e28;
    --fault: #ffa196; --fault-tint: #3a1f1f; --doubt: #e8bb6a; --doubt-tint: #33291a;
  }
}
* { box-sizing: border-box; }
html { font: 100%/1.6 var(--sans); -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0 auto; padding: 0 1rem; max-width: 60rem; background: var(--paper); color: var(--ink); overflow-wrap: anywhere; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 3px; }
main:focus { outline: none; }
a { color: var(--link); text-underline-offset: .15em; }
.skip { position: absolute; left: 1rem; top: -4rem; padding: .5rem 1rem; background: var(--paper); z-index: 1; }
.skip:focus { top: .5rem; }
h1, h2, h3, h4 { line-height: 1.25; text-wrap: balance; letter-spacing: -.01em; margin: 0; }
h1 { font-size: clamp(1.65rem, 1.2rem + 2vw, 2.4rem); letter-spacing: -.02em; }
h2 { font-size: 1.6rem; }
h3 { font-size: 1.2rem; margin-top: 2.4rem; }
h4 { font-size: 1rem; margin-top: 1.8rem; text-wrap: wrap; }
p, ul, dl, blockquote { margin: .8rem 0 0; }
p, li, dd, blockquote { max-width: 70ch; }
ul { padding-left: 1.2rem; }
li + li { margin-top: .3rem; }
li::marker { color: var(--soft); }
code, pre { font-family: var(--mono); font-size: .875em; }
p code, li code, dd code, td code { background: var(--panel); border-radius: 3px; padding: .1em .3em; }
body > header { padding: 3rem 0 1.6rem; }
body > header p { color: var(--soft); font-size: 1.1rem; margin-top: .6rem; }
body > footer { margin: 4rem 0 2rem; padding-top: 1rem; border-top: 1px solid var(--rule); color: var(--soft); font-size: .875rem; }
nav { font-size: .9rem; padding: 1rem 0; border-top: 1px solid var(--rule); border-bottom: 1px solid var(--rule); }
nav ol { list-style: none; margin: 0; padding: 0; }
nav ol ol { padding-left: 1rem; }
nav li { margin-top: .25rem; }
nav :is(.contents, .beside) > ol { padding-left: 0; }
nav :is(.contents, .beside) > ol > li + li { margin-top: .6rem; }
nav a { text-decoration: none; }
nav a:hover { text-decoration: underline; }
.lead { padding: .4rem 1.4rem 1.3rem; background: var(--panel); border-left: 4px solid var(--ink); border-radius: 0 6px 6px 0; }
.lead > p:first-child { font-size: 1.15rem; line-height: 1.5; }
main { margin-top: 2rem; }
main > :first-child { margin-top: 0; }
article, main > section { margin-top: 3.4rem; padding-top: 1.4rem; border-top: 3px solid var(--ink); }
main > section { border-top: 1px solid var(--rule); }
main > section h3 { margin-top: 1.8rem; }
.who { color: var(--soft); }
.title { display: flex; flex-wrap: wrap; align-items: baseline; gap: .4rem 1rem; }
.certainty { margin: 0; padding: .05rem .7rem; border: 2px solid currentColor; border-radius: 1rem; font-size: .8rem; font-weight: 650; white-space: nowrap; }
.certainty.proved { color: var(--fault); }
.certainty.proved::before { content: "\\25CF\\00A0"; }
.certainty.suspected { color: var(--doubt); border-style: dashed; }
.certainty.suspected::before { content: "\\25CB\\00A0"; }
dl { display: grid; gap: .5rem 0; }
dt { font-weight: 600; }
dd { margin: 0; }
figure { margin: 1.4rem 0 0; }
figcaption, caption { font-weight: 600; font-size: .95rem; text-align: left; margin-bottom: .5rem; }
figcaption { max-width: 70ch; }
caption { padding-bottom: .5rem; }
figcaption span { font-weight: 400; color: var(--soft); }
.quote { border-left: 3px solid var(--link); padding-left: 1.2rem; }
.quote blockquote { font: 1.1rem/1.5 var(--serif); margin: 0; }
.quote blockquote p { margin: 0; }
.quote figcaption span { display: block; }
.quote figcaption { margin: .4rem 0 0; font-size: .875rem; font-weight: 400; }
cite { font-style: normal; }
details { margin-top: .5rem; font-size: .9rem; }
summary { color: var(--soft); cursor: pointer; width: fit-content; }
figure details ol { padding-left: 2rem; }
`

const PRINT = `
@media print {
  @page {
    size: A4; margin: 16mm 15mm 18mm;
    @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif; color: #444; }
  }
  :root {
    color-scheme: light;
    --paper: #fff; --panel: #f4f4f4; --rule: #bbb; --ink: #000; --soft: #444; --link: #000; --edge: #fff0;
    --client: #123f73; --client-tint: #f1f1f1; --server: #084a3a; --server-tint: #fff; --fault: #8c1009; --fault-tint: #f1f1f1;
    --doubt: #6b4200; --doubt-tint: #fff;
  }
  html { font-size: 9pt; line-height: 1.45; }
  body { max-width: none; padding: 0; display: block; }
  body > header { padding-top: 0; }
  .skip, nav, body > footer, .filters, .fold.again, details:not(.fold), .fold > summary::marker { display: none; }
  .fold { border: 0; padding: 0; }
  .fold > summary { color: var(--ink); font-weight: 600; list-style: none; break-after: avoid; }
  .fold::details-content { content-visibility: visible; display: block; block-size: auto; }
  .box { overflow: visible; background: none; }
  .ladder .box { padding: .5rem; }
  a[href^="http"]::after { content: " (" attr(href) ")"; font-size: .85em; }
  h1, h2, h3, h4, figcaption, caption, .title { break-after: avoid; }
  h3 { margin-top: 1.6rem; }
  article, main > section { margin-top: 2rem; padding-top: 1rem; }
  .lead { padding: .4rem 1rem 1rem; }
  .tiles { grid-template-columns: repeat(4, 1fr); gap: .5rem; }
  .tile b { font-size: 1.3rem; }
  blockquote, tr, dl, .tiles, .quote { break-inside: avoid; }
  .dialogue tbody tr:nth-last-child(-n+3) { break-before: avoid; }
  figure.ladder, figure.timeline { break-inside: avoid; }
  .key i, .lost, .failed, .lead, .tile { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .ladder svg { max-height: 112mm; min-width: 0; }
  .line { min-width: 0; }
  p, li { orphans: 2; widows: 2; }
}
`

export const STYLE = `${PAGE}${FIGURES}${LAYOUT}${NARROW}${FILTER_STYLE}${PRINT}`

/** SHA-256 of `STYLE` in base64. A test checks it and prints the right value. */
export const STYLE_HASH = 'mT4fdQ3Vf3Zx4CYpt4GmZsT9dmVq4D0Tb/Lz9ChiIXw='
