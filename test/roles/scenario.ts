import { join, resolve } from "node:path";
import { roles } from "../../roles/index.ts";
import { readAssets } from "../../src/cli/assets.ts";
import type { Facts } from "../../src/model/facts.ts";
import type { Failure } from "../../src/model/failure.ts";
import type { Host } from "../../src/model/inventory.ts";
import type { Json } from "../../src/model/json.ts";
import type { Content, Resource } from "../../src/model/resource.ts";
import type { Result } from "../../src/model/result.ts";
import { foretellableSecrets } from "../../src/secrets/foretellable.ts";

export { readable } from "../../src/report/readable.ts";

import { type Assets, desiredOf } from "../../src/run/desired.ts";
import { loadTemplates, render } from "../../src/template/templates.ts";
import { buildTopology, type HostRoles } from "../../src/topology/topology.ts";

const root = resolve(import.meta.dirname, "../..");

/** A host of a scenario: its address, and its roles with their variables. */
export interface HostSpec {
  readonly address?: string;
  readonly roles: Readonly<Record<string, Json>>;
  readonly facts?: Partial<Facts>;
}

export const facts: Facts = {
  hostname: "old-name",
  os: { id: "debian", version: "12", codename: "bookworm" },
  arch: "x86_64",
  kernel: "6.1.0",
  cpus: 2,
  memoryMb: 2048,
  addresses: [{ interface: "eth0", address: "10.0.0.1", prefix: 24 }],
  bootId: "b",
  systemd: true,
  role: new Map([
    ["container", "none\n"],
    ["unattendedUpgrades", ""],
  ]),
};

/** What the built-in roles want of each host of a stack, by the engine's own way of asking them. */
export function desiredOfAll(
  specs: Readonly<Record<string, HostSpec>>,
  assets?: Assets,
): ReadonlyMap<string, Result<readonly Resource[], Failure>> {
  const hosts = Object.entries(specs).map(([name, spec]) => hostRoles(name, spec));
  const topology = must(buildTopology(hosts, roles));
  const templates = must(loadTemplates([join(root, "templates")]));
  const found = assets ?? must(readAssets(topology, roles, root));
  const inputs = {
    topology,
    roles,
    assets: found,
    secrets: foretellableSecrets,
    render: (role: string, name: string, data: Readonly<Record<string, unknown>>) =>
      render(templates, role, name, data),
  };
  const known = new Map(
    topology.hosts.map(({ host: { name } }) => [name, { ...facts, ...specs[name]?.facts }]),
  );
  return new Map(
    topology.hosts.map((host) => {
      const wanted = desiredOf(host, known, inputs);
      return [
        host.host.name,
        wanted.ok ? { ok: true, value: wanted.value.map((one) => one.resource) } : wanted,
      ];
    }),
  );
}

/** The resources of one host of a stack, which must all be fine. */
export function desiredOn(
  name: string,
  specs: Readonly<Record<string, HostSpec>>,
  assets?: Assets,
): readonly Resource[] {
  const result = desiredOfAll(specs, assets).get(name);
  if (result === undefined) throw new Error(`no host ${name}`);
  return must(result);
}

export function textAt(path: string, resources: readonly Resource[]): string {
  const found = resources.find(({ kind, key }) => kind === "file" && key === path);
  if (found?.payload?.content === undefined) throw new Error(`no file ${path}`);
  return textOf(found.payload.content);
}

const textOf = ({ bytes }: Content): string => new TextDecoder().decode(bytes);

function hostRoles(name: string, spec: HostSpec): HostRoles {
  const source = { file: "stack.yml", line: 1, col: 1 };
  const own =
    spec.address === undefined ? [] : [["address", { value: spec.address, origin: { source } }] as const];
  const host: Host = { name, groups: ["all"], vars: new Map(own), source };
  const members = Object.entries(spec.roles).map(([role, vars]) => {
    const parsed = roles.get(role)?.vars.safeParse(vars);
    if (parsed?.success !== true)
      throw new Error(`${role}: ${JSON.stringify(parsed?.error.issues ?? "no such role")}`);
    return { host, role, vars: parsed.data };
  });
  return { host, members };
}

function must<T, E>(result: Result<T, E>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}
