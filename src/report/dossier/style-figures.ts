// The look of tables, dialogues and drawings.
export const FIGURES = `
.box { overflow-x: auto; margin-top: 1.4rem; }
figure > .box { margin-top: 0; }
caption span { display: inline-block; position: sticky; left: 0; max-width: min(70ch, calc(100vw - 2rem)); overflow-wrap: anywhere; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; min-width: 100%; overflow-wrap: normal; }
th, td { text-align: left; vertical-align: baseline; padding: .4rem .9rem .4rem 0; border-bottom: 1px solid var(--rule); }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--soft); font-weight: 600; font-size: .85rem; border-bottom: 2px solid var(--rule); vertical-align: bottom; }
tbody th { font-weight: 500; }
.number { text-align: right; white-space: nowrap; }
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
.matrix .well b { color: var(--server); }
.matrix .none { color: var(--soft); font-size: .85rem; }
.rate { display: block; width: 100%; height: 4px; margin: .3rem 0; }
.rate .all { fill: var(--rule); }
.rate .part { fill: var(--fault); }

.timeline .few { max-width: 24rem; }
.timeline svg { display: block; width: 100%; height: 8rem; }
.timeline .all { fill: var(--rule); stroke: var(--soft); stroke-width: 1px; vector-effect: non-scaling-stroke; }
.timeline .affected { fill: var(--fault); }
.timeline .axis { stroke: var(--soft); stroke-width: 2px; vector-effect: non-scaling-stroke; }
.labels { display: flex; justify-content: space-between; gap: 1rem; margin: .3rem 0 0; max-width: none; font-size: .8rem; color: var(--soft); font-variant-numeric: tabular-nums; }
.key { display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; margin-top: .5rem; font-size: .85rem; color: var(--soft); }
.key i { display: inline-block; width: .8em; height: .8em; background: var(--rule); border: 1px solid var(--soft); }
.key .affected { background: var(--fault); border-color: var(--fault); }

.ladder .box { border: 1px solid var(--rule); border-radius: 6px; padding: 1rem; }
.ladder svg { display: block; width: 100%; min-width: 40rem; max-width: 52rem; margin: 0 auto; fill: var(--ink); font: 12.5px var(--mono); }
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

@media (min-width: 72rem) {
  body { max-width: 78rem; display: grid; grid-template-columns: 16rem minmax(0, 1fr); column-gap: 3.5rem; }
  body > * { grid-column: 1 / -1; }
  nav { grid-column: 1; align-self: start; position: sticky; top: 1rem; max-height: calc(100vh - 2rem); overflow-y: auto; border-bottom: 0; }
  nav + main { grid-column: 2; margin-top: 0; }
}
@media (min-width: 40rem) {
  dl > div { display: grid; grid-template-columns: 11rem minmax(0, 1fr); gap: 1rem; }
}
@media (max-width: 40rem) {
  .labels span:nth-child(2):not(:last-child) { display: none; }
}
`
