import type { Observed, Resource, ResourceId, State, Trigger } from "./resource.ts";

/**
 * create: absent → desired · update: fields differ · delete: present → must not exist ·
 * reload: as desired, but a watched resource changed · undecided: cannot be observed yet, observed again at its turn.
 */
export type Action = "create" | "update" | "delete" | "reload" | "undecided";

/**
 * Who left the desired state since the last run: the host, the inventory (or code), both, or it never was applied. `unknown`:
 * the resource could not be observed.
 */
export type Cause = "drift" | "pending" | "conflict" | "new" | "unknown";

export interface FieldChange {
  readonly field: string;
  /** Absent where the resource itself was absent. */
  readonly before?: State[string];
  /** Absent where the resource is deleted. */
  readonly after?: State[string];
}

/** One difference. */
export interface Change {
  readonly id: ResourceId;
  readonly action: Action;
  readonly resource: Resource;
  readonly role: string;
  readonly observed: Observed;
  readonly fields: readonly FieldChange[];
  readonly cause: Cause;
  /** Due because of a watched resource, in this run or left by one that died. */
  readonly trigger?: Trigger;
  /** One phrase for people: "watches file:/etc/nginx/nginx.conf", "unless ended with 1". */
  readonly why?: string;
  /** Removal of something that no role wants any more. */
  readonly orphan?: true;
}

/** In the manifest, created by us, no longer desired. Removed only with `--prune`. */
export interface Orphan {
  readonly id: ResourceId;
  readonly role: string;
  /** Why this version cannot remove it: a person must. */
  readonly why?: string;
}

export interface HostPlan {
  readonly host: string;
  /** In the order of converging. */
  readonly changes: readonly Change[];
  readonly orphans: readonly Orphan[];
  /** How many resources were observed as desired, and need nothing. */
  readonly unchanged: number;
}

/** Roles of one level of the topology, on all their hosts. */
export interface Stage {
  readonly name: string;
  readonly roles: readonly string[];
  readonly hosts: readonly string[];
}

/** Hosts of a stage that are changed at the same time. */
export interface Batch {
  readonly hosts: readonly string[];
  /** The services that have fewer members meanwhile; none where nothing that runs is disturbed. */
  readonly services: readonly ReducedService[];
  /** How long they may have fewer at the most: the deadlines of drain, health gate and return, added up. 0 without any. */
  readonly seconds: number;
}

/** A service while a batch of its members is changed. */
export interface ReducedService {
  readonly name: string;
  readonly members: number;
  /** Members that go on serving. */
  readonly serving: number;
  readonly floor: number;
}

/** A stage that disturbs what runs, in the batches that it will be done in if every member is healthy. */
export interface Rollout {
  readonly stage: string;
  readonly batches: readonly Batch[];
}

/** All changes, ordered. */
export interface Plan {
  readonly stages: readonly Stage[];
  readonly rollouts: readonly Rollout[];
  readonly hosts: readonly HostPlan[];
  /** Hosts outside `--limit` whose rendered files depend on hosts inside it: they may be left stale. */
  readonly stale: readonly string[];
}

/** What was last applied, kept on the host. No content, no secret: hashes only. */
export interface Manifest {
  readonly version: 1;
  readonly resources: readonly ManifestEntry[];
}

export interface ManifestEntry {
  readonly id: ResourceId;
  readonly role: string;
  /** `null`: it was made to be absent. */
  readonly state: State | null;
  /** True: it did not exist before; only then may it be pruned. */
  readonly created: boolean;
  /** Of a resource with a probe of its own: a hash of probe and command, by which an answer of another one is known. */
  readonly means?: string;
}
