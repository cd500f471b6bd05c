import { diagnostic, distinct, type HostProblem, hostProblem } from "../../base/diagnostic.ts";
import { nearest } from "../../base/nearest.ts";
import { err, ok, type Result } from "../../base/result.ts";
import { faultsOf } from "../../drill/faults.ts";
import { type DrillSettings, drillSettings } from "../../drill/settings.ts";
import { roleVariables } from "../../inventory/check/role-variables.ts";
import type { Fault } from "../../model/drill.ts";
import type { LoadRequest, Workload } from "../../model/role.ts";
import type { Diagnostic } from "../../model/source.ts";
import type { Endpoint } from "../../model/topology.ts";
import type { RoleTopology } from "../../run/observe/desired.ts";
import type { InventoryOptions } from "../command.ts";
import { noInventory } from "../no-inventory.ts";
import { loadProject, type Project } from "../project/project.ts";

/** Options that say what a drill breaks. */
export interface DrillChoice extends InventoryOptions {
  readonly list?: boolean;
  readonly only?: readonly string[];
  readonly fault?: readonly string[];
  readonly beyond?: boolean;
}

/** A drill with valid input. No host has been contacted. */
export interface PreparedDrill {
  readonly project: Project;
  readonly settings: DrillSettings;
  readonly faults: readonly Fault[];
  /** Where users reach the stack. */
  readonly url: URL;
  readonly workload: Workload;
}

/** Reads the inventory and its variable `drill`, and chooses the faults. */
export function prepareDrill(options: DrillChoice): Result<PreparedDrill, readonly Diagnostic[]> {
  const misuse = misuseOf(options);
  if (misuse !== undefined) return err([misuse]);
  const loaded = loadProject(options, process.cwd());
  if (!loaded.ok) return loaded;
  const project = loaded.value;
  const settings = settingsOf(project, options.list === true);
  if (!settings.ok) return settings;
  const faults = chosenFaults(project, options);
  if (!faults.ok) return faults;
  const url = urlOf(project, settings.value);
  if (url === undefined) return err([noUrl]);
  const workload = workloadOf(project, settings.value);
  return ok({ project, settings: settings.value, faults: faults.value, url, workload });
}

const noUrl = diagnostic(
  "error",
  "no service of this inventory is open to anyone, so no load can reach the stack as users do",
  undefined,
  "set `drill: { url: https://… }`",
);

function misuseOf({ inventory, limit }: InventoryOptions): Diagnostic | undefined {
  if (inventory.length === 0) return noInventory("provision drill -i inventories/lab.yml");
  if (limit === undefined) return undefined;
  const hint = "remove -l; choose faults with --only";
  return diagnostic("error", "drill takes no --limit: it watches the whole stack", undefined, hint);
}

/** The variable `drill`: every host with a role must allow it. */
function settingsOf(
  { topology }: Pick<Project, "topology">,
  isList: boolean,
): Result<DrillSettings, readonly Diagnostic[]> {
  const problems: HostProblem[] = [];
  const all = topology.hosts.flatMap(({ host, members }) => {
    if (members.length === 0) return [];
    const read = roleVariables(host, "drill", drillSettings);
    if (!read.ok) problems.push(...read.error);
    else if (!read.value.allowed && !isList)
      problems.push(
        hostProblem(
          host.name,
          "a drill is not allowed: it would break this host",
          host.vars.get("drill")?.origin.source ?? host.source,
          "set `drill: { allowed: true }` for all hosts of a stack that nobody depends on",
        ),
      );
    return read.ok ? [read.value] : [];
  });
  const [first] = all;
  if (problems.length > 0) return err(distinct(problems));
  return first === undefined
    ? err([diagnostic("error", "no host has a role: there is nothing to break", undefined)])
    : ok(first);
}

