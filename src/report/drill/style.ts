import { pageStyle } from "../diagram/style.ts";

/** The style of the page of a drill: that of all pages, with its own timeline and table. */
export const drillStyle = `${pageStyle}
.state{display:inline;font-size:.85rem;padding:0 .5rem;white-space:nowrap}
.state.outage{font-weight:700}
.known{grid-template-columns:max-content 1fr}
.known dd{color:var(--ink)}
.strip{margin-top:1rem;padding-top:.5rem;border-top:2px solid var(--line)}
.load{shape-rendering:crispEdges}
.load .answered{fill:var(--arrow)}
.load .failed{fill:var(--outage)}
.load .silent{fill:var(--outage);opacity:.5}
.load .zero{fill:var(--muted)}
.bars text.start{text-anchor:start}
.bars text.end{text-anchor:end}
.bar.fault,.bar.mending{fill:var(--accent)}
.bar.mending{opacity:.45}
.bar.unmended{fill:none;stroke:var(--outage);stroke-width:1.5;stroke-dasharray:4 2}
.verdicts{table-layout:fixed}
.verdicts caption{text-align:left;color:var(--muted);padding:.25rem 0}
.verdicts th[scope=row]{color:var(--ink)}
.verdicts th p,.verdicts th ul{font-weight:400}
.verdicts td,.verdicts th{font-size:.9rem;padding:.5rem .75rem .5rem 0}
.verdicts thead th:first-child{width:26%}
.verdicts thead th:nth-child(2){width:15%}
.verdicts thead th:nth-child(3){width:17%}
.verdicts thead th:nth-child(4){width:12%}
.verdicts .state.sound{font-weight:400}
.verdicts ul{list-style:none;margin:0;padding:0}
.verdicts li{padding-left:.7rem;text-indent:-.7rem}
.verdicts li *{text-indent:0}
.verdicts .unkept>th{border-left:6px solid var(--outage);padding-left:.6rem}
@media screen and (max-width:60rem){.verdicts,.verdicts caption,.verdicts tbody,.verdicts tr,.verdicts td,.verdicts th[scope=row]{display:block}.verdicts thead{display:none}.verdicts tr{border:1px solid var(--line);border-radius:10px;background:var(--card);margin:.75rem 0;padding:.5rem .9rem}.verdicts td,.verdicts th[scope=row]{border:0;padding:.25rem 0}.verdicts td{display:grid;grid-template-columns:7rem 1fr}.verdicts td>*{grid-column:2}.verdicts td::before{content:attr(data-name);grid-row:1/99;color:var(--muted);font-weight:600}.verdicts .unkept{border:2px solid var(--outage)}.verdicts .unkept>th{border-left:0;padding-left:0}}
@media print{h2,figcaption,.legend{break-after:avoid}.legend{break-inside:avoid}.timeline{border:0;padding:0}.lane{grid-template-columns:18rem 1fr;padding:0;font-size:8pt}.state{font-size:.9em}.strip,.verdicts tr{break-inside:avoid}.verdicts td,.verdicts th{font-size:7.5pt;line-height:1.35}}
`;
