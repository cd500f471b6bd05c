import { statSync } from "node:fs";
import { extname, join, resolve } from "node:path";
import { fail, type Log, lose, newLog, warn } from "../../base/diagnostic.ts";
import { nearest } from "../../base/nearest.ts";
import type { Source } from "../../model/source.ts";
import { parseText, readText } from "../parse/load.ts";
import { isMapping, type Node, typeName } from "../parse/node.ts";
import { VAULT_FILE_HINT } from "../parse/vault.ts";
import { EXTENSIONS } from "./formats.ts";
import { MAGIC_NAMES, warnOfMagic } from "./groups.ts";
import { folderEntries } from "./sources.ts";
import { membersOf, type RawVariable, type RawVars, setVariable, type Tree } from "./tree.ts";

/** The `group_vars/` or `host_vars/` of one folder; reads each file once, at its first use. */
export interface VarFolder {
  /** The variables of one group or host; empty without a file of its name. */
  varsOf(name: string): RawVars;
  /** The existing files and folders, each with the name of its group or host. */
  readonly entries: readonly { readonly name: string; readonly entry: string }[];
  readonly path: string;
  /** The problems in files of the groups and hosts that were read. */
  readonly logs: ReadonlyMap<string, Log>;
}

const NONE: RawVars = new Map();

/** Opens `folder/kind`. `folder`: as the user wrote it, relative to `cwd`. */
export function openVarFolder(
  folder: string,
  kind: "group_vars" | "host_vars",
  { cwd, merge }: Pick<Reading, "cwd" | "merge">,
): VarFolder {
  const path = join(folder, kind);
  const entries = new Set(folderEntries(resolve(cwd, path)).map((entry) => entry.name));
  const known = new Map<string, RawVars>();
  const logs = new Map<string, Log>();
  const varsOf = (name: string): RawVars => {
    let vars = known.get(name);
    if (vars === undefined) {
      const log = newLog();
      vars = entries.size === 0 ? NONE : readVarsOf(name, path, entries, { cwd, log, kind, merge });
      known.set(name, vars);
      if (log.problems.length > 0) logs.set(name, log);
    }
    return vars;
  };
  return { varsOf, entries: [...entries].map((entry) => ({ name: entityName(entry), entry })), path, logs };
}

function entityName(entry: string): string {
  const extension = extname(entry);
  return extension !== "" && EXTENSIONS.includes(extension) ? entry.slice(0, -extension.length) : entry;
}

interface Reading {
  readonly cwd: string;
  readonly log: Log;
  readonly kind: "group_vars" | "host_vars";
  readonly merge: boolean;
}

function readVarsOf(name: string, path: string, entries: ReadonlySet<string>, reading: Reading): RawVars {
  const candidates = EXTENSIONS.map((extension) => name + extension).filter((entry) => entries.has(entry));
  const [used, ...dropped] = candidates;
  if (used === undefined) return NONE;
  for (const entry of dropped) {
    const message = `Ansible silently ignores ${join(path, entry)}, because ${join(path, used)} exists too`;
    lose(
      reading.log,
      message,
      undefined,
      `move it into ${join(path, name)}/: Ansible reads all files of that folder`,
    );
  }
  const vars = new Map<string, RawVariable>();
  for (const file of filesIn(join(path, used), reading)) readVarFile(file, vars, reading);
  return vars;
}

/** The file; for a folder, all files in it that Ansible reads, in its order. */
function filesIn(path: string, reading: Reading): readonly string[] {
  if (!isFolder(path, reading.cwd)) return [path];
  return folderEntries(resolve(reading.cwd, path)).flatMap(({ name }) => {
    if (name.startsWith(".") || name.endsWith("~")) return [];
    const full = join(path, name);
    if (!isFolder(full, reading.cwd)) return EXTENSIONS.includes(extname(name)) ? [full] : [];
    if (extname(name) === "") return filesIn(full, reading);
    lose(reading.log, `Ansible silently ignores the folder ${full}, because its name contains a dot`);
    return [];
  });
}

