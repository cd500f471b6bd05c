import { count } from "../../base/text.ts";
import type { DrillRecord, RequestKind, Verdict } from "../../model/drill.ts";
import type { Mark } from "../../model/picture.ts";

/** A fault of the drill with its place on the page. */
export interface Tried {
  /** From 1, in the order of the drill. */
  readonly number: number;
  /** The name of the fault, with the round from the second on. */
  readonly name: string;
  readonly verdict: Verdict;
}

/** All faults of the drill, in its order. */
export function triedOf({ verdicts }: DrillRecord): readonly Tried[] {
  return verdicts.map((verdict, i) => ({
    number: i + 1,
    name: verdict.round > 1 ? `${verdict.fault} (round ${verdict.round})` : verdict.fault,
    verdict,
  }));
}

/** The id of the row of a fault. */
export const rowId = ({ number }: Tried): string => `fault-${number}`;

/** Whether a promise was not kept. */
export const isBroken = ({ broken }: Verdict): boolean => broken.length > 0;

/** Seconds as people read them: `0.05 s`, `2.5 s`, `41.3 s`, `140 s`. The space does not break. */
export function secondsText(seconds: number): string {
  const digits = seconds < 10 ? 2 : seconds < 100 ? 1 : 0;
  return `${Number(seconds.toFixed(digits))}\u00a0s`;
}

/** A moment of the drill, in minutes and seconds: `5:07`. */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Seconds from the begin of the drill to the last that is known of it, at least one. */
export function spanOf({ load, verdicts }: DrillRecord): number {
  const ends = verdicts.map(({ healed, whole = healed }) => Math.max(healed, whole));
  return [...ends, ...load.map(({ at }) => at + 1)].reduce((a, b) => Math.max(a, b), 1);
}

/** The result in one sentence. */
export function headline({ verdicts }: DrillRecord): string {
  if (verdicts.length === 0) return "No fault was tried.";
  const broken = verdicts.filter(isBroken).length;
  const promises = broken === 0 ? "all promises kept" : `${broken} with a broken promise`;
  return `${count(verdicts.length, "fault")}: ${promises}.`;
}

/** How serious the result is. Undefined: all is well. */
export function markOf({ verdicts, stopped }: DrillRecord): Mark | undefined {
  if (verdicts.some(isBroken)) return "outage";
  return verdicts.length === 0 || stopped !== undefined ? "risk" : undefined;
}

/** How many acknowledged writes a member does not have. The same write may be missing on several members, after several faults. */
export function missingCount({ verdicts }: DrillRecord): number {
  const ids = verdicts.flatMap(({ missing }) =>
    missing.map((one) => one.slice(one.indexOf(": ") + 1).trim()),
  );
  return new Set(ids).size;
}

/** The kinds of requests in the order of the page, in words. `own` asks who takes writes, so the promise of writes holds for it. */
export const kindWords: readonly (readonly [kind: RequestKind, words: string])[] = [
  ["read", "reads"],
  ["cached", "reads of the cache"],
  ["write", "writes"],
  ["own", "reads of own writes"],
];
