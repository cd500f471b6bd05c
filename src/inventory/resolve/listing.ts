import type { Node } from "../parse/node.ts";
import type { RawInventory } from "./precedence.ts";
import type { Printable } from "./print.ts";
import type { RawVars } from "./tree.ts";

/** Variables that Ansible sets on every host and does not list. */
const INTERNAL: ReadonlySet<string> = new Set([
  "ansible_config_file",
  "ansible_diff_mode",
  "ansible_facts",
  "ansible_forks",
  "ansible_inventory_sources",
  "ansible_limit",
  "ansible_playbook_python",
  "ansible_run_tags",
  "ansible_skip_tags",
  "ansible_verbosity",
  "ansible_version",
  "group_names",
  "groups",
  "inventory_dir",
  "inventory_file",
  "inventory_hostname",
  "inventory_hostname_short",
  "omit",
  "playbook_dir",
]);

/** A limit in characters, because groups that share children can make a tree of any size. */
const MAX_GRAPH = 20_000_000;

/** Selects the hosts to show. */
export type HostFilter = (host: string) => boolean;

/** The variables of one host as in Ansible's list, with values as written. */
export function hostVariables(vars: RawVars | undefined): ReadonlyMap<string, Node> {
  const shown = [...(vars ?? [])].filter(([name]) => !INTERNAL.has(name));
  return new Map(shown.map(([name, variable]) => [name, variable.node]));
}

/** The tree of `ansible-inventory --list`: every group's hosts and children, and all variables under `_meta`. */
export function inventoryTree(raw: RawInventory, shows: HostFilter): Printable {
  const root = new Map<string, Printable>();
  for (const group of raw.tree.groups.values()) {
    const entry = new Map<string, Printable>();
    const hosts = group.name === "all" ? [] : [...group.hosts].filter(shows);
    if (group.children.size > 0) entry.set("children", [...group.children]);
    if (hosts.length > 0) entry.set("hosts", hosts);
    if (entry.size > 0) root.set(group.name, entry);
  }
  const hostvars = new Map<string, Printable>();
  for (const host of raw.tree.hosts.keys()) {
    const vars = hostVariables(raw.vars.get(host));
    if (vars.size > 0 && shows(host)) hostvars.set(host, vars);
  }
  return root.set("_meta", new Map([["hostvars", hostvars]]));
}

/** The text of `ansible-inventory --graph`. */
export function graph(raw: RawInventory, shows: HostFilter): string {
  const lines: string[] = [];
  let size = 0;
  const open: { readonly name: string; readonly depth: number; readonly host: boolean }[] = [
    { name: "all", depth: 0, host: false },
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { name, depth, host } = next;
    const label = host ? name : `@${name}:`;
    const line = depth === 0 ? label : `${"  |".repeat(depth)}--${label}`;
    size += line.length;
    if (size > MAX_GRAPH) return `${lines.join("\n")}\n… and more`;
    lines.push(line);
    const group = host ? undefined : raw.tree.groups.get(name);
    if (group === undefined) continue;
    const hosts = name === "all" ? [] : [...group.hosts].filter(shows);
    const below = [...group.children].map((child) => ({ name: child, depth: depth + 1, host: false }));
    open.push(
      ...[...below, ...hosts.map((each) => ({ name: each, depth: depth + 1, host: true }))].reverse(),
    );
  }
  return lines.join("\n");
}
