/** Colours by purpose. Screens in dark mode use the dark ones; paper always uses the light ones. */
const light = `--paper:#fbfcfe;--ink:#16202c;--muted:#4a5866;--line:#c3ccd6;--frame:#eef2f7;--card:#ffffff;--chip:#ffffff;--accent:#0b5cad;--arrow:#46586b;--sound:#1c6b3c;--outage:#b3131b;--outage-paper:#fde6e6;--risk:#855000;--risk-paper:#fff1d6;--hue-0:#3b6fd4;--hue-1:#0f8b8d;--hue-2:#7b4fc9;--hue-3:#b0487e;--hue-4:#5d7a1f;--hue-5:#8a6420`;
const dark = `--paper:#0f141a;--ink:#e7edf3;--muted:#aab7c4;--line:#3a4756;--frame:#17202a;--card:#202b37;--chip:#263442;--accent:#82bdf5;--arrow:#8ea1b5;--sound:#7fd6a0;--outage:#ff9b9b;--outage-paper:#4b1a1f;--risk:#f5c261;--risk-paper:#43320f;--hue-0:#7aa5ff;--hue-1:#4cc9c6;--hue-2:#b694ff;--hue-3:#ee8fbf;--hue-4:#b1cf6a;--hue-5:#deb56b`;

/** The colours as variables of the element that a selector names. */
export const colors = (selector: string): string =>
  `${selector}{color-scheme:light dark;${light}}@media screen and (prefers-color-scheme:dark){${selector}{${dark}}}`;

const fonts = `system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",Arial,sans-serif`;

const hues = [0, 1, 2, 3, 4, 5].map((hue) => `.stack .hue-${hue}{--hue:var(--hue-${hue})}`).join("\n");

/** The style of the picture, in a page and as a file. */
export const pictureStyle = `
.stack{font-family:${fonts}}
.stack .paper{fill:var(--paper)}
.stack text{fill:var(--ink)}
${hues}
.stack .frame>rect{fill:var(--frame);stroke:var(--line)}
.stack .frame.users>rect{fill:none;stroke-dasharray:2 4;stroke:var(--muted)}
.stack .frame .t-tier{fill:var(--hue)}
.stack .frame.users .t-tier{fill:var(--muted)}
.stack .card>rect{fill:var(--card);stroke:var(--line)}
.stack .card .edge{fill:var(--hue)}
.stack .chip>rect{fill:var(--chip);stroke:var(--muted)}
.stack .t-tier{font-size:13px;font-weight:700;letter-spacing:.08em}
.stack .t-role{font-size:15px;font-weight:700}
.stack .t-service{font-size:13px}
.stack .t-host{font-size:13px;font-weight:600}
.stack .t-note{font-size:12px;fill:var(--muted)}
.stack .t-need{font-size:12px;fill:var(--accent)}
.stack .label .t-need{paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round}
.stack .arrow{fill:none;stroke:var(--arrow);stroke-width:1.5}
.stack .head{fill:var(--arrow)}
.stack .sound{fill:var(--sound);font-weight:700}
.stack .chip.converged>rect{stroke:var(--sound);stroke-width:1.5}
.stack .chip.converged text{fill:var(--sound)}
.stack .chip.drifted>rect,.stack .risk>rect{stroke:var(--risk);stroke-width:2;stroke-dasharray:6 3}
.stack .chip.drifted>rect,.stack .chip.risk>rect{fill:var(--risk-paper)}
.stack .chip.pending>rect{stroke:var(--accent);stroke-width:2;stroke-dasharray:2 3}
.stack .chip.pending text{fill:var(--accent)}
.stack .chip.drifted text,.stack .chip.risk text{fill:var(--risk)}
.stack .outage>rect,.stack .chip.unreachable>rect,.stack .chip.failed>rect{stroke:var(--outage);stroke-width:2.5;stroke-dasharray:none}
.stack .card.outage>rect,.stack .chip.outage>rect,.stack .chip.unreachable>rect,.stack .chip.failed>rect{fill:var(--outage-paper)}
.stack .outage .edge{fill:var(--outage)}
.stack .chip.outage text,.stack .chip.unreachable text,.stack .chip.failed text{fill:var(--outage)}
.stack text.outage,.stack .frame.outage text.outage{fill:var(--outage);font-weight:700}
.stack text.risk,.stack .frame.risk text.risk{fill:var(--risk);font-weight:700}
.stack a{cursor:pointer}
.stack a:focus-visible{outline:none}
.stack a:focus-visible rect,.stack a:hover rect{stroke-width:3;stroke:var(--ink);stroke-dasharray:none}
`;

