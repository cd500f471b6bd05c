import { ADDRESS_VARIABLES } from "../base/address.ts";
import { distinct, newLog } from "../base/diagnostic.ts";
import { nearest } from "../base/nearest.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Group, Host, Inventory, Variable } from "../model/inventory.ts";
import type { Diagnostic } from "../model/source.ts";
import type { AnsibleConfig } from "./ansible-config/ansible-config.ts";
import { CONNECTION_VARIABLES, isSupportedConnection } from "./check/connection.ts";
import { compareText } from "./parse/node.ts";
import { locked } from "./parse/secret.ts";
import { MAGIC_NAMES } from "./resolve/groups.ts";
import { outsideLimit, selectHosts } from "./resolve/limit.ts";
import { type RawInventory, type RawReading, type ReadOptions, readRaw } from "./resolve/precedence.ts";
import { newResolver, type Resolver } from "./resolve/resolve.ts";
import type { RawHost, RawVariable, RawVars } from "./resolve/tree.ts";

/** An inventory without errors. */
export interface Reading {
  readonly inventory: Inventory;
  readonly warnings: readonly Diagnostic[];
  /** All names in templates of the inventory. */
  readonly references: ReadonlySet<string>;
}

/** The inventory as far as it could be read. Values with errors have a mark in their origin (`isBroken`). */
export interface Survey {
  readonly inventory: Inventory;
  /** Errors and warnings. */
  readonly problems: readonly Diagnostic[];
  readonly references: ReadonlySet<string>;
  /** Hosts that play a role, or should: provision ignores all others. */
  readonly playing: ReadonlySet<string>;
  /** The hosts inside the limit, in inventory order. */
  readonly selected: Result<readonly string[], Diagnostic>;
  /** The relevant settings of Ansible. */
  readonly config: AnsibleConfig;
  /** True: an error has lost hosts or variables, so a missing name may exist. */
  readonly lost: boolean;
}

/** Options of a survey. */
export interface SurveyOptions extends ReadOptions {
  /** From `-l`. On hosts outside the limit, errors in variables that only a login needs are warnings. */
  readonly limit?: string | undefined;
  /** Variables that are used on every host, also without roles. */
  readonly everywhere?: readonly string[];
  /** Names of the known roles; they also count on hosts of a kind that no role supports. */
  readonly roles?: readonly string[];
}

/** Reads and resolves all files of `-i` and `-e`. Returns all errors of all files; never throws because of their content. */
export function readInventory(
  paths: readonly string[],
  options: SurveyOptions,
): Result<Reading, readonly Diagnostic[]> {
  return resolveInventory(readRaw(paths, options), options);
}

/** The second half of reading: resolves references between variables, so that hosts have plain values. */
export function resolveInventory(
  reading: RawReading,
  options: SurveyOptions,
): Result<Reading, readonly Diagnostic[]> {
  const { inventory, problems, references } = survey(reading, options);
  if (hasErrors(problems)) return err(problems);
  return ok({ inventory, warnings: problems, references });
}

/** Like `readInventory`, but keeps the valid part beside the errors. */
export function surveyInventory(paths: readonly string[], options: SurveyOptions): Survey {
  return survey(readRaw(paths, options), options);
}

/** Whether an error must be corrected first. */
export function hasErrors(problems: readonly Diagnostic[]): boolean {
  return problems.some(({ severity }) => severity === "error");
}

/** Variables that every host with a role uses. */
const USED: readonly string[] = ["roles", "address", "lab", "drill", ...CONNECTION_VARIABLES];

/** Ignores errors in unused variables, such as Ansible's own templates and vaults. */
function survey({ raw, problems, lost }: RawReading, options: SurveyOptions): Survey {
  const log = newLog();
  const { cwd, unlock = locked, limit } = options;
  const resolver = newResolver(raw, { cwd, log, lenient: lost, unlock });
  const selected = limit === undefined ? ok([...raw.tree.hosts.keys()]) : selectHosts(raw.tree, limit);
  const inside = selected.ok ? new Set(selected.value) : new Set(raw.tree.hosts.keys());
  const { playing, used } = usedVariables(raw, resolver, options);
  const resolve = (matches: (host: string, name: string) => boolean): void => {
    for (const [host, names] of used)
      for (const name of names) if (matches(host, name)) resolver.resolved(host, name);
  };
  const loginOnly = (host: string, name: string): boolean =>
    !inside.has(host) && CONNECTION_VARIABLES.has(name) && !isAddress(name, raw.vars.get(host));
  // Required variables first, because an error is reported only once.
  resolve((host, name) => !loginOnly(host, name));
  const reported = log.problems.splice(0);
  resolve(loginOnly);
  reported.push(...log.problems.map(outsideLimit));
  const hosts = new Map<string, Host>();
  const shared = new Map<RawVariable, Variable>();
  for (const host of raw.tree.hosts.values())
    hosts.set(host.name, makeHost(host, variablesOf(host.name, { raw, resolver, shared, used })));
  return {
    inventory: { hosts, groups: groupsOf(raw), sources: raw.sources },
    problems: distinct([...problems, ...reported]),
    references: resolver.references,
    playing,
    selected,
    config: raw.config,
    lost,
  };
}

