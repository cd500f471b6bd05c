import type { Change } from "../model/plan.ts";

/**
 * True: the bytes of a change must never be shown. Nor may their hash, because it reveals a short secret, nor the output of
 * programs that read them, because it may quote them.
 */
export function isSecret({ resource: { payload } }: Pick<Change, "resource">): boolean {
  return payload?.content?.secret === true;
}
