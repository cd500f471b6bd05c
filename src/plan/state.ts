import type { FieldChange } from "../model/plan.ts";
import type { State } from "../model/resource.ts";

/** Values are scalars or sorted lists, so equal values have equal JSON. */
function same(a: State[string] | undefined, b: State[string] | undefined): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** The managed fields that differ. Fields that `after` leaves out are not managed. */
export function differingFields(before: State | null, after: State): readonly FieldChange[] {
  return Object.entries(after)
    .filter(([field, value]) => !same(before?.[field], value))
    .map(([field, value]) => {
      const old = before?.[field];
      return old === undefined ? { field, after: value } : { field, before: old, after: value };
    });
}

/** Whether `seen` has all that `wanted` asks. `null` means absent. */
export function satisfies(seen: State | null, wanted: State | null): boolean {
  if (wanted === null || seen === null) return wanted === seen;
  return differingFields(seen, wanted).length === 0;
}
