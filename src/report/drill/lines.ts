import { unreachable } from "../../base/result.ts";
import { count, groupBy, pad, widthOf } from "../../base/text.ts";
import type { Bounds, DrillEvent, DrillRecord, Fault, Verdict } from "../../model/drill.ts";
import { paintWith } from "../paint.ts";
import { rangeOf } from "./range.ts";

/** The faults of a drill, one on a line: what happens, to which hosts, and what users may see. */
export function faultLines(
  faults: readonly Fault[],
  untried: ReadonlyMap<string, string>,
): readonly string[] {
  const rows = faults.map((fault) => [
    fault.name,
    fault.hosts.join(", "),
    untried.has(fault.name) ? `not tried: ${untried.get(fault.name)}` : promiseWords(fault.promise),
  ]);
  return tableLines(["fault", "one of", "what users may see"], rows);
}

/** `no read for 2.5 s, no write for 4.5 s; writes may fail`. */
function promiseWords({ reads, writes, fails, stays }: Bounds): string {
  const pauses =
    reads === writes ? `no answer for ${reads} s` : `no read for ${reads} s, no write for ${writes} s`;
  const failing = fails === "nothing" ? "nothing fails" : `${fails} may fail`;
  return `${pauses}; ${failing}${stays ? "; nothing moves" : ""}`;
}

/** One line for an event. `ms`: since the drill began. */
export function eventLine(event: DrillEvent, ms: number): string {
  const at = `[${(ms / 1000).toFixed(1).padStart(6)}s]`;
  switch (event.type) {
    case "waiting":
      return `${at} waits for ${event.what}, at most ${event.seconds} s`;
    case "begun":
      return `${at} ${event.fault.name}`;
    case "step":
      return `${at}   ${event.what}`;
    case "ended":
      return `${at}   ${verdictWords(event.verdict, false)}`;
    default:
      return unreachable(event);
  }
}

/** `kept: reads 0.05 s, writes 0.98 s; 3 writes failed; whole after 2.1 s`. */
export function verdictWords(verdict: Verdict, color: boolean): string {
  const paint = paintWith(color);
  const { broken, moves, left, whole, healed } = verdict;
  const words = [
    `without a read ${gapOf(verdict, "read")}, a write ${gapOf(verdict, "write")}`,
    failedWords(verdict),
    ...(moves.length === 0 ? [] : [moves.join(", ")]),
    ...(whole === undefined ? [] : [`whole ${(whole - healed).toFixed(1)} s after it was healed`]),
    ...left.map((one) => `left: ${one}`),
  ].filter((one) => one !== "");
  const judged = broken.length === 0 ? paint.green("kept") : paint.red(`BROKEN: ${broken.join("; ")}`);
  return `${judged}: ${words.join("; ")}`;
}

const gapOf = ({ kinds }: Verdict, kind: "read" | "write"): string => {
  const figures = kinds[kind];
  return figures === undefined ? "–" : `${figures.gap.toFixed(2)} s`;
};

function failedWords({ kinds }: Verdict): string {
  const failed = Object.entries(kinds).flatMap(([kind, { failed: reasons }]) =>
    Object.entries(reasons).map(([why, number]) => `${number} ${kind} ${why}`),
  );
  return failed.length === 0 ? "" : `failed: ${failed.join(", ")}`;
}

/** The end of a drill: a row for each fault with its figures over all rounds, then what was not tried. */
export function recordLines(record: DrillRecord, color: boolean): readonly string[] {
  const paint = paintWith(color);
  const groups = groupBy(record.verdicts, ({ fault }) => fault);
  const rows = [...groups].map(([fault, verdicts]) => rowOf(fault, verdicts));
  const broken = record.verdicts.filter((one) => one.broken.length > 0);
  return [
    "",
    ...tableLines(
      ["fault", "rounds", "no read, s", "no write, s", "slowest, s", "failed", "whole, s", ""],
      rows,
    ),
    "",
    ...record.untried.map(({ fault, why }) => `not tried: ${fault}: ${why}`),
    ...broken.map(({ fault, round, broken: words }) =>
      paint.red(`broken: ${fault}${round > 1 ? ` (round ${round})` : ""}: ${words.join("; ")}`),
    ),
    ...(record.judgesWrites ? [] : ["reads alone were judged: the load has no write that can be looked for"]),
    ...(record.stopped === undefined ? [] : [paint.red(`stopped early: ${record.stopped}`)]),
    summaryOf(record, broken.length),
  ];
}

function summaryOf({ verdicts, acknowledged, ledger, seed }: DrillRecord, broken: number): string {
  const missing = new Set(verdicts.flatMap((one) => one.missing)).size;
  const promises = broken === 0 ? "all promises kept" : `${broken} with a broken promise`;
  return `${count(verdicts.length, "fault")}, ${promises}; ${count(acknowledged, "acknowledged write")}, ${missing} missing; ledger ${ledger}; seed ${seed}`;
}

function rowOf(fault: string, verdicts: readonly Verdict[]): readonly string[] {
  const range = (of: (verdict: Verdict) => number | undefined): string =>
    rangeOf(verdicts.flatMap((one) => of(one) ?? []));
  const failed = verdicts.reduce((sum, { kinds }) => sum + failedIn(kinds), 0);
  const broken = verdicts.filter((one) => one.broken.length > 0).length;
  return [
    fault,
    String(verdicts.length),
    range(({ kinds }) => kinds.read?.gap),
    range(({ kinds }) => kinds.write?.gap),
    range(({ kinds }) => Math.max(...Object.values(kinds).map(({ slowest }) => slowest))),
    String(failed),
    range(({ whole, healed }) => (whole === undefined ? undefined : whole - healed)),
    broken === 0 ? "kept" : `${broken} broken`,
  ];
}

const failedIn = (kinds: Verdict["kinds"]): number =>
  Object.values(kinds).reduce(
    (sum, { failed }) => sum + Object.values(failed).reduce((all, one) => all + one, 0),
    0,
  );

function tableLines(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ""))));
  return all.map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
