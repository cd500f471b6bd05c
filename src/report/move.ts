import { printable } from "../base/text.ts";
import type { Moved, MoveStep } from "../model/primary.ts";

/** A step of moving the primary as one line: seconds since the begin, host, what. `undefined`: nothing to show. */
export function moveLine({ host, what, ms, failed }: MoveStep, sinceMs: number): string {
  const at = `${(sinceMs / 1000).toFixed(2).padStart(6)} s`;
  const step = printable(`${host}: ${what}`);
  if (ms === undefined) return `${at}  ${step}…`;
  return `${at}  ${step}: ${failed ? "failed after" : "done in"} ${(ms / 1000).toFixed(2)} s`;
}

/** What became of it, in a few lines. */
export function movedText(service: string, { from, to, pause, left, alone, notes }: Moved): string {
  const waits =
    "No other member follows it: until one does, its writes wait, if they are set to wait for a replica.";
  const lines = [
    `${to} is the primary of ${service}${from === undefined ? "" : `, in place of ${from}`}.`,
    alone ? waits : `No write was acknowledged for ${(pause / 1000).toFixed(2)} s.`,
    ...left.map(({ host, why }) => `${host} does not follow it yet: ${why}`),
    ...(left.length === 0 ? [] : ["The next run of `provision` makes them follow, or rebuilds them."]),
    ...notes,
  ];
  return lines.map((line) => `${printable(line)}\n`).join("");
}
