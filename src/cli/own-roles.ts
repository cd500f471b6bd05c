import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import type { Jiti } from "jiti";
import * as entry from "provision";
import { err, ok, type Result } from "../model/result.ts";
import type { AnyRole } from "../model/role.ts";
import type { Diagnostic, Source } from "../model/source.ts";
import { privateCacheFolder } from "./cache.ts";
import { packageRoot } from "./package.ts";
import { isRole, meansToBeRole, shapeProblems } from "./role-shape.ts";

/** The roles of a project. */
export interface ProjectRoles {
  /** The built-in ones and the project's own, which replace those of the same name. */
  readonly roles: ReadonlyMap<string, AnyRole>;
  /** Names of the project's own. */
  readonly own: ReadonlySet<string>;
}

/**
 * Reads `roles/*.ts` (.mts, .js, .mjs) of the project's folder; folders inside hold what these files import. TypeScript
 * needs no build: its types are taken away when it is read, and checked by the editor. The error holds everything wrong
 * in all of them.
 */
export function loadRoles(
  cwd: string,
  builtIn: ReadonlyMap<string, AnyRole>,
): Result<ProjectRoles, readonly Diagnostic[]> {
  const files = roleFiles(cwd);
  if (files.length === 0) return ok({ roles: builtIn, own: new Set() });
  const jiti = openJiti(cwd);
  const read = files.map((file) => rolesIn(file, jiti, cwd));
  const found = read.flatMap((one) => (one.ok ? one.value : []));
  const problems = [...read.flatMap((one) => (one.ok ? [] : one.error)), ...repeated(found)];
  if (problems.length > 0) return err(problems);
  const own = new Map(found.map(({ role }) => [role.name, role]));
  return ok({ roles: new Map([...builtIn, ...own]), own: new Set(own.keys()) });
}

interface RoleFile {
  readonly path: string;
  /** As it is shown: relative to the project's folder. */
  readonly shown: string;
}

/** One look into one folder: most projects have none. */
function roleFiles(cwd: string): readonly RoleFile[] {
  const folder = join(cwd, "roles");
  // This package's own are built in.
  if (folder === join(packageRoot(), "roles")) return [];
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((one) => !one.isDirectory() && /^[^.].*\.m?[jt]s$/.test(one.name))
      .filter(({ name }) => !/\.(test|spec)\.m?[jt]s$|\.d\.m?ts$/.test(name))
      .map(({ name }) => ({ path: join(folder, name), shown: join("roles", name) }))
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  } catch {
    return [];
  }
}

/** Loaded only where there is something for it to read: it takes longer than a whole run that changes nothing. */
function openJiti(cwd: string): Jiti {
  const load = createRequire(import.meta.url);
  const { createJiti } = load("jiti") as typeof import("jiti");
  return createJiti(join(cwd, "/"), {
    fsCache: privateCacheFolder("roles") ?? false,
    interopDefault: false,
    // The program itself, wherever it is installed; and zod as the built-in roles import it, so that a copy of one works.
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
    return err([loadProblem(error, file, cwd)]);
  }
  const meant = Object.entries(exported ?? {}).filter(([, value]) => meansToBeRole(value));
  if (meant.length === 0) {
    const hint =
      "write `export const NAME = defineRole({ … })`; what roles share goes into a folder in roles/";
    return err([problemAt(file.shown, "exports no role", { line: 1, col: 1 }, hint)]);
  }
  const text = readFileSync(file.path, "utf8");
  const roles: FoundRole[] = [];
  const problems: Diagnostic[] = [];
  for (const [name, value] of meant) {
    const at = placeOf(name, text);
    if (isRole(value)) roles.push({ role: value, source: { file: file.shown, ...at } });
    else
      problems.push(
        ...shapeProblems(value).map(({ message, hint }) => problemAt(file.shown, message, at, hint, text)),
      );
  }
  return problems.length > 0 ? err(problems) : ok(roles);
}

interface At {
  readonly line: number;
  readonly col: number;
}

/** Where an export stands: at its name, or at the word `default`. */
function placeOf(name: string, text: string): At {
  const named = new RegExp(`\\b(?:const|let|var|as)\\s+${name.replaceAll("$", "\\$")}\\b`);
  const found = (name === "default" ? /\bexport\s+default\b/ : named).exec(text);
  if (found === null) return { line: 1, col: 1 };
  const end = found.index + found[0].length;
  const before = text.slice(0, end).split("\n");
  return { line: before.length, col: (before.at(-1) ?? "").length - name.length + 1 };
}

/** Different roles of one name. One that is exported a second time is still one. */
function repeated(found: readonly FoundRole[]): readonly Diagnostic[] {
  const first = new Map<string, FoundRole>();
  return found.flatMap((one) => {
    const { name } = one.role;
    const other = first.get(name) ?? one;
    first.set(name, other);
    if (other.role === one.role) return [];
    const { file, ...at } = one.source;
    const message = `the role \`${name}\` is already in ${other.source.file}:${other.source.line}`;
    return [problemAt(file, message, at, "give one of them another `name`")];
  });
}

/** Why a file could not be loaded, and where: in it, or in one that it imports. */
function loadProblem(error: unknown, file: RoleFile, cwd: string): Diagnostic {
  const { message, stack = "" } = error instanceof Error ? error : { message: String(error) };
  const parsed = /^ParseError: (.*?)\s*\n\s*(.+):(\d+):(\d+)$/.exec(message);
  if (parsed !== null) {
    const [, words, path = file.path, line, col] = parsed;
    const at = { line: Number(line), col: Number(col) + 1 };
    return problemAt(relative(cwd, path), `does not compile: ${words}`, at, undefined, textOf(path));
  }
  const [first = ""] = message.split("\n");
  const missing = /^Cannot find (?:module|package) '([^./][^']*)'/.exec(first);
  const hint = missing === null ? undefined : `npm install ${missing[1]}, or do without it`;
  const frame = frameIn(stack, cwd) ?? { path: file.path, line: 1 };
  const text = textOf(frame.path);
  // Taking the types away keeps lines, and moves columns.
  const col = (/\S/.exec(text?.split("\n")[frame.line - 1] ?? "")?.index ?? 0) + 1;
  return problemAt(relative(cwd, frame.path), first, { line: frame.line, col }, hint, text);
}

/** The innermost call in a file of the project. */
function frameIn(stack: string, cwd: string): { readonly path: string; readonly line: number } | undefined {
  for (const [, path = "", line] of stack.matchAll(/(?:\(|at )(?:file:\/\/)?(\/[^\n]*?):(\d+):\d+\)?$/gm)) {
    if (path.startsWith(join(cwd, "/")) && !path.includes("/node_modules/"))
      return { path, line: Number(line) };
  }
  return undefined;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function problemAt(file: string, message: string, at: At, hint?: string, text?: string): Diagnostic {
  const excerpt = text?.split("\n")[at.line - 1];
  return {
    severity: "error",
    message,
    source: { file, line: at.line, col: at.col },
    ...(excerpt === undefined ? {} : { excerpt }),
    ...(hint === undefined ? {} : { hint }),
  };
}
