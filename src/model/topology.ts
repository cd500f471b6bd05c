import type { Host } from "./inventory.ts";

/** How a service survives the loss of a member. */
export type Redundancy =
  | "balanced" // all members serve
  | "standby" // one serves, the others wait (a VIP)
  | "replicated" // a leader and its copies
  | "quorum"; // a majority decides

/** How the health of one endpoint is checked. Runs on the host of the endpoint. */
export type HealthCheck =
  | { readonly type: "http"; readonly path: string; readonly status: number; readonly tls?: boolean }
  | { readonly type: "tcp" }
  | { readonly type: "command"; readonly command: string; readonly root?: boolean };

/** How many members of a service must stay healthy: a number, or a share such as `75%`, rounded up. */
export type Floor = number | `${number}%`;

/** How a member of a service is lost, or moved away from. */
export type Loss =
  | "killed" // its daemon ends at once
  | "stopped" // its daemon is stopped, as a person stops it
  | "frozen" // its daemon still accepts connections, and answers nothing
  | "off" // its host loses power
  | "cut" // its host's network is cut
  | "islanded" // its host and one of its clients are cut off from all others, but not from each other
  | "moved" // the leader moves as planned
  | "restarted"; // a run restarts all members

/** What users see at most when the member that serves is lost. `provision drill` proves it. */
export interface Survival {
  /** Seconds without service, by how the member was lost. Default: 2.5, the time in which a proxy leaves out a member. */
  readonly pause?: Readonly<Partial<Record<Loss, number>>>;
  /** What pauses: everything (default), or writes only. */
  readonly of?: "writes";
  /** Which requests fail that the member was handling. Default: writes, because nobody may try them again. */
  readonly breaks?: "nothing" | "writes" | "requests";
  /** Its data are in memory only: gone when all members are lost. */
  readonly forgets?: true;
}

/** A service, as its role declares it. */
export interface ServiceSpec {
  readonly port: number;
  readonly health: HealthCheck;
  readonly redundancy: Redundancy;
  /**
   * How many members must stay healthy while others are changed. The inventory may override it. Default: three quarters,
   * rounded up, at least one, at most all but one.
   */
  readonly floor?: Floor;
  /** Seconds until an endpoint must be healthy after a change. Default 60. */
  readonly startSeconds?: number;
  /**
   * Who may connect. `users` (default): hosts with a role that needs the service. `host`: only roles of its own host; it listens
   * on loopback. `anyone`: the world. A list: the users, and these networks, such as `10.0.0.0/8`.
   */
  readonly access?: "users" | "host" | "anyone" | readonly string[];
  /** Default `tcp`. `vrrp` has no ports: `port` is then 112, the number of the IP protocol. */
  readonly protocol?: "tcp" | "udp" | "vrrp";
  /** The addresses that it listens on. Default: all addresses of its host; loopback if `access` is `host`. */
  readonly listen?: readonly string[];
  /** The variable of the role that holds the port, such as `status.port`, for messages. Default `port`. */
  readonly portFrom?: string;
  /** The application protocol, for roles that must know it: `mysql`, `memcached`. */
  readonly speaks?: string;
  /** Addresses that move between the members (VIPs). Users connect to them. */
  readonly floating?: readonly string[];
  /**
   * The service of the same hosts that a proxy asks whether an endpoint is well. Default: the endpoint itself. Of a
   * `replicated` service it answers as Patroni's REST API does: `/primary`, `/replica?lag=SECONDS`, 200 or 503.
   */
  readonly checkedAt?: string;
  /** How many requests an endpoint answers at the same time; a proxy sends it no more. Default: no limit. */
  readonly concurrency?: number;
  /** The services that this one leads to: it is a proxy for its own host. Who needs it also needs these. */
  readonly leadsTo?: readonly string[];
  /** One sentence for `explain`: what happens when a member dies, and how fast. */
  readonly failover?: string;
  readonly survives?: Survival;
}

/** A check of monitoring on a host, beside the health of its services. */
export interface Check {
  /** Unique within its role: letters, digits, dashes. */
  readonly name: string;
  /** One phrase for people: what is true when the check is OK. */
  readonly summary: string;
  /**
   * Shell text that runs on the host and prints one line. Exit code: 0 OK, 1 warning, 2 critical, 3 unknown because of a failure
   * that another check reports.
   */
  readonly command: string;
  /** True: warnings are shown, but notify nobody. They follow from a failure that another check reports. */
  readonly quietWarnings?: true;
  /** True: warnings tell of what happened, or of what a person should do; nothing is lost while they last. */
  readonly notices?: true;
  /** True: it must run as root. */
  readonly root?: true;
  /** The check is for all hosts of the role together: OK if the command exits with 0 on exactly this number of them. */
  readonly exactly?: number;
}

/** The services of a role on one host: name → specification. In a list of records, each name must be unique. */
export type Provided =
  | Readonly<Record<string, ServiceSpec>>
  | readonly Readonly<Record<string, ServiceSpec>>[];

/** A problem of a member that follows from the inventory alone. */
export interface Objection {
  /** What is wrong, and why. It follows the name of the variable: "is the user that logs in to this host", ": no host …". */
  readonly message: string;
  /** The path of the wrong variable inside the role's variables, such as `["tcp", "smtp"]`. Default: all of them. */
  readonly at?: readonly string[];
  /** If a variable of a host itself is wrong: its name, such as `address`, and the host. */
  readonly hostVariable?: readonly [name: string, host: string];
  /** What the user can do. */
  readonly hint?: string;
}

/** A check, with its role and host. */
export interface PlacedCheck extends Check {
  readonly role: string;
  readonly host: string;
}

/** One host's end of a service. */
export interface Endpoint extends ServiceSpec {
  readonly service: string;
  readonly role: string;
  readonly host: string;
  /** The address for its users: `address`, else `ansible_host`, else the name; loopback if it serves only its own host. */
  readonly address: string;
}

/** A named service and its members. */
export interface Service {
  readonly name: string;
  readonly role: string;
  /** How many members must stay healthy while others are changed. */
  readonly floor: number;
  /** With fewer members the service counts as lost: the floor if one is configured, else 1; of a quorum, at least a majority. */
  readonly minimum: number;
  readonly redundancy: Redundancy;
  readonly endpoints: readonly Endpoint[];
}

/** One role on one host, with validated variables. */
export interface Member {
  readonly host: Host;
  readonly role: string;
  readonly vars: unknown;
  /** The floor from the inventory for the services that it provides. */
  readonly floor?: Floor;
}

/** Services, endpoints and the needs between roles. Derived from the inventory and the roles, never from hosts. */
export interface Topology {
  /** Every host that plays a role, in inventory order. */
  readonly hosts: readonly TopologyHost[];
  readonly services: ReadonlyMap<string, Service>;
  /** Roles in order: a role comes after the roles that provide what it needs. One list for each stage. */
  readonly levels: readonly (readonly string[])[];
  /** Role → the services that it uses: all that it needs, and those it wants that a role provides. */
  readonly needs: ReadonlyMap<string, readonly string[]>;
  /** Role → tier. */
  readonly tiers: ReadonlyMap<string, string>;
  readonly checks: readonly PlacedCheck[];
}

export interface TopologyHost {
  readonly host: Host;
  readonly address: string;
  /** In the order of converging. */
  readonly members: readonly Member[];
}
