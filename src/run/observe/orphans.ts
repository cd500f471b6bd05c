import { err, ok, type Result } from "../../base/result.ts";
import type { Kind } from "../../model/kind.ts";
import type { Manifest } from "../../model/plan.ts";
import type { Resource, ResourceId } from "../../model/resource.ts";
import { type Desired, idOf, type Orphans, orphanEntries } from "../../plan/plan.ts";
import { ResourceError } from "../../resources/resource.ts";
import type { RunInput } from "../input.ts";

/** Whose orphans are looked for. */
interface Owner {
  readonly everything: readonly Desired[];
  readonly manifest: Manifest;
}

/**
 * What is to be done about the orphans of a host. Their names come from the host: one of a kind that this version does not
 * know, or whose name no resource of its kind can have, is named and left.
 */
export function orphansOf(
  { kinds, onlyRoles, prune }: Pick<RunInput, "kinds" | "onlyRoles" | "prune">,
  { everything, manifest }: Owner,
): Orphans {
  const removed = new Map<ResourceId, Resource>();
  const kept = new Map<ResourceId, string>();
  for (const { id } of orphanEntries({ everything, manifest, roles: onlyRoles })) {
    const removal = removalOf(id, kinds);
    if (!removal.ok) kept.set(id, removal.error);
    else if (prune) removed.set(id, removal.value);
  }
  return { removed, kept };
}

/** The error says why it cannot be removed. */
function removalOf(id: ResourceId, kinds: ReadonlyMap<string, Kind>): Result<Resource, string> {
  const colon = id.indexOf(":");
  const [name, key] = [id.slice(0, colon), id.slice(colon + 1)];
  const kind = kinds.get(name);
  if (kind === undefined) {
    return err(
      `this version of provision does not know the kind \`${name}\`: remove it by hand, or with the version that made it`,
    );
  }
  try {
    const resource = kind.removal(key);
    if (idOf(resource) === id) return ok(resource);
  } catch (error) {
    if (!(error instanceof ResourceError)) throw error;
  }
  return err(`no \`${name}\` can have this name: remove it by hand`);
}
