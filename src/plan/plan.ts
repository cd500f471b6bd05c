import type { Cause, Change, HostPlan, Manifest, ManifestEntry, Orphan } from "../model/plan.ts";
import type { Observed, Resource, ResourceId, State, Trigger } from "../model/resource.ts";
import { differingFields, satisfies } from "./state.ts";

/** A resource and the role that wants it. */
export interface Desired {
  readonly role: string;
  /** Other roles of the host that want the same. */
  readonly also: readonly string[];
  readonly resource: Resource;
}

/** All that a host's plan is made from. */
export interface PlanInput {
  readonly host: string;
  /** In the order of converging. */
  readonly desired: readonly Desired[];
  /** With what the roles want that this run leaves alone: that is no orphan either. */
  readonly everything: readonly Desired[];
  readonly observed: ReadonlyMap<ResourceId, Observed>;
  /** Reloads and restarts that are due on the host, left by this run or by one that died. */
  readonly marks: ReadonlyMap<ResourceId, Trigger>;
  readonly manifest: Manifest;
  /** Only these roles' manifest entries can be orphans: a run of some roles leaves the others alone. */
  readonly roles: ReadonlySet<string> | "all";
  /** Plan the removal of orphans. */
  readonly prune: boolean;
}

export function idOf(resource: Resource): ResourceId {
  return `${resource.kind}:${resource.key}`;
}

/** The difference between what is wanted of a host and what was seen. */
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
  const orphans = findOrphans(input);
  const unchanged = input.desired.length - changes.size;
  if (!input.prune) return { host: input.host, changes: [...changes.values()], orphans, unchanged };
  return {
    host: input.host,
    changes: [...changes.values(), ...orphans.map(removal)],
    orphans: [],
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
  const changed = (ids: readonly ResourceId[] = []): Change | undefined =>
    ids.map((id) => changes.get(id)).find((change) => change !== undefined && change.action !== "undecided");
  const restart = changed(resource.restartOn);
  if (restart !== undefined)
    return { trigger: "restart", why: `watches ${restart.id}`, cause: restart.cause };
  if (mark === "restart")
    return { trigger: "restart", why: "owed since an earlier change", cause: "pending" };
  const reload = changed(resource.reloadOn);
  if (reload !== undefined) return { trigger: "reload", why: `watches ${reload.id}`, cause: reload.cause };
  if (mark === "reload") return { trigger: "reload", why: "owed since an earlier change", cause: "pending" };
  return undefined;
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
    return { ...base, action: "undecided", fields: [], cause: "new", why: observed.reason };
  }
  const seen = observed.status === "present" ? observed.state : null;
  const { desired } = resource;
  if (desired === null) {
    if (seen === null) return null;
    return { ...base, action: "delete", fields: gone(seen), cause: causeOf(desired, seen, entry) };
  }
  const fields = differingFields(seen, desired);
  const why = due === undefined ? {} : { trigger: due.trigger, why: due.why };
  if (seen === null)
    return { ...base, action: "create", fields, cause: causeOf(desired, seen, entry), ...why };
  if (fields.length > 0)
    return { ...base, action: "update", fields, cause: causeOf(desired, seen, entry), ...why };
  if (due === undefined) return null;
  return { ...base, action: "reload", fields: [], cause: due.cause, trigger: due.trigger, why: due.why };
}

const gone = (state: State): Change["fields"] =>
  Object.entries(state).map(([field, before]) => ({ field, before }));

/** Three-way truth: what was last applied tells who moved, the host or the inventory. */
function causeOf(desired: State | null, seen: State | null, entry: ManifestEntry | undefined): Cause {
  if (entry === undefined) return "new";
  const hostMoved = !satisfies(seen, entry.state);
  const wantMoved = !satisfies(entry.state, desired);
  if (hostMoved && wantMoved) return "conflict";
  return hostMoved ? "drift" : "pending";
}

/** Entries of the manifest that nobody wants any more, last applied first: the order in which to remove them. */
function findOrphans({ everything, manifest, roles }: PlanInput): readonly Orphan[] {
  const wanted = new Set(everything.map(({ resource }) => idOf(resource)));
  return manifest.resources
    .filter((entry) => entry.created && !wanted.has(entry.id) && (roles === "all" || roles.has(entry.role)))
    .map(({ id, role }) => ({ id, role }))
    .reverse();
}

function removal({ id, role }: Orphan): Change {
  const colon = id.indexOf(":");
  const resource: Resource = { kind: id.slice(0, colon), key: id.slice(colon + 1), desired: null };
  return {
    id,
    role,
    resource,
    action: "delete",
    fields: [],
    observed: { status: "present", state: {} },
    cause: "pending",
    why: "no longer in the inventory or its roles",
    orphan: true,
  };
}
