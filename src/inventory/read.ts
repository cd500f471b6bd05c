import type { Group, Host, Inventory, Variable } from "../model/inventory.ts";
import { err, ok, type Result } from "../model/result.ts";
import type { Diagnostic } from "../model/source.ts";
import { distinct, newLog } from "./diagnostic.ts";
import { MAGIC_NAMES } from "./groups.ts";
import { compareText } from "./node.ts";
import { type RawInventory, type RawReading, type ReadOptions, readRaw } from "./raw.ts";
import { newResolver, type Resolver } from "./resolve.ts";
import { locked } from "./secret.ts";
import { CONNECTION_VARIABLES } from "./target.ts";
import type { RawHost, RawVariable } from "./tree.ts";

/** An inventory that is good to work with. */
export interface Reading {
  readonly inventory: Inventory;
  readonly warnings: readonly Diagnostic[];
  /** All names the inventory's templates refer to. */
  readonly references: ReadonlySet<string>;
}

/** What could be read of an inventory, good or not. Values that are wrong are marked in their origin (`isBroken`). */
export interface Survey {
  readonly inventory: Inventory;
  /** Errors and warnings. */
  readonly problems: readonly Diagnostic[];
  readonly references: ReadonlySet<string>;
  /** True: hosts or variables are missing because of an error, so that their absence proves nothing. */
  readonly lost: boolean;
}

/**
 * Reads and resolves everything given with `-i` and `-e`. All errors of all files come at once; nothing throws,
 * whatever the files hold.
 */
export function readInventory(
  paths: readonly string[],
  options: ReadOptions,
): Result<Reading, readonly Diagnostic[]> {
  return resolveInventory(readRaw(paths, options), options);
}

/** The second half of reading: references between variables, after which hosts carry plain values. */
export function resolveInventory(
  reading: RawReading,
  options: ReadOptions,
): Result<Reading, readonly Diagnostic[]> {
  const { inventory, problems, references } = survey(reading, options);
  if (hasErrors(problems)) return err(problems);
  return ok({ inventory, warnings: problems, references });
}

/** Reads as `readInventory` does, and keeps what is good beside what is wrong. */
export function surveyInventory(paths: readonly string[], options: ReadOptions): Survey {
  return survey(readRaw(paths, options), options);
}

/** True when something must be mended before anything is done. */
export function hasErrors(problems: readonly Diagnostic[]): boolean {
  return problems.some(({ severity }) => severity === "error");
}

/** Variables that count on every host, whatever its roles. */
const USED: ReadonlySet<string> = new Set(["roles", "address", "lab", ...CONNECTION_VARIABLES]);

/** What is wrong in variables that nothing uses is no concern of ours: Ansible's own templates and vaults may be. */
function survey({ raw, problems, lost }: RawReading, { cwd, unlock = locked }: ReadOptions): Survey {
  const log = newLog();
  const resolver = newResolver(raw, { cwd, log, lenient: lost, unlock });
  const hosts = new Map<string, Host>();
  const shared = new Map<RawVariable, Variable>();
  const used = [...raw.tree.hosts.values()].map((host) => [host, usedOn(host, raw, resolver)] as const);
  const told = [...log.problems];
  for (const [host, names] of used) hosts.set(host.name, makeHost(host, raw, resolver, shared, names));
  return {
    inventory: { hosts, groups: groupsOf(raw), sources: raw.sources },
    problems: distinct([...problems, ...told]),
    references: resolver.references,
    lost,
  };
}

/** The variables that are used on a host; they, and what they refer to, are resolved from here on. */
function usedOn(host: RawHost, raw: RawInventory, resolver: Resolver): ReadonlySet<string> {
  const own = raw.vars.get(host.name);
  const roles = own?.has("roles") ? resolver.resolved(host.name, "roles").value : undefined;
  const played = Array.isArray(roles) ? roles.filter((role) => typeof role === "string") : [];
  const names = [...USED, ...played].filter((name) => own?.has(name) && !MAGIC_NAMES.has(name));
  for (const name of names) resolver.resolved(host.name, name);
  return new Set(names);
}

/** Values without templates are the same on every host: `shared` holds them once. */
function makeHost(
  host: RawHost,
  raw: RawInventory,
  resolver: Resolver,
  shared: Map<RawVariable, Variable>,
  used: ReadonlySet<string>,
): Host {
  const vars = new Map<string, Variable>();
  for (const [name, variable] of raw.vars.get(host.name) ?? []) {
    if (MAGIC_NAMES.has(name)) continue;
    const fixed = !variable.node.dynamic || isForeign(name);
    const resolved = fixed ? variable.node : resolver.resolved(host.name, name);
    const node = resolved.broken === true && !used.has(name) ? variable.node : resolved;
    // The origin also tells where the name stands; `nameSource` reads it.
    const value = shared.get(variable) ?? { value: node.value, origin: { ...node, key: variable.key } };
    if (fixed) shared.set(variable, value);
    vars.set(name, value);
  }
  const groups = [...host.groups].sort((a, b) => a.depth - b.depth || compareText(a.name, b.name));
  return {
    name: host.name,
    groups: ["all", ...groups.map((group) => group.name)],
    vars,
    source: host.source,
  };
}

/** Connection variables nobody here uses may hold whatever Ansible understands: they stay as written. */
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
