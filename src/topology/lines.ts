import type { Host } from "../model/inventory.ts";
import type { Source } from "../model/source.ts";
import type { Topology } from "../model/topology.ts";

/** A host of the topology by its name. A name that is in no inventory is a bug: it throws. */
export function hostNamed(topology: Topology, name: string): Host {
  const found = topology.hosts.find(({ host }) => host.name === name);
  if (found === undefined) throw new Error(`no host is named ${name}`);
  return found.host;
}

/** Where a variable of a host is written; without it, where the host is. */
export function variableLine(host: Host, name: string): Source {
  return host.vars.get(name)?.origin.source ?? host.source;
}

/** Where a host is given a role: the role's name in the list, as far as the list's own places are known. */
export function roleLine(host: Host, role: string): Source {
  const roles = host.vars.get("roles");
  const index = Array.isArray(roles?.value) ? roles.value.indexOf(role) : -1;
  return roles?.origin.children?.get(String(index))?.source ?? variableLine(host, "roles");
}

/** Where the variables of a role are written; without any, where the role is given. */
export function settingsLine(host: Host, role: string): Source {
  return host.vars.get(role)?.origin.source ?? roleLine(host, role);
}

/** Where a variable of a role is written, or as near to it as the inventory says anything; else where the role is given. */
export function roleVariableLine(host: Host, role: string, path: readonly string[]): Source {
  let origin = host.vars.get(role)?.origin;
  if (origin === undefined) return roleLine(host, role);
  for (const name of path) {
    const inner: typeof origin | undefined = origin.children?.get(name);
    // One that has its default is written nowhere.
    if (inner === undefined) return name === path[0] ? roleLine(host, role) : origin.source;
    origin = inner;
  }
  return origin.source;
}

/** Where a role's variable `floor` is written, if the inventory sets it; else where the role is given. */
export function floorLine(host: Host, role: string): Source {
  return host.vars.get(role)?.origin.children?.get("floor")?.source ?? roleLine(host, role);
}

/** One text for one place, to tell whether two are the same. */
export const placeKey = ({ file, line, col }: Source): string => `${file}\0${line}\0${col}`;
