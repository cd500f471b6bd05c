import { didYouMean, type HostProblem, hostProblem, isSecretLine } from "../../base/diagnostic.ts";
import { nearest } from "../../base/nearest.ts";
import { err, ok, type Result } from "../../base/result.ts";
import type { Host } from "../../model/inventory.ts";
import type { Json } from "../../model/json.ts";
import type { Schema, SchemaIssue } from "../../model/role.ts";
import type { Origin, Source } from "../../model/source.ts";
import { isBroken, isObject, keySource, typeName } from "../parse/node.ts";
import { resolvePlain } from "../parse/scalar.ts";
import { HIDDEN, isSecretValue } from "../parse/secret.ts";
import { Place } from "../parse/text-file.ts";
import { mappingHint } from "../resolve/extra-vars.ts";
import { withAllDigits } from "./exact-numbers.ts";
import { issueMessage } from "./issue-message.ts";
import { keysOf, schemaAt, takesWhole } from "./zod-schema.ts";

/** The variables of one role on one host. */
interface Settings {
  readonly host: string;
  readonly role: string;
  readonly schema: unknown;
  readonly value: Json;
  readonly origin: Origin;
}

/** Options for checking the variables of a role. */
export interface CheckOptions {
  /** The names of the role's variables; by default the keys of the schema. */
  readonly known?: readonly string[];
  /** False: files are missing because of an error, and may contain the missing variables. */
  readonly complete?: boolean;
}

/**
 * The role's variables on a host: the inventory's variable with the role's name, checked and completed by the role's schema.
 * Each issue is an error at the position of the value; an unknown variable is one at its name, with the nearest name as a
 * hint. Errors of reading are not repeated, so the list may be empty.
 */
export function roleVariables<V>(
  host: Host,
  role: string,
  schema: Schema<V>,
  { known = keysOf(schema, []), complete = true }: CheckOptions = {},
): Result<V, readonly HostProblem[]> {
  const variable = host.vars.get(role);
  const origin = variable?.origin ?? { source: host.source };
  const value = variable?.value ?? Object.create(null);
  const settings: Settings = { host: host.name, role, schema, value, origin };
  if (!isObject(value)) {
    const message = `the variables of the role \`${role}\` must be a mapping, this is ${typeName(value)}`;
    const given = typeof value === "string" && origin.source.file === "--extra-vars";
    const hint = given ? mappingHint(role, value) : undefined;
    return err([hostProblem(host.name, message, origin.source, hint)]);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success)
    return err(parsed.error.issues.flatMap((issue) => explain(issue, settings, known, complete)));
  if (isBroken(origin)) return err([]);
  const exact = withAllDigits(value, origin);
  if (exact === value) return ok(parsed.data);
  // If the schema accepts a number, it may also accept text with all digits.
  const again = schema.safeParse(exact);
  return again.success ? ok(again.data) : err(again.error.issues.map((issue) => tooLarge(issue, settings)));
}

function tooLarge({ path }: SchemaIssue, { host, role, origin }: Settings): HostProblem {
  const steps = path.map(String);
  const name = [role, ...steps].join(".");
  const most = Number.MAX_SAFE_INTEGER;
  return hostProblem(
    host,
    `\`${name}\` is too large for an exact number: at most ${most}`,
    follow(origin, steps)[0].source,
  );
}

function explain(
  issue: SchemaIssue,
  settings: Settings,
  known: readonly string[],
  complete: boolean,
): readonly HostProblem[] {
  const { host, schema } = settings;
  const path = issue.path.map(String);
  const [origin, exact] = follow(settings.origin, path);
  const name = [settings.role, ...path].join(".");
  if (issue.code === "unrecognized_keys" && issue.keys !== undefined) {
    const candidates = path.length === 0 ? known : keysOf(schema, path);
    return issue.keys.map((key) => {
      const hint = didYouMean(nearest(key, candidates)) ?? listing("the variables are", candidates);
      return hostProblem(host, `\`${name}\` has no variable \`${key}\``, keySource(origin, key), hint);
    });
  }
  // Errors of reading are already reported, and a missing variable may be in a file that could not be read.
  if (exact ? isBroken(origin) : !complete || (isBroken(origin) && origin.children === undefined)) return [];
  if (issue.code === "invalid_key") return [badKey(issue, path, settings)];
  if (issue.code === "invalid_element") {
    const inner = issue.issues ?? [];
    return inner.flatMap((one) =>
      explain({ ...one, path: [...issue.path, ...one.path] }, settings, known, complete),
    );
  }
  // A missing value has no position: use that of its mapping.
  if (!exact) return [hostProblem(host, `\`${name}\` is missing`, origin.source)];
  const value = isSecretValue(origin) ? HIDDEN : valueAt(settings.value, path);
  const written = writtenValue(value, origin, path);
  const whole = takesWhole(schemaAt(schema, path));
  const { message, hint } = issueMessage(issue, { value, written, whole });
  return [hostProblem(host, `\`${name}\`${message}`, origin.source, hint)];
}

