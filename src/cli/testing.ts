/** `provision/testing`, for tests of roles: the desired resources of a host, without a host. */
import { resolve } from "node:path";
import { diagnostic } from "../base/diagnostic.ts";
import { nearest } from "../base/nearest.ts";
import type { Facts } from "../model/facts.ts";
import type { JsonObject } from "../model/json.ts";
import type { Resource } from "../model/resource.ts";
import { formatDiagnostic } from "../report/diagnostic.ts";
import { desiredOf } from "../run/observe/desired.ts";
import { predictableSecrets as secrets } from "../secrets/predictable.ts";
import { loadProject } from "./project/project.ts";

export { readable } from "../report/readable.ts";

/** A stack: an inventory, and the facts of its hosts. */
export interface Stack {
  /** Inventory files or folders, as given with `-i`, relative to `folder`. */
  readonly inventory: string | readonly string[];
  /** Only resources of these roles. Default: all roles of the host. */
  readonly roles?: readonly string[];
  /** Variables that override all others, as with `-e`. */
  readonly vars?: JsonObject;
  /** Host → its facts, where they differ from a small machine with Debian 12. */
  readonly facts?: Readonly<Record<string, Partial<Facts>>>;
  /** The project's folder, with roles/ and templates/. Default: the current one. */
  readonly folder?: string;
}

/**
 * The desired resources of a host, in the order of converging: `provision plan` compares the host with them. Passwords
 * and certificates are predictable. Throws the errors that the command reports about a project.
 */
export function resourcesOf(host: string, stack: Stack): readonly Resource[] {
  const inventory = typeof stack.inventory === "string" ? [stack.inventory] : stack.inventory;
  const extraVars = stack.vars === undefined ? [] : [JSON.stringify(stack.vars)];
  const project = loadProject({ inventory, extraVars }, resolve(stack.folder ?? "."));
  if (!project.ok) throw new Error(project.error.map(formatDiagnostic).join("\n"));
  const { topology, roles, render, assets } = project.value;
  const hostEntry = topology.hosts.find((one) => one.host.name === host);
  if (hostEntry === undefined) {
    const names = topology.hosts.map((one) => one.host.name);
    throw new Error(`there is no host ${host}; did you mean ${nearest(host, names) ?? names.join(", ")}?`);
  }
  const facts = new Map(
    topology.hosts.map(({ host: { name }, address }) => [
      name,
      { ...factsOf(name, address), ...stack.facts?.[name] },
    ]),
  );
  const desired = desiredOf(hostEntry, facts, { topology, roles, render, assets, secrets });
  if (!desired.ok) {
    const { message, source, hint } = desired.error;
    throw new Error(formatDiagnostic(diagnostic("error", message, source, hint)));
  }
  const shown = desired.value.filter(({ role, also }) =>
    (stack.roles ?? [role]).some((name) => name === role || also.includes(name)),
  );
  return shown.map(({ resource }) => resource);
}

function factsOf(hostname: string, address: string): Facts {
  return {
    hostname,
    os: { id: "debian", version: "12", codename: "bookworm" },
    arch: "x86_64",
    kernel: "6.1.0",
    cpus: 2,
    memoryMb: 2048,
    addresses: /^[\d.]+$/.test(address) ? [{ interface: "eth0", address, prefix: 24 }] : [],
    bootId: "0",
    systemd: true,
    role: new Map(),
  };
}
