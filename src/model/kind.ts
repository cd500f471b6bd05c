import type { Change } from "./plan.ts";
import type { Observed, Resource } from "./resource.ts";
import type { Script } from "./script.ts";

/** A type of resource: how to observe it, and how to converge it. A kind does not compare, print or retry, and knows no SSH. */
export interface Kind {
  readonly name: string;
  /** A resource with this key that must not exist. Throws if the key is not valid. */
  removal(key: string): Resource;
  /** One script for ALL resources of this kind on the host: one fork for each question, not for each resource. */
  observe(resources: readonly Resource[]): Script;
  /** By key. A key without an answer is unknown, never absent. Garbage is unknown, and never throws. */
  parse(output: string, resources: readonly Resource[]): ReadonlyMap<string, Observed>;
  /** Changes only the fields that differ. Safe to run again. Gets one change, or all neighbours if `grouped`. */
  converge(changes: readonly Change[]): Script;
  /** True: neighbours of this kind converge in one call, such as all packages of a host in one apt transaction. */
  readonly grouped?: true;
  /**
   * Whether a change touches no running service, and so may be done before its turn, on all hosts at once. `earlier`: the
   * changes that come before it on its host; it may depend on them.
   */
  early?(change: Change, earlier: readonly Change[]): boolean;
  /** Why a change needs `--force`; `undefined`: it is not dangerous. */
  guard?(change: Change): string | undefined;
  /** The exit code of converge when the checker of the daemon refused the new file. */
  readonly refusedCode?: number;
  /** Seconds that one converge may take. */
  readonly deadline: number;
  /**
   * True: the peers of a host get its resources by themselves, as accounts do by replication. No manifest marks such a
   * resource as created, so `--prune` on one host cannot remove it from all. A role removes it with `absent`.
   */
  readonly shared?: true;
  /** Prints the present content of one resource, for a diff. Absent: the kind has no content. */
  content?(resource: Resource): Script;
}
