import type { Host } from "./inventory.ts";

/** How a service survives the loss of a member. */
export type Redundancy =
  | "balanced" // all members serve
  | "standby" // one serves, the others wait (a VIP)
  | "replicated" // a primary and copies
  | "quorum"; // a majority decides

/** How one endpoint proves that it is well. Run on the endpoint's own host. */
export type HealthCheck =
  | { readonly type: "http"; readonly path: string; readonly status: number; readonly tls?: boolean }
  | { readonly type: "tcp" }
  | { readonly type: "command"; readonly command: string };

/** What a role says of a service it provides. */
export interface ServiceSpec {
  readonly port: number;
  readonly health: HealthCheck;
  readonly redundancy: Redundancy;
  /** How many members must stay healthy, at the least. Default 1. */
  readonly floor?: number;
  /** Seconds an endpoint may take to get healthy after a change. Default 60. */
  readonly startSeconds?: number;
}

/** One host's end of a service. */
export interface Endpoint extends ServiceSpec {
  readonly service: string;
  readonly role: string;
  readonly host: string;
  /** Where other hosts reach it: `address`, else an IP in `ansible_host`, else the name. */
  readonly address: string;
}

/** A named service and its members. */
export interface Service {
  readonly name: string;
  readonly role: string;
  readonly floor: number;
  readonly redundancy: Redundancy;
  readonly endpoints: readonly Endpoint[];
}

/** One role on one host, with its validated variables. */
export interface Member {
  readonly host: Host;
  readonly role: string;
  readonly vars: unknown;
}

/** Services, endpoints and who needs whom. Derived from the inventory and the roles, never from hosts. */
export interface Topology {
  /** Every host that plays a role, in inventory order. */
  readonly hosts: readonly TopologyHost[];
  readonly services: ReadonlyMap<string, Service>;
  /** Roles in order: a role comes after the roles that provide what it needs. One list a stage. */
  readonly levels: readonly (readonly string[])[];
  /** Role → services it needs. */
  readonly needs: ReadonlyMap<string, readonly string[]>;
}

export interface TopologyHost {
  readonly host: Host;
  readonly address: string;
  /** In the order of converging. */
  readonly members: readonly Member[];
}
