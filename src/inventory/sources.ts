import { type Dirent, readdirSync, type Stats, statSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { nearest } from "../model/nearest.ts";
import { quote } from "../script/script.ts";
import { didYouMean, fail, type Log, lose, warn } from "./diagnostic.ts";
import { readGroups, setPort } from "./groups.ts";
import { badName, parseAddress } from "./hostnames.ts";
import { parseText, readText } from "./load.ts";
import { compareText } from "./node.ts";
import { TextFile } from "./place.ts";
import { addHost, type Tree } from "./tree.ts";

/** What Ansible leaves out when a folder is the inventory. */
const IGNORED_NAMES = /^\.|^(?:host_vars|group_vars|vars_plugins)$/;
/** What Ansible knows nothing of: our own secrets beside the files, and what stands there while they are written. */
const SECRETS = /\.age(?:\.(?:lock|tmp)[\w-]*)?$|^secrets\.recipients$/;
const IGNORED_ENDS = /(?:\.pyc|\.pyo|\.swp|\.bak|~|\.rpm|\.md|\.txt|\.rst|\.orig|\.ini|\.cfg|\.retry)$/;

/** The extensions of files that are read as YAML or JSON; no extension is one too. */
export const EXTENSIONS: readonly string[] = ["", ".yml", ".yaml", ".json"];

/** What `-i` paths are read into. */
export interface SourceContext {
  readonly tree: Tree;
  readonly log: Log;
  readonly cwd: string;
}

/**
 * Reads everything given with one `-i`: a file, a folder of files, or a list `host1,host2,`. Returns the folder whose
 * `group_vars/` and `host_vars/` belong to it; undefined for a list.
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
  if (!readFolder(path, path, context)) lose(context.log, `the folder ${path} holds no inventory file`);
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

/** False: there was nothing to read. */
function readFolder(path: string, top: string, context: SourceContext): boolean {
  let found = false;
  for (const { name } of folderEntries(resolve(context.cwd, path))) {
    const full = join(path, name);
    if (path !== top && /^(?:group|host)_vars$/.test(name)) {
      warn(context.log, `${full} is not read: only the one in ${top} is`);
    }
    if (IGNORED_NAMES.test(name) || IGNORED_ENDS.test(name) || SECRETS.test(name)) continue;
    if (statOf(resolve(context.cwd, full))?.isDirectory()) found = readFolder(full, top, context) || found;
    else {
      readFile(full, context);
      found = true;
    }
  }
  return found;
}

function readFile(path: string, { tree, log, cwd }: SourceContext): void {
  const file = readText(resolve(cwd, path), path, log);
  if (file === undefined) return;
  const foreign = foreignFormat(file, resolve(cwd, path));
  if (foreign !== undefined) {
    const base = path.slice(0, path.length - extname(path).length);
    // Never a command that would write over what it reads.
    const target = path === `${base}.yml` ? `${base}-new.yml` : `${base}.yml`;
    const convert = `ansible-inventory -i ${quote(path)} --list --yaml --export --output ${quote(target)}`;
    lose(
      log,
      `${foreign}; only YAML and JSON are read`,
      file.place(0, file.line(1).length),
      `convert it: ${convert}`,
    );
    return;
  }
  const before = log.problems.length;
  const root = parseText(file, log);
  if (root !== undefined) readGroups(root, { tree, log, file: path });
  else if (log.problems.length === before) {
    lose(log, "this inventory is empty: there is no group and no host in it", file.place(0, 1));
  }
}

/** Inventories Ansible can read and this reader cannot, by name or by look. */
function foreignFormat(file: TextFile, path: string): string | undefined {
  const extension = extname(path);
  if (extension === ".toml") return "this is a TOML inventory";
  const executable = ((statOf(path)?.mode ?? 0) & 0o111) !== 0;
  if (executable && file.text.startsWith("#!")) return "this is a program that prints an inventory";
  if (extension === ".ini" || extension === ".cfg" || looksLikeIni(file.text))
    return "this is an INI inventory";
  if (!EXTENSIONS.includes(extension))
    return `an inventory ends in .yml, .yaml, .json or has no extension, not ${extension}`;
  return undefined;
}

/** `[web]` or `[web:vars]` alone on a line, or a first line like `web1 ansible_host=10.0.0.1`. */
function looksLikeIni(text: string): boolean {
  const lines = text.split("\n", 200).map((line) => line.trim());
  const first = lines.find((line) => line !== "" && !/^[#;]/.test(line));
  if (first === undefined || /^[{"'&!%$-]/.test(first)) return false;
  if (/^\[[^\],:\s]+(?::(?:vars|children|hosts))?\]\s*(?:[#;].*)?$/.test(first)) return true;
  if (/:(?:\s|$)/.test(first)) return false;
  return /^[^\s:=]+(?::[0-9]+)?(?:\s+[A-Za-z_]\w*=.*)?$/.test(first);
}

/** `-i web1,web2:2222,` names hosts without any file. */
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
    const made = addHost(tree, host, group, source);
    if (port !== undefined) setPort(made, false, port, source, log);
  }
}