/** The hosts with a role, and the used variables of every host. */
interface Usage {
  readonly playing: ReadonlySet<string>;
  readonly used: ReadonlyMap<string, ReadonlySet<string>>;
}

function usedVariables(
  raw: RawInventory,
  resolver: Resolver,
  { roles: known = [], everywhere = [] }: SurveyOptions,
): Usage {
  const playing = new Set<string>();
  const used = new Map<string, ReadonlySet<string>>();
  for (const { name } of raw.tree.hosts.values()) {
    const own = raw.vars.get(name);
    const roles = belongsToOtherTool(own, known) ? undefined : rolesOn(name, raw, resolver);
    if (roles !== undefined) playing.add(name);
    const names = roles === undefined ? everywhere : [...USED, ...everywhere, ...roles];
    used.set(name, new Set(names.filter((one) => own?.has(one) && !MAGIC_NAMES.has(one))));
  }
  return { playing, used };
}

/**
 * True for a host that no role supports, such as a switch, whose variable `roles` has no name like ours: it belongs
 * to another tool.
 */
function belongsToOtherTool(own: RawVars | undefined, known: readonly string[]): boolean {
  const connection = own?.get("ansible_connection")?.node.value;
  if (typeof connection !== "string" || connection.includes("{{") || isSupportedConnection(connection))
    return false;
  const value = own?.get("roles")?.node.value ?? null;
  const entries: readonly unknown[] = Array.isArray(value) ? value : [value];
  return !entries.some((entry) => typeof entry === "string" && nearest(entry, known) !== undefined);
}

/** The names in a host's variable `roles`, valid or not; undefined: no roles, so provision ignores the host. */
function rolesOn(host: string, raw: RawInventory, resolver: Resolver): readonly string[] | undefined {
  if (!raw.vars.get(host)?.has("roles")) return undefined;
  const { value, broken } = resolver.resolved(host, "roles");
  if (broken === true) return [];
  if (value === null || (Array.isArray(value) && value.length === 0)) return undefined;
  return Array.isArray(value) ? value.filter((role) => typeof role === "string") : [];
}

/** True for variables with the address that other hosts use. */
function isAddress(name: string, own: RawVars | undefined): boolean {
  if (name === "address") return true;
  const elsewhere = own?.get("address")?.node.value ?? null;
  return ADDRESS_VARIABLES.includes(name) && elsewhere === null;
}

interface Resolving extends Pick<Usage, "used"> {
  readonly raw: RawInventory;
  readonly resolver: Resolver;
  /** Values without templates, shared by all hosts. */
  readonly shared: Map<RawVariable, Variable>;
}

function variablesOf(
  host: string,
  { raw, resolver, shared, used }: Resolving,
): ReadonlyMap<string, Variable> {
  const vars = new Map<string, Variable>();
  for (const [name, variable] of raw.vars.get(host) ?? []) {
    if (MAGIC_NAMES.has(name)) continue;
    const fixed = !variable.node.dynamic || isForeign(name);
    const resolved = fixed ? variable.node : resolver.resolved(host, name);
    const node = resolved.broken === true && !used.get(host)?.has(name) ? variable.node : resolved;
    // The origin also has the position of the name, for `nameSource`.
    const value = shared.get(variable) ?? { value: node.value, origin: { ...node, key: variable.key } };
    if (fixed) shared.set(variable, value);
    vars.set(name, value);
  }
  return vars;
}

function makeHost(host: RawHost, vars: ReadonlyMap<string, Variable>): Host {
  const groups = [...host.groups].sort((a, b) => a.depth - b.depth || compareText(a.name, b.name));
  return {
    name: host.name,
    groups: ["all", ...groups.map((group) => group.name)],
    vars,
    source: host.source,
  };
}

/** Unused connection variables of Ansible stay as written, because their values may be anything. */
function isForeign(name: string): boolean {
  return name.startsWith("ansible_") && !CONNECTION_VARIABLES.has(name);
}

function groupsOf(raw: RawInventory): ReadonlyMap<string, Group> {
  const groups = new Map<string, Group>();
  for (const { name, children, hosts, source } of raw.tree.groups.values()) {
    groups.set(name, { name, children: [...children], hosts: [...hosts], source });
  }
  return groups;
}
