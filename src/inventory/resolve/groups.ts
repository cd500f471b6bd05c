import { didYouMean, fail, type Log, lose, warn } from "../../base/diagnostic.ts";
import { nearest } from "../../base/nearest.ts";
import type { Source } from "../../model/source.ts";
import { isMapping, type Key, type Node, scalar, typeName } from "../parse/node.ts";
import { iniAssignments } from "../parse/syntax-hints.ts";
import { conversion, keptFolders, withoutFolders } from "./formats.ts";
import { expandHosts } from "./hostnames.ts";
import {
  addChild,
  addGroup,
  addHost,
  type RawGroup,
  type RawHost,
  setHostVariable,
  setVariable,
  type Tree,
} from "./tree.ts";

const SECTIONS = ["hosts", "children", "vars"] as const;

/** Variables that Ansible itself sets on every host: an inventory cannot set them. */
export const MAGIC_NAMES: ReadonlySet<string> = new Set([
  "group_names",
  "groups",
  "hostvars",
  "inventory_dir",
  "inventory_file",
  "inventory_hostname",
  "inventory_hostname_short",
]);

/** Context for reading one inventory file. */
export interface GroupContext {
  readonly tree: Tree;
  readonly log: Log;
  /** The inventory file, as the user wrote it. */
  readonly file: string;
  /** The folder that `file` is relative to. */
  readonly cwd: string;
}

/** Reads the groups of one inventory file into the tree. Content that Ansible skips is an error. */
export function readGroups(root: Node, context: GroupContext): void {
  if (!isMapping(root)) {
    const message = `an inventory is a mapping of groups, this is ${typeName(root.value)}`;
    lose(context.log, message, root.source, "start with `all:` and, indented below it, `hosts:`");
    return;
  }
  if (isForeign(root, context)) return;
  for (const [name, node] of root.children) readGroup(name, root.keys.get(name), node, context);
}

/** Whether a file looks like a list of groups, but is not. */
function isForeign(root: Node, { log, file, cwd }: GroupContext): boolean {
  const plugin = root.children?.get("plugin");
  if (plugin !== undefined && plugin.value !== null && plugin.value !== false && plugin.value !== "") {
    const message = "this configures an inventory plugin; provision reads only inventories";
    lose(log, message, plugin.source, conversion(file, cwd, "auto"));
    return true;
  }
  const meta = root.children?.get("_meta");
  if (meta === undefined) return false;
  const command = `${withoutFolders} ansible-inventory -i PROGRAM --list --yaml --export --output NEW.yml`;
  const hint = `let Ansible save it as YAML: ${command}; ${keptFolders}`;
  lose(log, "this is the output of an inventory program, not an inventory", meta.source, hint);
  return true;
}

function readGroup(
  name: string,
  key: Key | undefined,
  node: Node,
  context: GroupContext,
): RawGroup | undefined {
  const { log, tree } = context;
  const source = key?.source ?? node.source;
  if (!isName(name, key, "group", log)) return undefined;
  if (node.value !== null && !isMapping(node)) {
    const message = `the group \`${name}\` must be a mapping with hosts, children or vars, this is ${typeName(node.value)}`;
    lose(log, message, node.source);
    return undefined;
  }
  const group = addGroup(tree, name, source);
  for (const [section, content] of node.children ?? []) {
    const at = node.keys?.get(section)?.source ?? content.source;
    const entries = sectionEntries({ section, content, at }, name, log);
    if (entries === undefined) continue;
    if (section === "vars") readGroupVars(group, entries, context);
    else if (section === "children") readChildren(group, entries, context);
    else readHosts(group, entries, context);
  }
  return group;
}

/** Group and host names must be text: `no:` and `10:` are not. */
export function isName(name: string, key: Key | undefined, what: string, log: Log): boolean {
  if (key !== undefined && key.kind !== "string") {
    const message = `a ${what}'s name must be text, but YAML reads this as ${key.kind === "null" ? "nothing" : `a ${key.kind}`}`;
    lose(log, message, key.source, `put it in quotes`);
    return false;
  }
  if (what === "group" && (name === "" || /[\s,:&!~[\]\x00-\x1f]/.test(name))) {
    lose(log, `a group's name cannot be empty or contain spaces or , : & ! ~ [ ]: \`${name}\``, key?.source);
    return false;
  }
  return true;
}

interface Section {
  readonly section: string;
  readonly content: Node;
  /** The position of its name. */
  readonly at: Source;
}

function sectionEntries({ section, content, at }: Section, group: string, log: Log): Node | undefined {
  if (!SECTIONS.some((known) => known === section)) {
    const hint = didYouMean(nearest(section, SECTIONS)) ?? "a group may have hosts, children and vars";
    lose(log, `unknown key \`${section}\` in the group \`${group}\``, at, hint);
    return undefined;
  }
  // `hosts: web1` is the short form of `hosts: {web1: }`.
  if (typeof content.value === "string") {
    const key: Key = { source: content.source, kind: "string" };
    const entry = scalar(null, content.source);
    return { ...content, children: new Map([[content.value, entry]]), keys: new Map([[content.value, key]]) };
  }
  if (isMapping(content)) return content;
  if (content.value === null) return undefined;
  const hint =
    section === "vars"
      ? "write `name: value` lines"
      : "write each name on its own line, with a colon after it";
  lose(
    log,
    `\`${section}\` of the group \`${group}\` must be a mapping, this is ${typeName(content.value)}`,
    content.source,
    hint,
  );
  return undefined;
}

