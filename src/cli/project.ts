import { existsSync } from "node:fs";
import { join } from "node:path";
import { roles as builtInRoles } from "../../roles/index.ts";
import { selectHosts } from "../inventory/limit.ts";
import { readInventory } from "../inventory/read.ts";
import { type Connection, targetOf } from "../inventory/target.ts";
import { misspeltRoles, rolesOf, roleVariables } from "../inventory/variables.ts";
import type { Host, Inventory } from "../model/inventory.ts";
import { err, ok, type Result } from "../model/result.ts";
import type { AnyRole } from "../model/role.ts";
import type { Diagnostic } from "../model/source.ts";
import type { Topology } from "../model/topology.ts";
import type { Assets, Renderer } from "../run/desired.ts";
import { loadTemplates, render } from "../template/templates.ts";
import { buildTopology, type HostRoles } from "../topology/topology.ts";
import { readAssets } from "./assets.ts";
import type { InventoryOptions } from "./options.ts";
import { packageRoot } from "./package.ts";

/** Everything the user wrote, read and found good. No host has been contacted. */
export interface Project {
  readonly inventory: Inventory;
  readonly topology: Topology;
  readonly roles: ReadonlyMap<string, AnyRole>;
  readonly selected: ReadonlySet<string>;
  readonly connections: ReadonlyMap<string, Connection>;
  readonly render: Renderer;
  readonly assets: Assets;
  readonly warnings: readonly Diagnostic[];
}

/** Reads the whole project; all that is wrong with it comes at once. `cwd` is the project's folder. */
export function loadProject(options: InventoryOptions, cwd: string): Result<Project, readonly Diagnostic[]> {
  const read = readInventory(options.inventory, { extraVars: options.extraVars, cwd });
  if (!read.ok) return read;
  const { inventory, warnings, references } = read.value;
  const names = [...builtInRoles.keys()];
  const problems: Diagnostic[] = [...inventory.hosts.values()].flatMap((host) =>
    misspeltRoles(host, names, references),
  );
  const keep = <T>(result: Result<T, readonly Diagnostic[]>): T | undefined => {
    if (!result.ok) problems.push(...result.error);
    return result.ok ? result.value : undefined;
  };
  const hostRoles = [...inventory.hosts.values()].flatMap((host) => keep(rolesFor(host, builtInRoles)) ?? []);
  const connections = connectionsOf(inventory, keep);
  const templates = keep(loadTemplates(...templateFolders(cwd)));
  const selected = keep(selection(inventory, options.limit));
  // A role that is missing because it was misspelt would show up a second time as a service nobody provides.
  const topology = problems.length > 0 ? undefined : keep(buildTopology(hostRoles, builtInRoles));
  const assets = topology === undefined ? undefined : keep(readAssets(topology, builtInRoles, cwd));
  if (problems.length > 0 || !topology || !templates || !selected || !assets) return err(problems);
  const playing = new Set(
    topology.hosts.filter(({ members }) => members.length > 0).map(({ host }) => host.name),
  );
  return ok({
    inventory,
    topology,
    roles: builtInRoles,
    selected: new Set(selected.filter((host) => playing.has(host))),
    connections,
    render: (role, name, data) => render(templates, role, name, data),
    assets,
    warnings,
  });
}

/** The package's own templates, then the project's, which replace those of the same name. */
function templateFolders(cwd: string): readonly string[] {
  const own = join(packageRoot(), "templates");
  const project = join(cwd, "templates");
  return project === own || !existsSync(project) ? [own] : [own, project];
}

function selection(
  inventory: Inventory,
  limit: string | undefined,
): Result<readonly string[], readonly Diagnostic[]> {
  if (limit === undefined) return ok([...inventory.hosts.keys()]);
  const selected = selectHosts(inventory, limit);
  return selected.ok ? selected : err([selected.error]);
}

function rolesFor(host: Host, roles: ReadonlyMap<string, AnyRole>): Result<HostRoles, readonly Diagnostic[]> {
  const played = rolesOf(host, [...roles.keys()]);
  if (!played.ok) return played;
  const problems: Diagnostic[] = [];
  const members = played.value.flatMap((name) => {
    const role = roles.get(name);
    if (role === undefined) return [];
    const vars = roleVariables(host, name, role.vars);
    if (!vars.ok) problems.push(...vars.error);
    return vars.ok ? [{ host, role: name, vars: vars.value }] : [];
  });
  return problems.length > 0 ? err(problems) : ok({ host, members });
}

function connectionsOf(
  inventory: Inventory,
  keep: (result: Result<Connection, readonly Diagnostic[]>) => Connection | undefined,
): ReadonlyMap<string, Connection> {
  const connections = new Map<string, Connection>();
  for (const host of inventory.hosts.values()) {
    const connection = keep(targetOf(host));
    if (connection !== undefined) connections.set(host.name, connection);
  }
  return connections;
}
