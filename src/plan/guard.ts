import type { Kind } from "../model/kind.ts";
import type { HostPlan } from "../model/plan.ts";

/** Why a plan is not carried out without `--force`. */
export interface Refusal {
  readonly host: string;
  readonly message: string;
}

/** A plan that removes more than this share of what we manage on a host is more likely a mistake than an intention… */
const largeShare = 0.3;
/** …if it is also more than a handful. */
const handful = 5;

/** What is too dangerous to do unasked: what its kind says of a change, and the removal of much. Empty = nothing. */
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
