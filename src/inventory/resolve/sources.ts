import { type Dirent, readdirSync, type Stats, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { didYouMean, fail, type Log, lose, newLog, warn } from "../../base/diagnostic.ts";
import { nearest } from "../../base/nearest.ts";
import type { AnsibleConfig } from "../ansible-config/ansible-config.ts";
import { readIni } from "../parse/ini.ts";
import { parseText, readText } from "../parse/load.ts";
import { compareText } from "../parse/node.ts";
import { TextFile } from "../parse/text-file.ts";
import { foreignFormat, isExample, isIni } from "./formats.ts";
import { pythonToRegExp } from "./glob.ts";
import { readGroups, setPort } from "./groups.ts";
import { badName, parseAddress } from "./hostnames.ts";
import { addHost, type Tree } from "./tree.ts";

/** Names that Ansible ignores in a folder. */
const IGNORED_NAMES = /^\.|^(?:host_vars|group_vars|vars_plugins)$/;
/** Our own secret files, and temporary files during their writing. */
const SECRETS = /\.age(?:\.(?:lock|tmp)[\w-]*)?$|^secrets\.recipients$/;
const IGNORED_ENDS = /(?:\.pyc|\.pyo|\.swp|\.bak|~|\.rpm|\.md|\.txt|\.rst|\.orig|\.ini|\.cfg|\.retry)$/;

/** Whether to ignore a name in a folder: by Ansible's settings, else by its default list. */
export function ignoredNames({ ignoredEnds, ignoredPatterns }: AnsibleConfig): (name: string) => boolean {
  const patterns = ignoredPatterns.flatMap((pattern) => pythonToRegExp(pattern, "search") ?? []);
  const ends = (name: string): boolean =>
    ignoredEnds === undefined ? IGNORED_ENDS.test(name) : ignoredEnds.some((end) => name.endsWith(end));
  return (name) => ends(name) || patterns.some((pattern) => pattern.test(name));
}

/** Context for reading the paths of `-i`. */
export interface SourceContext {
  readonly tree: Tree;
  readonly log: Log;
  readonly cwd: string;
  /** Whether to ignore a name in a folder. */
  readonly isIgnored: (name: string) => boolean;
}

/**
 * Reads one `-i`: a file, a folder of files, or a list `host1,host2,`. Returns the folder with its `group_vars/` and
 * `host_vars/`; undefined for a list.
 */
export function readSource(path: string, context: SourceContext): string | undefined {
  const stats = statOf(resolve(context.cwd, path));
  if (stats === undefined && path.includes(",")) {
    readHostList(path, context);
    return undefined;
  }
  if (stats === undefined) {
    const hint = didYouMean(neighbour(path, context.cwd));
    lose(context.log, `there is no inventory ${path === "" ? "with an empty name" : path}`, undefined, hint);
    return undefined;
  }
  if (!stats.isDirectory()) {
    readFile(path, context);
    return dirname(path);
  }
  if (!readFolder(path, path, context)) lose(context.log, `the folder ${path} contains no inventory file`);
  return path;
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** The entries of a folder by name in Ansible's order; none if it cannot be read. */
export function folderEntries(path: string): readonly Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true }).sort((a, b) => compareText(a.name, b.name));
  } catch {
    return [];
  }
}

function neighbour(path: string, cwd: string): string | undefined {
  const folder = dirname(path);
  const name = nearest(
    basename(path),
    folderEntries(resolve(cwd, folder)).map((entry) => entry.name),
  );
  return name === undefined ? undefined : join(folder, name);
}

function isSkipped(name: string, full: string, context: SourceContext): boolean {
  if (IGNORED_NAMES.test(name) || SECRETS.test(name)) return true;
  if (!context.isIgnored(name)) return false;
  if (name.endsWith(".ini")) warnOfSkippedIni(full, context);
  return true;
}

/** Returns false if there is no inventory file. */
function readFolder(path: string, top: string, context: SourceContext): boolean {
  let found = false;
  for (const { name } of folderEntries(resolve(context.cwd, path))) {
    const full = join(path, name);
    if (path !== top && /^(?:group|host)_vars$/.test(name)) {
      warn(context.log, `${full} is not read: only the one in ${top} is`);
    }
    if (isSkipped(name, full, context)) continue;
    if (statOf(resolve(context.cwd, full))?.isDirectory()) found = readFolder(full, top, context) || found;
    else if (!isUnreadableExample(full, context)) {
      readFile(full, context);
      found = true;
    }
  }
  return found;
}

/**
 * Whether a file in a folder is an example that Ansible cannot read. An example that Ansible can read counts, with a
 * warning.
 */
function isUnreadableExample(path: string, { cwd, log }: SourceContext): boolean {
  if (!isExample(path)) return false;
  const file = readText(resolve(cwd, path), path, newLog());
  const counts = file !== undefined && isIni(file);
  const message = counts ? `${path} counts as an inventory, as in Ansible` : `${path} is not read`;
  warn(log, message, undefined, `move it out of the folder${counts ? " if it is only an example" : ""}`);
  return !counts;
}

/** Warns of an INI file that Ansible silently ignores. */
function warnOfSkippedIni(path: string, { cwd, log }: SourceContext): void {
  const file = readText(resolve(cwd, path), path, newLog());
  if (file === undefined) return;
  const hint = `give it with -i ${path}, or rename it so that it has no extension`;
  warn(
    log,
    `${path} is not read: like Ansible, provision ignores files with this ending in a folder`,
    undefined,
    hint,
  );
}

function readFile(path: string, { tree, log, cwd }: SourceContext): void {
  const file = readText(resolve(cwd, path), path, log);
  if (file === undefined) return;
  const foreign = foreignFormat(file, path, cwd);
  if (foreign !== undefined) {
    lose(log, foreign.message, file.place(0, file.line(1).length), foreign.hint);
    return;
  }
  if (isIni(file)) {
    readIni(file, { tree, log, file: path, cwd });
    return;
  }
  const before = log.problems.length;
  const root = parseText(file, log);
  if (root !== undefined) readGroups(root, { tree, log, file: path, cwd });
  else if (log.problems.length === before) {
    lose(log, "this inventory is empty: there is no group and no host in it", file.place(0, 1));
  }
}

/** Reads `-i web1,web2:2222,`: hosts without a file. */
function readHostList(text: string, { tree, log }: SourceContext): void {
  const file = new TextFile("--inventory", text);
  const group = tree.groups.get("ungrouped");
  let start = 0;
  for (const part of text.split(",")) {
    const name = part.trim();
    const source = file.place(start + part.indexOf(name), start + part.indexOf(name) + name.length);
    start += part.length + 1;
    if (name === "" || group === undefined) continue;
    const { host, port } = parseAddress(name) ?? { host: name };
    const bad = host.includes("[")
      ? `ranges are not expanded in a list of hosts: \`${host}\``
      : badName(host);
    if (bad !== undefined) {
      fail(log, bad, source);
      continue;
    }
    const known = tree.hosts.get(host);
    if (known !== undefined) continue;
    const made = addHost(tree, group, { name: host, source });
    if (port !== undefined) setPort(made, { known: false, port, source }, log);
  }
}
