import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { rolesOf } from "../../src/inventory/check/role-variables.ts";
import { readInventory } from "../../src/inventory/read.ts";
import type { AnyRole, Schema } from "../../src/model/role.ts";
import type { ServiceSpec, Topology } from "../../src/model/topology.ts";
import { formatDiagnostic } from "../../src/report/diagnostic.ts";
import { buildTopology } from "../../src/topology/topology.ts";
import { type Files, withFiles } from "../inventory/files.ts";

const anything: Schema<unknown> = { safeParse: (data) => ({ success: true, data }) };

type Needs = Readonly<Record<string, string>>;

function role(name: string, tier: string, more: Partial<AnyRole> = {}): readonly [string, AnyRole] {
  return [name, { name, tier, summary: "", vars: anything, resources: () => [], ...more }];
}

const provides = (services: Readonly<Record<string, ServiceSpec>>) => ({ provides: () => services });
const needs = (...services: readonly string[]): { readonly needs: Needs } => ({
  needs: Object.fromEntries(services.map((name) => [name, name])),
});
const wants = (...services: readonly string[]): { readonly wants: Needs } => ({
  wants: Object.fromEntries(services.map((name) => [name, name])),
});

const tcp = (port: number, redundancy: ServiceSpec["redundancy"], more: Partial<ServiceSpec> = {}) =>
  ({ port, health: { type: "tcp" }, redundancy, ...more }) as const;

const site = {
  ...tcp(443, "standby"),
  health: { type: "http", path: "/alive", status: 200 },
  access: "anyone",
  failover: "The other balancer has the address within 0.6 s; open connections break.",
} as const;

/** Roles that declare what those of a web stack declare, and do nothing. */
const stackRoles: ReadonlyMap<string, AnyRole> = new Map([
  role("common", "base"),
  role("nrpe", "base", provides({ nrpe: tcp(5666, "balanced") })),
  role("nagios", "monitoring", {
    ...needs("nrpe"),
    ...wants("web"),
    ...provides({ nagios: tcp(8443, "balanced") }),
  }),
  role("haproxy", "balancer", {
    ...needs("http"),
    ...provides({ web: site, "web-redirect": { ...tcp(8081, "standby"), access: "anyone" } }),
  }),
  role("keepalived", "balancer", {
    ...wants("web"),
    provides: ({ vars }) => ({ vip: tcp(112, "standby", { protocol: "vrrp", floating: addressesIn(vars) }) }),
  }),
  role("nginx", "web", {
    ...needs("wsgi"),
    provides: ({ vars }) => ({ http: tcp(80, "balanced", { floor: floorIn(vars) }) }),
  }),
  role("gunicorn", "app", {
    ...wants("sql-writer", "memcached"),
    ...provides({ wsgi: tcp(8000, "balanced") }),
  }),
  role(
    "sidecar",
    "base",
    provides({ "sql-writer": tcp(3310, "balanced", { access: "host", leadsTo: ["sql", "sql-state"] }) }),
  ),
  role("mysql", "database", {
    ...needs("sql"),
    ...wants("store"),
    ...provides({
      sql: tcp(3306, "replicated", { checkedAt: "sql-state" }),
      "sql-state": tcp(9200, "balanced"),
    }),
  }),
  role("arbiter", "database", provides({ "sql-vote": tcp(4567, "quorum") })),
  role("etcd", "store", { ...needs("store"), ...provides({ store: tcp(2379, "quorum") }) }),
  role("store", "store", {
    ...needs("store"),
    provides: ({ vars }) => ({ store: tcp(2379, "quorum", { floor: floorIn(vars) }) }),
  }),
  role("memcached", "cache", provides({ memcached: tcp(11211, "balanced") })),
  role("exporter", "monitoring", provides({ metrics: tcp(9100, "balanced") })),
  role("prometheus", "monitoring", { ...needs("metrics"), ...provides({ graphs: tcp(9090, "balanced") }) }),
  role("clock", "base", provides({ time: tcp(123, "balanced", { protocol: "udp" }) })),
  role("batch", "jobs"),
  role("timed", "jobs", needs("time")),
]);

function field(vars: unknown, name: string): unknown {
  return typeof vars === "object" && vars !== null ? new Map(Object.entries(vars)).get(name) : undefined;
}

function addressesIn(vars: unknown): readonly string[] {
  const given = field(vars, "addresses");
  return Array.isArray(given) ? given.map((one) => String(one).replace(/\/.*/, "")) : [];
}

function floorIn(vars: unknown): number {
  const floor = field(vars, "floor");
  return typeof floor === "number" ? floor : 1;
}

/** The topology of an inventory of these roles. `path` is relative to `cwd`. */
function stackTopology(path: string, cwd: string): Topology {
  const read = readInventory([path], { extraVars: [], cwd });
  if (!read.ok) throw new Error(read.error.map(formatDiagnostic).join("\n"));
  const hostRoles = [...read.value.inventory.hosts.values()].map((host) => ({
    host,
    members: rolesOf(host, [...stackRoles.keys()]).roles.map((name) => ({
      host,
      role: name,
      vars: host.vars.get(name)?.value ?? {},
    })),
  }));
  const built = buildTopology(hostRoles, stackRoles);
  if (!built.ok) throw new Error(built.error.map(formatDiagnostic).join("\n"));
  return built.value;
}

/** The folder of the inventories that have one kind of flaw each. Behind the flawed line stands its kind. */
export const flawsFolder = resolve(import.meta.dirname, "../flaws");

/** `kind@line` of every flaw, as the comments of one of these inventories say. */
export function expectedFlaws(name: string): readonly string[] {
  const lines = readFileSync(join(flawsFolder, name), "utf8").split("\n");
  return lines.flatMap((text, i) => {
    const kinds = /# flaw: (.*)$/.exec(text)?.[1]?.split(", ") ?? [];
    return kinds.map((kind) => `${kind}@${i + 1}`);
  });
}

/** The topology of one of these inventories. */
export const flawedTopology = (name: string): Topology => stackTopology(name, flawsFolder);

/** The topology of an inventory written in a test. */
export function topologyOf(text: string): Topology {
  const files: Files = { "hosts.yml": text };
  return withFiles(files, (cwd) => stackTopology("hosts.yml", cwd));
}
