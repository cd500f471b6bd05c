import { existsSync } from "node:fs";
import { join } from "node:path";
import { roles as builtInRoles } from "../../../roles/index.ts";
import { diagnostic, distinct, withExcerpt } from "../../base/diagnostic.ts";
import { listed } from "../../base/listed.ts";
import { err, ok, type Result } from "../../base/result.ts";
import { RoleStop } from "../../base/role-stop.ts";
import type { Connection } from "../../inventory/check/connection.ts";
import { settingsSchema } from "../../inventory/check/floor.ts";
import { misspeltNames } from "../../inventory/check/misspelt.ts";
import { connectionsOf, isPlaced, mayHaveRoles, settingsElsewhere } from "../../inventory/check/reached.ts";
import { rolesOf, roleVariables } from "../../inventory/check/role-variables.ts";
import { hasErrors, type Survey, surveyInventory } from "../../inventory/read.ts";
import type { Host, Inventory } from "../../model/inventory.ts";
import type { AnyRole } from "../../model/role.ts";
import type { Diagnostic } from "../../model/source.ts";
import type { Topology } from "../../model/topology.ts";
import type { Assets, Renderer } from "../../run/observe/desired.ts";
import { newValueDecrypter } from "../../secrets/decrypt-values.ts";
import { newRedactor } from "../../secrets/redact.ts";
import { loadTemplates, render } from "../../template/templates.ts";
import { buildTopology, type HostRoles } from "../../topology/topology.ts";
import type { InventoryOptions } from "../command.ts";
import { stopped } from "../command-output.ts";
import { packageRoot } from "../package.ts";
import { readAssets } from "./assets.ts";
import { loadRoles } from "./own-roles.ts";

/** Everything the user wrote, read and found good. No host has been contacted. */
export interface Project {
  readonly inventory: Inventory;
  readonly topology: Topology;
  /** The built-in ones and the project's own. */
  readonly roles: ReadonlyMap<string, AnyRole>;
  readonly selected: ReadonlySet<string>;
  readonly connections: ReadonlyMap<string, Connection>;
  readonly render: Renderer;
  readonly assets: Assets;
  /** Values that stand encrypted in the inventory, decrypted. */
  readonly unlocked: readonly string[];
  readonly warnings: readonly Diagnostic[];
}

/**
 * Reads the whole project; all that is wrong with it comes at once, as far as it can be known. `cwd` is the project's
 * folder.
 */
export function loadProject(options: InventoryOptions, cwd: string): Result<Project, readonly Diagnostic[]> {
  const unlocking = newValueDecrypter(process.env);
  const ownRoles = loadRoles(cwd, builtInRoles);
  const { extraVars, limit } = options;
  const settings = { extraVars, limit, cwd, unlock: unlocking.unlock, roles: namesOf(ownRoles) };
  const read = surveyInventory(options.inventory, settings);
  const problems = [...read.problems];
  const keep = keeper(problems);
  // Where a role may be missing, nothing is said of those that hosts play, nor of templates.
  const loaded = keep(ownRoles);
  const roles = loaded?.roles ?? new Map<string, AnyRole>();
  const misspelt = loaded === undefined || read.lost ? [] : misspeltIn(read, roles);
  problems.push(...misspelt);
  const hostRoles = loaded && keep(membersOf(read, roles, misspelt));
  const templates = loaded && keep(loadTemplates(templateFolders(cwd), loaded.own));
  // Where hosts may be missing, a name that matches none may be right.
  const selected = read.lost
    ? undefined
    : keep(read.selected.ok ? read.selected : err([read.selected.error]));
  const { connections, problems: unusable } = connectionsOf(read);
  problems.push(...unusable, ...settingsElsewhere(read));
  const topology = hostRoles && keep(unlessStopped(() => buildTopology(placed(hostRoles), roles)));
  const assets =
    topology && keep(unlessStopped(() => readAssets(topology, roles, cwd, (one) => problems.push(one))));
  problems.push(...unlocking.warnings(), ...roleless(hostRoles ?? []));
  // What a role's schema says of a value may quote it.
  const told = newRedactor(unlocking.values()).value(distinct(problems.map(withExcerpt)));
  if (hasErrors(told) || !topology || !templates || !selected || !assets) return err(told);
  return ok({
    inventory: read.inventory,
    topology,
    roles,
    selected: new Set(selected.filter((host) => read.playing.has(host))),
    connections,
    render: (role, name, data) => render(templates, role, name, data),
    assets,
    unlocked: unlocking.values(),
    warnings: told,
  });
}

