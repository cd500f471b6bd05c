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

/** One field of a resource that differs. Contents stand here as sha256, those of secrets as `[secret]` wherever they are shown. */
export interface FieldChange {
  /** Its name. */
  readonly field: string;
  /** What was seen; absent where the resource or the field was. */
  readonly before?: State[string];
  /** What is wanted; absent where the resource is deleted. */
  readonly after?: State[string];
}

/** One difference. */
export interface Change {
  /** `kind:key` of the resource, unique on its host: `file:/etc/hosts`. */
  readonly id: ResourceId;
  /** `create`, `update`, `delete`; `reload`: as desired, but something it watches changed; `undecided`: cannot be observed yet. */
  readonly action: Action;
  readonly resource: Resource;
  /** The role that wants it. */
  readonly role: string;
  readonly observed: Observed;
  /** What differs: a list of Field. */
  readonly fields: readonly FieldChange[];
  /**
   * Who left the desired state: `drift` the host, `pending` the inventory, `conflict` both, `new` never applied before, `unknown`
   * it could not be observed.
   */
  readonly cause: Cause;
  /** `reload` or `restart`, where one is due because of a watched resource, changed in this run or in one that died. */
  readonly trigger?: Trigger;
  /** The reason, for people: `watches file:/etc/nginx/nginx.conf`. */
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

/** What would be done on one host. */
export interface HostPlan {
  /** The host's name in the inventory. */
  readonly host: string;
  /** In the order of their doing: a list of Change. */
  readonly changes: readonly Change[];
  /**
   * Applied once, no longer wanted: a list of `id`, `role`, and `why?`, the reason why this version cannot remove it. Others are
   * removed with `--prune` only.
   */
  readonly orphans: readonly Orphan[];
  /** How many resources are as desired. */
  readonly unchanged: number;
}

/** Changes that are done together: roles of one level of the topology, on all their hosts. */
export interface Stage {
  /** Its name. */
  readonly name: string;
  /** The roles it is about. */
  readonly roles: readonly string[];
  /** The hosts that take part. */
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
  /** The stages in their order: a list of Stage. */
  readonly stages: readonly Stage[];
  /**
   * How stages that disturb what runs are done: a list of `stage` and `batches`; a batch has its `hosts`, the `services` that have
   * fewer members meanwhile (`name`, `members`, `serving`, `floor`), and the `seconds` that its waits may take at most.
   */
  readonly rollouts: readonly Rollout[];
  /** The plan of each host: a list of HostPlan. */
  readonly hosts: readonly HostPlan[];
  /** Hosts outside `--limit` whose files name hosts inside it: they may be left stale. */
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
