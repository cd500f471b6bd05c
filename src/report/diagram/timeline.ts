import { count, duration, groupBy } from "../../base/text.ts";
import { badge, escaped, link } from "./markup.ts";
import type { RunHost, RunRecord, RunStage, RunStep, StepKind } from "./run-record.ts";
import { endingOf, severityOf } from "./run-words.ts";

/** The height of a lane, in pixels. */
const height = 22;
/** The least width of a bar, in percent of the run, so that it is visible. */
const leastWidth = 0.4;
/** The least width of a stage with a number, in percent of the run. It fits the number also on a phone. */
const leastNumbered = 6;

/** The height of a bar by its kind, in pixels, so that kinds differ also without colours. */
const barHeight: Readonly<Record<StepKind, number>> = {
  connect: 4,
  observe: 4,
  change: 14,
  reload: 18,
  gate: 8,
  wait: 8,
};

/** The text of the legend. */
const legend: readonly (readonly [StepKind | "failed", string])[] = [
  ["connect", "connecting, observing"],
  ["change", "change"],
  ["reload", "reload or restart"],
  ["gate", "waiting, health checks"],
  ["failed", "failed"],
];

/**
 * Stages are bands, hosts are lanes, and steps are bars. Lanes are as wide as the screen allows: positions in them are in percent
 * of the run's time. Names stand beside the lanes as text, so that they do not shrink.
 */
export function timeline(run: RunRecord, idOf: (host: string) => string): string {
  const span = Math.max(1, run.ms);
  const lanes = run.hosts.map((host) => lane(host, run, { span, id: idOf(host.name) }));
  return [
    '<figure class="timeline"><figcaption>Where the time went: stages above, a line for each host below. ',
    "The tables that follow say the same.</figcaption>",
    `<p class="legend" aria-hidden="true">${legend.map(([kind, text]) => `<span>${swatch(kind)} ${text}</span>`).join(" ")}</p>`,
    `<div class="lane head"><span>stages</span>${svg(stageBars(run, span))}</div>`,
    ...lanes,
    `<div class="lane head"><span></span><div class="scale"><span>0s</span><span>${duration(span / 2)}</span><span>${duration(span)}</span></div></div>`,
    "</figure>",
  ].join("\n");
}

const svg = (inner: string): string =>
  `<svg class="bars" aria-hidden="true" width="100%" height="${height}">${inner}</svg>`;

function swatch(kind: StepKind | "failed"): string {
  const pixels = kind === "failed" ? barHeight.change : barHeight[kind];
  const bar = `<rect class="bar ${kind}" x="1" y="${(height - pixels) / 2}" width="16" height="${pixels}"/>`;
  return `<svg class="bars swatch" width="18" height="${height}">${bar}</svg>`;
}

interface LaneContext {
  /** Milliseconds that the lanes stand for. */
  readonly span: number;
  /** The target of the link on the host's name. */
  readonly id: string;
}

function lane(host: RunHost, run: RunRecord, { span, id }: LaneContext): string {
  const ending = endingOf(host);
  const groups = [...groupBy(host.steps, (step) => `${step.kind} ${step.from} ${step.to} ${step.failed}`)];
  // Tall bars come first, so that low bars are drawn over them.
  const bars = groups
    .map(([, steps]) => steps)
    .sort(([a], [b]) => (b === undefined ? 0 : barHeight[b.kind]) - (a === undefined ? 0 : barHeight[a.kind]))
    .map((steps) => bar(steps, span));
  return `<div class="lane"><span>${link(id, host.name)} ${badge(severityOf(ending), ending)}</span>${svg(bands(run.stages, span) + bars.join(""))}</div>`;
}

/** Changes that were done in one call are one bar. */
function bar(steps: readonly RunStep[], span: number): string {
  const [first] = steps;
  if (first === undefined) return "";
  const pixels = barHeight[first.kind];
  const to = first.to ?? span;
  const names = steps.length > 3 ? `${count(steps.length, "change")}, ${first.name} first` : listOf(steps);
  const title = `${names}: ${duration(to - first.from)} from ${duration(first.from)}`;
  const kind = first.failed === true ? "failed" : first.kind;
  const across = acrossOf(first.from, to, span);
  return `<rect class="bar ${kind}" ${across} y="${(height - pixels) / 2}" height="${pixels}"><title>${escaped(title)}</title></rect>`;
}

const listOf = (steps: readonly RunStep[]): string => steps.map(({ name }) => name).join(", ");

function acrossOf(from: number, to: number, span: number): string {
  const width = Math.min(100, Math.max(leastWidth, (100 * (to - from)) / span));
  const x = Math.min(100 - width, (100 * from) / span);
  return `x="${percent(x)}" width="${percent(width)}"`;
}

const percent = (value: number): string => `${Number(value.toFixed(2))}%`;

const bands = (stages: readonly RunStage[], span: number): string =>
  stages
    .map(
      ({ from, to }, i) =>
        `<rect class="band b${i % 2}" ${acrossOf(from, to ?? span, span)} height="${height}"/>`,
    )
    .join("");

/** Stages with their numbers from the table of stages. */
function stageBars({ stages }: RunRecord, span: number): string {
  return stages
    .map(({ name, from, to = span }, i) => {
      const middle = (50 * (from + to)) / span;
      const wide = (100 * (to - from)) / span >= leastNumbered;
      const number = wide ? `<text x="${percent(middle)}" y="${height - 6}">${i + 1}</text>` : "";
      return `<g><rect class="stage b${i % 2}" ${acrossOf(from, to, span)} height="${height}"><title>${escaped(`${i + 1}. ${name}`)}</title></rect>${number}</g>`;
    })
    .join("");
}