function readGroupVars(group: RawGroup, entries: Node, { log, tree: { merge } }: GroupContext): void {
  for (const [name, node] of entries.children ?? []) {
    const key = entries.keys?.get(name)?.source ?? node.source;
    if (name === "ansible_group_priority") group.priority = readPriority(node, log) ?? group.priority;
    else {
      warnOfMagic(name, key, log);
      setVariable(group.vars, name, { node, key }, merge);
    }
  }
}

/** The value of `ansible_group_priority`; undefined: it is not valid, and the log has the error. */
export function readPriority(node: Node, log: Log): number | undefined {
  const value = typeof node.value === "string" ? node.value.trim() : node.value;
  if (typeof value === "number" && Number.isFinite(value)) return Math.trunc(value);
  if (typeof value === "string" && /^[-+]?[0-9]+$/.test(value)) return Number(value);
  fail(log, `ansible_group_priority must be a whole number, this is ${typeName(node.value)}`, node.source);
  return undefined;
}

/** Warns of a variable that Ansible silently replaces. */
export function warnOfMagic(name: string, source: Source, log: Log): void {
  if (MAGIC_NAMES.has(name))
    warn(log, `\`${name}\` is set by the inventory itself: this value has no effect`, source);
}

function readChildren(group: RawGroup, entries: Node, context: GroupContext): void {
  for (const [name, node] of entries.children ?? []) {
    const key = entries.keys?.get(name);
    const child = readGroup(name, key, node, context);
    if (child === undefined || addChild(context.tree, group.name, child.name)) continue;
    const message = `\`${name}\` cannot be a child of \`${group.name}\`: the groups would contain each other`;
    fail(context.log, message, key?.source);
  }
}

function readHosts(group: RawGroup, entries: Node, context: GroupContext): void {
  for (const [pattern, node] of entries.children ?? []) {
    const key = entries.keys?.get(pattern);
    const source = key?.source ?? node.source;
    if (!isName(pattern, key, "host", context.log)) continue;
    const expanded = expandHosts(pattern);
    if (!expanded.ok) {
      const hint = /\s/.test(pattern) ? "write each name on its own line, with a colon after it" : undefined;
      lose(context.log, expanded.error, source, hint);
      continue;
    }
    const { names, port } = expanded.value;
    const vars = hostMapping(pattern, node, context.log);
    for (const name of names) readHost(name, vars, { group, source, port }, context);
  }
}

/** The variables below a host's name; undefined: none. */
function hostMapping(pattern: string, node: Node, log: Log): Node | undefined {
  if (isMapping(node)) return node;
  if (node.value === null) return undefined;
  const message = `the variables of \`${pattern}\` must be a mapping, this is ${typeName(node.value)}`;
  lose(log, message, node.source, typeof node.value === "string" ? iniAssignments(node.value) : undefined);
  return undefined;
}

interface Mention {
  readonly group: RawGroup;
  readonly source: Source;
  readonly port: number | undefined;
}

function readHost(name: string, vars: Node | undefined, mention: Mention, context: GroupContext): void {
  const { tree, log } = context;
  const known = tree.hosts.has(name);
  const { group, source, port } = mention;
  const host = addHost(tree, group, { name, source, file: context.file });
  if (port !== undefined) setPort(host, { known, port, source }, log);
  if (vars !== undefined) readHostVars(host, vars, context);
}

function readHostVars(host: RawHost, node: Node, context: GroupContext): void {
  const { log, tree } = context;
  for (const [variable, value] of node.children ?? []) {
    const key = node.keys?.get(variable)?.source ?? value.source;
    if (variable === "vars" && isMapping(value)) {
      fail(log, "only groups have `vars`", key, "write the host's variables directly below its name");
      readHostVars(host, value, context);
      continue;
    }
    warnOfMagic(variable, key, log);
    setHostVariable(tree, host, variable, { node: value, key });
  }
}

/** The port in `name:2222`. */
interface NamedPort {
  /** Whether the host appeared earlier. */
  readonly known: boolean;
  readonly port: number;
  readonly source: Source;
}

/** Ansible uses the port of `name:2222` only at the first appearance of the name. */
export function setPort(host: RawHost, { known, port, source }: NamedPort, log: Log): void {
  const node = scalar(port, source);
  if (!known) host.vars.set("ansible_port", { node, key: source });
  else if (host.vars.get("ansible_port")?.node.value !== port) {
    const message = `\`${host.name}\` appeared earlier without this port, so Ansible would ignore the port`;
    fail(log, message, source, `set ansible_port: ${port}`);
  }
}