const namesOf = (loaded: ReturnType<typeof loadRoles>): readonly string[] => [
  ...(loaded.ok ? loaded.value.roles : builtInRoles).keys(),
];

/** Gives the value of what went well, and collects the problems of what did not. */
const keeper =
  (problems: Diagnostic[]) =>
  <T>(result: Result<T, readonly Diagnostic[]>): T | undefined => {
    if (!result.ok) problems.push(...result.error);
    return result.ok ? result.value : undefined;
  };

/** What asks roles of the project, unless one of them throws. */
function unlessStopped<T>(ask: () => Result<T, readonly Diagnostic[]>): Result<T, readonly Diagnostic[]> {
  try {
    return ask();
  } catch (error) {
    if (!(error instanceof RoleStop)) throw error;
    return err([stopped(error.failure)]);
  }
}

/** The package's own templates, then the project's, which replace those of the same name. */
function templateFolders(cwd: string): readonly string[] {
  const own = join(packageRoot(), "templates");
  const project = join(cwd, "templates");
  return project === own || !existsSync(project) ? [own] : [own, project];
}

/** Names that are nearly those which count. */
function misspeltIn(
  { inventory, references, playing }: Survey,
  roles: ReadonlyMap<string, AnyRole>,
): readonly Diagnostic[] {
  const names = { roles: [...roles.keys()], references, playing };
  return [...inventory.hosts.values()].flatMap((host) => misspeltNames(host, names));
}

const placed = (hostRoles: readonly HostRoles[]): readonly HostRoles[] =>
  hostRoles.filter(({ host, members }) => members.length > 0 || isPlaced(host));

/**
 * What every host plays. Only where all of it is known and right: a role that is missing because it was misspelt would
 * show up a second time as a service nobody provides. The error may be an empty list, when all was told before.
 */
function membersOf(
  { inventory, lost, playing }: Survey,
  roles: ReadonlyMap<string, AnyRole>,
  misspelt: readonly Diagnostic[],
): Result<readonly HostRoles[], readonly Diagnostic[]> {
  const hosts = [...inventory.hosts.values()];
  const problems: Diagnostic[] = [];
  let sound = !lost && !hasErrors(misspelt);
  const hostRoles = hosts.map((host) => {
    const result = playing.has(host.name) ? unlessStopped(() => rolesFor(host, roles, !lost)) : ok([]);
    if (!result.ok) problems.push(...result.error);
    sound &&= result.ok;
    return { host, members: result.ok ? result.value : [] };
  });
  return sound ? ok(hostRoles) : err(problems);
}

/** Also where one role is wrong, the variables of all others are checked. */
function rolesFor(
  host: Host,
  roles: ReadonlyMap<string, AnyRole>,
  complete: boolean,
): Result<readonly HostRoles["members"][number][], readonly Diagnostic[]> {
  const played = rolesOf(host, [...roles.keys()]);
  const problems: Diagnostic[] = [...played.problems];
  let sound = played.complete;
  const members = played.roles.flatMap((name) => {
    const role = roles.get(name);
    if (role === undefined) return [];
    const settings = roleVariables(host, name, settingsSchema(role), { complete });
    if (!settings.ok) problems.push(...settings.error);
    sound &&= settings.ok;
    return settings.ok ? [{ host, role: name, ...settings.value }] : [];
  });
  return sound ? ok(members) : err(problems);
}

/** Hosts that were most likely forgotten. An empty list, `roles: []`, says that a host has none. */
function roleless(hostRoles: readonly HostRoles[]): readonly Diagnostic[] {
  const forgotten = hostRoles
    .filter(({ host, members }) => members.length === 0 && !Array.isArray(host.vars.get("roles")?.value))
    .map(({ host }) => host)
    .filter(mayHaveRoles);
  const [first] = forgotten;
  if (first === undefined || hostRoles.every(({ members }) => members.length === 0)) return [];
  const message = `no role is given to ${listed(
    forgotten.map(({ name }) => name),
    3,
  )}: nothing is done there`;
  return [diagnostic("warning", message, first.source, "give it `roles`, or say `roles: []`")];
}
