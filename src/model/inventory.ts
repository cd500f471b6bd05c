import type { Json } from "./json.ts";
import type { Origin, Source } from "./source.ts";

/** One resolved variable of a host: the value that wins by Ansible's precedence. */
export interface Variable {
  readonly value: Json;
  readonly origin: Origin;
}

/** A host of the inventory, with every variable that applies to it. */
export interface Host {
  readonly name: string;
  /** All groups it belongs to, `all` first, then by depth and name. */
  readonly groups: readonly string[];
  readonly vars: ReadonlyMap<string, Variable>;
  readonly source: Source;
}

export interface Group {
  readonly name: string;
  readonly children: readonly string[];
  /** Hosts that stand directly in this group, in file order. */
  readonly hosts: readonly string[];
  readonly source: Source;
}

/** All hosts and groups that were read, in the order of the files. */
export interface Inventory {
  readonly hosts: ReadonlyMap<string, Host>;
  readonly groups: ReadonlyMap<string, Group>;
  /** The paths of `-i`, unchanged. */
  readonly sources: readonly string[];
}
