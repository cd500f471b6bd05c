import type { Source } from "../../model/source.ts";
import { compareText, mergedNode, type Node } from "../parse/node.ts";

/** A variable as one place sets it. */
export interface RawVariable {
  readonly node: Node;
  /** Where its name stands. */
  readonly key: Source;
}

/** Variables by name, before templates are resolved. */
export type RawVars = ReadonlyMap<string, RawVariable>;

/** A group while it is being read. */
export interface RawGroup {
  readonly name: string;
  readonly source: Source;
  /** In the order they were named. */
  readonly children: Set<string>;
  readonly parents: Set<string>;
  /** Hosts named in the group itself. */
  readonly hosts: Set<string>;
  readonly vars: Map<string, RawVariable>;
  /** `ansible_group_priority`: among groups of one depth the higher wins. */
  priority: number;
  /** Steps of the longest way from `all`; known after `finishTree`. */
  depth: number;
}

/** A host while it is being read. */
export interface RawHost {
  readonly name: string;
  readonly source: Source;
  readonly vars: Map<string, RawVariable>;
  /** The `-i` file that named it first; undefined for a list of hosts. */
  readonly file: string | undefined;
  /** A variable that was given to the group of the same name, which was known before. */
  given?: Source;
  /** All its groups except `all`, in the order in which their variables apply; known after `finishTree`. */
  groups: readonly RawGroup[];
}

/** All groups and hosts, in the order in which they were named first. */
export interface Tree {
  readonly groups: Map<string, RawGroup>;
  readonly hosts: Map<string, RawHost>;
  /** True: mappings that are set in several places are merged; else the later one replaces the earlier. */
  readonly merge: boolean;
}

/** Sets a variable, or merges it into what is there. */
export function setVariable(
  vars: Map<string, RawVariable>,
  name: string,
  variable: RawVariable,
  merge: boolean,
): void {
  const before = merge ? vars.get(name) : undefined;
  vars.set(
    name,
    before === undefined ? variable : { ...variable, node: mergedNode(before.node, variable.node) },
  );
}

/** Sets a variable of a host. Where a group of the same name is known, Ansible gives it to the group, and so do we. */
export function setHostVariable(tree: Tree, host: RawHost, name: string, variable: RawVariable): void {
  const group = tree.groups.get(host.name);
  if (group !== undefined) host.given ??= variable.key;
  setVariable((group ?? host).vars, name, variable, tree.merge);
}

/** A tree with the two groups every inventory has. */
export function newTree(source: Source, merge = false): Tree {
  const tree: Tree = { groups: new Map(), hosts: new Map(), merge };
  addGroup(tree, "all", source);
  addGroup(tree, "ungrouped", source);
  addChild(tree, "all", "ungrouped");
  return tree;
}

/** The group of this name, made if it is new. */
export function addGroup(tree: Tree, name: string, source: Source): RawGroup {
  const known = tree.groups.get(name);
  if (known !== undefined) return known;
  const group: RawGroup = {
    name,
    source,
    children: new Set(),
    parents: new Set(),
    hosts: new Set(),
    vars: new Map(),
    priority: 1,
    depth: 0,
  };
  tree.groups.set(name, group);
  return group;
}

/** A host as a file names it. */
interface Mention {
  readonly name: string;
  readonly source: Source;
  /** The inventory file; undefined: a list on the command line. */
  readonly file?: string | undefined;
}

/** The host of this name, made if it is new, as a member of a group. */
export function addHost(tree: Tree, group: RawGroup, { name, source, file }: Mention): RawHost {
  const host = tree.hosts.get(name) ?? { name, source, vars: new Map(), file, groups: [] };
  tree.hosts.set(name, host);
  group.hosts.add(name);
  return host;
}

