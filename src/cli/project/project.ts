import { existsSync } from "node:fs";
import { join } from "node:path";
import { roles as builtInRoles } from "../../../roles/index.ts";
import { diagnostic, distinct, withExcerpt } from "../../base/diagnostic.ts";
import { listed } from "../../base/listed.ts";
import { err, ok, type Result } from "../../base/result.ts";
import { RoleStop } from "../../base/role-stop.ts";
import type { Connection } from "../../inventory/check/connection.ts";
import { settingsSchema } from "../../inventory/check/floor.ts";
import {
  connectionsOf,
  hasUsableAddress,
  ignoredSettings,
  mayHaveRoles,
} from "../../inventory/check/host-connections.ts";
import { misspeltNames } from "../../inventory/check/misspelt.ts";
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
import { failureDiagnostic } from "../command-output.ts";
import { packageRoot } from "../package.ts";
import { readAssets } from "./assets.ts";
import { loadRoles } from "./own-roles.ts";

/** The user's project without errors. No host has been contacted. */
export interface Project {
  readonly inventory: Inventory;
  readonly topology: Topology;
  /** The built-in roles and the project's own. */
  readonly roles: ReadonlyMap<string, AnyRole>;
  readonly selected: ReadonlySet<string>;
  readonly connections: ReadonlyMap<string, Connection>;
  readonly render: Renderer;
  readonly assets: Assets;
  /** Decrypted values of the inventory. */
  readonly unlocked: readonly string[];
  readonly warnings: readonly Diagnostic[];
}

/** Reads the whole project and reports all its errors at once, as far as possible. `cwd`: the project's folder. */
export function loadProject(options: InventoryOptions, cwd: string): Result<Project, readonly Diagnostic[]> {
  const unlocking = newValueDecrypter(process.env);
  const ownRoles = loadRoles(cwd, builtInRoles);
  const settings = { ...options, cwd, unlock: unlocking.unlock, roles: namesOf(ownRoles) };
  const read = surveyInventory(options.inventory, settings);
  const problems = [...read.problems];
  const collect = collectProblems(problems);
  // If loading roles failed, a role may be missing: then do not report unknown roles or templates.
  const loaded = collect(ownRoles);
  const roles = loaded?.roles ?? new Map<string, AnyRole>();
  const misspelt = loaded === undefined || read.lost ? [] : misspeltIn(read, roles);
  problems.push(...misspelt);
  const hostRoles = loaded && collect(membersOf(read, roles, misspelt));
  const templates = loaded && collect(loadTemplates(templateFolders(cwd), loaded.own));
  // If reading lost hosts, a name without a match may be right.
  const selected = read.lost
    ? undefined
    : collect(read.selected.ok ? read.selected : err([read.selected.error]));
  const { connections, problems: unusable } = connectionsOf(read);
  problems.push(...unusable, ...ignoredSettings(read));
  const topology = hostRoles && collect(catchRoleStop(() => buildTopology(placed(hostRoles), roles)));
  const assets =
    topology && collect(catchRoleStop(() => readAssets(topology, roles, cwd, (one) => problems.push(one))));
  problems.push(...unlocking.warnings(), ...hostsWithoutRoles(hostRoles ?? []));
  // The error of a role's schema may quote a secret value.
  const redacted = newRedactor(unlocking.values()).value(distinct(problems.map(withExcerpt)));
  if (hasErrors(redacted) || !topology || !templates || !selected || !assets) return err(redacted);
  return ok({
    inventory: read.inventory,
    topology,
    roles,
    selected: new Set(selected.filter((host) => read.playing.has(host))),
    connections,
    render: (role, name, data) => render(templates, role, name, data),
    assets,
    unlocked: unlocking.values(),
    warnings: redacted,
  });
}

const namesOf = (loaded: ReturnType<typeof loadRoles>): readonly string[] => [
  ...(loaded.ok ? loaded.value.roles : builtInRoles).keys(),
];

