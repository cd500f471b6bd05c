import type { Source } from "../../model/source.ts";
import { compareText, mergedNode, type Node } from "../parse/node.ts";

/** A variable from one source. */
export interface RawVariable {
  readonly node: Node;
  /** The position of its name. */
  readonly key: Source;
}

/** Variables by name, before their templates are resolved. */
export type RawVars = ReadonlyMap<string, RawVariable>;

/** A group during reading. */
export interface RawGroup {
  readonly name: string;
  readonly source: Source;
  /** In file order. */
  readonly children: Set<string>;
  readonly parents: Set<string>;
  /** Hosts directly in the group. */
  readonly hosts: Set<string>;
  readonly vars: Map<string, RawVariable>;
  /** `ansible_group_priority`: among groups of one depth, the higher number wins. */
  priority: number;
  /** Length of the longest path from `all`; valid after `finishTree`. */
  depth: number;
}

/** A host during reading. */
export interface RawHost {
  readonly name: string;
  readonly source: Source;
  readonly vars: Map<string, RawVariable>;
  /** The first `-i` file with the host; undefined for a list of hosts. */
  readonly file: string | undefined;
  /** A variable that went to the group of the same name, because the group came first. */
  given?: Source;
  /** All its groups except `all`, in the order in which their variables apply; valid after `finishTree`. */
  groups: readonly RawGroup[];
}

/** All groups and hosts, in the order of their first appearance. */
export interface Tree {
  readonly groups: Map<string, RawGroup>;
  readonly hosts: Map<string, RawHost>;
  /** True: mappings from several sources are merged; false: the later one replaces the earlier. */
  readonly merge: boolean;
}

/** Sets a variable, or merges it into an existing one. */
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

/** Sets a variable of a host. If a group of the same name exists, the group gets it, as in Ansible. */
export function setHostVariable(tree: Tree, host: RawHost, name: string, variable: RawVariable): void {
  const group = tree.groups.get(host.name);
  if (group !== undefined) host.given ??= variable.key;
  setVariable((group ?? host).vars, name, variable, tree.merge);
}

/** A tree with the groups `all` and `ungrouped`. */
export function newTree(source: Source, merge = false): Tree {
  const tree: Tree = { groups: new Map(), hosts: new Map(), merge };
  addGroup(tree, "all", source);
  addGroup(tree, "ungrouped", source);
  addChild(tree, "all", "ungrouped");
  return tree;
}

/** The group of this name; creates it if it is new. */
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

/** A host in a file. */
interface Mention {
  readonly name: string;
  readonly source: Source;
  /** The inventory file; undefined for a list on the command line. */
  readonly file?: string | undefined;
}

/** The host of this name, as a member of a group; creates it if it is new. */
export function addHost(tree: Tree, group: RawGroup, { name, source, file }: Mention): RawHost {
  const host = tree.hosts.get(name) ?? { name, source, vars: new Map(), file, groups: [] };
  tree.hosts.set(name, host);
  group.hosts.add(name);
  return host;
}

/** Puts one group below another. False: that would close a cycle, so the tree is unchanged. */
export function addChild(tree: Tree, parent: string, child: string): boolean {
  const above = tree.groups.get(parent);
  const below = tree.groups.get(child);
  // `all` is above every group, although `finishTree` attaches groups without a parent.
  if (above === undefined || below === undefined || child === "all" || parent === child) return false;
  if (above.children.has(child)) return true;
  // A group without children cannot close a cycle; most groups have none at their first appearance.
  if (below.children.size > 0 && ancestors(tree, above).has(below)) return false;
  above.children.add(child);
  below.parents.add(parent);
  return true;
}

/** The group and all its ancestors. */
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

/** After reading, Ansible puts groups without a parent under `all`, and hosts without a group into `ungrouped`. */
export function finishTree(tree: Tree): void {
  for (const group of tree.groups.values()) {
    if (group.name !== "all" && group.parents.size === 0) addChild(tree, "all", group.name);
  }
  const depths = new Map<string, number>();
  for (const group of tree.groups.values()) group.depth = depthOf(tree, group, depths);
  placeHosts(tree);
}

/** The longest path upwards. Iterative, because a chain of groups may be longer than the stack. */
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

/** Sorts each combination of groups once; hosts with the same list share their layers later. */
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

/** Groups by name, during or after reading. */
export type Groups = ReadonlyMap<
  string,
  { readonly hosts: Iterable<string>; readonly children: Iterable<string> }
>;

/** All hosts of a group and its descendants: its own first, then level by level. */
export function membersOf(groups: Groups, name: string): readonly string[] {
  const seen = new Set([name]);
  const members = new Set<string>();
  // Adding to the set during the iteration gives breadth-first order.
  for (const next of seen) {
    const group = groups.get(next);
    for (const host of group?.hosts ?? []) members.add(host);
    for (const child of group?.children ?? []) seen.add(child);
  }
  return [...members];
}