/** Puts one group below another. False: that would close a circle, and nothing was done. */
export function addChild(tree: Tree, parent: string, child: string): boolean {
  const above = tree.groups.get(parent);
  const below = tree.groups.get(child);
  // `all` is above every group from the start, though groups without a parent are attached to it only at the end.
  if (above === undefined || below === undefined || child === "all" || parent === child) return false;
  if (above.children.has(child)) return true;
  // A group with nothing below it cannot close a circle; most are such when they are named first.
  if (below.children.size > 0 && ancestors(tree, above).has(below)) return false;
  above.children.add(child);
  below.parents.add(parent);
  return true;
}

/** The group and everything above it. */
function ancestors(tree: Tree, group: RawGroup, seen: Set<RawGroup> = new Set()): Set<RawGroup> {
  const open = [group];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    for (const name of next.parents) {
      const parent = tree.groups.get(name);
      if (parent !== undefined) open.push(parent);
    }
  }
  return seen;
}

/** What Ansible does once all files are read: roots go under `all`, hosts without a group into `ungrouped`. */
export function finishTree(tree: Tree): void {
  for (const group of tree.groups.values()) {
    if (group.name !== "all" && group.parents.size === 0) addChild(tree, "all", group.name);
  }
  const depths = new Map<string, number>();
  for (const group of tree.groups.values()) group.depth = depthOf(tree, group, depths);
  placeHosts(tree);
}

/** The longest way up. Iterative, since chains of groups may be longer than the stack is deep. */
function depthOf(tree: Tree, group: RawGroup, known: Map<string, number>): number {
  const open = [group];
  for (let next = open.at(-1); next !== undefined; next = open.at(-1)) {
    let depth = 0;
    const before = open.length;
    for (const name of next.parents) {
      const above = known.get(name);
      const parent = tree.groups.get(name);
      if (above !== undefined) depth = Math.max(depth, above + 1);
      else if (parent !== undefined) open.push(parent);
    }
    if (open.length > before) continue;
    known.set(next.name, depth);
    open.pop();
  }
  return known.get(group.name) ?? 0;
}

function placeHosts(tree: Tree): void {
  const direct = new Map<string, RawGroup[]>();
  for (const group of tree.groups.values()) {
    for (const host of group.hosts) direct.set(host, [...(direct.get(host) ?? []), group]);
  }
  const ungrouped = tree.groups.get("ungrouped");
  const sorted = new Map<string, readonly RawGroup[]>();
  for (const host of tree.hosts.values()) {
    let own = direct.get(host.name) ?? [];
    const real = own.some((group) => group !== ungrouped && group.name !== "all");
    if (ungrouped !== undefined && real) {
      ungrouped.hosts.delete(host.name);
      own = own.filter((group) => group !== ungrouped);
    } else if (ungrouped !== undefined) {
      ungrouped.hosts.add(host.name);
      own = [ungrouped];
    }
    host.groups = sortedGroups(tree, own, sorted);
  }
}

/** Many hosts share the same groups: each combination is sorted once, and the same list marks the same layers later. */
function sortedGroups(
  tree: Tree,
  own: readonly RawGroup[],
  known: Map<string, readonly RawGroup[]>,
): readonly RawGroup[] {
  const key = own.map((group) => group.name).join("\0");
  const found = known.get(key);
  if (found !== undefined) return found;
  const all = new Set<RawGroup>();
  for (const group of own) ancestors(tree, group, all);
  const groups = [...all].filter((group) => group.name !== "all");
  groups.sort((a, b) => a.depth - b.depth || a.priority - b.priority || compareText(a.name, b.name));
  known.set(key, groups);
  return groups;
}

/** Groups by name, as read or while they are being read. */
export type Groups = ReadonlyMap<
  string,
  { readonly hosts: Iterable<string>; readonly children: Iterable<string> }
>;

/** All hosts of a group and the groups below it, its own first, then level by level. */
export function membersOf(groups: Groups, name: string): readonly string[] {
  const seen = new Set([name]);
  const members = new Set<string>();
  // A set that grows while it is walked gives the breadth-first order.
  for (const next of seen) {
    const group = groups.get(next);
    for (const host of group?.hosts ?? []) members.add(host);
    for (const child of group?.children ?? []) seen.add(child);
  }
  return [...members];
}
