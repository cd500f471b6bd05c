import type { Bounds, KindFigures, RequestKind, Verdict } from "../model/drill.ts";

/** All of a verdict but its judgement. */
export type Seen = Omit<Verdict, "broken">;

/** Seconds that a measurement may be wrong: timers, and a busy machine. */
const RESOLUTION = 0.05;

/** Seconds that a request may take when a member is lost: until a proxy leaves it out, and another one answers. */
const SLOWEST = 2.5;

/** The promises that were not kept, in words. */
export function brokenPromises(seen: Seen): readonly string[] {
  const { promise, kinds } = seen;
  return [
    ...kindsOf(kinds).flatMap(([kind, figures]) => brokenBy(kind, figures, promise)),
    ...listedWords(seen.missing, "acknowledged writes are missing"),
    ...listedWords(seen.stale, "reads did not show a write that was acknowledged before"),
    ...(seen.lostKeys > 0 && promise.forgets !== true ? [`${seen.lostKeys} keys of the cache are lost`] : []),
    ...(promise.stays && seen.strayed.length > 0 ? [`moved, but must not: ${seen.strayed.join(", ")}`] : []),
    ...(seen.told === undefined || seen.told === 1 ? [] : [`${seen.told} alerts instead of one`]),
    ...(seen.whole === undefined ? ["it did not become whole again"] : []),
    ...seen.helped.map((what) => `needed help: ${what}`),
  ];
}

/** The kinds that were sent, in a fixed order. */
function kindsOf(kinds: Verdict["kinds"]): readonly (readonly [RequestKind, KindFigures])[] {
  return (["read", "write", "own", "cached"] as const).flatMap((kind) => {
    const figures = kinds[kind];
    return figures === undefined ? [] : [[kind, figures] as const];
  });
}

/** Reads of an own write ask who takes writes, and come only after a write. */
const isWrite = (kind: RequestKind): boolean => kind === "write" || kind === "own";

/** Seconds that a kind of request may go without an answer. */
export function allowed(kind: RequestKind, { reads, writes }: Bounds): number {
  return isWrite(kind) ? writes : reads;
}

function brokenBy(kind: RequestKind, figures: KindFigures, promise: Bounds): readonly string[] {
  const most = allowed(kind, promise);
  const mayFail = promise.fails === "requests" || (promise.fails === "writes" && isWrite(kind));
  const failed = Object.entries(figures.failed).map(([why, count]) => `${count} × ${why}`);
  // A pause begins after the last good answer, and ends with the first request after it.
  const isTooLong = figures.gap > most + 2 * figures.interval + RESOLUTION;
  const isTooSlow = figures.slowest > Math.max(most, SLOWEST) + RESOLUTION;
  return [
    ...(isTooLong ? [`${figures.gap} s without a ${words[kind]}, not ${most}`] : []),
    ...(isTooSlow ? [`the slowest ${words[kind]} took ${figures.slowest} s`] : []),
    ...(failed.length > 0 && !mayFail ? [`${words[kind]}: ${failed.join(", ")}`] : []),
    ...(mayFail && figures.late > 0 ? [`${words[kind]}: ${figures.late} failed after the pause`] : []),
  ];
}

/** Each kind of request for people. */
const words: Readonly<Record<RequestKind, string>> = {
  read: "read",
  write: "write",
  own: "read of an own write",
  cached: "read of the cache",
};

function listedWords(all: readonly string[], what: string): readonly string[] {
  if (all.length === 0) return [];
  const more = all.length > 3 ? ` and ${all.length - 3} more` : "";
  return [`${all.length} ${what}: ${all.slice(0, 3).join(", ")}${more}`];
}
