/** What authors of roles test them with, `provision/testing`: what a host would be made, without a host. */
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

/** A stack, as the command reads it, and what its hosts would tell. */
export interface Stack {
  /** Inventory files or folders, as given with `-i`, relative to `folder`. */
  readonly inventory: string | readonly string[];
  /** Only what these roles want. Default: all of the host's. */
  readonly roles?: readonly string[];
  /** Variables that win over all others, as given with `-e`. */
  readonly vars?: JsonObject;
  /** Host → what it tells of itself, where that differs from a small machine with Debian 12. */
  readonly facts?: Readonly<Record<string, Partial<Facts>>>;
  /** The project's folder, with roles/ and templates/. Default: the current one. */
  readonly folder?: string;
}

/**
 * What the roles of a host want of it, in the order of converging: what `provision plan` would compare the host with.
 * Passwords and certificates are foretellable. Throws what the command would tell of a project that is wrong.
 */
export function resourcesOf(host: string, stack: Stack): readonly Resource[] {
  const inventory = typeof stack.inventory === "string" ? [stack.inventory] : stack.inventory;
  const extraVars = stack.vars === undefined ? [] : [JSON.stringify(stack.vars)];
  const project = loadProject({ inventory, extraVars }, resolve(stack.folder ?? "."));
  if (!project.ok) throw new Error(project.error.map(formatDiagnostic).join("\n"));
  const { topology, roles, render, assets } = project.value;
  const asked = topology.hosts.find((one) => one.host.name === host);
  if (asked === undefined) {
    const names = topology.hosts.map((one) => one.host.name);
    throw new Error(`there is no host ${host}; did you mean ${nearest(host, names) ?? names.join(", ")}?`);
  }
  const known = new Map(
    topology.hosts.map(({ host: { name }, address }) => [
      name,
      { ...factsOf(name, address), ...stack.facts?.[name] },
    ]),
  );
  const wanted = desiredOf(asked, known, { topology, roles, render, assets, secrets });
  if (!wanted.ok) {
    const { message, source, hint } = wanted.error;
    throw new Error(formatDiagnostic(diagnostic("error", message, source, hint)));
  }
  const shown = wanted.value.filter(({ role, also }) =>
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
