import type { Change, Manifest, ManifestEntry } from "../model/plan.ts";
import type { ResourceId } from "../model/resource.ts";
import { type Desired, idOf, pathOf } from "./plan.ts";
import { probeHash } from "./probe-hash.ts";

export const emptyManifest: Manifest = { version: 1, resources: [] };

/** The result of a run on one host, from which the next manifest is made. */
export interface Applied {
  readonly before: Manifest;
  /** In the order of converging. The manifest keeps this order, so that orphans are removed in reverse. */
  readonly desired: readonly Desired[];
  /** The resources that are as desired now. */
  readonly settled: ReadonlySet<ResourceId>;
  /** The changes that this run has done. */
  readonly done: readonly Change[];
  /** Orphans that do not exist any more. */
  readonly pruned: ReadonlySet<ResourceId>;
  /** The roles of this run. Entries of other roles stay unchanged. */
  readonly roles: ReadonlySet<string> | "all";
  /** Kinds whose resources reach the peers by themselves (`Kind.shared`): no host counts as their creator. */
  readonly shared?: ReadonlySet<string>;
}

/** The manifest after the changes. A resource that is not as desired keeps its old entry: it is still pending. */
export function nextManifest(applied: Applied): Manifest {
  const { before, desired, settled, done, pruned, roles, shared } = applied;
  const isShared = (id: ResourceId): boolean => shared?.has(id.slice(0, id.indexOf(":"))) === true;
  const old = new Map(before.resources.map((entry) => [entry.id, entry]));
  const created = new Set(done.filter((change) => change.action === "create").map((change) => change.id));
  const next: ManifestEntry[] = [];
  for (const { role, resource } of desired) {
    const id = idOf(resource);
    const entry = old.get(id);
    old.delete(id);
    if (settled.has(id)) {
      const made = created.has(id) || (entry?.created ?? false);
      const isCreated = resource.desired !== null && made && !isShared(id);
      const means = probeHash(resource);
      const base = { id, role, state: resource.desired, created: isCreated };
      next.push(means === undefined ? base : { ...base, means });
    } else if (entry !== undefined) next.push(entry);
  }
  const isInRun = (role: string): boolean => roles === "all" || roles.has(role);
  const takenPaths = new Set([...settled].flatMap(pathOf));
  const isGone = ({ id }: ManifestEntry): boolean =>
    pruned.has(id) || isShared(id) || pathOf(id).some((path) => takenPaths.has(path));
  const kept = [...old.values()].filter((entry) => !isInRun(entry.role) || (entry.created && !isGone(entry)));
  return { version: 1, resources: [...kept, ...next] };
}
