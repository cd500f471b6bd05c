import type { Change } from "./plan.ts";
import type { Observed, Resource } from "./resource.ts";
import type { Script } from "./script.ts";

/** A type of resource: how to see it and how to make it so. No kind compares, prints, retries or knows SSH. */
export interface Kind {
  readonly name: string;
  /** The resource of this key that must not exist. Throws where no resource can have the key. */
  removal(key: string): Resource;
  /** One script for ALL resources of this kind on the host: a fork per question, not per resource. */
  observe(resources: readonly Resource[]): Script;
  /** By key. A key that got no answer is unknown, never absent; garbage is unknown, never a throw. */
  parse(output: string, resources: readonly Resource[]): ReadonlyMap<string, Observed>;
  /** Acts only on the fields that differ; safe to run again. One change, or all neighbours if `grouped`. */
  converge(changes: readonly Change[]): Script;
  /** Neighbours of this kind go in one call (packages: one apt transaction per host). */
  readonly grouped?: true;
  /**
   * Whether a change touches no running service and may be done before its turn, on all hosts at once. `earlier`: the
   * changes that come before it on its host, which it may have to wait for.
   */
  early?(change: Change, earlier: readonly Change[]): boolean;
  /** Why a change must not be made without `--force`; `undefined`: it is not dangerous. */
  guard?(change: Change): string | undefined;
  /** Exit code of a converge that ended because the daemon's own checker has refused the new file. */
  readonly refusedCode?: number;
  /** Seconds one converge may take before it is given up. */
  readonly deadline: number;
  /**
   * What one host makes, its peers get by themselves, as accounts do by replication. The manifest of no host calls it its
   * own, so that no host ever removes it for all: it goes with `absent`.
   */
  readonly shared?: true;
  /** Prints the present content of one resource, for a diff. Absent: the kind has none. */
  content?(resource: Resource): Script;
}
