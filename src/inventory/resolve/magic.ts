import { dirname, resolve } from "node:path";
import { isAddress } from "../../base/ip.ts";
import type { Source } from "../../model/source.ts";
import { compareText, type Key, list, mapping, type Node, scalar } from "../parse/node.ts";
import type { RawInventory } from "./precedence.ts";
import { membersOf, type RawHost } from "./tree.ts";

/** Ansible's variables on every host, for templates; `hostvars` is handled separately. */
export const MAGIC: readonly string[] = [
  "inventory_hostname",
  "inventory_hostname_short",
  "group_names",
  "groups",
  "inventory_dir",
  "inventory_file",
];

/** The value of such a variable on a host; undefined for all other names. `groups`: the value of `groups`. */
export function magicValue(name: string, host: RawHost, cwd: string, groups: () => Node): Node | undefined {
  const file = host.file === undefined ? null : resolve(cwd, host.file);
  const text = (value: string | null): Node => ({ ...scalar(value, host.source), dynamic: false });
  switch (name) {
    case "inventory_hostname":
      return text(host.name);
    case "inventory_hostname_short":
      return text(isAddress(host.name) ? host.name : (host.name.split(".")[0] ?? host.name));
    case "group_names":
      return list(
        host.groups
          .map((group) => group.name)
          .sort(compareText)
          .map(text),
        host.source,
      );
    case "groups":
      return groups();
    case "inventory_file":
      return text(file);
    case "inventory_dir":
      return text(file === null ? null : dirname(file));
    default:
      return undefined;
  }
}

/** The variable `groups`: the hosts of every group, its own first. */
export function groupsValue({ tree }: RawInventory): Node {
  const children = new Map<string, Node>();
  const keys = new Map<string, Key>();
  let source: Source = { file: "--inventory", line: 1, col: 1 };
  for (const [name, group] of tree.groups) {
    if (name === "all") source = group.source;
    const hosts = membersOf(tree.groups, name).map((host) => ({
      ...scalar(host, group.source),
      dynamic: false,
    }));
    children.set(name, list(hosts, group.source));
    keys.set(name, { source: group.source, kind: "string" });
  }
  return mapping(children, keys, source);
}
