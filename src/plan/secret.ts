import type { Change } from "../model/plan.ts";

/**
 * True where the bytes of a change must never be shown, nor their hash (a short secret can be found from it), nor what
 * the programs it is given to say: they may quote it.
 */
export function isSecret({ resource: { payload } }: Pick<Change, "resource">): boolean {
  return payload?.content?.secret === true;
}
