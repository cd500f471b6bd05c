import type { Asset, AssetRequest } from "./asset.ts";
import type { Facts } from "./facts.ts";
import type { Host } from "./inventory.ts";
import type { Content, Resource } from "./resource.ts";
import type { Certificate, SecretSpec } from "./secret.ts";
import type { Check, Endpoint, Objection, Provided, Service, Topology } from "./topology.ts";

/** The part of a zod schema that the engine uses: it parses without throwing, and reports what is wrong and where. */
export interface Schema<V> {
  safeParse(
    input: unknown,
  ):
    | { readonly success: true; readonly data: V }
    | { readonly success: false; readonly error: { readonly issues: readonly SchemaIssue[] } };
}

/** One problem that a schema reports. Which optional fields are present depends on `code`. */
export interface SchemaIssue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** `unrecognized_keys`: the unknown names. */
  readonly keys?: readonly string[];
  /** `invalid_type`: the expected type. */
  readonly expected?: string;
  /** `invalid_value`: the choices. */
  readonly values?: readonly unknown[];
  /** `too_big`, `too_small`: the type of the value (number, string, array…), and the bounds. */
  readonly origin?: string;
  readonly maximum?: number | bigint;
  readonly minimum?: number | bigint;
  readonly inclusive?: boolean | undefined;
  /** `invalid_format`: its name. */
  readonly format?: string;
  /** `not_multiple_of`. */
  readonly divisor?: number;
  /** `invalid_key`, `invalid_element`: the problems of the key or element. */
  readonly issues?: readonly SchemaIssue[];
  /** `invalid_union`: the problems of each branch. */
  readonly errors?: readonly (readonly SchemaIssue[])[];
}

/** What is known of a member before any host is contacted. */
export interface MemberContext<V> {
  readonly host: Host;
  /** The address by which other hosts reach it. */
  readonly address: string;
  readonly vars: V;
}

/** A member of the same role. */
export interface Peer<V = unknown> extends MemberContext<V> {
  /** By the names in `peerFacts`. `undefined`: the host did not answer in this run. */
  readonly facts: ReadonlyMap<string, string> | undefined;
}

/** The other members, before any host is contacted. */
export interface Among<V = unknown> {
  /** All members of this role, this one too, in inventory order. */
  readonly peers: readonly MemberContext<V>[];
  readonly topology: Topology;
}

/** All that a role may use. It has no clock, no randomness and no I/O. */
export interface RoleContext<V, N extends string = string> extends MemberContext<V> {
  readonly facts: Facts;
  /** All members of this role, this one too, in inventory order. */
  readonly peers: readonly Peer<V>[];
  /**
   * The endpoints of each service in `needs` and `wants`, in inventory order: those on all hosts, or only that on this host if
   * the service serves its own host. A wanted service that nobody provides has none.
   */
  readonly needs: Readonly<Record<N, readonly Endpoint[]>>;
  readonly topology: Topology;
  /** Renders `templates/<role>/<name>`. A value that the template uses and `data` does not have is an error. */
  render(name: string, data: Readonly<Record<string, unknown>>): Content;
  /** A file or folder of the project. `assets` must have returned an equal request. */
  asset(request: AssetRequest): Asset;
  /** A password that the role declared in `secrets`. */
  password(name: string): string;
  /** A certificate or an authority that the role declared in `secrets`. */
  certificate(name: string): Certificate;
}

/** How a role drains one endpoint of a service that it needs, and restores it: shell text for the host of the role. */
export interface Draining {
  /** Sends no new work to the endpoint. Ends when no work is left, or after `seconds`. Safe to run again. */
  drain(endpoint: Endpoint, seconds: number): string;
  /** Uses the endpoint again. Ends when it counts as healthy. Safe to run again. */
  restore(endpoint: Endpoint, seconds: number): string;
}

/** What the other roles of a host ask of its proxy, before any host is contacted. */
export interface CarryContext<V> extends MemberContext<V> {
  /** Names of services that roles of this host need or want, and that no other role provides. */
  readonly asked: readonly string[];
  /** The services of all other roles. */
  readonly services: ReadonlyMap<string, Service>;
}

/** How a role is the proxy of its own host: other roles reach services of the stack through it, over loopback. */
export interface Carries<V = unknown> {
  /** The service that one with this name leads to: `wsgi` for `wsgi-local`. Undefined: the role has no such names. */
  target(name: string): string | undefined;
  /** The services that it provides to the roles of its host, each with `leadsTo`. */
  provides(context: CarryContext<V>): Provided;
  /** How it drains an endpoint of a service that it leads to. */
  readonly draining: Draining;
}

/** Notes on a role's state on one host, for `provision diagram --live`. They decide nothing. */
export interface LiveNotes {
  /** Read-only shell text. */
  readonly script: string;
  /** Short notes from the output of the script: `leader`. `hostAt` gives the name of the host at an address, else the address. */
  notes(output: string, hostAt: (address: string) => string): readonly string[];
}

/** A column of a table in which an application keeps what it acknowledged. */
export interface StoredIds {
  readonly database: string;
  readonly table: string;
  readonly column: string;
}