/** Returns the value of a success, and collects the problems of an error. */
const collectProblems =
  (problems: Diagnostic[]) =>
  <T>(result: Result<T, readonly Diagnostic[]>): T | undefined => {
    if (!result.ok) problems.push(...result.error);
    return result.ok ? result.value : undefined;
  };

/** Calls code that calls roles of the project; a `RoleStop` becomes an error. */
function catchRoleStop<T>(call: () => Result<T, readonly Diagnostic[]>): Result<T, readonly Diagnostic[]> {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof RoleStop)) throw error;
    return err([failureDiagnostic(error.failure)]);
  }
}

/** The package's templates, then the project's, which replace those of the same name. */
function templateFolders(cwd: string): readonly string[] {
  const own = join(packageRoot(), "templates");
  const project = join(cwd, "templates");
  return project === own || !existsSync(project) ? [own] : [own, project];
}

/** Misspelt variable names. */
function misspeltIn(
  { inventory, references, playing }: Survey,
  roles: ReadonlyMap<string, AnyRole>,
): readonly Diagnostic[] {
  const names = { roles: [...roles.keys()], references, playing };
  return [...inventory.hosts.values()].flatMap((host) => misspeltNames(host, names));
}

const placed = (hostRoles: readonly HostRoles[]): readonly HostRoles[] =>
  hostRoles.filter(({ host, members }) => members.length > 0 || hasUsableAddress(host));

/**
 * The roles of every host, if all are known and valid: a missing role would cause a second error about a missing service.
 * The error may be an empty list, when all problems have been reported before.
 */
function membersOf(
  { inventory, lost, playing }: Survey,
  roles: ReadonlyMap<string, AnyRole>,
  misspelt: readonly Diagnostic[],
): Result<readonly HostRoles[], readonly Diagnostic[]> {
  const hosts = [...inventory.hosts.values()];
  const problems: Diagnostic[] = [];
  let valid = !lost && !hasErrors(misspelt);
  const hostRoles = hosts.map((host) => {
    const result = playing.has(host.name) ? catchRoleStop(() => rolesFor(host, roles, !lost)) : ok([]);
    if (!result.ok) problems.push(...result.error);
    valid &&= result.ok;
    return { host, members: result.ok ? result.value : [] };
  });
  return valid ? ok(hostRoles) : err(problems);
}

/** If one role has an error, the variables of all others are still checked. */
function rolesFor(
  host: Host,
  roles: ReadonlyMap<string, AnyRole>,
  complete: boolean,
): Result<readonly HostRoles["members"][number][], readonly Diagnostic[]> {
  const played = rolesOf(host, [...roles.keys()]);
  const problems: Diagnostic[] = [...played.problems];
  let valid = played.complete;
  const members = played.roles.flatMap((name) => {
    const role = roles.get(name);
    if (role === undefined) return [];
    const settings = roleVariables(host, name, settingsSchema(role), { complete });
    if (!settings.ok) problems.push(...settings.error);
    valid &&= settings.ok;
    return settings.ok ? [{ host, role: name, ...settings.value }] : [];
  });
  return valid ? ok(members) : err(problems);
}

/** Warns of hosts without roles, which somebody probably forgot. `roles: []` means that a host has none. */
function hostsWithoutRoles(hostRoles: readonly HostRoles[]): readonly Diagnostic[] {
  const forgotten = hostRoles
    .filter(({ host, members }) => members.length === 0 && !Array.isArray(host.vars.get("roles")?.value))
    .map(({ host }) => host)
    .filter(mayHaveRoles);
  const [first] = forgotten;
  if (first === undefined || hostRoles.every(({ members }) => members.length === 0)) return [];
  const message = `there are no \`roles\` for ${listed(
    forgotten.map(({ name }) => name),
    3,
  )}: provision skips them`;
  return [diagnostic("warning", message, first.source, "set `roles`; `roles: []` if the host has none")];
}
