import { firstOf } from "../base/listed.ts";
import { groupBy, printable } from "../base/text.ts";
import type { Facts } from "../model/facts.ts";
import type { HostState, SeenChange } from "../model/picture.ts";
import type { Change, Plan } from "../model/plan.ts";
import type { HostReport, Summary } from "../model/summary.ts";
import { changeName, changeNotes, orphanNote } from "./change-text.ts";
import { failureLine } from "./failure.ts";

/** All that a look at the hosts has brought. Maps are by host; of a host that did not answer they have nothing. */
export interface Look {
  readonly summary: Summary;
  /** Absent where the run was stopped before it had one. */
  readonly plan: Plan | undefined;
  readonly facts: ReadonlyMap<string, Facts>;
  /** What roles tell of themselves: `primary`. */
  readonly notes: ReadonlyMap<string, readonly string[]>;
  /** What roles want there, as `kind:key`, in the order of converging. */
  readonly resources: ReadonlyMap<string, readonly string[]>;
  /** Addresses that move between hosts. */
  readonly addresses: readonly string[];
}

/** What was seen of each host, by name. Pure. */
export function hostStates(look: Look): ReadonlyMap<string, HostState> {
  return new Map(look.summary.hosts.map((host) => [host.host, stateOf(host, look)]));
}

function stateOf(report: HostReport, look: Look): HostState {
  const { host, failure } = report;
  const changes = changesOf(report, look.plan);
  const told = [...(look.notes.get(host) ?? []), ...heldBy(host, look)];
  const resources = look.resources.get(host);
  return {
    word: wordOf(report, changes),
    notes: [...told, ...inShort(changes)],
    changes,
    ...(resources === undefined ? {} : { resources: byKind(resources) }),
    ...(failure === undefined ? {} : { failure: `${failureLine(host, failure, 0)} (${failure.code})` }),
  };
}

function wordOf({ outcome, failure, left }: HostReport, changes: readonly SeenChange[]): HostState["word"] {
  if (outcome === "unreachable") return "unreachable";
  if (failure !== undefined || outcome === "failed" || outcome === "interrupted" || outcome === "skipped")
    return "failed";
  return changes.length === 0 ? "converged" : differenceOf(left);
}

/** As `check` counts: only what was changed on the host has drifted. */
export const differenceOf = (left: readonly Change[]): "drifted" | "pending" =>
  left.some(({ cause }) => cause === "drift" || cause === "conflict") ? "drifted" : "pending";

/** What differs, in the words of `check`; an orphan differs as well. */
function changesOf({ host, left }: HostReport, plan: Plan | undefined): readonly SeenChange[] {
  const orphans = plan?.hosts.find((one) => one.host === host)?.orphans ?? [];
  return [
    ...left.map((change) => ({ name: changeName(change), notes: changeNotes(change, true) })),
    ...orphans.map((orphan) => ({
      name: `orphan ${printable(orphan.id)}`,
      notes: [`of role ${printable(orphan.role)}`, orphanNote(orphan)],
    })),
  ];
}

/** The first difference, and how many more: a host in a picture has room for no more. */
const inShort = (changes: readonly SeenChange[]): readonly string[] =>
  changes.length === 0 ? [] : [firstOf(changes.map(({ name }) => name))];

function heldBy(host: string, { facts, addresses }: Look): readonly string[] {
  const own = (facts.get(host)?.addresses ?? []).map(({ address }) => address);
  return addresses.filter((address) => own.includes(address)).map((address) => `holds ${address}`);
}

function byKind(ids: readonly string[]): NonNullable<HostState["resources"]> {
  const kinds = groupBy(ids, (id) => id.slice(0, id.indexOf(":")));
  return [...kinds].map(([kind, own]) => ({ kind, names: own.map((id) => id.slice(kind.length + 1)) }));
}
