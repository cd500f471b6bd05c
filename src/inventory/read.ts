import { ADDRESS_VARIABLES } from "../base/address.ts";
import { distinct, newLog } from "../base/diagnostic.ts";
import { nearest } from "../base/nearest.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Group, Host, Inventory, Variable } from "../model/inventory.ts";
import type { Diagnostic } from "../model/source.ts";
import type { AnsibleConfig } from "./ansible-config/ansible-config.ts";
import { CONNECTION_VARIABLES, mayBeReached } from "./check/connection.ts";
import { compareText } from "./parse/node.ts";
import { locked } from "./parse/secret.ts";
import { MAGIC_NAMES } from "./resolve/groups.ts";
import { outsideLimit, selectHosts } from "./resolve/limit.ts";
import { type RawInventory, type RawReading, type ReadOptions, readRaw } from "./resolve/precedence.ts";
import { newResolver, type Resolver } from "./resolve/resolve.ts";
import type { RawHost, RawVariable, RawVars } from "./resolve/tree.ts";

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
  /** Hosts that play a role, or are meant to: all others are left alone. */
  readonly playing: ReadonlySet<string>;
  /** The hosts inside the limit, in inventory order. */
  readonly selected: Result<readonly string[], Diagnostic>;
  /** What of Ansible's settings counts. */
  readonly config: AnsibleConfig;
  /** True: hosts or variables are missing because of an error, so that their absence proves nothing. */
  readonly lost: boolean;
}

/** What a survey is told beside what reading is told. */
export interface SurveyOptions extends ReadOptions {
  /** As given with `-l`. What only a login needs is no error on hosts outside it. */
  readonly limit?: string | undefined;
  /** Names that count on every host, also where no role is played. */
  readonly everywhere?: readonly string[];
  /** Names of the roles that there are: they count on a host whose kind no role works on, too. */
  readonly roles?: readonly string[];
}

/**
 * Reads and resolves everything given with `-i` and `-e`. All errors of all files come at once; nothing throws,
 * whatever the files hold.
 */
export function readInventory(
  paths: readonly string[],
  options: SurveyOptions,
): Result<Reading, readonly Diagnostic[]> {
  return resolveInventory(readRaw(paths, options), options);
}

/** The second half of reading: references between variables, after which hosts carry plain values. */
export function resolveInventory(
  reading: RawReading,
  options: SurveyOptions,
): Result<Reading, readonly Diagnostic[]> {
  const { inventory, problems, references } = survey(reading, options);
  if (hasErrors(problems)) return err(problems);
  return ok({ inventory, warnings: problems, references });
}

/** Reads as `readInventory` does, and keeps what is good beside what is wrong. */
export function surveyInventory(paths: readonly string[], options: SurveyOptions): Survey {
  return survey(readRaw(paths, options), options);
}

/** True when something must be mended before anything is done. */
export function hasErrors(problems: readonly Diagnostic[]): boolean {
  return problems.some(({ severity }) => severity === "error");
}

/** Variables that count on every host that plays a role, whatever the role. */
const USED: readonly string[] = ["roles", "address", "lab", ...CONNECTION_VARIABLES];

/** What is wrong in variables that nothing uses is no concern of ours: Ansible's own templates and vaults may be. */
function survey({ raw, problems, lost }: RawReading, options: SurveyOptions): Survey {
  const log = newLog();
  const { cwd, unlock = locked, limit } = options;
  const resolver = newResolver(raw, { cwd, log, lenient: lost, unlock });
  const selected = limit === undefined ? ok([...raw.tree.hosts.keys()]) : selectHosts(raw.tree, limit);
  const inside = selected.ok ? new Set(selected.value) : new Set(raw.tree.hosts.keys());
  const { playing, used } = usedVariables(raw, resolver, options);
  const resolve = (wanted: (host: string, name: string) => boolean): void => {
    for (const [host, names] of used)
      for (const name of names) if (wanted(host, name)) resolver.resolved(host, name);
  };
  const loginOnly = (host: string, name: string): boolean =>
    !inside.has(host) && CONNECTION_VARIABLES.has(name) && !isAddress(name, raw.vars.get(host));
  // First all that must be right: what was found wrong once is not told again.
  resolve((host, name) => !loginOnly(host, name));
  const told = log.problems.splice(0);
  resolve(loginOnly);
  told.push(...log.problems.map(outsideLimit));
  const hosts = new Map<string, Host>();
  const shared = new Map<RawVariable, Variable>();
  for (const host of raw.tree.hosts.values())
    hosts.set(host.name, makeHost(host, variablesOf(host.name, { raw, resolver, shared, used })));
  return {
    inventory: { hosts, groups: groupsOf(raw), sources: raw.sources },
    problems: distinct([...problems, ...told]),
    references: resolver.references,
    playing,
    selected,
    config: raw.config,
    lost,
  };
}

/** Which hosts play a role, and which variables of every host somebody uses. */
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
    const roles = isElsewhere(own, known) ? undefined : rolesOn(name, raw, resolver);
    if (roles !== undefined) playing.add(name);
    const names = roles === undefined ? everywhere : [...USED, ...everywhere, ...roles];
    used.set(name, new Set(names.filter((one) => own?.has(one) && !MAGIC_NAMES.has(one))));
  }
  return { playing, used };
}

/**
 * True for a host of a kind that no role works on, as switches and Windows, whose variable `roles` names none of ours, not
 * even nearly: it means something to somebody else.
 */
function isElsewhere(own: RawVars | undefined, known: readonly string[]): boolean {
  const connection = own?.get("ansible_connection")?.node.value;
  if (typeof connection !== "string" || connection.includes("{{") || mayBeReached(connection)) return false;
  const value = own?.get("roles")?.node.value ?? null;
  const entries: readonly unknown[] = Array.isArray(value) ? value : [value];
  return !entries.some((entry) => typeof entry === "string" && nearest(entry, known) !== undefined);
}

/** The names in a host's variable `roles`, good or not; undefined: it plays none, and is left alone. */
function rolesOn(host: string, raw: RawInventory, resolver: Resolver): readonly string[] | undefined {
  if (!raw.vars.get(host)?.has("roles")) return undefined;
  const { value, broken } = resolver.resolved(host, "roles");
  if (broken === true) return [];
  if (value === null || (Array.isArray(value) && value.length === 0)) return undefined;
  return Array.isArray(value) ? value.filter((role) => typeof role === "string") : [];
}

/** True for the variables that tell other hosts where this one is. */
function isAddress(name: string, own: RawVars | undefined): boolean {
  if (name === "address") return true;
  const elsewhere = own?.get("address")?.node.value ?? null;
  return ADDRESS_VARIABLES.includes(name) && elsewhere === null;
}

interface Resolving extends Pick<Usage, "used"> {
  readonly raw: RawInventory;
  readonly resolver: Resolver;
  /** Values without templates are the same on every host: here they are once. */
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
    // The origin also tells where the name stands; `nameSource` reads it.
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