function chosenFaults(
  { topology, roles }: RoleTopology,
  { only = [], fault: ways = [], beyond = false }: DrillChoice,
): Result<readonly Fault[], readonly Diagnostic[]> {
  const all = faultsOf({ topology, roles }, { beyond });
  const groups = new Map(topology.hosts.map(({ host }) => [host.name, host.groups]));
  const isOf = (name: string, { service, role, tier, leaderOf, hosts }: Fault): boolean =>
    [service, role, tier, leaderOf].includes(name) || hosts.every((host) => groups.get(host)?.includes(name));
  const isSo = (name: string, fault: Fault): boolean => fault.way === name || fault.name.includes(name);
  const choices: readonly Choice[] = [
    { option: "--only", names: only, matches: isOf, offered: ({ service, tier }) => [service, tier] },
    { option: "--fault", names: ways, matches: isSo, offered: ({ way }) => [way] },
  ];
  const problems = choices.flatMap((choice) => unknownNames(choice, all));
  if (problems.length > 0) return err(problems);
  const isChosen = (fault: Fault): boolean =>
    choices.every(({ names, matches }) => names.length === 0 || names.some((name) => matches(name, fault)));
  const chosen = all.filter(isChosen);
  if (chosen.length > 0) return ok(chosen);
  const why =
    all.length === 0
      ? "no service of this inventory has a member to spare: every fault is an outage"
      : "no fault is both of --only and of --fault";
  return err([diagnostic("error", why, undefined, "see provision explain, and provision drill --list")]);
}

/** One of the options that choose faults. */
interface Choice {
  readonly option: string;
  readonly names: readonly string[];
  matches(name: string, fault: Fault): boolean;
  /** The names of a fault that a hint may offer. */
  offered(fault: Fault): readonly string[];
}

function unknownNames(
  { option, names, matches, offered }: Choice,
  faults: readonly Fault[],
): readonly Diagnostic[] {
  const known = [...new Set(faults.flatMap(offered))];
  return names
    .filter((name) => !faults.some((fault) => matches(name, fault)))
    .map((name) => {
      const near = nearest(name, known);
      const hint = near === undefined ? `there are ${known.join(", ")}` : `did you mean \`${near}\`?`;
      return diagnostic("error", `${option}: no fault is called \`${name}\``, undefined, hint);
    });
}

/** Where users reach the stack: the first service that is open to anyone, at its floating address if it has one. */
function urlOf({ topology }: Pick<Project, "topology">, { url }: DrillSettings): URL | undefined {
  if (url !== undefined) return new URL(url);
  const services = [...topology.services.values()];
  const open = services.flatMap(({ endpoints: [first] }) => (isOpen(first) ? [first] : []));
  const front = open.find(({ health }) => health.type === "http" && health.tls) ?? open[0];
  if (front === undefined) return undefined;
  const floating = services
    .flatMap(({ endpoints }) => endpoints)
    .find(({ host, floating: addresses = [] }) => host === front.host && addresses.length > 0)?.floating?.[0];
  const address = floating ?? front.address;
  const scheme = front.health.type === "http" && front.health.tls ? "https" : "http";
  return new URL(`${scheme}://${address.includes(":") ? `[${address}]` : address}:${front.port}`);
}

const isOpen = (endpoint: Endpoint | undefined): endpoint is Endpoint =>
  endpoint !== undefined &&
  endpoint.access === "anyone" &&
  endpoint.protocol !== "vrrp" &&
  endpoint.health.type === "http";

/** The load: what the inventory says, else what the application's role says, else the first page. */
function workloadOf({ topology, roles }: RoleTopology, settings: DrillSettings): Workload {
  const own = topology.hosts
    .flatMap((host) => host.members.map((member) => ({ ...member, address: host.address })))
    .map((member) => roles.get(member.role)?.drilling?.workload?.(member))
    .find((one) => one !== undefined);
  if (settings.read === undefined && settings.write === undefined) return own ?? { read: { path: "/" } };
  return {
    read: { path: settings.read ?? "/" },
    ...(settings.write === undefined ? {} : { write: requestOf(settings.write) }),
    ...(settings.list === undefined ? {} : { list: requestOf(settings.list) }),
  };
}

const requestOf = ({ method, path, body }: NonNullable<DrillSettings["write"]>): LoadRequest => ({
  method,
  path,
  ...(body === undefined ? {} : { body }),
});
