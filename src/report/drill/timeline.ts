import type { DrillRecord, LoadSecond } from "../../model/drill.ts";
import { badge, escaped, link } from "../diagram/markup.ts";
import { loadChart, type Most, mostOf, type Strip, wholeLoad } from "./load-chart.ts";
import { clock, isBroken, rowId, secondsText, spanOf, type Tried, triedOf } from "./words.ts";

/** The most seconds that one line of the timeline stands for. In more, a second is too narrow to see. */
const mostSeconds = 300;
const minute = 60;
/** The height of a lane, in pixels. */
const height = 22;
/** The least width of a bar, in percent of its lane, so that it is visible. */
const leastWidth = 0.4;

/** The parts of a bar. Their heights differ, in pixels, so that they differ also without colours. */
const bars = {
  fault: { pixels: 14, text: "the fault, until it is healed" },
  mending: { pixels: 6, text: "healed, until all is whole again" },
  unmended: { pixels: 6, text: "healed, but not whole again" },
  failed: { pixels: 14, text: "the fault, with a broken promise" },
};
type Part = keyof typeof bars;

/** A fault with the last second of its bar. */
interface Lane {
  readonly tried: Tried;
  readonly end: number;
}

/**
 * The load and the faults over time, in lines of at most five minutes: the load above, a lane for each fault of these minutes
 * below. Positions are in percent of the line, and names stand beside the lanes, so that no text shrinks on a phone.
 */
export function timeline(record: DrillRecord): string {
  const span = spanOf(record);
  const lanes = lanesOf(triedOf(record));
  const load = wholeLoad(record);
  const most = mostOf(load);
  return [
    '<figure class="timeline"><figcaption>Times are minutes and seconds since the drill began. The load rests between faults. Names lead to the table.</figcaption>',
    legend(most),
    ...stripsOf(span).map((strip) => stripText(strip, load, { lanes, most })),
    "</figure>",
  ].join("\n");
}

/** A fault that did not become whole again has a bar until the next fault begins, or to the end of the timeline. */
function lanesOf(tried: readonly Tried[]): readonly Lane[] {
  return tried.map((one, i) => ({
    tried: one,
    end: one.verdict.whole ?? tried[i + 1]?.verdict.begun ?? Number.POSITIVE_INFINITY,
  }));
}

/** Lines of the same length, in whole minutes. */
function stripsOf(span: number): readonly Strip[] {
  const lines = Math.ceil(span / mostSeconds);
  const length = Math.ceil(span / lines / minute) * minute;
  return Array.from({ length: lines }, (_, i) => ({ from: i * length, to: (i + 1) * length }));
}

function legend({ answered, failed }: Most): string {
  const square = (kind: string, y: number): string =>
    `<svg class="bars load swatch" width="18" height="${height}"><rect class="zero" y="11" width="18" height="1"/><rect class="${kind}" x="6" y="${y}" width="6" height="9"/></svg>`;
  const items = [
    `${square("answered", 2)} answered requests, above the line; at most ${answered} a second`,
    `${square("failed", 12)} failed requests, below the line; at most ${failed} a second`,
    `${square("silent", 2)} no answer in a second of a fault`,
    ...(["fault", "mending", "unmended", "failed"] as const).map(
      (part) => `${swatch(part)} ${bars[part].text}`,
    ),
  ];
  return `<p class="legend" aria-hidden="true">${items.map((item) => `<span>${item}</span>`).join(" ")}</p>`;
}

const swatch = (part: Part): string =>
  `<svg class="bars swatch" width="18" height="${height}">${rect(part, 'x="1" width="16"')}</svg>`;

const rect = (part: Part, across: string, inner = ""): string => {
  const { pixels } = bars[part];
  return `<rect class="bar ${part}" ${across} y="${(height - pixels) / 2}" height="${pixels}">${inner}</rect>`;
};

interface Drawn {
  readonly lanes: readonly Lane[];
  readonly most: Most;
}

function stripText(strip: Strip, load: readonly LoadSecond[], { lanes, most }: Drawn): string {
  const seconds = load.filter(({ at }) => at >= strip.from && at < strip.to);
  const here = lanes.filter(({ tried, end }) => tried.verdict.begun < strip.to && end >= strip.from);
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  const said = `${sum(seconds.map(({ answered }) => answered))} requests answered, ${sum(seconds.map(({ failed }) => failed))} failed`;
  return [
    `<div class="strip"><div class="lane head"><span><b>${clock(strip.from)} to ${clock(strip.to)}</b> ${said}</span>${loadChart(seconds, strip, most)}</div>`,
    `<div class="lane head"><span></span>${axis(strip)}</div>`,
    ...here.map((lane) => laneText(lane, strip)),
    "</div>",
  ].join("\n");
}

/** The minutes of a strip. */
function axis({ from, to }: Strip): string {
  const minutes = (to - from) / minute;
  const ticks = Array.from({ length: minutes + 1 }, (_, i) => {
    const anchor = i === 0 ? "start" : i === minutes ? "end" : "middle";
    return `<text class="${anchor}" x="${percent((100 * i) / minutes)}" y="14">${clock(from + i * minute)}</text>`;
  });
  return `<svg class="bars" aria-hidden="true" width="100%" height="18">${ticks.join("")}</svg>`;
}

function laneText({ tried, end }: Lane, strip: Strip): string {
  const { begun, healed, whole } = tried.verdict;
  const broken = isBroken(tried.verdict);
  const after = whole === undefined ? "unmended" : "mending";
  const said = whole === undefined ? "not whole again" : `whole after ${secondsText(whole - begun)}`;
  const title = `<title>${escaped(tried.name)}: from ${clock(begun)}, healed after ${secondsText(healed - begun)}, ${said}</title>`;
  const drawn = [
    part(after, { from: healed, to: end }, strip, title),
    part(broken ? "failed" : "fault", { from: begun, to: healed }, strip, title),
  ];
  const name = `${tried.number}. ${tried.name}`;
  const state = broken ? ` ${badge("outage", "promise broken")}` : "";
  return `<div class="lane"><span>${link(rowId(tried), name)}${state}</span><svg class="bars" aria-hidden="true" width="100%" height="${height}">${drawn.join("")}</svg></div>`;
}

/** What of a bar is inside its strip. */
function part(kind: Part, { from, to }: Strip, strip: Strip, title: string): string {
  const [begin, end] = [Math.max(from, strip.from), Math.min(to, strip.to)];
  if (begin > end || (from < strip.from && begin === end)) return "";
  const length = strip.to - strip.from;
  const width = Math.max(leastWidth, (100 * (end - begin)) / length);
  const x = Math.min(100 - width, (100 * (begin - strip.from)) / length);
  return rect(kind, `x="${percent(x)}" width="${percent(width)}"`, title);
}

const percent = (value: number): string => `${Number(value.toFixed(2))}%`;
