/** How a run's section looks, beside the page's own style. */
export const runStyle = `
.end{font-size:.85rem;border:1px solid currentColor;border-radius:1rem;padding:0 .5rem;white-space:nowrap}
.end.sound{color:var(--sound)}
.end.risk{color:var(--risk)}
.end.outage{color:var(--outage);font-weight:700}
.timeline{margin:.5rem 0;border:1px solid var(--line);border-radius:14px;padding:.75rem 1rem;background:var(--card)}
.timeline figcaption{color:var(--muted)}
.legend svg{vertical-align:middle}
.lane{display:grid;grid-template-columns:minmax(9rem,18rem) 1fr;gap:.25rem 1rem;align-items:center;padding:.2rem 0;border-top:1px solid var(--line)}
.lane.head{border:0;color:var(--muted)}
.bars{display:block;overflow:visible}
.bars.swatch{display:inline-block}
.bars text{fill:var(--ink);font-size:13px;text-anchor:middle}
.band.b0,.stage.b0{fill:var(--frame)}
.band.b1{fill:none}
.stage{stroke:var(--line)}
.stage.b1{fill:var(--chip)}
.bar{rx:2px}
.bar.connect,.bar.observe{fill:var(--muted)}
.bar.change{fill:var(--accent)}
.bar.reload{fill:var(--hue-2)}
.bar.gate,.bar.wait{fill:var(--sound)}
.bar.failed{fill:var(--outage-paper);stroke:var(--outage);stroke-width:2.5}
.scale{display:flex;justify-content:space-between;font-variant-numeric:tabular-nums}
#run caption{text-align:left;color:var(--muted);padding:.25rem 0}
#run th{overflow-wrap:normal}
#run th.ms{text-align:right}
#run td.ms:first-child,#run th.ms:first-child{width:5.5rem}
#run pre{white-space:pre-wrap;font-size:.9em;margin:.4rem 0}
#run .failure{border-left:6px solid currentColor;padding-left:.75rem;color:var(--outage)}
#run .failure p,#run .failure pre{color:var(--ink)}
#run h4{margin:.9rem 0 .1rem;font-size:1rem}
@media screen and (max-width:52rem){#run td.ms:first-child,#run th.ms:first-child{width:4rem}.lane{grid-template-columns:1fr}.lane.head>span:empty{display:none}}
@media print{.lane{break-inside:avoid;grid-template-columns:12rem 1fr}.bars rect{print-color-adjust:exact}.timeline{break-inside:auto}}
`;
