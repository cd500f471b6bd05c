import { type Dirent, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Jiti } from "jiti";
import * as entry from "provision";
import { diagnostic } from "../../base/diagnostic.ts";
import { err, ok, type Result } from "../../base/result.ts";
import type { AnyRole } from "../../model/role.ts";
import type { Diagnostic, Source } from "../../model/source.ts";
import { privateCacheFolder } from "../cache-folder.ts";
import { packageRoot } from "../package.ts";
import { guardedRole } from "./role-guard.ts";
import { placeIn, thrownProblem } from "./role-problem.ts";
import { isRole, looksLikeRole, shapeProblems } from "./role-shape.ts";

/** The roles of a project. */
export interface ProjectRoles {
  /** The built-in roles and the project's own, which replace those of the same name. */
  readonly roles: ReadonlyMap<string, AnyRole>;
  /** Names of the project's own roles. */
  readonly own: ReadonlySet<string>;
}

/**
 * Loads `roles/*.ts` and `roles/NAME/role.ts` (.mts, .js, .mjs) of the project's folder; other files are imports of these.
 * TypeScript needs no build: the loader removes the types, and the editor checks them. The error has all problems of all
 * files.
 */
export function loadRoles(
  cwd: string,
  builtIn: ReadonlyMap<string, AnyRole>,
): Result<ProjectRoles, readonly Diagnostic[]> {
  const files = roleFiles(cwd);
  const guarded = [...builtIn].map(([name, role]) => [name, guardedRole(role)] as const);
  if (files.length === 0) return ok({ roles: new Map(guarded), own: new Set() });
  const jiti = openJiti(cwd);
  const read = files.map((file) => rolesIn(file, jiti, cwd));
  const found = read.flatMap((one) => (one.ok ? one.value : []));
  const problems = [...read.flatMap((one) => (one.ok ? [] : one.error)), ...repeated(found)];
  if (problems.length > 0) return err(problems);
  const own = new Map(found.map(({ role, source }) => [role.name, guardedRole(role, { source, cwd })]));
  return ok({ roles: new Map([...guarded, ...own]), own: new Set(own.keys()) });
}

interface RoleFile {
  readonly path: string;
  /** For messages: relative to the project's folder. */
  readonly shown: string;
}

/** The files in `roles/`, and the `role.ts` of each folder there. */
function roleFiles(cwd: string): readonly RoleFile[] {
  const folder = join(cwd, "roles");
  // The roles of this package are built in.
  if (folder === join(packageRoot(), "roles")) return [];
  return namesIn(folder)
    .flatMap((one) => {
      if (!one.isDirectory()) return [one.name];
      return namesIn(join(folder, one.name)).flatMap(({ name }) =>
        /^role\.m?[jt]s$/.test(name) ? [join(one.name, name)] : [],
      );
    })
    .filter((name) => /^[^.].*\.m?[jt]s$/.test(name) && !/\.(test|spec)\.m?[jt]s$|\.d\.m?ts$/.test(name))
    .map((name) => ({ path: join(folder, name), shown: join("roles", name) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Returns nothing without the folder, as in most projects. */
function namesIn(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** Loads jiti only if there are roles: loading takes longer than a run without changes. */
function openJiti(cwd: string): Jiti {
  const load = createRequire(import.meta.url);
  // The build puts jiti beside the program, so that it needs no other package.
  const built = !import.meta.url.endsWith(".ts");
  const { createJiti } = load(built ? "./jiti.cjs" : "jiti") as typeof import("jiti");
  return createJiti(join(cwd, "/"), {
    fsCache: privateCacheFolder("roles") ?? false,
    interopDefault: false,
    // Aliases for this package, at any path, and for its zod, so that copies of built-in roles work.
    virtualModules: { provision: entry, zod: { ...entry.z, z: entry.z } },
  });
}

interface FoundRole {
  readonly role: AnyRole;
  readonly source: Source;
}

function rolesIn(
  file: RoleFile,
  jiti: Jiti,
  cwd: string,
): Result<readonly FoundRole[], readonly Diagnostic[]> {
  let exported: unknown;
  try {
    exported = jiti(file.path);
  } catch (error) {
    return err([thrownProblem(error, file.path, cwd)]);
  }
  const text = readFileSync(file.path, "utf8");
  const candidates = Object.entries(exported ?? {}).filter(([, value]) => looksLikeRole(value));
  if (candidates.length === 0) {
    const hint =
      "write `export const NAME = defineRole({ … })`; put code that roles share into a folder in roles/";
    return err([diagnostic("error", "exports no role", placeIn(file.shown, text, 1, 1), hint)]);
  }
  const roles: FoundRole[] = [];
  const problems: Diagnostic[] = [];
  for (const [name, value] of candidates) {
    const source = placeOf(name, file, text);
    if (isRole(value)) roles.push({ role: value, source });
    else {
      for (const { field, message, hint } of shapeProblems(value))
        problems.push(diagnostic("error", message, placeOfField(field, source, file, text), hint));
    }
  }
  return problems.length > 0 ? err(problems) : ok(roles);
}

/** The position of an export: its name, or the word `default`. */
function placeOf(name: string, { shown }: RoleFile, text: string): Source {
  const named = new RegExp(`\\b(?:const|let|var|as)\\s+${name.replaceAll("$", "\\$")}\\b`);
  const found = (name === "default" ? /\bexport\s+default\b/ : named).exec(text);
  if (found === null) return placeIn(shown, text, 1, 1);
  const before = text.slice(0, found.index + found[0].length).split("\n");
  return placeIn(shown, text, before.length, (before.at(-1) ?? "").length - name.length + 1);
}

/** The position of a role's field, if it starts a line below the role's name. */
function placeOfField(field: string | undefined, role: Source, { shown }: RoleFile, text: string): Source {
  const lines = text.split("\n");
  const begins = new RegExp(`^\\s*${field?.replaceAll("$", "\\$")}\\b`);
  const index = lines.findIndex((line, at) => at >= role.line && begins.test(line));
  if (field === undefined || index < 0) return role;
  return placeIn(shown, text, index + 1, (lines[index] ?? "").search(/\S/) + 1);
}

/** Errors for different roles with one name. Several exports of one role are no error. */
function repeated(found: readonly FoundRole[]): readonly Diagnostic[] {
  const first = new Map<string, FoundRole>();
  return found.flatMap((one) => {
    const { name } = one.role;
    const other = first.get(name) ?? one;
    first.set(name, other);
    if (other.role === one.role) return [];
    const message = `the role \`${name}\` is already in ${other.source.file}:${other.source.line}`;
    return [diagnostic("error", message, one.source, "give one of them another `name`")];
  });
}
