import type { Asset, AssetRequest } from "./asset.ts";
import type { Facts } from "./facts.ts";
import type { Host } from "./inventory.ts";
import type { PrimaryMoves } from "./primary.ts";
import type { Content, Resource } from "./resource.ts";
import type { Certificate, SecretSpec } from "./secret.ts";
import type { Check, Endpoint, Objection, Provided, Topology } from "./topology.ts";

/** What zod's schemas offer and the engine uses: parse without throwing, and say what is wrong where. */
export interface Schema<V> {
  safeParse(
    input: unknown,
  ):
    | { readonly success: true; readonly data: V }
    | { readonly success: false; readonly error: { readonly issues: readonly SchemaIssue[] } };
}

/** One thing a schema finds wrong. Which of the optional fields are there depends on the code. */
export interface SchemaIssue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** `unrecognized_keys`: the names that are not in the schema. */
  readonly keys?: readonly string[];
  /** `invalid_type`: the type it should have. */
  readonly expected?: string;
  /** `invalid_value`: the choices. */
  readonly values?: readonly unknown[];
  /** `too_big`, `too_small`: what was measured (a number, the length of a string or an array), and the bound. */
  readonly origin?: string;
  readonly maximum?: number | bigint;
  readonly minimum?: number | bigint;
  readonly inclusive?: boolean | undefined;
  /** `invalid_format`: its name. */
  readonly format?: string;
  /** `not_multiple_of`. */
  readonly divisor?: number;
  /** `invalid_key`, `invalid_element`: what is wrong with it. */
  readonly issues?: readonly SchemaIssue[];
  /** `invalid_union`: what each branch finds wrong. */
  readonly errors?: readonly (readonly SchemaIssue[])[];
}

/** What is declared of a member before any host is contacted. */
export interface MemberContext<V> {
  readonly host: Host;
  /** The address other hosts reach it by. */
  readonly address: string;
  readonly vars: V;
}

/** A member of the same role, as far as it is known. */
export interface Peer<V = unknown> extends MemberContext<V> {
  /** By the names in `peerFacts`. `undefined`: the host did not answer in this run. */
  readonly facts: ReadonlyMap<string, string> | undefined;
}

/** The others, before any host is contacted. */
export interface Among<V = unknown> {
  /** All members of this role, this one too, in inventory order. */
  readonly peers: readonly MemberContext<V>[];
  readonly topology: Topology;
}

/** What a role may look at. Nothing else: no clock, no randomness, no I/O. */
export interface RoleContext<V, N extends string = string> extends MemberContext<V> {
  readonly facts: Facts;
  /** All members of this role, this one too, in inventory order. */
  readonly peers: readonly Peer<V>[];
  /**
   * The endpoints of each service named in `needs` and `wants`, in inventory order: on all hosts, or on this one where
   * the service is for its own host only. A wanted service that nobody provides has none.
   */
  readonly needs: Readonly<Record<N, readonly Endpoint[]>>;
  readonly topology: Topology;
  /** Renders `templates/<role>/<name>`. A value the template wants and `data` lacks is an error. */
  render(name: string, data: Readonly<Record<string, unknown>>): Content;
  /** A file or folder of the project that `assets` has asked for in the same words, read before the role is asked. */
  asset(request: AssetRequest): Asset;
  /** A password that the role declared in `secrets`. */
  password(name: string): string;
  /** A certificate or an authority that the role declared in `secrets`. */
  certificate(name: string): Certificate;
}

/** How a role stops using one endpoint of a service it needs, and uses it again: shell for the role's own host. */
export interface Draining {
  /** No new work for the endpoint; ends when none is under way, or after `seconds` all the same. Safe to run again. */
  drain(endpoint: Endpoint, seconds: number): string;
  /** Uses it again, and ends when it counts as healthy. Safe to run again. */
  restore(endpoint: Endpoint, seconds: number): string;
}

/** How a role tells of itself on one host, for `provision diagram --live`. Nothing is decided from it. */
export interface LiveNotes {
  /** Read-only shell text. */
  readonly script: string;
  /** Short notes from what it has printed: `primary`. `hostAt`: the name of the host at an address, else the address. */
  notes(output: string, hostAt: (address: string) => string): readonly string[];
}

/** Needs that the variables decide: local name → service. */
// Written as a method, so that a role still counts as a role whose variables are known to itself only.
type NeedsFrom<V, N extends string> = {
  from(context: { readonly vars: V }): Readonly<Record<N, string>>;
}["from"];

/** A pure function from a host in a topology to resources, with what it provides and needs. */
export interface Role<V = unknown, N extends string = string, W extends string = string> {
  readonly name: string;
  /** The tier it belongs to in diagrams and explanations: "web", "app", "base"… */
  readonly tier: string;
  /** One sentence, for docs and `--help`. */
  readonly summary: string;
  readonly vars: Schema<V>;
  /** Local name → service; or how the variables say which. */
  readonly needs?: Readonly<Record<N, string>> | NeedsFrom<V, N>;
  /** Local name → service that is used where somebody provides it. */
  readonly wants?: Readonly<Record<W, string>>;
  /** Service name → what it is, as seen from one host. */
  provides?(context: MemberContext<V>): Provided;
  /**
   * What its own schema cannot see: a name where an address is needed, a service that nobody provides, two members that do
   * not fit together. Told before any host is contacted, and nothing is done.
   */
  objections?(context: MemberContext<V> & Among<V>): readonly Objection[];
  /** What monitoring watches on each of its hosts, beside the health of what it provides. */
  checks?(context: MemberContext<V>): readonly Check[];
  /**
   * Files and folders (relative to the folder `provision` is run in, or absolute) that `asset` may be asked for. Of a
   * folder, what begins with a dot, private keys and what tools leave behind is not read unless it is included.
   */
  assets?(context: { readonly host: Host; readonly vars: V }): readonly AssetRequest[];
  /** Name → secret. Names are the whole stack's (`sql/replication`); who declares the same gets the same. */
  secrets?(context: MemberContext<V> & { readonly topology: Topology }): Readonly<Record<string, SecretSpec>>;
  /** Read-only facts this role decides from: name → shell text whose output is the fact. */
  readonly facts?: Readonly<Record<string, string>>;
  /**
   * Live truth that the members decide from together (who is the primary?): name → read-only shell text. Gathered on every
   * member, also outside `--limit`, before any of them is asked. What changes all the time (positions, counters) makes
   * every run a slow one: say only what decides.
   */
  readonly peerFacts?: Readonly<Record<string, string>>;
  /**
   * The order among its members: a lower one is changed, and healthy again, before a higher one begins. Default: all alike.
   */
  rank?(context: MemberContext<V> & { readonly peers: readonly Peer<V>[] }): number;
  /** How its hosts drain one endpoint before that is changed, for each of the services it needs: local name → how. */
  readonly draining?: Readonly<Partial<Record<N, Draining>>>;
  /**
   * How one of its hosts ends the sessions in which nothing is under way, while its users drain it: service → shell for its own
   * host, from the seconds it may take. Ends when no session is left. Users that find a session ended open another one
   * elsewhere.
   */
  readonly endSessions?: Readonly<Record<string, (seconds: number) => string>>;
  /** Of a replicated service: how the primary moves. */
  readonly primary?: PrimaryMoves;
  /** What people want to know of each of its hosts at a glance, beside drift: who is the primary, how far behind is a copy. */
  readonly live?: LiveNotes;
  resources(context: RoleContext<V, N | W>): readonly Resource[];
}

/** A role whose variables' type is known only to itself: it is given only what its own schema let through. */
export type AnyRole = Role<unknown, string, string>;
