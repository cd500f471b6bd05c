import { printable } from "../base/text.ts";
import type { MoveDone, MoveStep } from "../model/event.ts";

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

/** A step of a member while the leader of a service moves; with its time when it has ended. */
export function stepText({ what, ms, failed }: MoveStep): string {
  if (ms === undefined) return `${printable(what)}…`;
  return `${printable(what)}: ${failed ? "failed after" : "done in"} ${seconds(ms)}`;
}

/** The result of a move, one sentence a line. */
export function movedLines({ service, from, to, pause, left, alone }: MoveDone): readonly string[] {
  const waits = "No other member follows it. If its writes wait for a replica, they wait until one follows.";
  return [
    `${to} leads ${service} now${from === undefined ? "" : `, in place of ${from}`}.`,
    alone ? waits : `The move took ${seconds(pause)}.`,
    ...left.map(({ host, why }) => `${host} does not follow it yet: ${why}.`),
    ...(left.length === 0 ? [] : ["Their keepers make them follow, or copy the data again."]),
  ].map(printable);
}
