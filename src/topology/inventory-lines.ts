import type { Host } from "../model/inventory.ts";
import type { Source } from "../model/source.ts";
import type { Topology } from "../model/topology.ts";

/** A host of the topology by its name. An unknown name is a bug: it throws. */
export function hostNamed(topology: Topology, name: string): Host {
  const found = topology.hosts.find(({ host }) => host.name === name);
  if (found === undefined) throw new Error(`no host is named ${name}`);
  return found.host;
}

/** The line of a host's variable; without the variable, the line of the host. */
export function variableLine(host: Host, name: string): Source {
  return host.vars.get(name)?.origin.source ?? host.source;
}

/** The line that gives a host a role: the role's name in the list, if the positions in the list are known. */
export function roleLine(host: Host, role: string): Source {
  const roles = host.vars.get("roles");
  const index = Array.isArray(roles?.value) ? roles.value.indexOf(role) : -1;
  return roles?.origin.children?.get(String(index))?.source ?? variableLine(host, "roles");
}

/** The line of a role's variables; without any, the line that gives the role. */
export function settingsLine(host: Host, role: string): Source {
  return host.vars.get(role)?.origin.source ?? roleLine(host, role);
}

/** The line of a role's variable, or the nearest one that the inventory has; else the line that gives the role. */
export function roleVariableLine(host: Host, role: string, path: readonly string[]): Source {
  let origin = host.vars.get(role)?.origin;
  if (origin === undefined) return roleLine(host, role);
  for (const name of path) {
    const inner: typeof origin | undefined = origin.children?.get(name);
    // A variable with its default value has no line.
    if (inner === undefined) return name === path[0] ? roleLine(host, role) : origin.source;
    origin = inner;
  }
  return origin.source;
}

/** The line of a role's variable `floor`, if the inventory sets it; else the line that gives the role. */
export function floorLine(host: Host, role: string): Source {
  return host.vars.get(role)?.origin.children?.get("floor")?.source ?? roleLine(host, role);
}

/** One text for each position, to compare two positions. */
export const placeKey = ({ file, line, col }: Source): string => `${file}\0${line}\0${col}`;