/** The style of the section on a run: its timeline and tables. */
const runStyle = `
#run .state{display:inline;font-size:.85rem;padding:0 .5rem;white-space:nowrap}
#run .state.outage{font-weight:700}
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
@media screen and (max-width:52rem){#run td.ms:first-child,#run th.ms:first-child{width:4rem}.lane{grid-template-columns:1fr}.lane.head>span:empty{display:none}}
@media print{.lane{break-inside:avoid;grid-template-columns:12rem 1fr}.bars rect{print-color-adjust:exact}.timeline{break-inside:auto}}
`;

/** The style of the page, including that of the picture. */
export const pageStyle = `${colors(":root")}${pictureStyle}
*{box-sizing:border-box}
html{scroll-padding-top:1rem}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 ${fonts};overflow-wrap:anywhere}
.skip{position:absolute;left:-99rem;top:.5rem;background:var(--card);padding:.4rem .8rem;border:2px solid var(--accent);border-radius:8px}
.skip:focus{left:1rem}
header,main{max-width:96rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:1.75rem}
h1{margin:0;font-size:1.75rem;letter-spacing:-.01em}
h2{margin:2.5rem 0 .75rem;font-size:1.3rem}
h3{margin:1.25rem 0 .25rem;font-size:1rem}
h4{margin:.9rem 0 .1rem;font-size:1rem}
p{margin:.3rem 0}
a{color:var(--accent)}
a:focus-visible,summary:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:4px}
code{font-size:.9em}
.summary{font-size:1.1rem;font-weight:600;color:var(--sound)}
.summary.outage,.wrong,strong,span.outage{color:var(--outage)}
.summary.risk,.risk strong,span.risk{color:var(--risk)}
.hint,.roles,.more{color:var(--muted)}
.picture{margin-top:1rem;border:1px solid var(--line);border-radius:14px;padding:.5rem}
.picture svg{display:block;max-width:100%;height:auto;margin:0 auto}
.narrow{display:none}
ul{margin:.25rem 0;padding-left:1.25rem}
.tiers{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:1rem}
.tiers>section{border:1px solid var(--line);border-top:4px solid var(--accent);border-radius:10px;padding:.25rem 1.1rem 1rem;background:var(--card)}
.tiers h3{margin:.9rem 0 0;font-size:1.1rem}
details>div{max-width:60rem}
.flaws{padding:0;list-style:none}
.flaws>li{padding:.6rem .9rem;margin:.6rem 0;border-left:6px solid var(--outage);border-radius:6px;background:var(--outage-paper)}
.flaws>li.risk{border-left-color:var(--risk);background:var(--risk-paper)}
.flaws a,.flaws code{color:inherit}
details{border:1px solid var(--line);border-radius:10px;background:var(--card);margin:.5rem 0}
details.outage,details.unreachable,details.failed{border:2px solid var(--outage)}
details.risk,details.drifted{border:2px dashed var(--risk)}
details.pending{border:2px dotted var(--accent)}
summary{padding:.65rem .9rem;cursor:pointer}
details>div{padding:0 .9rem .9rem;scroll-margin-top:3.25rem}
.state{display:inline-block;border:1px solid currentColor;border-radius:1rem;padding:0 .6rem;font-size:.9rem;color:var(--sound)}
.state.drifted,.state.risk{color:var(--risk)}
.state.pending{color:var(--accent)}
.legend span{margin-right:1rem;display:inline-block}
.state.unreachable,.state.failed,.state.outage,.failure{color:var(--outage)}
.resources{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:.4rem 0}
.resources dt{font-weight:600}
.resources dd{margin:0;color:var(--muted)}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;border-bottom:1px solid var(--line)}
th{color:var(--muted);font-weight:600}
td.ms{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
:target{outline:3px solid var(--accent);outline-offset:4px;border-radius:8px}
@media screen and (max-width:70rem){.wide{display:none}.narrow{display:block}.narrow svg{width:min(100%,27rem)}}
@media screen and (max-width:52rem){.picture{border:0;padding:0}header,main{padding-left:1rem;padding-right:1rem}.resources{grid-template-columns:1fr}}
@page{size:A4 landscape;margin:10mm}
@media print{body{font-size:9.5pt;background:none}header{padding-top:0}h1{font-size:15pt}.hint,.skip{display:none}.picture{border:0;padding:0}.picture svg{max-height:165mm;width:100%}.tiers{grid-template-columns:repeat(2,1fr)}.tiers>section,details,.flaws>li{break-inside:avoid}details::details-content{content-visibility:visible;block-size:auto}a{color:inherit;text-decoration:none}}
${runStyle}`;
