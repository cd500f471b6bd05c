import { join, resolve } from "node:path";
import { roles } from "../../roles/index.ts";
import { ok, type Result } from "../../src/base/result.ts";
import { readAssets } from "../../src/cli/project/assets.ts";
import type { Facts } from "../../src/model/facts.ts";
import type { Failure } from "../../src/model/failure.ts";
import type { Host } from "../../src/model/inventory.ts";
import type { Json } from "../../src/model/json.ts";
import type { Content, Resource } from "../../src/model/resource.ts";
import type { Secrets } from "../../src/model/secret.ts";
import type { Diagnostic } from "../../src/model/source.ts";
import type { TopologyHost } from "../../src/model/topology.ts";
import { predictableSecrets } from "../../src/secrets/predictable.ts";

export { readable } from "../../src/report/readable.ts";

import { type Assets, desiredOf } from "../../src/run/observe/desired.ts";
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

/** Read once: they are the same for every scenario. */
let templates: ReturnType<typeof readTemplates> | undefined;
const readTemplates = () => must(loadTemplates([join(root, "templates")]));

/** A stack before any host is contacted: what stops it there, or its hosts, each with a way to ask what is wanted of it. */
export function scenarioOf(
  specs: Readonly<Record<string, HostSpec>>,
  {
    assets,
    secrets = predictableSecrets,
  }: { readonly assets?: Assets | undefined; readonly secrets?: Secrets } = {},
): Result<ReadonlyMap<string, () => Result<readonly Resource[], Failure>>, readonly Diagnostic[]> {
  const built = buildTopology(
    Object.entries(specs).map(([name, spec]) => hostRoles(name, spec)),
    roles,
  );
  if (!built.ok) return built;
  const topology = built.value;
  const found = assets === undefined ? readAssets(topology, roles, root) : ok(assets);
  if (!found.ok) return found;
  templates ??= readTemplates();
  const known = templates;
  const inputs = {
    topology,
    roles,
    assets: found.value,
    secrets,
    render: (role: string, name: string, data: Readonly<Record<string, unknown>>) =>
      render(known, role, name, data),
  };
  const told = new Map(
    topology.hosts.map(({ host: { name } }) => [name, { ...facts, ...specs[name]?.facts }]),
  );
  const desired = (host: TopologyHost) => () => {
    const wanted = desiredOf(host, told, inputs);
    return wanted.ok ? ok(wanted.value.map((one) => one.resource)) : wanted;
  };
  return ok(new Map(topology.hosts.map((host) => [host.host.name, desired(host)])));
}

/** What the built-in roles want of each host of a stack, by the engine's own way of asking them. */
export function desiredOfAll(
  specs: Readonly<Record<string, HostSpec>>,
  assets?: Assets,
): ReadonlyMap<string, Result<readonly Resource[], Failure>> {
  const hosts = must(scenarioOf(specs, { assets }));
  return new Map([...hosts].map(([name, desired]) => [name, desired()]));
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
