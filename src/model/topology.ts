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
  | { readonly type: "command"; readonly command: string; readonly root?: boolean };

/** Members of a service that must stay healthy: a number of them, or a share such as `75%`, rounded up. */
export type Floor = number | `${number}%`;

/** What a role says of a service it provides. */
export interface ServiceSpec {
  readonly port: number;
  readonly health: HealthCheck;
  readonly redundancy: Redundancy;
  /**
   * How many members must stay healthy while others are changed, unless the inventory says otherwise. Default: three
   * quarters, rounded up, at least one, at most all but one.
   */
  readonly floor?: Floor;
  /** Seconds an endpoint may take to get healthy after a change. Default 60. */
  readonly startSeconds?: number;
  /**
   * Who may connect. `users` (default): hosts with a role that needs the service. `host`: it listens on loopback, for the
   * roles of its own host, and only they see it. `anyone`: the world. Else networks, as `10.0.0.0/8`, beside the users.
   */
  readonly access?: "users" | "host" | "anyone" | readonly string[];
  /** Default `tcp`. `vrrp` has no ports; `port` is then 112, its number as an IP protocol. */
  readonly protocol?: "tcp" | "udp" | "vrrp";
  /** Addresses it listens on. Default: all of its host, and loopback alone where `access` is `host`. */
  readonly listen?: readonly string[];
  /** The variable of the role that says the port, as `status.port`: for messages. Default `port`. */
  readonly portFrom?: string;
  /** What is spoken there, where programs must know: `mysql`, `memcached`. */
  readonly speaks?: string;
  /** Addresses that move from member to member (VIPs); users connect to these. */
  readonly floating?: readonly string[];
  /** One sentence for `explain`: what happens when a member dies, and how fast. */
  readonly failover?: string;
}

/** Something that monitoring watches on a host, beside the health of its services. */
export interface Check {
  /** Unique within its role: letters, digits, dashes. */
  readonly name: string;
  /** One phrase for people: what is well when this is well. */
  readonly summary: string;
  /**
   * Shell, run on the host: exit 0 well, 1 warning, 2 critical; 3 where it cannot be known, because something is down that
   * is told of elsewhere. Prints one line.
   */
  readonly command: string;
  /** Warnings are shown, and nobody is told: they follow from a failure that is told where it happened. */
  readonly quietWarnings?: true;
  /** It must run as root. */
  readonly root?: true;
  /** It is no host's own state: well when the command ends with 0 on exactly so many of the role's hosts. */
  readonly exactly?: number;
}

/** What a role provides on one host: service name → what it is. In a list of such, no name may stand twice. */
export type Provided =
  | Readonly<Record<string, ServiceSpec>>
  | readonly Readonly<Record<string, ServiceSpec>>[];

/** What is wrong with a member among the others, as the inventory alone says. */
export interface Objection {
  /** What is wrong, and why. Goes on behind the name of the variable: "is the user that logs in to this host", ": no host …". */
  readonly message: string;
  /** The path of the variable at fault inside the role's own, as `["tcp", "smtp"]`. Default: all of the role's. */
  readonly at?: readonly string[];
  /** Where a variable of a host itself is at fault: its name, as `address`, and the host. */
  readonly hostVariable?: readonly [name: string, host: string];
  /** What to do. */
  readonly hint?: string;
}

/** A check, and where it runs. */
export interface PlacedCheck extends Check {
  readonly role: string;
  readonly host: string;
}

/** One host's end of a service. */
export interface Endpoint extends ServiceSpec {
  readonly service: string;
  readonly role: string;
  readonly host: string;
  /** Where its users reach it: `address`, else `ansible_host`, else the name; loopback where it is for its own host only. */
  readonly address: string;
}

/** A named service and its members. */
export interface Service {
  readonly name: string;
  readonly role: string;
  /** How many members must stay healthy while others are changed. */
  readonly floor: number;
  /** With fewer members it counts as lost: the floor where one was asked for, else 1; of a quorum, a majority at least. */
  readonly minimum: number;
  readonly redundancy: Redundancy;
  readonly endpoints: readonly Endpoint[];
}

/** One role on one host, with its validated variables. */
export interface Member {
  readonly host: Host;
  readonly role: string;
  readonly vars: unknown;
  /** What the inventory says of the services it provides, beside the role's own variables. */
  readonly floor?: Floor;
}

/** Services, endpoints and who needs whom. Derived from the inventory and the roles, never from hosts. */
export interface Topology {
  /** Every host that plays a role, in inventory order. */
  readonly hosts: readonly TopologyHost[];
  readonly services: ReadonlyMap<string, Service>;
  /** Roles in order: a role comes after the roles that provide what it needs. One list a stage. */
  readonly levels: readonly (readonly string[])[];
  /** Role → services it uses: all it needs, and what it wants where somebody provides it. */
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
