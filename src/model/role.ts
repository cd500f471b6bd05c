import type { Facts } from "./facts.ts";
import type { Host } from "./inventory.ts";
import type { Content, Resource } from "./resource.ts";
import type { Endpoint, ServiceSpec, Topology } from "./topology.ts";

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

/** What a role may look at. Nothing else: no clock, no randomness, no I/O. */
export interface RoleContext<V, N extends string = string> {
  readonly host: Host;
  /** The address other hosts reach this one by. */
  readonly address: string;
  readonly facts: Facts;
  readonly vars: V;
  /** The endpoints of each service named in `needs`, on all hosts, in inventory order. */
  readonly needs: Readonly<Record<N, readonly Endpoint[]>>;
  readonly topology: Topology;
  /** Renders `templates/<role>/<name>`. A value the template wants and `data` lacks is an error. */
  render(name: string, data: Readonly<Record<string, unknown>>): Content;
  /** A file or folder (path → content, sorted) of the project, read before the role is asked. */
  asset(path: string): ReadonlyMap<string, Content>;
}

/** A pure function from a host in a topology to resources, with what it provides and needs. */
export interface Role<V = unknown, N extends string = string> {
  readonly name: string;
  /** The tier it belongs to in diagrams and explanations: "web", "app", "base"… */
  readonly tier: string;
  /** One sentence, for docs and `--help`. */
  readonly summary: string;
  readonly vars: Schema<V>;
  /** Local name → service. */
  readonly needs?: Readonly<Record<N, string>>;
  /** Service name → what it is, as seen from one host. */
  provides?(context: { readonly host: Host; readonly vars: V }): Readonly<Record<string, ServiceSpec>>;
  /** Paths (relative to the folder `provision` is run in, or absolute) whose content `asset` may be asked for. */
  assets?(context: { readonly host: Host; readonly vars: V }): readonly string[];
  /** Read-only facts this role decides from: name → shell text whose output is the fact. */
  readonly facts?: Readonly<Record<string, string>>;
  resources(context: RoleContext<V, N>): readonly Resource[];
}

/** A role whose variables' type is known only to itself: it is given only what its own schema let through. */
export type AnyRole = Role<unknown, string>;
