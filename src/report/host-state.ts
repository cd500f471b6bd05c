import { firstOf } from "../base/listed.ts";
import { groupBy, printable } from "../base/text.ts";
import type { Facts } from "../model/facts.ts";
import type { HostState, SeenChange } from "../model/picture.ts";
import type { Change, Plan } from "../model/plan.ts";
import type { HostReport, Summary } from "../model/summary.ts";
import { changeName, changeNotes, orphanNote } from "./change-text.ts";
import { failureLine } from "./failure.ts";

/** The results of a check of the hosts. Maps are by host. They have no entry for a host that did not answer. */
export interface CheckResult {
  readonly summary: Summary;
  /** Absent if the run stopped before it had a plan. */
  readonly plan: Plan | undefined;
  readonly facts: ReadonlyMap<string, Facts>;
  /** The notes of roles on their live state: `leader`. */
  readonly notes: ReadonlyMap<string, readonly string[]>;
  /** The resources that roles want on the host, as `kind:key`, in the order of converging. */
  readonly resources: ReadonlyMap<string, readonly string[]>;
  /** Addresses that move between hosts. */
  readonly addresses: readonly string[];
}

/** The observed state of each host, by name. */
export function hostStates(result: CheckResult): ReadonlyMap<string, HostState> {
  return new Map(result.summary.hosts.map((host) => [host.host, stateOf(host, result)]));
}

function stateOf(report: HostReport, result: CheckResult): HostState {
  const { host, failure } = report;
  const changes = changesOf(report, result.plan);
  const notes = [...(result.notes.get(host) ?? []), ...addressNotes(host, result)];
  const resources = result.resources.get(host);
  return {
    word: wordOf(report, changes),
    notes: [...notes, ...shortChanges(changes)],
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

/** As in `check`: a host has drifted only if something was changed on the host. */
export const differenceOf = (left: readonly Change[]): "drifted" | "pending" =>
  left.some(({ cause }) => cause === "drift" || cause === "conflict") ? "drifted" : "pending";

/** The differences of a host, in the words of `check`. Orphans count too. */
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

/** The first difference, and the number of others: a host in a picture has no room for more. */
const shortChanges = (changes: readonly SeenChange[]): readonly string[] =>
  changes.length === 0 ? [] : [firstOf(changes.map(({ name }) => name))];

function addressNotes(host: string, { facts, addresses }: CheckResult): readonly string[] {
  const own = (facts.get(host)?.addresses ?? []).map(({ address }) => address);
  return addresses.filter((address) => own.includes(address)).map((address) => `holds ${address}`);
}

function byKind(ids: readonly string[]): NonNullable<HostState["resources"]> {
  const kinds = groupBy(ids, (id) => id.slice(0, id.indexOf(":")));
  return [...kinds].map(([kind, own]) => ({ kind, names: own.map((id) => id.slice(kind.length + 1)) }));
}
