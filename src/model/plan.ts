import type { Observed, Resource, ResourceId, State, Trigger } from "./resource.ts";

/**
 * create: absent → desired · update: fields differ · delete: present → must not exist ·
 * reload: as desired, but a watched resource changed · undecided: cannot be observed yet, observed again at its turn.
 */
export type Action = "create" | "update" | "delete" | "reload" | "undecided";

/**
 * What changed since the last run: `drift` the host, `pending` the inventory or a role, `conflict` both. `new`: never applied
 * before. `unknown`: the resource could not be observed.
 */
export type Cause = "drift" | "pending" | "conflict" | "new" | "unknown";

/** One field of a resource that differs. A content is a sha256; reports show that of a secret as `[secret]`. */
export interface FieldChange {
  /** The name of the field. */
  readonly field: string;
  /** The observed value; absent if the resource or the field does not exist. */
  readonly before?: State[string];
  /** The desired value; absent if the resource is deleted. */
  readonly after?: State[string];
}

/** One difference between a host and its desired state. */
export interface Change {
  /** `kind:key` of the resource, unique on its host: `file:/etc/hosts`. */
  readonly id: ResourceId;
  /** `create`, `update`, `delete`; `reload`: as desired, but a watched resource changed; `undecided`: cannot be observed yet. */
  readonly action: Action;
  readonly resource: Resource;
  /** The role that wants it. */
  readonly role: string;
  readonly observed: Observed;
  /** What differs: a list of Field. */
  readonly fields: readonly FieldChange[];
  /**
   * What changed since the last run: `drift` the host, `pending` the inventory or a role, `conflict` both. `new`: never applied
   * before. `unknown`: the resource could not be observed.
   */
  readonly cause: Cause;
  /** `reload` or `restart`: due because a watched resource changed, in this run or in an earlier one that was cut short. */
  readonly trigger?: Trigger;
  /** The reason, for people: `watches file:/etc/nginx/nginx.conf`. */
  readonly why?: string;
  /** True: the change removes a resource that no role wants any more. */
  readonly orphan?: true;
}

/** A resource that a run created and that no role wants any more. Removed only with `--prune`. */
export interface Orphan {
  readonly id: ResourceId;
  readonly role: string;
  /** Why this version cannot remove it: a person must do it. */
  readonly why?: string;
}

/** The plan of one host. */
export interface HostPlan {
  /** The host's name in the inventory. */
  readonly host: string;
  /** The changes in the order of converging: a list of Change. */
  readonly changes: readonly Change[];
  /**
   * Resources that were applied once and are no longer desired: a list of `id`, `role` and `why?`. With `why`, this version cannot
   * remove the orphan. Without it, `--prune` removes it.
   */
  readonly orphans: readonly Orphan[];
  /** How many resources are as desired. */
  readonly unchanged: number;
}

/** Changes that are done together: those of the roles of one level of the topology, on all their hosts. */
export interface Stage {
  /** The name of the stage. */
  readonly name: string;
  /** The roles whose changes it has. */
  readonly roles: readonly string[];
  /** The hosts that take part. */
  readonly hosts: readonly string[];
}

/** Hosts of a stage that are changed at the same time. */
export interface Batch {
  readonly hosts: readonly string[];
  /** The services that have fewer healthy members meanwhile; empty if no running service is touched. */
  readonly services: readonly ReducedService[];
  /** The longest time with fewer members: the sum of the deadlines of drain, health gate and return. 0 without services. */
  readonly seconds: number;
}

/** A service while a batch of its members is changed. */
export interface ReducedService {
  readonly name: string;
  readonly members: number;
  /** How many members keep serving. */
  readonly serving: number;
  readonly floor: number;
}

/** A stage that touches running services, and its batches if every member is healthy. */
export interface Rollout {
  readonly stage: string;
  readonly batches: readonly Batch[];
}

/** All changes, ordered. */
export interface Plan {
  /** The stages in order: a list of Stage. */
  readonly stages: readonly Stage[];
  /**
   * The batches of the stages that touch running services: a list of `stage` and `batches`. A batch has its `hosts`, the `services`
   * that have fewer members meanwhile (`name`, `members`, `serving`, `floor`), and the most `seconds` that its waits take.
   */
  readonly rollouts: readonly Rollout[];
  /** The plan of each host: a list of HostPlan. */
  readonly hosts: readonly HostPlan[];
  /** Hosts outside `--limit` whose files name hosts inside it: those files may become stale. */
  readonly stale: readonly string[];
}

/** The state that was last applied to a host, kept on the host. It holds hashes, no content and no secret. */
export interface Manifest {
  readonly version: 1;
  readonly resources: readonly ManifestEntry[];
}

export interface ManifestEntry {
  readonly id: ResourceId;
  readonly role: string;
  /** `null`: the desired state was absent. */
  readonly state: State | null;
  /** True: a run created it. Only such a resource can be pruned. */
  readonly created: boolean;
  /** For a resource with a probe: a hash of its probe and command. It shows whether they changed since. */
  readonly means?: string;
}