function isFolder(path: string, cwd: string): boolean {
  try {
    return statSync(resolve(cwd, path)).isDirectory();
  } catch {
    return false;
  }
}

function readVarFile(path: string, into: Map<string, RawVariable>, { cwd, log, kind, merge }: Reading): void {
  const file = readText(resolve(cwd, path), path, log);
  const root = file === undefined ? undefined : parseText(file, log);
  if (root === undefined || root.value === null) return;
  if (!isMapping(root)) {
    lose(log, `a file of variables is a mapping of names, this is ${typeName(root.value)}`, root.source);
    return;
  }
  for (const [name, variable] of variablesOf(root)) {
    if (MAGIC_NAMES.has(name)) warnOfMagic(name, variable.key, log);
    if (name === "ansible_group_priority" && kind === "group_vars") {
      const hint = "set it under `vars` of the group in the inventory file";
      warn(log, "ansible_group_priority has no effect in group_vars", variable.key, hint);
    }
    setVariable(into, name, variable, merge);
  }
}

/** The entries of a mapping, as variables. */
export function variablesOf(root: Node): RawVars {
  const vars = new Map<string, RawVariable>();
  for (const [name, node] of root.children ?? []) {
    const key: Source = root.keys?.get(name)?.source ?? node.source;
    vars.set(name, { node, key });
  }
  return vars;
}

/**
 * Reports problems in the files of a folder. They are warnings if no host with a role reads the file, unless it could not
 * be read: then it may contain the roles of these hosts.
 */
export function reportFiles(folder: VarFolder, isForeign: (name: string) => boolean, log: Log): void {
  for (const [name, own] of folder.logs) {
    const vaultsOnly = own.problems.every(({ hint }) => hint === VAULT_FILE_HINT);
    const harmless = isForeign(name) && (!own.lost || vaultsOnly);
    log.problems.push(
      ...own.problems.map((one) => (harmless ? { ...one, severity: "warning" as const } : one)),
    );
    log.lost ||= own.lost && !harmless;
  }
}

/**
 * Files with the name of no group or host are no error, because several inventories may share a folder. But a name like
 * that of a group or host without a file is probably a mistake.
 */
export function warnOfMisspeltFiles(
  folder: VarFolder,
  known: ReadonlySet<string>,
  what: "group" | "host",
  log: Log,
): void {
  const present = new Set(folder.entries.map(({ name }) => name));
  const missing = [...known].filter((name) => !present.has(name));
  for (const { name, entry } of folder.entries) {
    if (known.has(name) || name.startsWith(".")) continue;
    // web1 and web2 are similar as text, but not a typing mistake.
    const shape = name.replace(/[0-9]+/g, "");
    const near = nearest(
      name,
      missing.filter((candidate) => candidate.replace(/[0-9]+/g, "") !== shape),
    );
    if (near === undefined) continue;
    warn(
      log,
      `${join(folder.path, entry)} is not read: there is no ${what} \`${name}\``,
      undefined,
      `did you mean \`${near}\`?`,
    );
  }
}

/**
 * Problems with one name for a group and a host. If the group comes first, Ansible gives the host's variables to the group,
 * and so to all its members; a host outside all groups loses its place. In other cases nothing is lost.
 */
export function reportSharedNames(tree: Tree, log: Log): void {
  for (const [name, host] of tree.hosts) {
    const group = tree.groups.get(name);
    if (group === undefined) continue;
    const both = `\`${name}\` is both a group and a host`;
    const alone = membersOf(tree.groups, name).every((member) => member === name);
    if (host.given !== undefined && !(alone && host.groups.includes(group))) {
      const message = `${both}, so Ansible gives the host's variables to the group`;
      fail(log, message, host.given, "rename one of them");
    } else if (host.groups.every((one) => one.name === "ungrouped")) {
      const message = `${both}, so Ansible would put the group, not the host, into \`ungrouped\``;
      fail(log, message, host.source, "rename one of them, or put the host into a group");
    } else warn(log, `${both}: as a limit it means the host`, host.source, "rename one of them");
  }
}