/** A request in which `{id}` is an id of the load: a UUID. */
export interface LoadRequest {
  readonly method?: string;
  /** With the query. */
  readonly path: string;
  /** The body, as JSON. */
  readonly body?: Readonly<Record<string, string>>;
}

/** The requests of the load of `provision drill`. */
export interface Workload {
  /** A page that needs no write. */
  readonly read: LoadRequest;
  /** Writes one id. An answer from 200 to 299 acknowledges it. */
  readonly write?: LoadRequest;
  /** Reads one id right after its write. Another answer than 200 to 299 is a stale read. */
  readonly own?: LoadRequest;
  /** Reads one id, from the cache if it is there. */
  readonly cached?: LoadRequest & {
    /** The header, and its value, of an answer from the cache. */
    readonly hit: readonly [header: string, value: string];
  };
  /** Where the database keeps the ids. */
  readonly stored?: StoredIds;
  /** Lists ids, where the database cannot be asked itself: every id that the answer contains is there. */
  readonly list?: LoadRequest;
}

/** What `provision drill` cannot find out from the topology. */
export interface Drilling<V = unknown> {
  /** Of an application: the load that fits it. */
  workload?(context: MemberContext<V>): Workload | undefined;
  /** Of a database: shell text for a member that prints all ids, one on a line, with the database's own client. */
  rows?(stored: StoredIds): string;
  /** Of a quorum: shell text for a member that ends with 0 where it leads. */
  readonly leads?: string;
  /** Of monitoring: shell text that prints a line for each alert: seconds since 1970, host, service, state, and who sent it. */
  readonly alerts?: string;
}

/** Needs that depend on the variables: local name → service. */
// A method, because method parameters are bivariant: a role with any type of variables is still an `AnyRole`.
type NeedsFrom<V, N extends string> = {
  from(context: { readonly vars: V }): Readonly<Record<N, string>>;
}["from"];

/** A pure function from a host in a topology to resources, with the services that it provides and needs. */
export interface Role<V = unknown, N extends string = string, W extends string = string> {
  readonly name: string;
  /** Its tier in diagrams and in `explain`: "web", "app", "base"… */
  readonly tier: string;
  /** One sentence, for docs and `--help`. */
  readonly summary: string;
  readonly vars: Schema<V>;
  /** Local name → service, or a function of the variables that returns it. */
  readonly needs?: Readonly<Record<N, string>> | NeedsFrom<V, N>;
  /** Local name → service that is used if a role provides it. */
  readonly wants?: Readonly<Record<W, string>>;
  /** The services that one host provides: service name → specification. */
  provides?(context: MemberContext<V>): Provided;
  /**
   * Problems that the schema cannot see: a name where an address is needed, a service that nobody provides, two members that
   * do not fit together. Reported before any host is contacted; nothing is changed then.
   */
  objections?(context: MemberContext<V> & Among<V>): readonly Objection[];
  /** Further checks for monitoring on each of its hosts, beside the health of its services. */
  checks?(context: MemberContext<V>): readonly Check[];
  /**
   * The files and folders that `asset` may return; paths are absolute, or relative to the working folder of `provision`. In a
   * folder, names that begin with a dot, private keys and leftovers of tools are not read unless `include` names them.
   */
  assets?(context: { readonly host: Host; readonly vars: V }): readonly AssetRequest[];
  /** Name → secret. Names are unique in the whole stack (`sql/replication`): roles that declare the same name share the secret. */
  secrets?(context: MemberContext<V> & { readonly topology: Topology }): Readonly<Record<string, SecretSpec>>;
  /** Facts that this role needs: name → read-only shell text whose output is the fact. */
  readonly facts?: Readonly<Record<string, string>>;
  /**
   * Live state that decides something among the members (who leads?): name → read-only shell text. Gathered on every
   * member, also outside `--limit`, before `resources` is called for any of them. Values that always change (positions,
   * counters) make every run slow: print only what decides.
   */
  readonly peerFacts?: Readonly<Record<string, string>>;
  /**
   * The order among its members: one with a lower rank is changed, and healthy again, before one with a higher rank. Default:
   * all are equal. `together`: before all others and at the same time, also where they serve, because none of them can be
   * healthy without the changes of the others.
   */
  rank?(context: MemberContext<V> & { readonly peers: readonly Peer<V>[] }): number | "together";
  /** Of a role that is the proxy of its host: what it makes reachable there. */
  readonly carries?: Carries<V>;
  /** How its hosts drain an endpoint before a change of it, for services that the role needs or wants: local name → scripts. */
  readonly draining?: Readonly<Partial<Record<NoInfer<N | W>, Draining>>>;
  /**
   * How one of its hosts ends idle sessions while its users drain it: service → function from the seconds it may take to shell
   * text for that host. Ends when no session is left. Users whose session ended open another one elsewhere.
   */
  readonly endSessions?: Readonly<Record<string, (seconds: number) => string>>;
  /** What people want to see of each of its hosts beside drift: which one leads, how far a copy lags. */
  readonly live?: LiveNotes;
  readonly drilling?: Drilling<V>;
  resources(context: RoleContext<V, N | W>): readonly Resource[];
}

/** A role with any type of variables. It gets only variables that its schema has accepted. */
export type AnyRole = Role<unknown, string, string>;
