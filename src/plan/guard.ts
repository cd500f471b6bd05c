import type { Kind } from "../model/kind.ts";
import type { HostPlan } from "../model/plan.ts";

/** Why a plan is not carried out without `--force`. */
export interface Refusal {
  readonly host: string;
  readonly message: string;
}

/** A plan that removes more than this share of the resources of a host is probably a mistake… */
const largeShare = 0.3;
/** …if it also removes more than this number. */
const handful = 5;

/** The changes that need `--force`: those that their kind calls dangerous, and the removal of many resources. */
export function guard(plans: readonly HostPlan[], kinds: ReadonlyMap<string, Kind>): readonly Refusal[] {
  return plans.flatMap((plan) => [
    ...plan.changes.flatMap((change) => {
      const reason = kinds.get(change.resource.kind)?.guard?.(change);
      return reason === undefined ? [] : [{ host: plan.host, message: `${change.id}: ${reason}` }];
    }),
    ...massRemoval(plan),
  ]);
}

function massRemoval({ host, changes, unchanged }: HostPlan): readonly Refusal[] {
  const removed = changes.filter((change) => change.action === "delete").length;
  const all = changes.length + unchanged;
  if (removed <= handful || removed <= all * largeShare) return [];
  return [{ host, message: `${removed} of ${all} resources would be removed` }];
}
