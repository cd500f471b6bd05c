import { unreachable } from "../base/result.ts";
import type { Cause, Change, HostPlan, Manifest, ManifestEntry, Orphan } from "../model/plan.ts";
import type { Observed, Resource, ResourceId, State, Trigger } from "../model/resource.ts";
import { probeHash } from "./probe-hash.ts";
import { differingFields, satisfies } from "./state.ts";

/** A resource and the role that wants it. */
export interface Desired {
  readonly role: string;
  /** Other roles of the host that want the same. */
  readonly also: readonly string[];
  readonly resource: Resource;
}

/** The input of a host's plan. */
export interface PlanInput {
  readonly host: string;
  /** In the order of converging. */
  readonly desired: readonly Desired[];
  /** Also the resources of roles that this run leaves out, so that they do not count as orphans. */
  readonly everything: readonly Desired[];
  /** Includes the orphans that will be removed. */
  readonly observed: ReadonlyMap<ResourceId, Observed>;
  /** Reloads and restarts that are due on the host, from this run or from one that was cut short. */
  readonly marks: ReadonlyMap<ResourceId, Trigger>;
  readonly manifest: Manifest;
  /** Only manifest entries of these roles can be orphans: a run of some roles leaves the others unchanged. */
  readonly roles: ReadonlySet<string> | "all";
  readonly orphans: Orphans;
}

/** The orphans of a host. */
export interface Orphans {
  /** Those that will be removed, as resources that must not exist. */
  readonly removed: ReadonlyMap<ResourceId, Resource>;
  /** Those that this version cannot remove, with the reason. */
  readonly kept: ReadonlyMap<ResourceId, string>;
}

export function idOf(resource: Resource): ResourceId {
  return `${resource.kind}:${resource.key}`;
}

/** The difference between the desired and the observed state of a host. */
export function planHost(input: PlanInput): HostPlan {
  const entries = new Map(input.manifest.resources.map((entry) => [entry.id, entry]));
  const changes = new Map<ResourceId, Change>();
  for (const { role, resource } of input.desired) {
    const id = idOf(resource);
    const observed = input.observed.get(id) ?? { status: "unknown", reason: "not observed" };
    const due = dueTrigger(resource, input.marks.get(id), changes);
    const change = diff({ id, role, resource, observed, entry: entries.get(id), due });
    if (change !== null) changes.set(id, change);
  }
  const unchanged = input.desired.length - changes.size;
  const orphans = findOrphans(input);
  const removals = orphans.flatMap((orphan) => removal(orphan, input) ?? []);
  return {
    host: input.host,
    changes: [...changes.values(), ...removals],
    orphans: orphans.filter(({ id }) => !input.orphans.removed.has(id)),
    unchanged,
  };
}

interface Due {
  readonly trigger: Trigger;
  readonly why: string;
  readonly cause: Cause;
}

function dueTrigger(
  resource: Resource,
  mark: Trigger | undefined,
  changes: ReadonlyMap<ResourceId, Change>,
): Due | undefined {
  const changed = (ids: readonly ResourceId[] = []) => watchedChange(ids, changes);
  const restart = changed(resource.restartOn);
  if (restart !== undefined)
    return { trigger: "restart", why: `watches ${restart.id}`, cause: restart.cause };
  if (mark === "restart") return { trigger: "restart", why: "due since an earlier change", cause: "pending" };
  const reload = changed(resource.reloadOn);
  if (reload !== undefined) return { trigger: "reload", why: `watches ${reload.id}`, cause: reload.cause };
  if (mark === "reload") return { trigger: "reload", why: "due since an earlier change", cause: "pending" };
  return undefined;
}

/** The first change of a watched resource, and the cause of all such changes. */
function watchedChange(
  ids: readonly ResourceId[],
  changes: ReadonlyMap<ResourceId, Change>,
): Pick<Change, "id" | "cause"> | undefined {
  const found = ids.flatMap((id) => changes.get(id) ?? []).filter(({ action }) => action !== "undecided");
  const [first] = found;
  return first && { id: first.id, cause: causeOfAll(found.map(({ cause }) => cause)) };
}

