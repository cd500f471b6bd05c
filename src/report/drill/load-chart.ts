import type { DrillRecord, LoadSecond } from "../../model/drill.ts";
import { clock } from "./words.ts";

/** A part of the drill that is one line of the timeline. Seconds since the drill began. */
export interface Strip {
  readonly from: number;
  readonly to: number;
}

/** The most requests that were answered, and that failed, in one second of the drill. */
export interface Most {
  readonly answered: number;
  readonly failed: number;
}

/** The height of the chart above its line, and below, in pixels. */
const [above, below] = [56, 24];
/** The least height of a column, in pixels, so that a single failed request is visible. */
const leastHeight = 4;

/** The load with the seconds of faults in which no request ended: these are not in the record. */
export function wholeLoad({ load, verdicts }: DrillRecord): readonly LoadSecond[] {
  const known = new Set(load.map(({ at }) => at));
  const silent = verdicts.flatMap(({ begun, healed }) => {
    const first = Math.ceil(begun);
    const all = Array.from({ length: Math.max(0, Math.floor(healed) - first) }, (_, i) => first + i);
    return all.filter((at) => !known.has(at));
  });
  return [...load, ...silent.map((at) => ({ at, answered: 0, failed: 0, slowest: 0 }))];
}

export const mostOf = (load: readonly LoadSecond[]): Most => ({
  answered: load.reduce((most, { answered }) => Math.max(most, answered), 1),
  failed: load.reduce((most, { failed }) => Math.max(most, failed), 1),
});

/**
 * The load of a strip: a column for each second. Answered requests stand on the line, failed ones hang below it, each with its own
 * scale. `x` is in seconds; the browser stretches it to the width of the screen.
 */
export function loadChart(seconds: readonly LoadSecond[], strip: Strip, most: Most): string {
  const length = strip.to - strip.from;
  const columns = seconds.map((second) => column(second, second.at - strip.from, most));
  const line = `<rect class="zero" y="${above}" width="${length}" height="1"/>`;
  return `<svg class="bars load" aria-hidden="true" width="100%" height="${above + below}" viewBox="0 0 ${length} ${above + below}" preserveAspectRatio="none">${columns.join("")}${line}</svg>`;
}

function column({ at, answered, failed, slowest }: LoadSecond, x: number, most: Most): string {
  const up = pixels(answered, most.answered, above);
  const down = pixels(failed, most.failed, below - 1);
  const silent = answered === 0;
  const title = `${clock(at)}: ${answered} answered, ${failed} failed${slowest === 0 ? "" : `, slowest ${Math.round(slowest)} ms`}`;
  const place = `x="${short(x)}" width="1"`;
  return [
    `<g><title>${title}</title>`,
    silent ? `<rect class="silent" ${place} height="${above}"/>` : "",
    silent ? "" : `<rect class="answered" ${place} y="${short(above - up)}" height="${up}"/>`,
    failed === 0 ? "" : `<rect class="failed" ${place} y="${above + 1}" height="${down}"/>`,
    "</g>",
  ].join("");
}

const pixels = (requests: number, most: number, height: number): number =>
  short(Math.max(leastHeight, (height * requests) / most));

const short = (value: number): number => Number(value.toFixed(1));
