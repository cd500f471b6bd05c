import type { Host } from "../model/inventory.ts";
import type { Json } from "../model/json.ts";
import { distance, nearest } from "../model/nearest.ts";
import { err, ok, type Result } from "../model/result.ts";
import type { Schema, SchemaIssue } from "../model/role.ts";
import type { Diagnostic, Origin, Source } from "../model/source.ts";
import { diagnostic, didYouMean, distinct } from "./diagnostic.ts";
import { isObject, keySource, nameSource, typeName } from "./node.ts";

/** The variables of one role on one host. */
interface RoleSettings {
  readonly host: Host;
  readonly role: string;
  readonly value: Json;
  readonly origin: Origin;
}

/**
 * The role's variables on a host: the inventory's variable of the role's name, checked and completed by the role's
 * schema. Every issue becomes an error at the value's place; an unknown variable at its name's place, with the nearest
 * of `known` (default: what the schema itself tells of its keys).
 */
export function roleVariables<V>(
  host: Host,
  role: string,
  schema: Schema<V>,
  known: readonly string[] = keysOf(schema, []),
): Result<V, readonly Diagnostic[]> {
  const variable = host.vars.get(role);
  const origin = variable?.origin ?? { source: host.source };
  const settings: RoleSettings = { host, role, value: variable?.value ?? Object.create(null), origin };
  if (!isObject(settings.value)) {
    const message = `the variables of the role \`${role}\` on ${host.name} must be a mapping, this is ${typeName(settings.value)}`;
    return err([diagnostic("error", message, origin.source)]);
  }
  const parsed = schema.safeParse(settings.value);
  if (parsed.success) return ok(parsed.data);
  return err(distinct(parsed.error.issues.flatMap((issue) => explain(issue, settings, schema, known))));
}

function explain(
  issue: SchemaIssue,
  settings: RoleSettings,
  schema: unknown,
  known: readonly string[],
): Diagnostic[] {
  const path = issue.path.map(String);
  const [origin, exact] = follow(settings.origin, path);
  const name = [settings.role, ...path].join(".");
  if (issue.code === "unrecognized_keys" && issue.keys !== undefined) {
    const candidates = path.length === 0 ? known : keysOf(schema, path);
    return issue.keys.map((key) => {
      const hint = didYouMean(nearest(key, candidates)) ?? listing(candidates);
      return diagnostic("error", `\`${name}\` has no variable \`${key}\``, keySource(origin, key), hint);
    });
  }
  // A value that is not there has no place: the mapping it should be in is shown.
  const message = `\`${name}\`${exact ? "" : " is missing"} on ${settings.host.name}: ${issue.message}`;
  return [diagnostic("error", message, origin.source)];
}

function listing(names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : `it has ${names.slice(0, 20).join(", ")}`;
}

/** The innermost value on a path that was written, and whether that is the path's end. */
function follow(origin: Origin, path: readonly string[]): readonly [Origin, boolean] {
  let at = origin;
  for (const step of path) {
    const next = at.children?.get(step);
    if (next === undefined) return [at, false];
    at = next;
  }
  return [at, true];
}

/** The keys of an object schema as zod's schemas tell them, behind optional, default and list wrappers. */
function keysOf(schema: unknown, path: readonly string[]): readonly string[] {
  let at: unknown = unwrap(schema);
  for (const step of path) {
    const shape = property(at, "shape");
    at = unwrap(
      shape === undefined ? (property(at, "element") ?? property(at, "valueType")) : property(shape, step),
    );
  }
  const shape = property(at, "shape");
  return typeof shape === "object" && shape !== null ? Object.keys(shape) : [];
}

function unwrap(schema: unknown): unknown {
  let at = schema;
  for (let inner = property(property(at, "def"), "innerType"); inner !== undefined; ) {
    at = inner;
    inner = property(property(at, "def"), "innerType");
  }
  return at;
}

function property(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

/** The roles a host plays: its variable `roles`, a list of known names, each once. None where it is not set. */
export function rolesOf(
  host: Host,
  knownRoles: readonly string[],
): Result<readonly string[], readonly Diagnostic[]> {
  const variable = host.vars.get("roles");
  if (variable === undefined || variable.value === null) return ok([]);
  const { value, origin } = variable;
  if (!Array.isArray(value)) {
    const hint = typeof value === "string" ? `write roles: [${value}]` : "write roles: [name, name]";
    const message = `\`roles\` of ${host.name} must be a list of names, this is ${typeName(value)}`;
    return err([diagnostic("error", message, origin.source, hint)]);
  }
  const entries: readonly Json[] = value;
  const problems: Diagnostic[] = [];
  const roles: string[] = [];
  entries.forEach((entry, index) => {
    const source = origin.children?.get(String(index))?.source ?? origin.source;
    const problem = roleProblem(entry, roles, knownRoles, source);
    if (problem !== undefined) problems.push(problem);
    else if (typeof entry === "string") roles.push(entry);
  });
  return problems.length > 0 ? err(problems) : ok(roles);
}

function roleProblem(
  entry: Json,
  before: readonly string[],
  known: readonly string[],
  source: Source,
): Diagnostic | undefined {
  if (typeof entry !== "string") {
    return diagnostic("error", `a role is named by text, this is ${typeName(entry)}`, source);
  }
  if (before.includes(entry)) return diagnostic("error", `the role \`${entry}\` stands here twice`, source);
  if (known.includes(entry)) return undefined;
  const hint = didYouMean(nearest(entry, known)) ?? listing([...known].sort());
  return diagnostic("error", `there is no role \`${entry}\``, source, hint);
}

/**
 * Mappings that were most likely meant for a role: the name is within two edits (one for names under five letters) of a
 * role the host plays, that role has no variables on the host, and no template of the inventory refers to the name
 * (`references`, as read). A variable of the user's own thus needs three coincidences to be taken for a slip.
 */
export function misspeltRoles(
  host: Host,
  knownRoles: readonly string[],
  references: ReadonlySet<string>,
): readonly Diagnostic[] {
  const value = host.vars.get("roles")?.value;
  const played: readonly unknown[] = Array.isArray(value) ? value : [];
  const bare = knownRoles.filter((role) => played.includes(role) && !host.vars.has(role));
  const problems: Diagnostic[] = [];
  for (const [name, { value, origin }] of host.vars) {
    if (!isObject(value) || knownRoles.includes(name) || references.has(name)) continue;
    const role = bare.find((candidate) => distance(name, candidate, 2) <= (candidate.length < 5 ? 1 : 2));
    if (role === undefined) continue;
    const message = `\`${name}\` is no role, and nothing refers to it, while ${host.name} plays the role \`${role}\``;
    problems.push(diagnostic("error", message, nameSource(origin), `did you mean \`${role}\`?`));
  }
  return problems;
}