/** Changes on both the host and in the inventory are a conflict. */
function causeOfAll(causes: readonly Cause[]): Cause {
  const byHost = causes.includes("drift");
  const byInventory = causes.includes("pending") || causes.includes("new");
  if (causes.includes("conflict") || (byHost && byInventory)) return "conflict";
  if (byHost) return "drift";
  return causes.includes("pending") ? "pending" : "new";
}

interface DiffInput {
  readonly id: ResourceId;
  readonly role: string;
  readonly resource: Resource;
  readonly observed: Observed;
  readonly entry: ManifestEntry | undefined;
  readonly due: Due | undefined;
}

function diff({ id, role, resource, observed, entry, due }: DiffInput): Change | null {
  const base = { id, role, resource, observed };
  if (observed.status === "unknown") {
    return { ...base, action: "undecided", fields: [], cause: "unknown", why: observed.reason };
  }
  const seen = observed.status === "present" ? observed.state : null;
  const { desired } = resource;
  if (desired === null) {
    if (seen === null) return null;
    return { ...base, action: "delete", fields: deletedFields(seen), cause: causeOf(resource, seen, entry) };
  }
  const fields = differingFields(seen, desired);
  const why = due === undefined ? {} : { trigger: due.trigger, why: due.why };
  if (seen === null)
    return { ...base, action: "create", fields, cause: causeOf(resource, seen, entry), ...why };
  if (fields.length > 0)
    return { ...base, action: "update", fields, cause: causeOf(resource, seen, entry), ...why };
  if (due === undefined) return null;
  return { ...base, action: "reload", fields: [], cause: due.cause, trigger: due.trigger, why: due.why };
}

const deletedFields = (state: State): Change["fields"] =>
  Object.entries(state).map(([field, before]) => ({ field, before }));

/** Compares three states: the manifest shows whether the host or the inventory changed. */
function causeOf(resource: Resource, seen: State | null, entry: ManifestEntry | undefined): Cause {
  const { desired } = resource;
  if (entry === undefined) return "new";
  // The probe changed since the last run, so its answer does not show that the host changed.
  if (entry.means !== undefined && entry.means !== probeHash(resource)) return "pending";
  const hostChanged = !satisfies(seen, entry.state);
  const desiredChanged = !satisfies(entry.state, desired);
  if (hostChanged && desiredChanged) return "conflict";
  return hostChanged ? "drift" : "pending";
}

/** The orphans, last applied first: they are removed in this order. */
function findOrphans(input: PlanInput): readonly Orphan[] {
  return orphanEntries(input).map(({ id, role }) => {
    const why = input.orphans.kept.get(id);
    return why === undefined ? { id, role } : { id, role, why };
  });
}

/** Entries of the manifest that no role wants any more, last applied first. */
export function orphanEntries({
  everything,
  manifest,
  roles,
}: Pick<PlanInput, "everything" | "manifest" | "roles">): readonly ManifestEntry[] {
  const wanted = new Set(everything.flatMap(({ resource }) => [idOf(resource), ...pathOf(idOf(resource))]));
  const isWanted = (id: ResourceId): boolean => [id, ...pathOf(id)].some((one) => wanted.has(one));
  return manifest.resources
    .filter((entry) => entry.created && !isWanted(entry.id) && (roles === "all" || roles.has(entry.role)))
    .reverse();
}

/** The path of a resource, if its key is one. Only one resource exists at a path: one of another kind replaces it. */
export function pathOf(id: ResourceId): readonly string[] {
  const key = id.slice(id.indexOf(":") + 1);
  return key.startsWith("/") ? [key] : [];
}

/** The removal of an orphan, if it still exists. The change shows no fields: they may come from a secret. */
function removal({ id, role }: Orphan, { orphans, observed: seen }: PlanInput): Change | undefined {
  const resource = orphans.removed.get(id);
  if (resource === undefined) return undefined;
  const observed = seen.get(id) ?? { status: "unknown", reason: "not observed" };
  const base = { id, role, resource, observed, fields: [], orphan: true } as const;
  switch (observed.status) {
    case "absent":
      return undefined;
    case "unknown":
      return { ...base, action: "undecided", cause: "pending", why: observed.reason };
    case "present":
      return { ...base, action: "delete", cause: "pending", why: "no longer in the inventory or its roles" };
    default:
      return unreachable(observed);
  }
}