/** The error for an invalid name in a mapping. */
function badKey(issue: SchemaIssue, path: readonly string[], { host, role, origin }: Settings): HostProblem {
  const key = path.at(-1) ?? "";
  const above = path.slice(0, -1);
  const [inner] = issue.issues ?? [];
  const refused = { value: key, written: undefined, whole: false };
  const { message, hint } = issueMessage(inner ?? issue, refused);
  const name = [role, ...above].join(".");
  const source = keySource(follow(origin, above)[0], key);
  return hostProblem(host, `the name \`${key}\` in \`${name}\`${message}`, source, hint);
}

function valueAt(value: Json, path: readonly string[]): Json | undefined {
  let at: unknown = value;
  for (const step of path) {
    at = typeof at === "object" && at !== null ? Object.getOwnPropertyDescriptor(at, step)?.value : undefined;
  }
  return isJson(at) ? at : undefined;
}

/** Every value inside Json is Json. */
function isJson(value: unknown): value is Json {
  return value !== undefined;
}

const SECRET_NAME = /pass(?:word|wd|phrase)?|secret|token/i;

/** The text of a scalar in the file; undefined for other values, for references, and for secrets. */
function writtenValue(value: Json | undefined, origin: Origin, path: readonly string[]): string | undefined {
  const { source } = origin;
  const text = Place.written(source);
  if (
    text === undefined ||
    isSecretValue(origin) ||
    isSecretLine(source) ||
    path.some((step) => SECRET_NAME.test(step))
  )
    return undefined;
  if (typeof value === "string") return text.includes("{{") ? undefined : text;
  const plain = resolvePlain(text);
  return "value" in plain && plain.value === value ? text : undefined;
}

function listing(beginning: string, names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : `${beginning} ${names.slice(0, 20).join(", ")}`;
}

/** The innermost value of a path, and whether the path ends there. */
function follow(origin: Origin, path: readonly string[]): readonly [Origin, boolean] {
  let at = origin;
  for (const step of path) {
    const next = at.children?.get(step);
    if (next === undefined) return [at, false];
    at = next;
  }
  return [at, true];
}

/** The content of a host's variable `roles`. */
export interface Played {
  /** The known roles, each once. */
  readonly roles: readonly string[];
  readonly problems: readonly HostProblem[];
  /** False: there are also other values. */
  readonly complete: boolean;
}

/** The roles of a host: a list of known names in its variable `roles`. */
export function rolesOf(host: Host, knownRoles: readonly string[]): Played {
  const variable = host.vars.get("roles");
  const complete = !isBroken(variable?.origin);
  if (variable === undefined || variable.value === null) return { roles: [], problems: [], complete };
  const { value, origin } = variable;
  if (!Array.isArray(value)) {
    const named = typeof value === "string" && !/[{}[\]]/.test(value);
    const hint = named ? `write roles: [${value}]` : "write roles: [name, name]";
    const message = `\`roles\` must be a list of names, this is ${typeName(value)}`;
    return { roles: [], problems: [hostProblem(host.name, message, origin.source, hint)], complete: false };
  }
  const entries: readonly Json[] = value;
  const problems: HostProblem[] = [];
  const roles: string[] = [];
  entries.forEach((entry, index) => {
    const at = origin.children?.get(String(index)) ?? origin;
    if (isBroken(at) && entry === null) return;
    const problem = roleProblem(entry, roles, knownRoles, { host: host.name, source: at.source });
    if (problem !== undefined) problems.push(problem);
    else if (typeof entry === "string") roles.push(entry);
  });
  return { roles, problems, complete: complete && problems.length === 0 };
}

function roleProblem(
  entry: Json,
  before: readonly string[],
  known: readonly string[],
  { host, source }: { readonly host: string; readonly source: Source },
): HostProblem | undefined {
  if (typeof entry !== "string") {
    return hostProblem(host, `the name of a role must be text, this is ${typeName(entry)}`, source);
  }
  if (before.includes(entry)) return hostProblem(host, `the role \`${entry}\` is listed twice`, source);
  if (known.includes(entry)) return undefined;
  const hint = didYouMean(nearest(entry, known)) ?? listing("the roles are", [...known].sort());
  return hostProblem(host, `there is no role \`${entry}\``, source, hint);
}
