// The look of the HTML report, light, dark and on paper. One constant text, known to the file's policy by its hash.
import { FIGURES } from './style-figures.ts'

const PAGE = `
:root {
  color-scheme: light dark;
  --paper: #fdfcfa; --panel: #f5f3ee; --rule: #d9d5cc; --ink: #1b1f24; --soft: #59616a; --link: #17508f;
  --client: #17508f; --client-tint: #e7eff9; --server: #0b5f4b; --server-tint: #e3f2ec;
  --fault: #a81f17; --fault-tint: #fbe9e6;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif;
  --serif: ui-serif, Charter, "Iowan Old Style", Georgia, "Noto Serif", "Liberation Serif", serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --panel: #1b1f25; --rule: #353c45; --ink: #e3e6ea; --soft: #a3acb6; --link: #93c0f5;
    --client: #93c0f5; --client-tint: #19283a; --server: #78d2b5; --server-tint: #152e28;
    --fault: #ffa196; --fault-tint: #3a1f1f;
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
h4 { font-size: 1rem; margin-top: 1.8rem; }
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
nav > ol > li + li { margin-top: .6rem; }
nav a { text-decoration: none; }
nav a:hover { text-decoration: underline; }
.lead { padding: .4rem 1.4rem 1.3rem; background: var(--panel); border-left: 4px solid var(--ink); border-radius: 0 6px 6px 0; }
.lead > p:first-child { font-size: 1.15rem; line-height: 1.5; }
main { margin-top: 2rem; }
main > :first-child { margin-top: 0; }
article, main > section { margin-top: 3.4rem; padding-top: 1.4rem; border-top: 3px solid var(--ink); }
main > section { border-top: 1px solid var(--rule); }
main > section h3 { margin-top: 1.8rem; }
.title { display: flex; flex-wrap: wrap; align-items: baseline; gap: .4rem 1rem; }
.certainty { margin: 0; padding: .05rem .7rem; border: 2px solid currentColor; border-radius: 1rem; font-size: .8rem; font-weight: 650; white-space: nowrap; }
.proved { color: var(--fault); }
.proved::before { content: "\\25CF\\00A0"; }
.suspected { color: var(--soft); border-style: dashed; }
.suspected::before { content: "\\25CB\\00A0"; }
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
details ol { padding-left: 2rem; }
`

const PRINT = `
@media print {
  @page { margin: 18mm 16mm; }
  :root {
    color-scheme: light;
    --paper: #fff; --panel: #f4f4f4; --rule: #bbb; --ink: #000; --soft: #444; --link: #000;
    --client: #123f73; --client-tint: #f1f1f1; --server: #084a3a; --server-tint: #fff; --fault: #8c1009; --fault-tint: #f1f1f1;
  }
  html { font-size: 10pt; }
  body { max-width: none; padding: 0; display: block; }
  body > header { padding-top: 0; }
  .skip, details, nav:not(.several) { display: none; }
  .box { overflow: visible; }
  a[href^="http"]::after { content: " (" attr(href) ")"; font-size: .85em; }
  h1, h2, h3, h4, figcaption, caption, .title { break-after: avoid; }
  article + article { break-before: page; }
  figure, blockquote, tr, .lead, dl > div { break-inside: avoid; }
  .box { break-inside: avoid; }
  figure.code { break-inside: auto; }
  .key i, .lost, .failed, .lead { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .ladder svg { max-height: 225mm; min-width: 0; }
  .line { min-width: 0; }
  p, li { orphans: 3; widows: 3; }
}
`

export const STYLE = `${PAGE}${FIGURES}${PRINT}`

/** SHA-256 of `STYLE` in base 64. A test computes it anew and says what it must be. */
export const STYLE_HASH = 'g5a3X67HI6Om5gI4FfVb3XbcupGzCCt930IyBMsi+gc='
