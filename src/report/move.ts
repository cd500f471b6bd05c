import type { Moved, MoveStep } from "../model/primary.ts";

/** A step of moving the primary as one line: seconds since the begin, host, what. `undefined`: nothing to show. */
export function moveLine({ host, what, ms, failed }: MoveStep, sinceMs: number): string {
  const at = `${(sinceMs / 1000).toFixed(2).padStart(6)} s`;
  if (ms === undefined) return `${at}  ${host}: ${what}…`;
  return `${at}  ${host}: ${what}: ${failed ? "failed after" : "done in"} ${(ms / 1000).toFixed(2)} s`;
}

/** What became of it, in a few lines. */
export function movedText(service: string, { from, to, pause, left }: Moved): string {
  const lines = [
    `${to} is the primary of ${service}${from === undefined ? "" : `, in place of ${from}`}.`,
    `No member took writes for ${(pause / 1000).toFixed(2)} s.`,
    ...(left.length === 0
      ? []
      : [
          `${left.join(", ")} ${left.length === 1 ? "does" : "do"} not follow it yet: the next run rebuilds that.`,
        ]),
  ];
  return `${lines.join("\n")}\n`;
}
