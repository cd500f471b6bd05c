import type { Group, Host, Inventory, Variable } from "../model/inventory.ts";
import { err, ok, type Result } from "../model/result.ts";
import type { Diagnostic } from "../model/source.ts";
import { distinct, newLog } from "./diagnostic.ts";
import { MAGIC_NAMES } from "./groups.ts";
import { compareText } from "./node.ts";
import { type RawInventory, type RawReading, type ReadOptions, readRaw } from "./raw.ts";
import { newResolver, type Resolver } from "./resolve.ts";
import { CONNECTION_VARIABLES } from "./target.ts";
import type { RawHost, RawVariable } from "./tree.ts";

/** An inventory that is good to work with. */
export interface Reading {
  readonly inventory: Inventory;
  readonly warnings: readonly Diagnostic[];
  /** All names the inventory's templates refer to. */
  readonly references: ReadonlySet<string>;
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
  const log = newLog();
  const resolver = newResolver(reading.raw, options.cwd, log, reading.lost);
  const hosts = new Map<string, Host>();
  const shared = new Map<RawVariable, Variable>();
  for (const host of reading.raw.tree.hosts.values()) {
    hosts.set(host.name, resolveHost(host, reading.raw, resolver, shared));
  }
  resolver.finish();
  const problems = distinct([...reading.problems, ...log.problems]);
  if (problems.some((problem) => problem.severity === "error")) return err(problems);
  const inventory = { hosts, groups: groupsOf(reading.raw), sources: reading.raw.sources };
  return ok({ inventory, warnings: problems, references: resolver.references });
}

/** Values without templates are the same on every host: `shared` holds them once. */
function resolveHost(
  host: RawHost,
  raw: RawInventory,
  resolver: Resolver,
  shared: Map<RawVariable, Variable>,
): Host {
  const vars = new Map<string, Variable>();
  for (const [name, variable] of raw.vars.get(host.name) ?? []) {
    if (MAGIC_NAMES.has(name)) continue;
    const fixed = !variable.node.dynamic || isForeign(name);
    const node = fixed ? variable.node : resolver.resolved(host.name, name);
    if (node === undefined) continue;
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
