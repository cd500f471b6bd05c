import { addressVariable } from "../../base/address.ts";
import type { Host } from "../../model/inventory.ts";
import type { Diagnostic } from "../../model/source.ts";
import { ignoredSettingsWarning } from "../ansible-config/ansible-config.ts";
import { isBroken } from "../parse/node.ts";
import type { Survey } from "../read.ts";
import { outsideLimit } from "../resolve/limit.ts";
import { CONNECTION_VARIABLES, type Connection, SSH_CONNECTIONS, targetOf } from "./connection.ts";

/** The connections of hosts, and errors in them. */
export interface Connections {
  readonly connections: ReadonlyMap<string, Connection>;
  readonly problems: readonly Diagnostic[];
}

/**
 * The connections of the hosts with a role. Outside the limit only the address must be valid: other errors in variables of
 * the login are warnings, and the host has no connection.
 */
export function connectionsOf({ inventory, playing, selected }: Survey): Connections {
  const inside = new Set(selected.ok ? selected.value : inventory.hosts.keys());
  const connections = new Map<string, Connection>();
  const problems: Diagnostic[] = [];
  for (const host of inventory.hosts.values()) {
    if (!playing.has(host.name)) continue;
    const made = targetOf(host);
    const whole =
      inside.has(host.name) ||
      ![...CONNECTION_VARIABLES].some((name) => isBroken(host.vars.get(name)?.origin));
    if (made.ok && whole) connections.set(host.name, made.value);
    if (made.ok) continue;
    if (inside.has(host.name)) problems.push(...made.error);
    else {
      const addressErrors = addressProblems(host);
      const others = made.error.filter(
        ({ message }) => !addressErrors.some((one) => one.message === message),
      );
      problems.push(...addressErrors, ...others.map(outsideLimit));
    }
  }
  return { connections, problems };
}

/** Errors in the address for other hosts. */
function addressProblems(host: Host): readonly Diagnostic[] {
  const named = addressVariable(host);
  if (named === undefined || named[0] === "address") return [];
  const only = targetOf({ ...host, vars: new Map([named]) });
  return only.ok ? [] : only.error;
}

/** A warning for Ansible's login settings, if a selected host has no variable that replaces them. */
export function ignoredSettings({ config, inventory, playing, selected }: Survey): readonly Diagnostic[] {
  const names = selected.ok ? selected.value : [];
  const hosts = names.flatMap((name) => (playing.has(name) ? (inventory.hosts.get(name) ?? []) : []));
  const isMissing = (variables: readonly string[]): boolean =>
    hosts.some((host) => variables.every((name) => (host.vars.get(name)?.value ?? null) === null));
  return hosts.length === 0
    ? []
    : [ignoredSettingsWarning(config, isMissing)].filter((one) => one !== undefined);
}

/** False for a host without roles and without a valid address: it does not appear in the configuration of others. */
export function hasUsableAddress(host: Host): boolean {
  const value = addressVariable(host)?.[1].value;
  return value === undefined || (typeof value === "string" && /^[\w.:%-]+$/.test(value));
}

/** False for a host of a kind that no role supports, such as a switch or a container: it needs no roles. */
export function mayHaveRoles(host: Host): boolean {
  const value = host.vars.get("ansible_connection")?.value;
  return value === undefined || value === null || SSH_CONNECTIONS.has(String(value));
}
