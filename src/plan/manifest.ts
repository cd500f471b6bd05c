import type { Change, Manifest, ManifestEntry } from "../model/plan.ts";
import type { ResourceId } from "../model/resource.ts";
import { meansOf } from "./means.ts";
import { type Desired, idOf, placeIn } from "./plan.ts";

export const emptyManifest: Manifest = { version: 1, resources: [] };

/** What is remembered after a run: which resources are as desired now, and which of them did not exist before. */
export interface Applied {
  readonly before: Manifest;
  /** In the order of converging; the manifest keeps it, so that removal can go backwards. */
  readonly desired: readonly Desired[];
  /** Resources observed as desired, by their identity. */
  readonly settled: ReadonlySet<ResourceId>;
  /** Changes this run has carried out. */
  readonly done: readonly Change[];
  /** Orphans that were seen to be gone. */
  readonly pruned: ReadonlySet<ResourceId>;
  /** The roles this run looked at; the entries of others are kept as they are. */
  readonly roles: ReadonlySet<string> | "all";
  /** Kinds whose resources reach the peers by themselves (`Kind.shared`): never a host's own. */
  readonly shared?: ReadonlySet<string>;
}

/** The manifest after the changes. A resource that is not settled keeps its old entry: it is still pending. */
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
      const ours = resource.desired !== null && made && !isShared(id);
      const means = meansOf(resource);
      const base = { id, role, state: resource.desired, created: ours };
      next.push(means === undefined ? base : { ...base, means });
    } else if (entry !== undefined) next.push(entry);
  }
  const lookedAt = (role: string): boolean => roles === "all" || roles.has(role);
  const taken = new Set([...settled].flatMap(placeIn));
  const isGone = ({ id }: ManifestEntry): boolean =>
    pruned.has(id) || isShared(id) || placeIn(id).some((place) => taken.has(place));
  const kept = [...old.values()].filter(
    (entry) => !lookedAt(entry.role) || (entry.created && !isGone(entry)),
  );
  return { version: 1, resources: [...kept, ...next] };
}
