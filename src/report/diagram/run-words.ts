import { unreachable } from "../../base/result.ts";
import { groupBy } from "../../base/text.ts";
import type { HostState } from "../../model/picture.ts";
import { differenceOf } from "../host-state.ts";
import type { RunHost, RunRecord, RunStep } from "./run-record.ts";

/** How a host ended, as the page shows it. */
export type Ending =
  | "converged"
  | "unchanged"
  | "with changes"
  | "failed"
  | "unreachable"
  | "interrupted"
  | "not begun"
  | "cut short";

export const isChange = ({ kind }: RunStep): boolean => kind === "change" || kind === "reload";

/** Whether the run has changed the host, or may have. */
const touched = ({ steps }: RunHost): boolean => steps.some(isChange);

/** How a host ended. Without a report, the run was cut short. */
export function endingOf(host: RunHost): Ending {
  const outcome = host.report?.outcome;
  switch (outcome) {
    case "changes":
      return "with changes";
    case "skipped":
    case "interrupted":
      return touched(host) ? "interrupted" : "not begun";
    case undefined:
      if (host.failure !== undefined) return "failed";
      return touched(host) ? "cut short" : "not begun";
    default:
      return outcome;
  }
}

/** How serious an ending is: `outage` is red, `risk` amber. */
export function severityOf(ending: Ending): "sound" | "risk" | "outage" {
  if (ending === "failed" || ending === "unreachable" || ending === "cut short") return "outage";
  return ending === "converged" || ending === "unchanged" ? "sound" : "risk";
}

/** `2 converged, 1 failed`, in the order of first appearance. */
export const endings = ({ hosts }: RunRecord): string =>
  [...groupBy(hosts, endingOf)].map(([ending, those]) => `${those.length} ${ending}`).join(", ");

function wordOf(host: RunHost): HostState["word"] | undefined {
  const ending = endingOf(host);
  switch (ending) {
    case "converged":
    case "unchanged":
      return "converged";
    case "with changes":
      return differenceOf(host.report?.left ?? []);
    case "failed":
    case "unreachable":
      return ending;
    case "interrupted":
    case "not begun":
    case "cut short":
      return undefined;
    default:
      return unreachable(ending);
  }
}

/** The states of hosts after the run, for the picture. Hosts that the run did not reach have none. */
export function statesOf({ hosts }: RunRecord): ReadonlyMap<string, HostState> {
  return new Map(
    hosts.flatMap((host) => {
      const word = wordOf(host);
      return word === undefined ? [] : [[host.name, { word, notes: [] }] as const];
    }),
  );
}
