import { describe, expect, it } from "vitest";
import { serviceRules } from "../../roles/firewall/rules.ts";
import { sidecar } from "../../roles/sidecar/role.ts";
import type { Host } from "../../src/model/inventory.ts";
import type { AnyRole, Schema } from "../../src/model/role.ts";
import type { ServiceSpec, Topology } from "../../src/model/topology.ts";
import { gatedEndpointsOf, waysOf } from "../../src/run/rollout/disturbance.ts";
import { drainingUsers } from "../../src/run/rollout/drain.ts";
import { buildTopology } from "../../src/topology/topology.ts";

const anything: Schema<unknown> = { safeParse: () => ({ success: true, data: {} }) };

function role(name: string, more: Partial<AnyRole> = {}): readonly [string, AnyRole] {
  return [name, { name, tier: name, summary: "", vars: anything, resources: () => [], ...more }];
}

const search: ServiceSpec = {
  port: 9200,
  health: { type: "http", path: "/_health", status: 200 },
  redundancy: "balanced",
};
const ledger: ServiceSpec = {
  port: 7000,
  health: { type: "tcp" },
  redundancy: "replicated",
  speaks: "ledger",
  checkedAt: "ledger-keeper",
};
const keeper: ServiceSpec = { port: 8008, health: { type: "tcp" }, redundancy: "balanced" };

/** Roles of somebody's own, beside the sidecar. */
const roles = new Map<string, AnyRole>([
  role("search", { provides: () => ({ search }), needs: { books: "ledger-writer" } }),
  role("ledger", { provides: () => ({ ledger, "ledger-keeper": keeper }) }),
  role("shop", { needs: { find: "search-local" }, wants: { books: "ledger-reader" } }),
  [sidecar.name, sidecar],
]);

const source = { file: "inv.yml", line: 7, col: 3 };
const host = (name: string, address: string, ...played: readonly string[]) => {
  const vars = new Map([["ansible_host", { value: address, origin: { source } }]]);
  const made: Host = { name, groups: [], vars, source };
  const parsed = sidecar.vars.safeParse({});
  if (!parsed.success) throw new Error("no default variables");
  return { host: made, members: played.map((one) => ({ host: made, role: one, vars: parsed.data })) };
};

function stack(...more: readonly ReturnType<typeof host>[]): Topology {
  const built = buildTopology(
    [
      host("s1", "10.0.0.1", "sidecar", "shop"),
      host("f1", "10.0.0.11", "search", "sidecar"),
      host("f2", "10.0.0.12", "search", "sidecar"),
      host("l1", "10.0.0.21", "ledger"),
      ...more,
    ],
    roles,
  );
  if (!built.ok) throw new Error(JSON.stringify(built.error));
  return built.value;
}

const endpointOf = (topology: Topology, service: string, name: string) => {
  const found = topology.services.get(service)?.endpoints.find((one) => one.host === name);
  if (found === undefined) throw new Error(`${name} has no ${service}`);
  return found;
};

describe("a role that reaches services through the proxy of its host", () => {
  const topology = stack();

  it("finds on its host what it asks for, and no other host has it", () => {
    const places = (name: string) => topology.services.get(name)?.endpoints.map((one) => one.host);
    expect(places("search-local")).toEqual(["s1"]);
    expect(places("ledger-reader")).toEqual(["s1", "f1", "f2"]);
    expect(endpointOf(topology, "search-local", "s1")).toMatchObject({
      role: "sidecar",
      port: 19_200,
      address: "127.0.0.1",
      access: "host",
      leadsTo: ["search"],
    });
    expect(endpointOf(topology, "ledger-writer", "f1")).toMatchObject({
      port: 17_000,
      speaks: "ledger",
      leadsTo: ["ledger", "ledger-keeper"],
    });
  });

  it("needs what the proxy leads to, also where the proxies' hosts need each other in a circle", () => {
    expect(topology.needs.get("shop")).toEqual([
      "search-local",
      "search",
      "ledger-reader",
      "ledger",
      "ledger-keeper",
    ]);
    expect(topology.needs.get("sidecar")).toEqual([]);
    const order = topology.levels.flat().filter((name) => name !== "sidecar");
    expect(order).toEqual(["ledger", "search", "shop"]);
    expect(topology.levels[0]).toContain("sidecar");
  });

  it("is let in by the firewall, and nobody else", () => {
    const matches = (name: string) => serviceRules(name, topology).map(({ match }) => match);
    expect(matches("f1")).toEqual(["ip saddr 10.0.0.1 tcp dport 9200"]);
    expect(matches("l1")).toEqual([
      "ip saddr { 10.0.0.1, 10.0.0.11, 10.0.0.12 } tcp dport 7000",
      "ip saddr { 10.0.0.1, 10.0.0.11, 10.0.0.12 } tcp dport 8008",
    ]);
    expect(matches("s1")).toEqual([]);
  });

  it("has members drained on its host, by its proxy", () => {
    const users = (service: string, name: string) =>
      drainingUsers({ topology, roles }, [endpointOf(topology, service, name)]);
    expect(users("search", "f1")).toEqual(["s1"]);
    expect(users("ledger", "l1")).toEqual(["s1", "f1", "f2"]);
    expect(users("search-local", "s1")).toEqual([]);
  });

  it("waits for its ways before it is changed; the proxy's own stage does not", () => {
    const names = (endpoints: readonly { readonly service: string }[]) => endpoints.map((one) => one.service);
    expect(names(gatedEndpointsOf(topology, "s1", new Set(["sidecar"])))).toEqual(["sidecar"]);
    expect(names(waysOf(topology, "s1", new Set(["shop"])))).toEqual(["search-local", "ledger-reader"]);
    expect(names(waysOf(topology, "f1", new Set(["search"])))).toEqual(["ledger-writer"]);
    expect(waysOf(topology, "l1", new Set(["ledger"]))).toEqual([]);
  });

  it("is told of the proxy that it lacks, on the host that lacks it", () => {
    const built = buildTopology(
      [
        host("s1", "10.0.0.1", "shop", "sidecar"),
        host("s2", "10.0.0.2", "shop"),
        host("f1", "10.0.0.3", "search", "sidecar"),
        host("l1", "10.0.0.4", "ledger"),
      ],
      roles,
    );
    expect(built).toMatchObject({
      ok: false,
      error: [
        {
          message: "role `shop` needs the service `search-local` on its own host, and s2 has none",
          hint: "give s2 the role `sidecar` too",
        },
      ],
    });
  });
});
