import { addressVariable } from "../../base/address.ts";
import type { Host } from "../../model/inventory.ts";
import type { Diagnostic } from "../../model/source.ts";
import { elsewhereWarning } from "../ansible-config/ansible-config.ts";
import { isBroken } from "../parse/node.ts";
import type { Survey } from "../read.ts";
import { outsideLimit } from "../resolve/limit.ts";
import { CONNECTION_VARIABLES, type Connection, SSH_CONNECTIONS, targetOf } from "./connection.ts";

/** How hosts are reached, and what keeps others from being reached. */
export interface Reached {
  readonly connections: ReadonlyMap<string, Connection>;
  readonly problems: readonly Diagnostic[];
}

/**
 * How the hosts that play a role are reached. Outside the limit only the address must be right: what else keeps a login
 * from that host is a warning, and the host has no connection then.
 */
export function connectionsOf({ inventory, playing, selected }: Survey): Reached {
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
      const wrong = addressProblems(host);
      const others = made.error.filter(({ message }) => !wrong.some((one) => one.message === message));
      problems.push(...wrong, ...others.map(outsideLimit));
    }
  }
  return { connections, problems };
}

/** What is wrong with the address by which other hosts reach a host. */
function addressProblems(host: Host): readonly Diagnostic[] {
  const named = addressVariable(host);
  if (named === undefined || named[0] === "address") return [];
  const only = targetOf({ ...host, vars: new Map([named]) });
  return only.ok ? [] : only.error;
}

/** Settings of Ansible's for logins, where a host that is logged in to has no variable in their place. */
export function settingsElsewhere({ config, inventory, playing, selected }: Survey): readonly Diagnostic[] {
  const names = selected.ok ? selected.value : [];
  const hosts = names.flatMap((name) => (playing.has(name) ? (inventory.hosts.get(name) ?? []) : []));
  const lacks = (variables: readonly string[]): boolean =>
    hosts.some((host) => variables.every((name) => (host.vars.get(name)?.value ?? null) === null));
  return hosts.length === 0 ? [] : [elsewhereWarning(config, lacks)].filter((one) => one !== undefined);
}

/** False for a host without roles whose address cannot be used as one: others are told nothing of it. */
export function isPlaced(host: Host): boolean {
  const value = addressVariable(host)?.[1].value;
  return value === undefined || (typeof value === "string" && /^[\w.:%-]+$/.test(value));
}

/** False for a host of a kind that no role works on, as switches and containers: nobody forgot to give it one. */
export function mayHaveRoles(host: Host): boolean {
  const value = host.vars.get("ansible_connection")?.value;
  return value === undefined || value === null || SSH_CONNECTIONS.has(String(value));
}
